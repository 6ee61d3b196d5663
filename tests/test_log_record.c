/* test_log_record.c - each key of a record: what is good, and every way of being wrong. */
#include "test_log_support.h"

#include <math.h>

#include "engine/log/record.h"

static void tell_text(tgr_buffer *to, const char *key, const tgr_text *text)
{
    if (text->bytes) {
        tgr_buffer_format(to, " %s=%.*s", key, (int)text->length, text->bytes);
    }
}

static void tell_number(tgr_buffer *to, const char *key, double number)
{
    if (!isnan(number)) {
        tgr_buffer_format(to, " %s=%.9g", key, number);
    }
}

static void tell_list(tgr_buffer *to, const char *key, const tgr_text_list *list)
{
    if (list->present) {
        tgr_buffer_format(to, " %s=", key);
        for (size_t i = 0; i < list->count; i++) {
            tgr_buffer_format(to, "%s%.*s", i ? "," : "", (int)list->names[i].length,
                              list->names[i].bytes);
        }
    }
}

/* " id=q1 tags=a:1,b:2 m{score=1 outcome=2}" */
static void tell_record(tgr_buffer *to, const tgr_record *record)
{
    tell_text(to, "id", &record->id);
    tell_text(to, "text", &record->text);
    tell_text(to, "category", &record->category);
    tell_text(to, "split", &record->split);
    tell_number(to, "prompt_tokens", record->prompt_tokens);
    tell_list(to, "allow", &record->allow);
    tell_list(to, "deny", &record->deny);
    tell_list(to, "needs", &record->needs);
    tgr_buffer_text(to, record->has_tags ? " tags=" : "");
    for (size_t i = 0; i < record->tag_count; i++) {
        const tgr_tag_entry *tag = &record->tags[i];
        tgr_buffer_format(to, "%s%.*s:%.9g", i ? "," : "", (int)tag->tag.length, tag->tag.bytes,
                          tag->value);
    }
    for (size_t i = 0; i < record->model_count; i++) {
        const tgr_model_entry *model = &record->models[i];
        tgr_buffer_format(to, " %.*s{", (int)model->model.length, model->model.bytes);
        tell_number(to, "score", model->score);
        tell_number(to, "cost", model->cost);
        tell_number(to, "completion_tokens", model->completion_tokens);
        tgr_buffer_format(to, " outcome=%d}", model->outcome);
    }
}

/* Reads every record of a log with one tgr_record; a line each. */
static void tell_records(tgr_buffer *to, const char *log, size_t length)
{
    log_walk walk;
    tgr_record record = {0};
    write_log(log, length);
    assert_int_equal(walk_open(&walk, support_path, TGR_LOG_AUTO, RECORD_LIMIT, NULL), TGR_OK);
    for (;;) {
        tgr_log_item item;
        bool more, no_memory = true;
        assert_int_equal(walk_next(&walk, &item, &more, NULL), TGR_OK);
        if (!more) {
            break;
        }
        assert_false(item.bad);
        if (tgr_record_from_log(&item, &record, &no_memory)) {
            tell_record(to, &record);
        } else {
            assert_true(item.bad);
            assert_true(item.why[0] != '\0' && strlen(item.why) < sizeof(item.why) - 1);
            assert_null(strstr(item.why, "SECRET")); /* nothing of the record is repeated */
            tgr_buffer_format(to, " bad %s", reason_names[item.reason]);
        }
        assert_false(no_memory);
        tgr_buffer_text(to, "\n");
    }
    tgr_record_free(&record);
    walk_close(&walk);
}

static void expect_records(const char *log, size_t length, const char *expected)
{
    tgr_buffer told = {0}, with_end = {0};
    tell_records(&told, log, length);
    tgr_buffer_format(&with_end, "%s\n", expected);
    assert_string_equal(told.bytes, with_end.bytes);
    tgr_buffer_free(&told);
    tgr_buffer_free(&with_end);
}

static void expect_record(const char *json, const char *expected)
{
    expect_records(json, strlen(json), expected);
}

/* The values of a key in a record that is otherwise good. */
static void expect_field(const char *key, const char *value, const char *expected)
{
    tgr_buffer json = {0}, told = {0};
    tgr_buffer_format(&json, "{\"%s\":%s,\"tags\":[]}", key, value);
    tgr_buffer_format(&told, "%s%s", expected, strncmp(expected, " bad", 4) ? " tags=" : "");
    expect_record(json.bytes, told.bytes);
    tgr_buffer_free(&json);
    tgr_buffer_free(&told);
}

static void test_whole_record(void **unused)
{
    (void)unused;
    expect_record(
        "{\"id\":\"q1\",\"text\":\"hi\",\"tags\":[\"a\",\"b\",\"a\"],\"category\":\"law\","
        "\"split\":\"train\",\"prompt_tokens\":321,\"needs\":[\"vision\"],\"allow\":[],"
        "\"deny\":[\"x\",\"y\"],\"other\":{\"id\":[7]},\"models\":{\"gpt-4\":{\"score\":1.0,"
        "\"outcome\":\"win\",\"cost\":0.0021,\"completion_tokens\":87,\"more\":[]},\"b\":{}}}",
        " id=q1 text=hi category=law split=train prompt_tokens=321 allow= deny=x,y "
        "needs=vision tags=a:1,b:1,a:1 gpt-4{ score=1 cost=0.00209999993 "
        "completion_tokens=87 outcome=2} b{ outcome=-1}");
    expect_record("{\"text\":\"\"}", " text=");
    expect_record("{\"tags\":{}}", " tags=");
    expect_record("{}", " bad empty");
    expect_record("{\"id\":1,\"text\":null,\"tags\":null,\"models\":{\"a\":{}}}", " bad empty");
}

/* Nothing of a record is left in the next. */
static void test_records_do_not_mix(void **unused)
{
    (void)unused;
    static const char log[] =
        "{\"id\":1,\"text\":\"t\",\"tags\":[\"a\"],\"category\":\"c\",\"split\":\"s\",\"prompt_"
        "tokens\":1,"
        "\"allow\":[\"m\"],\"deny\":[\"m\"],\"needs\":[\"m\"],\"models\":{\"m\":{\"score\":1}}}\n"
        "{\"text\":\"u\"}\n{\"tags\":[7],\"id\":3}\n{\"tags\":[\"b\"]}\n";
    tgr_buffer told = {0};
    tell_records(&told, log, sizeof(log) - 1);
    assert_string_equal(told.bytes,
                        " id=1 text=t category=c split=s prompt_tokens=1 allow=m deny=m needs=m "
                        "tags=a:1 m{ score=1 outcome=-1}\n text=u\n bad tags\n tags=b:1\n");
    tgr_buffer_free(&told);
}

static void test_last_of_a_key_counts(void **unused)
{
    (void)unused;
    expect_record(
        "{\"id\":\"a\",\"id\":7,\"tags\":[\"x\"],\"tags\":{\"y\":2},\"deny\":[\"m\"],\"deny\":[]}",
        " id=7 deny= tags=y:2");
    expect_record("{\"text\":\"t\",\"tags\":[\"x\"],\"tags\":null,\"id\":1,\"id\":null}",
                  " text=t");
    expect_record(
        "{\"tags\":[],\"models\":{\"a\":{\"score\":1,\"cost\":2},\"b\":{},\"a\":{\"score\":3}}}",
        " tags= b{ outcome=-1} a{ score=3 outcome=-1}");
    expect_record("{\"tags\":[],\"models\":{\"a\":{\"score\":1},\"b\":{},\"a\":null}}",
                  " tags= b{ outcome=-1}");
    expect_record("{\"tags\":[],\"models\":{\"a\":{\"score\":1,\"score\":null,\"outcome\":\"win\","
                  "\"outcome\":null,\"cost\":1,\"cost\":2}}}",
                  " tags= a{ cost=2 outcome=-1}");
    expect_record("{\"tags\":[],\"models\":{\"a\":{}},\"models\":{\"b\":{}}}",
                  " tags= b{ outcome=-1}");
}

static void test_texts(void **unused)
{
    (void)unused;
    static const char *const keys[] = {"id", "text", "category", "split"};
    static const char *const wrong[] = {"true", "1.5", "[]", "{}", "[\"a\"]", "\"SECRET\\u0000\""};
    for (size_t k = 0; k < 4; k++) {
        char expected[40];
        snprintf(expected, sizeof(expected), " %s=\xc3\xa9\\u0000", keys[k]);
        expect_field(keys[k], "\"\\u00e9\\\\u0000\"", expected); /* which is no NUL */
        expect_field(keys[k], "null", "");
        snprintf(expected, sizeof(expected), " %s=", keys[k]);
        expect_field(keys[k], "\"\"", expected);
        for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
            expect_field(keys[k], wrong[i], " bad field");
        }
        if (k > 0) {
            expect_field(keys[k], "5", " bad field");
        }
    }
    expect_field("id", "0", " id=0");
    expect_field("id", "18446744073709551615", " id=18446744073709551615");
    expect_field("id", "-9223372036854775808", " id=-9223372036854775808");
}

static void test_prompt_tokens(void **unused)
{
    (void)unused;
    static const char *const wrong[] = {"-1",    "-0.5",       "9007199254740993",
                                        "1e300", "\"SECRET\"", "true",
                                        "[]",    "{}",         "18446744073709551615"};
    expect_field("prompt_tokens", "0", " prompt_tokens=0");
    expect_field("prompt_tokens", "-0.0", " prompt_tokens=0");
    expect_field("prompt_tokens", "1.5", " prompt_tokens=1.5");
    expect_field("prompt_tokens", "9007199254740992", " prompt_tokens=9.00719925e+15");
    expect_field("prompt_tokens", "null", "");
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        expect_field("prompt_tokens", wrong[i],
                     strcmp(wrong[i], "9007199254740993") ? " bad field"
                                                          : " prompt_tokens=9.00719925e+15");
    }
}

static void test_lists(void **unused)
{
    (void)unused;
    static const char *const keys[] = {"allow", "deny", "needs"};
    static const char *const wrong[] = {
        "true", "1",      "\"SECRET\"", "{}",         "{\"SECRET\":1}",
        "[1]",  "[null]", "[[\"a\"]]",  "[\"a\",{}]", "[\"a\\u0000\"]"};
    for (size_t k = 0; k < 3; k++) {
        char expected[40];
        snprintf(expected, sizeof(expected), " %s=a,,b", keys[k]);
        expect_field(keys[k], "[\"a\",\"\",\"b\"]", expected);
        expect_field(keys[k], "null", "");
        for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
            expect_field(keys[k], wrong[i], " bad field");
        }
    }
}

static void test_tags(void **unused)
{
    (void)unused;
    static const struct {
        const char *tags, *told;
    } cases[] = {
        {"[\"\",\"a\"]", " tags=:1,a:1"},
        {"{\"a\":0,\"b\":65535,\"c\":1,\"\":2}", " tags=b:65535,c:1,:2"},
        {"{\"a\":0.5,\"b\":-2.25,\"c\":0.0,\"d\":-0.0,\"e\":70000.0,\"f\":null}",
         " tags=a:0.5,b:-2.25,e:70000"},
        {"{\"a\":1e-60,\"b\":3e38}", " tags=b:3e+38"}, /* the first is 0 in float32 */
        {"{\"a\":1e39}", " bad tags"},
        {"{\"a\":65536}", " bad tags"},
        {"{\"a\":-1}", " bad tags"},
        {"{\"a\":18446744073709551615}", " bad tags"},
        {"{\"a\":true}", " bad tags"},
        {"{\"a\":false}", " bad tags"},
        {"{\"a\":\"SECRET\"}", " bad tags"},
        {"{\"a\":[]}", " bad tags"},
        {"{\"a\\u0000\":1}", " bad tags"},
        {"{\"a\\u0000\":0}", " bad tags"},
        {"[\"a\\u0000\"]", " bad tags"},
        {"[1]", " bad tags"},
        {"[null]", " bad tags"},
        {"[[]]", " bad tags"},
        {"[{\"SECRET\":1}]", " bad tags"},
        {"\"SECRET\"", " bad tags"},
        {"1", " bad tags"},
        {"true", " bad tags"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char json[200];
        snprintf(json, sizeof(json), "{\"tags\":%s}", cases[i].tags);
        expect_record(json, cases[i].told);
    }
}

static void test_models(void **unused)
{
    (void)unused;
    static const struct {
        const char *models, *told;
    } cases[] = {
        {"{}", ""},
        {"null", ""},
        {"{\"m\":null}", ""},
        {"{\"m\":{\"score\":null,\"outcome\":null,\"cost\":null,\"completion_tokens\":null}}",
         " m{ outcome=-1}"},
        {"{\"m\":{\"score\":-3,\"outcome\":\"loss\",\"cost\":0,\"completion_tokens\":0}}",
         " m{ score=-3 cost=0 completion_tokens=0 outcome=0}"},
        {"{\"m\":{\"outcome\":\"tie\",\"cost\":-0.0}}", " m{ cost=0 outcome=1}"},
        {"{\"m\":{\"score\":3e38}}", " m{ score=3.00000001e+38 outcome=-1}"},
        {"{\"m\":{\"score\":1e39}}", " bad model"},
        {"{\"m\":{\"score\":-1e39}}", " bad model"},
        {"{\"m\":{\"score\":\"SECRET\"}}", " bad model"},
        {"{\"m\":{\"score\":true}}", " bad model"},
        {"{\"m\":{\"score\":[]}}", " bad model"},
        {"{\"m\":{\"outcome\":\"Win\"}}", " bad model"},
        {"{\"m\":{\"outcome\":\"SECRET\"}}", " bad model"},
        {"{\"m\":{\"outcome\":1}}", " bad model"},
        {"{\"m\":{\"outcome\":true}}", " bad model"},
        {"{\"m\":{\"cost\":-1e-9}}", " bad model"},
        {"{\"m\":{\"cost\":1e39}}", " bad model"},
        {"{\"m\":{\"cost\":\"0\"}}", " bad model"},
        {"{\"m\":{\"completion_tokens\":-1}}", " bad model"},
        {"{\"m\":{\"completion_tokens\":1e39}}", " bad model"},
        {"{\"m\":{\"completion_tokens\":{}}}", " bad model"},
        {"{\"m\":1}", " bad model"},
        {"{\"m\":[]}", " bad model"},
        {"{\"m\":\"SECRET\"}", " bad model"},
        {"{\"m\\u0000\":{}}", " bad model"},
        {"{\"m\\u0000\":null}", " bad model"},
        {"[]", " bad model"},
        {"[\"SECRET\"]", " bad model"},
        {"\"SECRET\"", " bad model"},
        {"1", " bad model"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char json[300], told[200];
        snprintf(json, sizeof(json), "{\"tags\":[],\"models\":%s}", cases[i].models);
        snprintf(told, sizeof(told), "%s%s", strncmp(cases[i].told, " bad", 4) ? " tags=" : "",
                 cases[i].told);
        expect_record(json, told);
    }
}

/* Names of 1024 bytes are taken, of 1025 not; texts may be longer. */
static void test_name_limit(void **unused)
{
    (void)unused;
    static const struct {
        const char *before, *after;
        bool limited;
    } cases[] = {
        {"{\"tags\":[],\"id\":\"", "\"}", true},
        {"{\"tags\":[],\"category\":\"", "\"}", true},
        {"{\"tags\":[],\"split\":\"", "\"}", true},
        {"{\"tags\":[],\"allow\":[\"", "\"]}", true},
        {"{\"tags\":[],\"deny\":[\"", "\"]}", true},
        {"{\"tags\":[],\"needs\":[\"", "\"]}", true},
        {"{\"tags\":[\"", "\"]}", true},
        {"{\"tags\":{\"", "\":1}}", true},
        {"{\"tags\":[],\"models\":{\"", "\":{}}}", true},
        {"{\"text\":\"", "\"}", false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (size_t length = 1024; length <= 1025; length++) {
            tgr_buffer json = {0}, told = {0};
            char name[1026];
            memset(name, 'n', length);
            name[length] = '\0';
            tgr_buffer_format(&json, "%s%s%s", cases[i].before, name, cases[i].after);
            tell_records(&told, json.bytes, json.length);
            assert_int_equal(strncmp(told.bytes, " bad", 4) == 0,
                             cases[i].limited && length > 1024);
            tgr_buffer_free(&json);
            tgr_buffer_free(&told);
        }
    }
}

static void test_model_limit(void **unused)
{
    (void)unused;
    for (int count = TGR_RECORD_MODELS; count <= TGR_RECORD_MODELS + 1; count++) {
        tgr_buffer json = {0}, told = {0};
        tgr_buffer_text(&json, "{\"tags\":[],\"models\":{");
        for (int i = 0; i < count; i++) {
            tgr_buffer_format(&json, "%s\"m%d\":{}", i ? "," : "", i);
        }
        tgr_buffer_text(&json, ",\"m7\":{}}}"); /* once more, which is no other model */
        tell_records(&told, json.bytes, json.length);
        assert_int_equal(strcmp(told.bytes, " bad model\n") == 0, count > TGR_RECORD_MODELS);
        tgr_buffer_free(&json);
        tgr_buffer_free(&told);
    }
}

#define PACKED(log, expected) expect_records(log, sizeof(log) - 1, expected)

/* What only MessagePack can say. */
static void test_messagepack_kinds(void **unused)
{
    (void)unused;
    PACKED("\x82\xa4tags\x81\xa1"
           "a\x02\xa2id\xd0\x05",
           " id=5 tags=a:2");
    PACKED("\x81\xa4tags\x81\xa1"
           "a\xca\x3f\x00\x00\x00",
           " tags=a:0.5");
    PACKED("\x81\xa4tags\x81\xa1"
           "a\xcb\x7f\xf0\x00\x00\x00\x00\x00\x00",
           " bad tags"); /* infinity */
    PACKED("\x81\xa4tags\x81\xa1"
           "a\xca\x7f\xc0\x00\x00",
           " bad tags"); /* NaN */
    PACKED("\x81\xa4tags\x81\xa1"
           "a\xff",
           " bad tags");
    PACKED("\x81\xa4tags\x81\x07\x01", " bad tags");
    PACKED("\x81\xa4tags\x91\xc4\x01"
           "a",
           " bad tags");
    PACKED("\x81\xa4tags\xc4\x01"
           "a",
           " bad tags");
    PACKED("\x81\xa4tags\xd4\x01"
           "a",
           " bad tags");
    PACKED("\x81\xa4tags\x91\xa2"
           "a\x00",
           " bad tags");
    PACKED("\x81\xa4text\xa2"
           "a\x00",
           " bad field");
    PACKED("\x81\xa4text\xc4\x01"
           "a",
           " bad field");
    PACKED("\x82\xa4tags\x90\xadprompt_tokens\xca\x7f\xc0\x00\x00", " bad field");
    PACKED("\x82\xa4tags\x90\xadprompt_tokens\xca\x7f\x80\x00\x00", " bad field");
    PACKED("\x82\xa4tags\x90\xa6models\x81\x07\x80", " bad model");
    PACKED("\x82\xa4tags\x90\xa6models\x81\xa1m\x81\x07\x80", " tags= m{ outcome=-1}");
    PACKED("\x82\xa4tags\x90\xa6models\x81\xa1m\x81\xa5score\xca\x7f\xc0\x00\x00", " bad model");
    PACKED("\x82\xa4tags\x90\xa6models\x81\xa1m\x81\xa4"
           "cost\xca\x7f\x80\x00\x00",
           " bad model");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole_record),
        cmocka_unit_test(test_records_do_not_mix),
        cmocka_unit_test(test_last_of_a_key_counts),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_prompt_tokens),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_tags),
        cmocka_unit_test(test_models),
        cmocka_unit_test(test_name_limit),
        cmocka_unit_test(test_model_limit),
        cmocka_unit_test(test_messagepack_kinds),
    };
    return cmocka_run_group_tests(tests, support_setup, support_teardown);
}
