/* test_log_hostile.c - damaged logs and short memory: never a crash, never a leak, always a word.
 */
#include "test_log_support.h"

#include "engine/log/record.h"

static const char json_log[] =
    "{\"id\":\"q1\",\"text\":\"t\\u00e9\",\"tags\":[\"a\",\"b\"],\"models\":{\"m\":{\"score\":1.5}}"
    "}\n"
    "\r\n[17,{\"tags\":{\"a\":2,\"b\":0.5},\"deny\":[\"x\"],\"prompt_tokens\":12}]\n"
    "[\"tag\",[[1,{\"text\":\"\"}],[[2,{}],{\"tags\":[],\"models\":{\"m\":{\"outcome\":\"win\"}}}]]"
    "]\n";

static const char msgpack_log[] =
    "\x83\xa2id\xcd\x01\x02\xa4text\xd9\x05hello\xa4tags\xdc\x00\x02\xa1"
    "a\xa1"
    "b"
    "\x92\xd7\x00"
    "12345678\x81\xa4tags\x82\xa1"
    "a\x02\xa1"
    "b\xcb\x3f\xe0\x00\x00\x00\x00\x00\x00"
    "\x93\xa3tag\x92\x92\x05\x81\xa4text\xa0\x92\x92\x05\x80\x82\xa4tags\x90\xa6models\x81\xa1m\x81"
    "\xa7outcome\xa3win\x80";

/* The same with compressed packed entries after it. */
static void build_msgpack(tgr_buffer *log)
{
    static const char entries[] = "\x92\x05\x81\xa4text\xa1x\x92\x05\x81\xa4tags\x90";
    for (int codec = 0; codec < 2; codec++) {
        tgr_buffer packed = {0};
        (codec ? add_zstd : add_gzip)(&packed, entries, sizeof(entries) - 1);
        tgr_buffer_add(log, msgpack_log, sizeof(msgpack_log) - 1);
        tgr_buffer_format(log, "\x93\xa3tag\xc4%c", (int)packed.length);
        tgr_buffer_add(log, packed.bytes, packed.length);
        tgr_buffer_format(log,
                          "\x81\xaa"
                          "compressed\xa4%s",
                          codec ? "zstd" : "gzip");
        tgr_buffer_free(&packed);
    }
}

typedef struct counts {
    size_t good, bad;
} counts;

/* Reads support_path as records to the end or the first error. */
static tgr_status read_records(tgr_log_format format, counts *counted, tgr_error *error)
{
    log_walk walk;
    tgr_record record = {0};
    tgr_status status = walk_open(&walk, support_path, format, RECORD_LIMIT, error);
    bool more = true;
    while (status == TGR_OK) {
        tgr_log_item item;
        bool no_memory = false;
        status = walk_next(&walk, &item, &more, error);
        if (status != TGR_OK || !more) {
            break;
        }
        bool good = !item.bad && tgr_record_from_log(&item, &record, &no_memory);
        if (no_memory) {
            status = TGR_ERR_NOMEM;
            break;
        }
        assert_true(good || item.bad);
        assert_true(item.reason < TGR_BAD_REASONS);
        *(good ? &counted->good : &counted->bad) += 1;
    }
    tgr_record_free(&record);
    walk_close(&walk);
    return status;
}

static void mutate(char *bytes, size_t *length, size_t capacity, uint64_t *state)
{
    static const uint8_t nasty[] = {0x00, 0x7f, 0x80, 0xc1, 0xdd, 0xdf, 0xff, '"',
                                    '{',  '[',  '\\', '\n', 0xc6, 0xd9, 0xc7, 0x93};
    uint64_t count = 1 + next_random(state) % 4;
    while (count-- > 0) {
        size_t at = (size_t)(next_random(state) % *length);
        uint64_t r = next_random(state);
        if (r % 8 == 0 && *length > 2) { /* cut a byte */
            memmove(bytes + at, bytes + at + 1, *length - at - 1);
            --*length;
        } else if (r % 8 == 1 && *length < capacity) { /* put one in */
            memmove(bytes + at + 1, bytes + at, *length - at);
            bytes[at] = (char)(r >> 8);
            ++*length;
        } else {
            bytes[at] = r % 2 ? (char)nasty[r >> 8 & 15] : (char)(bytes[at] ^ 1 << (r >> 8 & 7));
        }
    }
}

static void expect_survival(const tgr_buffer *log, tgr_log_format format, uint64_t seed, int rounds)
{
    uint64_t state = seed;
    size_t capacity = log->length + 16;
    char *bytes = malloc(capacity);
    assert_non_null(bytes);
    long live = tgr_mem_live();
    for (int round = 0; round < rounds; round++) {
        size_t length = log->length;
        memcpy(bytes, log->bytes, length);
        mutate(bytes, &length, capacity, &state);
        write_log(bytes, length);
        counts counted = {0, 0};
        tgr_error error = {.status = TGR_OK};
        tgr_status status = read_records(format, &counted, &error);
        assert_true(status == TGR_OK || (status == TGR_ERR_INPUT && error.message[0] != '\0'));
        assert_int_equal(tgr_mem_live(), live);
    }
    printf("seed %llu\n", (unsigned long long)seed);
    free(bytes);
}

static void test_mutations(void **unused)
{
    (void)unused;
    tgr_buffer json = {0}, msgpack = {0}, gzip = {0}, zstd = {0};
    tgr_buffer_add(&json, json_log, sizeof(json_log) - 1);
    build_msgpack(&msgpack);
    add_gzip(&gzip, json.bytes, json.length);
    add_zstd(&zstd, msgpack.bytes, msgpack.length);
    expect_survival(&json, TGR_LOG_AUTO, 1, 1500);
    expect_survival(&json, TGR_LOG_MSGPACK, 2, 300);
    expect_survival(&msgpack, TGR_LOG_AUTO, 3, 2500);
    expect_survival(&msgpack, TGR_LOG_JSONL, 4, 300);
    expect_survival(&gzip, TGR_LOG_AUTO, 5, 400);
    expect_survival(&zstd, TGR_LOG_AUTO, 6, 400);
    tgr_buffer_free(&json);
    tgr_buffer_free(&msgpack);
    tgr_buffer_free(&gzip);
    tgr_buffer_free(&zstd);
}

/* Fails every allocation in turn: each time a clean error, and in the end the whole log. */
static void expect_clean_failures(const tgr_buffer *log, size_t good)
{
    write_log(log->bytes, log->length);
    long live = tgr_mem_live();
    long failures = 0;
    for (;; failures++) {
        counts counted = {0, 0};
        tgr_error error = {.status = TGR_OK};
        tgr_mem_fail_after(failures);
        tgr_status status = read_records(TGR_LOG_AUTO, &counted, &error);
        tgr_mem_fail_after(-1);
        assert_int_equal(tgr_mem_live(), live);
        if (status == TGR_OK) {
            assert_int_equal(counted.good, good);
            assert_int_equal(counted.bad, 0);
            break;
        }
        assert_int_equal(status, TGR_ERR_NOMEM);
        assert_true(failures < 1000);
    }
    assert_true(failures > 5);
}

static void test_short_memory(void **unused)
{
    (void)unused;
    tgr_buffer json = {0}, msgpack = {0}, gzip = {0}, zstd = {0};
    tgr_buffer_add(&json, json_log, sizeof(json_log) - 1);
    build_msgpack(&msgpack);
    add_gzip(&gzip, json.bytes, json.length);
    add_zstd(&zstd, json.bytes, json.length);
    expect_clean_failures(&json, 4);
    expect_clean_failures(&msgpack, 12);
    expect_clean_failures(&gzip, 4);
    expect_clean_failures(&zstd, 4);
    tgr_buffer_free(&json);
    tgr_buffer_free(&msgpack);
    tgr_buffer_free(&gzip);
    tgr_buffer_free(&zstd);
}

/* In a steady state, a record costs no allocation: as many for a thousand times the log. */
static void test_no_allocation_per_record(void **unused)
{
    (void)unused;
    for (int packed = 0; packed < 2; packed++) {
        long needed[2];
        for (int large = 0; large < 2; large++) {
            tgr_buffer log = {0};
            for (int i = 0; i < (large ? 1000 : 2); i++) {
                if (packed) {
                    build_msgpack(&log);
                } else {
                    tgr_buffer_add(&log, json_log, sizeof(json_log) - 1);
                }
            }
            write_log(log.bytes, log.length);
            tgr_status status = TGR_ERR_NOMEM;
            for (needed[large] = 0; status != TGR_OK; needed[large]++) {
                counts counted = {0, 0};
                tgr_mem_fail_after(needed[large]);
                status = read_records(TGR_LOG_AUTO, &counted, NULL);
                tgr_mem_fail_after(-1);
                assert_true(status == TGR_OK || status == TGR_ERR_NOMEM);
            }
            tgr_buffer_free(&log);
        }
        assert_int_equal(needed[0], needed[1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mutations),
        cmocka_unit_test(test_short_memory),
        cmocka_unit_test(test_no_allocation_per_record),
    };
    return cmocka_run_group_tests(tests, support_setup, support_teardown);
}
