/* test_log_support.h - what the tests of logs share: files, compression, a log told as text. */
#ifndef TEST_LOG_SUPPORT_H
#define TEST_LOG_SUPPORT_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/cmocka_all.h"

#include <zlib.h>
#include <zstd.h>

#include "engine/base/buffer.h"
#include "engine/base/memory.h"
#include "tests/log_walk.h"

#define RECORD_LIMIT ((size_t)1 << 16) /* the largest record of most tests */

/* ---- random numbers: splitmix64, the same on every machine -------------------------------------
 */

static inline uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* ---- one file in a folder of its own -----------------------------------------------------------
 */

static char support_folder[256];
static char support_path[300];

static inline int support_setup(void **unused)
{
    (void)unused;
    const char *base = getenv("TMPDIR");
    snprintf(support_folder, sizeof(support_folder), "%s/tagroute-log-XXXXXX",
             base ? base : "/tmp");
    if (!mkdtemp(support_folder)) {
        return -1;
    }
    snprintf(support_path, sizeof(support_path), "%s/a.log", support_folder);
    return 0;
}

static inline int support_teardown(void **unused)
{
    (void)unused;
    unlink(support_path);
    return rmdir(support_folder);
}

/* Makes the bytes the content of support_path. */
static inline void write_log(const void *bytes, size_t length)
{
    unlink(support_path); /* some file systems write a file to disk when it is overwritten */
    FILE *file = fopen(support_path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

/* ---- compression, appended to a buffer ----------------------------------------------------------
 */

static inline void add_gzip(tgr_buffer *to, const void *bytes, size_t length)
{
    unsigned char *packed = malloc(length + length / 1000 + 128);
    assert_non_null(packed);
    z_stream stream;
    memset(&stream, 0, sizeof(stream));
    assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    stream.next_in = (Bytef *)(uintptr_t)bytes;
    stream.avail_in = (uInt)length;
    stream.next_out = packed;
    stream.avail_out = (uInt)(length + length / 1000 + 128);
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    tgr_buffer_add(to, packed, stream.total_out);
    deflateEnd(&stream);
    free(packed);
}

static inline void add_zstd(tgr_buffer *to, const void *bytes, size_t length)
{
    size_t room = ZSTD_compressBound(length);
    char *packed = malloc(room);
    assert_non_null(packed);
    ZSTD_CCtx *context = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
    size_t made = ZSTD_compress2(context, packed, room, bytes, length);
    assert_false(ZSTD_isError(made));
    tgr_buffer_add(to, packed, made);
    ZSTD_freeCCtx(context);
    free(packed);
}

/* ---- values and logs as text -------------------------------------------------------------------
 */

static inline void tell_value(tgr_buffer *to, const tgr_tape *tape, uint32_t index);

static inline void tell_children(tgr_buffer *to, const tgr_tape *tape, uint32_t index)
{
    const tgr_value *value = &tape->values[index];
    bool map = value->kind == TGR_MAP;
    uint32_t child = index + 1;
    tgr_buffer_text(to, map ? "{" : "[");
    for (uint32_t i = 0; i < value->count * (map ? 2 : 1); i++) {
        tgr_buffer_text(to, i == 0 ? "" : map && i % 2 ? ":" : ",");
        tell_value(to, tape, child);
        child = tape->values[child].next;
    }
    tgr_buffer_text(to, map ? "}" : "]");
    assert_int_equal(child, value->next);
}

/* JSON, with floats as 1.5f, binary as b3, extensions as x0:8. */
static inline void tell_value(tgr_buffer *to, const tgr_tape *tape, uint32_t index)
{
    const tgr_value *value = &tape->values[index];
    assert_true(index < tape->count && value->next > index && value->next <= tape->count);
    switch (value->kind) {
    case TGR_NIL:
        tgr_buffer_text(to, "null");
        break;
    case TGR_BOOLEAN:
        tgr_buffer_text(to, value->as.boolean ? "true" : "false");
        break;
    case TGR_INTEGER:
        assert_true(value->as.integer < 0);
        tgr_buffer_format(to, "%lld", (long long)value->as.integer);
        break;
    case TGR_UNSIGNED:
        tgr_buffer_format(to, "%llu", (unsigned long long)value->as.unsigned_integer);
        break;
    case TGR_REAL:
        tgr_buffer_format(to, "%.17gf", value->as.real);
        break;
    case TGR_STRING:
        tgr_buffer_text(to, "\"");
        tgr_buffer_add(to, value->as.bytes, value->count);
        tgr_buffer_text(to, "\"");
        break;
    case TGR_BINARY:
        tgr_buffer_format(to, "b%u", value->count);
        break;
    case TGR_EXTENSION:
        tgr_buffer_format(to, "x%d:%u", value->subtype, value->count);
        break;
    default:
        tell_children(to, tape, index);
    }
}

static const char *const reason_names[TGR_BAD_REASONS] = {
    "syntax", "shape", "too large", "too deep", "empty", "tags", "field", "model"};

/* The whole of support_path: a line an item, such as "a.log: line 1: {...}" or
 * "a.log: line 2: bad syntax", then the error's sentence, if there was one. */
static inline tgr_status tell_log(tgr_buffer *to, tgr_log_format format, size_t limit)
{
    log_walk walk;
    tgr_error error = {.status = TGR_OK};
    tgr_status status = walk_open(&walk, support_path, format, limit, &error);
    bool more = status == TGR_OK;
    while (more) {
        tgr_log_item item;
        status = walk_next(&walk, &item, &more, &error);
        if (status != TGR_OK || !more) {
            break;
        }
        char place[400];
        tgr_log_place(walk_name(&walk), &item, place, sizeof(place));
        tgr_buffer_format(to, "%s: ", place);
        if (item.bad) {
            assert_true(item.why[0] != '\0');
            tgr_buffer_format(to, "bad %s", reason_names[item.reason]);
        } else {
            tell_value(to, item.tape, item.root);
        }
        tgr_buffer_text(to, "\n");
    }
    if (status != TGR_OK) {
        assert_true(error.message[0] != '\0');
        tgr_buffer_format(to, "%s\n", error.message);
    }
    walk_close(&walk);
    return status;
}

/* What a log of these bytes is told as must be `expected`. */
static inline void expect_log(const void *bytes, size_t length, tgr_log_format format, size_t limit,
                              const char *expected)
{
    tgr_buffer told = {0};
    write_log(bytes, length);
    tell_log(&told, format, limit);
    assert_string_equal(told.bytes ? told.bytes : "", expected);
    tgr_buffer_free(&told);
}

#endif
