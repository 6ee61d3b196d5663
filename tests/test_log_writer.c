/* test_log_writer.c - logs written and read again: every kind of value, every ending of a name. */
#include "tests/test_log_support.h"

#include <fcntl.h>

#include "engine/base/error.h"
#include "engine/log/json.h"
#include "engine/log/msgpack.h"
#include "engine/log/msgpack_scan.h"
#include "engine/log/value_write.h"
#include "engine/log/writer.h"

/* ---- values -------------------------------------------------------------------------------------
 */

/* Decodes MessagePack that somebody padded. */
static void decode(const tgr_buffer *bytes, size_t length, tgr_tape *tape)
{
    tgr_msgpack_scan scan;
    tgr_fault fault;
    size_t used;
    tgr_msgpack_scan_begin(&scan, length);
    assert_int_equal(tgr_msgpack_scan_feed(&scan, bytes->bytes, length, &used), TGR_SCAN_COMPLETE);
    assert_int_equal(used, length);
    const tgr_msgpack_extent extent = {scan.values, scan.too_deep, scan.too_large};
    tgr_tape_clear(tape);
    assert_int_equal(tgr_msgpack_decode(&extent, bytes->bytes, tape, &fault), TGR_OK);
}

static void pad(tgr_buffer *bytes)
{
    static const char padding[TGR_JSON_PADDING];
    tgr_buffer_add(bytes, padding, sizeof padding);
}

static const char all_kinds[] =
    "{\"n\": null, \"b\": [true, false], \"i\": [0, 127, 128, 255, 65536, 18446744073709551615, "
    "-1, "
    "-33, -129, -9223372036854775808], \"r\": [1.0, -0.0, 0.1, 1e+300, 2.5e-300], \"s\": "
    "\"\\u0001\\n\\\"\\\\"
    "\xc3\xbc\", \"e\": [{}, [], \"\"], \"m\": {\"k\": {\"k\": [[1]]}}}";

static void json_comes_back_as_it_was(void **state)
{
    (void)state;
    tgr_json_parser *parser = tgr_json_parser_new();
    tgr_tape tape = {0};
    tgr_buffer text = {0}, written = {0};
    tgr_fault fault;
    uint64_t lost = 0;
    tgr_buffer_text(&text, all_kinds);
    pad(&text);
    assert_int_equal(tgr_json_parse(parser, text.bytes, strlen(all_kinds), &tape, &fault), TGR_OK);
    tgr_value_write_json(&tape, 0, &written, &lost);
    assert_string_equal(written.bytes, all_kinds);
    assert_int_equal(lost, 0);
    tgr_buffer_free(&text);
    tgr_buffer_free(&written);
    tgr_tape_free(&tape);
    tgr_json_parser_free(parser);
}

static void messagepack_comes_back_as_it_was(void **state)
{
    static const char kinds[] =
        "\x88\xa1n\xc0\xa1t\xd6\x05"
        "abcd\xa1y\xc4\x03\xff\0x\xa1s\xa2\xff\xfe\x07\x93\xcb\x7f\xf0\0\0\0\0\0\0"
        "\xc3\xc2\xa1i\x94\x00\xcd\x01\x00\xff\xd1\xff\x00\xa1m\x81\x92\x01\x02\x03"
        "\xa1r\xcb\x3f\xb9\x99\x99\x99\x99\x99\x9a";
    (void)state;
    tgr_tape tape = {0};
    tgr_buffer bytes = {0}, written = {0};
    uint64_t lost = 0;
    tgr_buffer_add(&bytes, kinds, sizeof kinds - 1);
    pad(&bytes);
    decode(&bytes, sizeof kinds - 1, &tape);
    tgr_value_write_msgpack(&tape, 0, &written);
    assert_int_equal(written.length, sizeof kinds - 1);
    assert_memory_equal(written.bytes, kinds, written.length);
    tgr_buffer_clear(&written);
    tgr_value_write_json(&tape, 0, &written, &lost);
    assert_string_equal(written.bytes, "{\"n\": null, \"t\": null, \"y\": null, \"s\": null, "
                                       "\"i\": [0, 256, -1, -256], \"m\": {}, \"r\": 0.1}");
    assert_int_equal(lost, 5); /* an extension, a bin, a str that is none, and two keys */
    tgr_buffer_free(&bytes);
    tgr_buffer_free(&written);
    tgr_tape_free(&tape);
}

/* ---- files --------------------------------------------------------------------------------------
 */

static void names_say_what_to_write(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        tgr_log_format format; /* TGR_LOG_AUTO: refused */
        tgr_codec codec;
    } cases[] = {{"a.jsonl", TGR_LOG_JSONL, TGR_CODEC_PLAIN},
                 {"a/b.ndjson.gz", TGR_LOG_JSONL, TGR_CODEC_GZIP},
                 {"a.msgpack", TGR_LOG_MSGPACK, TGR_CODEC_PLAIN},
                 {"a.b.msgpack.zst", TGR_LOG_MSGPACK, TGR_CODEC_ZSTD},
                 {".jsonl", TGR_LOG_AUTO, TGR_CODEC_PLAIN},
                 {"jsonl", TGR_LOG_AUTO, TGR_CODEC_PLAIN},
                 {"a.zst", TGR_LOG_AUTO, TGR_CODEC_PLAIN},
                 {"a.jsonl.zst.gz", TGR_LOG_AUTO, TGR_CODEC_PLAIN},
                 {"", TGR_LOG_AUTO, TGR_CODEC_PLAIN}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        tgr_log_shape shape;
        tgr_error error;
        bool good = cases[i].format != TGR_LOG_AUTO;
        assert_int_equal(tgr_log_shape_of(cases[i].name, &shape, &error),
                         good ? TGR_OK : TGR_ERR_ARGUMENT);
        if (good) {
            assert_int_equal(shape.format, cases[i].format);
            assert_int_equal(shape.codec, cases[i].codec);
        }
    }
}

static tgr_status write_parts(const char *bytes, size_t length, tgr_codec codec, uint64_t *random)
{
    tgr_log_writer *writer = NULL;
    tgr_error error = {0};
    tgr_status status = TGR_OK;
    int fd = open(support_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    TGR_TRY(tgr_log_writer_open(fd, support_path, codec, &writer, &error));
    for (size_t at = 0; at < length;) {
        size_t part = next_random(random) % 100000;
        part = part < length - at ? part : length - at;
        TGR_TRY(tgr_log_writer_add(writer, bytes + at, part, &error));
        at += part;
    }
    TGR_TRY(tgr_log_writer_finish(writer, &error));
done:
    tgr_log_writer_free(writer);
    close(fd);
    return status;
}

static void check_file(const char *bytes, size_t length, tgr_codec codec)
{
    tgr_source *source;
    char magic[TGR_CODEC_MAGIC], *found = malloc(length + 1);
    size_t got = 1, all = 0;
    FILE *file = fopen(support_path, "rb");
    size_t begins = fread(magic, 1, sizeof magic, file);
    fclose(file);
    assert_int_equal(tgr_codec_detect(magic, begins), codec);
    assert_int_equal(tgr_source_open(support_path, NULL, &source, NULL), TGR_OK);
    while (got > 0) {
        assert_int_equal(tgr_source_read(source, found + all, length + 1 - all, &got, NULL),
                         TGR_OK);
        all += got;
    }
    tgr_source_close(source);
    assert_int_equal(all, length);
    assert_memory_equal(found, bytes, length);
    free(found);
}

static void files_are_read_again(void **state)
{
    (void)state;
    enum { MOST = 1500000 };
    static const size_t lengths[] = {0, 1, (1 << 18) - 1, 1 << 18, (1 << 18) + 1, MOST};
    uint64_t random = 7;
    char *bytes = malloc(MOST);
    for (size_t i = 0; i < MOST; i++) {
        bytes[i] = (char)('a' + next_random(&random) % (i < 700000 ? 26 : 3));
    }
    for (int codec = TGR_CODEC_PLAIN; codec <= TGR_CODEC_ZSTD; codec++) {
        for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
            assert_int_equal(write_parts(bytes, lengths[i], (tgr_codec)codec, &random), TGR_OK);
            check_file(bytes, lengths[i], (tgr_codec)codec);
        }
    }
    free(bytes);
}

static void memory_and_disk_run_out(void **state)
{
    (void)state;
    uint64_t random = 7;
    long live = tgr_mem_live();
    tgr_log_writer *writer;
    for (long i = 0; i < 3; i++) {
        tgr_mem_fail_after(i);
        assert_int_equal(write_parts("x", 1, TGR_CODEC_ZSTD, &random), TGR_ERR_NOMEM);
        tgr_mem_fail_after(-1);
        assert_int_equal(tgr_mem_live(), live);
    }
    int full = open("/dev/full", O_WRONLY);
    for (int codec = TGR_CODEC_PLAIN; full >= 0 && codec <= TGR_CODEC_ZSTD; codec++) {
        tgr_error error;
        assert_int_equal(tgr_log_writer_open(full, "NAME", (tgr_codec)codec, &writer, &error),
                         TGR_OK);
        assert_int_equal(tgr_log_writer_add(writer, "x", 1, &error), TGR_OK);
        assert_int_equal(tgr_log_writer_finish(writer, &error), TGR_ERR_IO);
        assert_non_null(strstr(error.message, "NAME: cannot write"));
        tgr_log_writer_free(writer);
    }
    close(full);
    assert_int_equal(tgr_mem_live(), live);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_comes_back_as_it_was),
        cmocka_unit_test(messagepack_comes_back_as_it_was),
        cmocka_unit_test(names_say_what_to_write),
        cmocka_unit_test_setup_teardown(files_are_read_again, support_setup, support_teardown),
        cmocka_unit_test_setup_teardown(memory_and_disk_run_out, support_setup, support_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
