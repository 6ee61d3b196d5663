/* test_log_json.c - JSON texts to tapes, and JSON Lines to records with their places. */
#include "test_log_support.h"

#include "engine/log/json.h"

/* Parses from a buffer that ends right after the padding, so that sanitizers see any step beyond.
 */
static tgr_status parse(tgr_json_parser *parser, const char *text, size_t length, tgr_tape *tape,
                        tgr_fault *fault)
{
    char *padded = malloc(length + TGR_JSON_PADDING);
    assert_non_null(padded);
    memcpy(padded, text, length);
    memset(padded + length, '}', TGR_JSON_PADDING); /* hostile padding */
    tgr_status status = tgr_json_parse(parser, padded, length, tape, fault);
    free(padded);
    return status;
}

static void test_values(void **unused)
{
    (void)unused;
    static const struct {
        const char *text, *told;
    } cases[] = {
        {"{}", "{}"},
        {"[]", "[]"},
        {" null ", "null"},
        {"[true,false,null]", "[true,false,null]"},
        {"[0,-1,18446744073709551615,-9223372036854775808,9223372036854775807]",
         "[0,-1,18446744073709551615,-9223372036854775808,9223372036854775807]"},
        {"[0.5,1e3,-0.0,1E-400]", "[0.5f,1000f,-0f,0f]"},
        {"\"a\\n\\u00e9\\ud83d\\ude00\\/\"", "\"a\n\xc3\xa9\xf0\x9f\x98\x80/\""},
        {"{\"a\":{\"b\":[1,[2,{}],\"c\"]},\"d\":4,\"\":5}",
         "{\"a\":{\"b\":[1,[2,{}],\"c\"]},\"d\":4,\"\":5}"},
        {"{\"a\":1,\"a\":2}", "{\"a\":1,\"a\":2}"},
    };
    tgr_json_parser *parser = tgr_json_parser_new();
    tgr_tape tape = {0};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        tgr_fault fault;
        tgr_buffer told = {0};
        assert_int_equal(parse(parser, cases[i].text, strlen(cases[i].text), &tape, &fault),
                         TGR_OK);
        tell_value(&told, &tape, 0);
        assert_string_equal(told.bytes, cases[i].told);
        assert_int_equal(tape.values[0].next, tape.count);
        assert_false(tape.nul);
        tgr_buffer_free(&told);
    }
    tgr_fault fault;
    assert_int_equal(parse(parser, "[\"a\\u0000b\"]", 12, &tape, &fault), TGR_OK);
    assert_int_equal(tape.values[1].count, 3);
    assert_true(tape.nul);
    tgr_tape_free(&tape);
    tgr_json_parser_free(parser);
}

static void test_faults(void **unused)
{
    (void)unused;
    static const char *const texts[] = {
        "{",
        "}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "[1,]",
        "[1 2]",
        "{1:2}",
        "tru",
        "nul",
        "[01]",
        "[1.]",
        "[+1]",
        "[.5]",
        "\"a",
        "\"\\x\"",
        "\"\\ud800\"",
        "\"\xff\"",
        "\"\x01\"",
        "\"\xc3\"",
        "{} {}",
        "{}x",
        "[1e400]",
        "[NaN]",
        "",
        "  ",
        "'a'",
        "[18446744073709551616]",
        "{\"a\":1}}",
        "[\"a\tb\"]",
        "\xef\xbb\xbf{}",
    };
    tgr_json_parser *parser = tgr_json_parser_new();
    tgr_tape tape = {0};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        tgr_fault fault = {TGR_BAD_REASONS, NULL};
        tgr_status status = parse(parser, texts[i], strlen(texts[i]), &tape, &fault);
        if (status != TGR_ERR_INPUT || fault.reason != TGR_BAD_SYNTAX) {
            fail_msg("'%s' is taken", texts[i]);
        }
        assert_non_null(fault.why);
    }
    tgr_tape_free(&tape);
    tgr_json_parser_free(parser);
}

/* `depth` arrays or maps inside each other. */
static void nest(tgr_buffer *text, int depth, bool maps)
{
    for (int i = 0; i < depth; i++) {
        tgr_buffer_text(text, !maps ? "[" : i + 1 < depth ? "{\"a\":" : "{");
    }
    for (int i = 0; i < depth; i++) {
        tgr_buffer_text(text, maps ? "}" : "]");
    }
}

static void test_depth(void **unused)
{
    (void)unused;
    tgr_json_parser *parser = tgr_json_parser_new();
    tgr_tape tape = {0};
    for (int depth = 1; depth < 200; depth++) {
        tgr_buffer text = {0};
        tgr_fault fault = {TGR_BAD_REASONS, NULL};
        nest(&text, depth, depth % 3 == 0);
        tgr_status status = parse(parser, text.bytes, text.length, &tape, &fault);
        assert_int_equal(status, depth <= TGR_VALUE_DEPTH ? TGR_OK : TGR_ERR_INPUT);
        assert_true(status == TGR_OK || fault.reason == TGR_BAD_TOO_DEEP);
        tgr_buffer_free(&text);
    }
    tgr_tape_free(&tape);
    tgr_json_parser_free(parser);
}

/* An array of zeros: with the array itself, one value more than zeros. */
static void test_count_limit(void **unused)
{
    (void)unused;
    tgr_json_parser *parser = tgr_json_parser_new();
    tgr_tape tape = {0};
    tgr_fault fault;
    size_t length = 2 * (size_t)TGR_TAPE_MAX + 1;
    char *text = malloc(length + TGR_JSON_PADDING);
    assert_non_null(text);
    for (size_t i = 0; i < length; i++) {
        text[i] = i % 2 ? '0' : ',';
    }
    text[0] = '[';
    text[length - 1] = ']';
    assert_int_equal(tgr_json_parse(parser, text, length, &tape, &fault), TGR_ERR_INPUT);
    assert_int_equal(fault.reason, TGR_BAD_TOO_LARGE);
    text[length - 3] = ']';
    assert_int_equal(tgr_json_parse(parser, text, length - 2, &tape, &fault), TGR_OK);
    assert_int_equal(tape.values[0].count, TGR_TAPE_MAX - 1);
    free(text);
    tgr_tape_free(&tape);
    tgr_json_parser_free(parser);
}

static void test_lines(void **unused)
{
    (void)unused;
    static const struct {
        const char *log, *told;
    } cases[] = {
        {"", ""},
        {"\n\n  \n\t\r\n", ""},
        {"\xef\xbb\xbf", ""},
        {"{\"a\":1}", "a.log: line 1: {\"a\":1}\n"},
        {"{\"a\":1}\n", "a.log: line 1: {\"a\":1}\n"},
        {"\xef\xbb\xbf{\"a\":1}\r\n\r\n {} \n", "a.log: line 1: {\"a\":1}\na.log: line 3: {}\n"},
        {"\n\n{\"a\":1}\n[]\nnope\n{\"b\":2}",
         "a.log: line 3: {\"a\":1}\na.log: line 4: bad shape\na.log: line 5: bad syntax\n"
         "a.log: line 6: {\"b\":2}\n"},
        {"{\"a\":\n1}\n", "a.log: line 1: bad syntax\na.log: line 2: bad syntax\n"},
        {"{}{}\n{}\n", "a.log: line 1: bad syntax\na.log: line 2: {}\n"},
        {"{}\n\xef\xbb\xbf{}\n", "a.log: line 1: {}\na.log: line 2: bad syntax\n"},
        {"plain text\n1\n", "a.log: line 1: bad syntax\na.log: line 2: bad shape\n"},
        {"[1,{\"a\":1}]\n[[1.5,{}],{}]\n[\"tag\",1,{}]\n",
         "a.log: line 1: {\"a\":1}\na.log: line 2: {}\na.log: line 3: {}\n"},
        {"[\"tag\",[[1,{\"a\":1}],[2],[3,{\"a\":3}]]]\n[\"tag\",\"packed\"]\n",
         "a.log: line 1: {\"a\":1}\na.log: line 1, record 2: bad shape\n"
         "a.log: line 1, record 3: {\"a\":3}\na.log: line 2: bad shape\n"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        expect_log(cases[i].log, strlen(cases[i].log), TGR_LOG_AUTO, RECORD_LIMIT, cases[i].told);
    }
}

/* A line may have exactly max_record bytes, its end not counted. */
static void test_line_limit(void **unused)
{
    (void)unused;
    static const size_t limits[] = {20, 4095, 100000, (1 << 20) + 5, 3000000};
    static const char *const ends[] = {"\n{}\n", "\r\n{}\n", ""};
    for (size_t l = 0; l < sizeof(limits) / sizeof(limits[0]); l++) {
        for (size_t e = 0; e < 3; e++) {
            for (size_t over = 0; over < 3; over++) {
                tgr_buffer log = {0}, told = {0};
                tgr_buffer_text(&log, "{\"a\":\"");
                for (size_t i = 0; i < limits[l] - 8 + over; i++) {
                    tgr_buffer_add(&log, "x", 1);
                }
                tgr_buffer_text(&log, "\"}");
                tgr_buffer_text(&log, ends[e]);
                write_log(log.bytes, log.length);
                assert_int_equal(tell_log(&told, TGR_LOG_JSONL, limits[l]), TGR_OK);
                assert_int_equal(strncmp(told.bytes, "a.log: line 1: bad too large\n", 29) == 0,
                                 over > 0);
                assert_int_equal(strstr(told.bytes, "a.log: line 2: {}\n") != NULL, e < 2);
                tgr_buffer_free(&log);
                tgr_buffer_free(&told);
            }
        }
    }
}

/* Lines of all lengths, over many blocks: each record tells its own number and offset. */
static void test_places_over_blocks(void **unused)
{
    (void)unused;
    uint64_t seed = 20240613, state = seed;
    tgr_buffer log = {0};
    size_t count = 0;
    while (log.length < 5000000) {
        size_t filler = next_random(&state) % (count % 50 == 0 ? 300000 : 900);
        tgr_buffer_format(&log, "{\"n\":%zu,\"at\":%zu,\"x\":\"%*s\"}%s\n", count++, log.length,
                          (int)filler, "", next_random(&state) % 2 ? "\r" : "");
    }
    write_log(log.bytes, log.length);
    log_walk walk;
    assert_int_equal(walk_open(&walk, support_path, TGR_LOG_AUTO, 1 << 20, NULL), TGR_OK);
    bool more = true;
    for (size_t i = 0; i <= count; i++) {
        tgr_log_item item;
        assert_int_equal(walk_next(&walk, &item, &more, NULL), TGR_OK);
        assert_int_equal(more, i < count);
        if (more) {
            const tgr_value *values = item.tape->values;
            assert_false(item.bad);
            assert_int_equal(values[2].as.unsigned_integer, i);
            assert_int_equal(values[4].as.unsigned_integer, item.position);
            assert_int_equal(item.line, i + 1);
        }
    }
    assert_int_equal(walk.piece.end, log.length);
    walk_close(&walk);
    tgr_buffer_free(&log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_count_limit),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_line_limit),
        cmocka_unit_test(test_places_over_blocks),
    };
    return cmocka_run_group_tests(tests, support_setup, support_teardown);
}
