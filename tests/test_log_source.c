/* test_log_source.c - the bytes of a log come out whole, whatever they were stored as. */
#include "test_log_support.h"

#include <fcntl.h>

#include "engine/log/source.h"

/* Reads support_path (or stdin) to its end or its first error, `step` bytes at a time. */
static tgr_status read_source(const char *path, size_t step, tgr_buffer *to, tgr_error *error)
{
    tgr_source *source;
    tgr_status status = tgr_source_open(path, NULL, &source, error);
    if (status != TGR_OK) {
        return status;
    }
    char *bytes = malloc(step);
    assert_non_null(bytes);
    size_t got = 0;
    do {
        status = tgr_source_read(source, bytes, step, &got, error);
        assert_true(got <= step);
        tgr_buffer_add(to, bytes, got);
    } while (status == TGR_OK && got > 0);
    if (status == TGR_OK) {
        uint64_t done, total;
        tgr_source_progress(source, &done, &total);
        assert_true(total == 0 || done == total);
    }
    free(bytes);
    tgr_source_close(source);
    return status;
}

static void expect_bytes(const tgr_buffer *stored, const char *bytes, size_t length)
{
    static const size_t steps[] = {7, 4096, 1 << 20};
    write_log(stored->bytes, stored->length);
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        tgr_buffer read = {0};
        tgr_error error = {.status = TGR_OK};
        assert_int_equal(read_source(support_path, steps[i], &read, &error), TGR_OK);
        assert_int_equal(read.length, length);
        assert_true(length == 0 || memcmp(read.bytes, bytes, length) == 0);
        tgr_buffer_free(&read);
    }
}

/* Text that compresses, of any length. */
static char *make_text(size_t length)
{
    uint64_t state = 1;
    char *text = malloc(length + 1);
    assert_non_null(text);
    for (size_t i = 0; i < length; i++) {
        text[i] = (char)('a' + next_random(&state) % 5);
    }
    return text;
}

static void test_every_codec_and_size(void **unused)
{
    (void)unused;
    static const size_t sizes[] = {0, 1, 2, 3, 4, 5, 1000, (1 << 18) - 1, 1 << 18, 700001};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        char *text = make_text(sizes[i]);
        tgr_buffer plain = {0}, gzip = {0}, zstd = {0};
        tgr_buffer_add(&plain, text, sizes[i]);
        add_gzip(&gzip, text, sizes[i]);
        add_zstd(&zstd, text, sizes[i]);
        expect_bytes(&plain, text, sizes[i]);
        expect_bytes(&gzip, text, sizes[i]);
        expect_bytes(&zstd, text, sizes[i]);
        tgr_buffer_free(&plain);
        tgr_buffer_free(&gzip);
        tgr_buffer_free(&zstd);
        free(text);
    }
}

static void test_concatenated_parts(void **unused)
{
    (void)unused;
    char *text = make_text(300000);
    tgr_buffer gzip = {0}, zstd = {0};
    tgr_buffer_add(&zstd, "\x50\x2a\x4d\x18\x03\x00\x00\x00xyz", 11); /* a skippable frame */
    size_t cuts[] = {0, 1, 1, 1000, 299999, 300000};
    for (size_t i = 0; i + 1 < sizeof(cuts) / sizeof(cuts[0]); i++) {
        add_gzip(&gzip, text + cuts[i], cuts[i + 1] - cuts[i]);
        add_zstd(&zstd, text + cuts[i], cuts[i + 1] - cuts[i]);
    }
    expect_bytes(&gzip, text, 300000);
    expect_bytes(&zstd, text, 300000);
    tgr_buffer_add(&gzip, "\0\0\0\0\0", 5); /* as tapes pad it */
    expect_bytes(&gzip, text, 300000);
    tgr_buffer_free(&gzip);
    tgr_buffer_free(&zstd);
    free(text);
}

/* Everything before the damage is still given, then the error names the place. */
static void expect_damage(const tgr_buffer *stored, const char *text, size_t length)
{
    tgr_buffer read = {0};
    tgr_error error = {.status = TGR_OK};
    write_log(stored->bytes, stored->length);
    assert_int_equal(read_source(support_path, 100, &read, &error), TGR_ERR_INPUT);
    assert_non_null(strstr(error.message, "a.log: compressed byte "));
    assert_null(strstr(error.message, support_folder));
    assert_true(read.length <= length);
    assert_true(read.length == 0 || memcmp(read.bytes, text, read.length) == 0);
    tgr_buffer_free(&read);
}

static void test_what_follows_must_be_compressed(void **unused)
{
    (void)unused;
    char *text = make_text(1000);
    tgr_buffer stored = {0};
    add_gzip(&stored, text, 1000);
    tgr_buffer_text(&stored, "more");
    expect_damage(&stored, text, 1000);
    tgr_buffer_clear(&stored);
    add_gzip(&stored, text, 1000);
    tgr_buffer_add(&stored, "\0\0more", 6);
    expect_damage(&stored, text, 1000);
    tgr_buffer_clear(&stored);
    add_zstd(&stored, text, 1000);
    tgr_buffer_text(&stored, "more");
    expect_damage(&stored, text, 1000);
    tgr_buffer_free(&stored);
    free(text);
}

/* Cut anywhere: an error, but where the cut falls between two parts. */
static void test_cut_at_every_byte(void **unused)
{
    (void)unused;
    char *text = make_text(400);
    for (int codec = 0; codec < 2; codec++) {
        void (*add)(tgr_buffer *, const void *, size_t) = codec == 0 ? add_gzip : add_zstd;
        tgr_buffer stored = {0};
        add(&stored, text, 200);
        size_t between = stored.length;
        add(&stored, text + 200, 200);
        for (size_t length = 4; length < stored.length; length++) {
            tgr_buffer cut = {0};
            tgr_buffer_add(&cut, stored.bytes, length);
            if (length == between) {
                expect_bytes(&cut, text, 200);
            } else {
                expect_damage(&cut, text, 400);
            }
            tgr_buffer_free(&cut);
        }
        tgr_buffer_free(&stored);
    }
    free(text);
}

/* A flipped bit is an error or does not matter; both codecs carry checksums. */
static void test_flipped_bits(void **unused)
{
    (void)unused;
    char *text = make_text(300);
    for (int codec = 0; codec < 2; codec++) {
        tgr_buffer stored = {0};
        (codec == 0 ? add_gzip : add_zstd)(&stored, text, 300);
        for (size_t bit = 32; bit < stored.length * 8; bit++) {
            tgr_buffer read = {0};
            tgr_error error = {.status = TGR_OK};
            stored.bytes[bit / 8] ^= (char)(1 << bit % 8);
            write_log(stored.bytes, stored.length);
            tgr_status status = read_source(support_path, 512, &read, &error);
            if (status == TGR_OK) {
                assert_int_equal(read.length, 300);
                assert_memory_equal(read.bytes, text, 300);
            } else {
                assert_int_equal(status, TGR_ERR_INPUT);
            }
            stored.bytes[bit / 8] ^= (char)(1 << bit % 8);
            tgr_buffer_free(&read);
        }
        tgr_buffer_free(&stored);
    }
    free(text);
}

static void test_standard_input(void **unused)
{
    (void)unused;
    int saved = dup(STDIN_FILENO);
    int pipe_ends[2];
    assert_true(saved >= 0);
    assert_int_equal(pipe(pipe_ends), 0);
    assert_int_equal(write(pipe_ends[1], "\x1f", 1), 1); /* not enough to be gzip */
    close(pipe_ends[1]);
    assert_true(dup2(pipe_ends[0], STDIN_FILENO) >= 0);
    tgr_buffer read = {0};
    tgr_error error = {.status = TGR_OK};
    assert_int_equal(read_source("-", 10, &read, &error), TGR_OK);
    assert_string_equal(read.bytes, "\x1f");
    tgr_source *source;
    assert_int_equal(tgr_source_open("-", NULL, &source, &error), TGR_OK);
    assert_string_equal(tgr_source_name(source), "stdin");
    tgr_source_close(source);
    assert_true(fcntl(STDIN_FILENO, F_GETFD) >= 0); /* it is not ours to close */
    tgr_buffer_free(&read);
    dup2(saved, STDIN_FILENO);
    close(saved);
    close(pipe_ends[0]);
}

static void test_what_cannot_be_opened(void **unused)
{
    (void)unused;
    tgr_source *source = NULL;
    tgr_error error = {.status = TGR_OK};
    char path[400];
    snprintf(path, sizeof(path), "%s/missing", support_folder);
    assert_int_equal(tgr_source_open(path, NULL, &source, &error), TGR_ERR_IO);
    assert_non_null(strstr(error.message, path));
    assert_int_equal(tgr_source_open(support_folder, NULL, &source, &error), TGR_ERR_IO);
    assert_non_null(strstr(error.message, support_folder));
    assert_null(source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_codec_and_size),
        cmocka_unit_test(test_concatenated_parts),
        cmocka_unit_test(test_what_follows_must_be_compressed),
        cmocka_unit_test(test_cut_at_every_byte),
        cmocka_unit_test(test_flipped_bits),
        cmocka_unit_test(test_standard_input),
        cmocka_unit_test(test_what_cannot_be_opened),
    };
    return cmocka_run_group_tests(tests, support_setup, support_teardown);
}
