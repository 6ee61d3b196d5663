/* test_generate_log.c - generated logs as files: the same bytes always, whole or not at all. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zlib.h>
#include <zstd.h>

#include "datasets/generate/stream.h"
#include "engine/base/memory.h"
#include "tests/cmocka_all.h"

static char folder[256];

static int enter(void **state)
{
    (void)state;
    const char *base = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/tagroute-test-XXXXXX", base != NULL ? base : "/tmp");
    return mkdtemp(folder) == NULL;
}

static int leave(void **state)
{
    (void)state;
    return rmdir(folder);
}

static int files_left(void)
{
    int count = 0;
    DIR *entries = opendir(folder);
    assert_non_null(entries);
    for (struct dirent *entry; (entry = readdir(entries)) != NULL;) {
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    }
    closedir(entries);
    return count;
}

typedef struct bytes {
    unsigned char *data;
    size_t length;
} bytes;

static bytes read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    struct stat found;
    assert_non_null(file);
    assert_int_equal(fstat(fileno(file), &found), 0);
    bytes all = {malloc((size_t)found.st_size + 1), (size_t)found.st_size};
    assert_non_null(all.data);
    assert_int_equal(fread(all.data, 1, all.length, file), all.length);
    fclose(file);
    return all;
}

static tgr_gen_world *default_world(void)
{
    tgr_gen_options options;
    tgr_gen_world *world = NULL;
    tgr_gen_options_init(&options);
    options.eligibility = 0.3;
    options.judged = 0.9;
    assert_int_equal(tgr_gen_world_new(&options, &world, NULL), TGR_OK);
    return world;
}

static bytes generate(const char *name, uint64_t queries, tgr_gen_writer writer, int threads)
{
    char path[512];
    tgr_gen_world *world = default_world();
    tgr_gen_log log = {.path = path,
                       .queries = queries,
                       .parts = {true, true, TGR_GEN_TAGROUTE},
                       .writer = writer};
    tgr_run run = {.size = sizeof run, .threads = threads};
    tgr_error error = {0};
    uint64_t written = 0;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (tgr_gen_log_write(world, &log, &run, &written, &error) != TGR_OK) {
        fail_msg("%s", error.message);
    }
    tgr_gen_world_free(world);
    bytes all = read_file(path);
    assert_int_equal(all.length, written);
    unlink(path);
    return all;
}

static bytes inflate_all(bytes packed, size_t expected)
{
    bytes all = {malloc(expected + 1), 0};
    z_stream stream = {.next_in = packed.data, .avail_in = (uInt)packed.length};
    stream.next_out = all.data;
    stream.avail_out = (uInt)expected + 1;
    assert_non_null(all.data);
    assert_int_equal(inflateInit2(&stream, 16 + MAX_WBITS), Z_OK);
    assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END); /* checks CRC-32 and length */
    assert_int_equal(stream.avail_in, 0);                       /* one member */
    all.length = stream.total_out;
    inflateEnd(&stream);
    return all;
}

static bytes unzstd_all(bytes packed, size_t expected)
{
    bytes all = {malloc(expected + 1), 0};
    assert_non_null(all.data);
    assert_int_equal(ZSTD_findFrameCompressedSize(packed.data, packed.length),
                     packed.length); /* one */
    all.length = ZSTD_decompress(all.data, expected + 1, packed.data, packed.length);
    assert_false(ZSTD_isError(all.length));
    return all;
}

static void same(bytes a, bytes b)
{
    assert_int_equal(a.length, b.length);
    assert_memory_equal(a.data, b.data, a.length);
}

/* Enough records for several blocks and for several of zstd's jobs. */
enum { QUERIES = 6500 };

static void test_threads_change_nothing(void **state)
{
    (void)state;
    const tgr_gen_writer writers[] = {tgr_gen_write_jsonl, tgr_gen_write_msgpack};
    const char *const names[] = {"log", "log.gz", "log.zst"};
    for (size_t w = 0; w < 2; w++) {
        bytes plain = generate(names[0], QUERIES, writers[w], 1);
        for (size_t n = 0; n < 3; n++) {
            bytes first = generate(names[n], QUERIES, writers[w], 1);
            for (int threads = 2; threads <= 3; threads++) {
                bytes again = generate(names[n], QUERIES, writers[w], threads);
                same(first, again);
                free(again.data);
            }
            bytes back = n == 0   ? (bytes){NULL, 0}
                         : n == 1 ? inflate_all(first, plain.length)
                                  : unzstd_all(first, plain.length);
            if (n > 0) {
                same(plain, back);
                assert_true(first.length < plain.length / 3);
            }
            free(back.data);
            free(first.data);
        }
        free(plain.data);
    }
}

static void test_records_do_not_depend_on_how_many(void **state)
{
    (void)state;
    const tgr_gen_writer writers[] = {tgr_gen_write_jsonl, tgr_gen_write_msgpack};
    const uint64_t counts[] = {0, 1, 2047, 2048, 2049, 4096};
    for (size_t w = 0; w < 2; w++) {
        bytes all = generate("all", QUERIES, writers[w], 2);
        size_t before = 0;
        for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
            bytes some = generate("some", counts[i], writers[w], 2);
            assert_true(some.length < all.length && (i == 0 || some.length > before));
            assert_memory_equal(some.data, all.data, some.length);
            before = some.length;
            free(some.data);
        }
        free(all.data);
    }
}

static void test_empty_logs_can_be_read(void **state)
{
    (void)state;
    bytes gzip = generate("log.gz", 0, tgr_gen_write_jsonl, 2);
    bytes zstd = generate("log.zst", 0, tgr_gen_write_jsonl, 2);
    bytes a = inflate_all(gzip, 0), b = unzstd_all(zstd, 0);
    assert_int_equal(a.length + b.length, 0);
    free(a.data);
    free(b.data);
    free(gzip.data);
    free(zstd.data);
}

/* Every writer keeps within the bound; a sanitizer would see a byte more. */
static void test_records_keep_their_bound(void **state)
{
    (void)state;
    const uint32_t tags[] = {64, 64, 100000}, models[] = {1, 64, 64};
    const tgr_gen_writer writers[] = {tgr_gen_write_jsonl, tgr_gen_write_msgpack};
    const tgr_gen_writer calls[] = {tgr_gen_write_call_jsonl, tgr_gen_write_call_msgpack};
    for (size_t i = 0; i < 3; i++) {
        tgr_gen_options options;
        tgr_gen_world *world = NULL;
        tgr_gen_options_init(&options);
        options.tags = tags[i];
        options.models = models[i];
        options.min_tags = options.max_tags = 64;
        options.topics = 20;
        options.zipf = 0.1; /* long names as often as short ones */
        options.eligibility = 1.0;
        assert_int_equal(tgr_gen_world_new(&options, &world, NULL), TGR_OK);
        size_t bound = tgr_gen_record_bytes(world), longest = 0;
        char *room = malloc(bound);
        assert_non_null(room);
        for (uint64_t index = 0; index < 1000; index++) {
            tgr_gen_record record;
            tgr_gen_draw(world, UINT64_MAX - index, &record);
            for (size_t w = 0; w < 2; w++) {
                tgr_gen_parts parts = {true, true, TGR_GEN_TAGROUTE};
                char *end = writers[w](world, &record, parts, tgr_gen_event_begin(w == 1, room));
                end = tgr_gen_event_end(w == 1, end);
                assert_true((size_t)(end - room) <= bound);
                longest = (size_t)(end - room) > longest ? (size_t)(end - room) : longest;
                for (parts.schema = 1; parts.schema < TGR_GEN_SCHEMAS; parts.schema++) {
                    end = calls[w](world, &record, parts, tgr_gen_event_begin(w == 1, room));
                    size_t length = (size_t)(tgr_gen_event_end(w == 1, end) - room);
                    assert_true(length <= bound && length <= 64 + TGR_GEN_TEXT_MAX + 1600);
                }
            }
        }
        assert_true(longest > bound / 3); /* not a bound that says nothing */
        free(room);
        tgr_gen_world_free(world);
    }
}

static void test_prices_are_written(void **state)
{
    (void)state;
    char path[512];
    snprintf(path, sizeof path, "%s/prices.json", folder);
    tgr_gen_world *world = default_world();
    assert_int_equal(tgr_gen_prices_write(world, path, NULL), TGR_OK);
    bytes all = read_file(path);
    all.data[all.length] = 0;
    for (uint32_t k = 0; k < world->options.models; k++) {
        char key[64];
        snprintf(key, sizeof key, "\"%s\": {", world->models[k].name);
        assert_non_null(strstr((char *)all.data, key));
    }
    assert_non_null(strstr((char *)all.data, "\"input_cost_per_token\": 1e-05"));
    free(all.data);
    unlink(path);
    tgr_gen_world_free(world);
}

static void test_failure_leaves_nothing(void **state)
{
    (void)state;
    char path[512];
    tgr_gen_world *world = default_world();
    tgr_gen_log log = {.path = path,
                       .queries = 3000,
                       .parts = {true, true, TGR_GEN_TAGROUTE},
                       .writer = tgr_gen_write_jsonl};
    volatile sig_atomic_t cancel = 1;
    tgr_run run = {.size = sizeof run, .threads = 2, .cancel = &cancel};
    tgr_error error = {0};
    snprintf(path, sizeof path, "%s/log.jsonl", folder);
    assert_int_equal(tgr_gen_log_write(world, &log, &run, NULL, &error), TGR_ERR_CANCELLED);
    assert_int_equal(files_left(), 0);
    snprintf(path, sizeof path, "%s/nowhere/log.jsonl", folder);
    assert_int_equal(tgr_gen_log_write(world, &log, NULL, NULL, &error), TGR_ERR_IO);
    assert_non_null(strstr(error.message, "nowhere"));
    tgr_gen_world_free(world);
}

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    const char *const names[] = {"log", "log.gz", "log.zst"};
    for (size_t i = 0; i < 3; i++) {
        char path[512];
        bytes whole = generate(names[i], 100, tgr_gen_write_jsonl, 1);
        tgr_gen_world *world = default_world();
        tgr_gen_log log = {.path = path,
                           .queries = 100,
                           .parts = {true, true, TGR_GEN_TAGROUTE},
                           .writer = tgr_gen_write_jsonl};
        tgr_run run = {.size = sizeof run, .threads = 1};
        long before = tgr_mem_live(), n = 0;
        tgr_status status = TGR_ERR_NOMEM;
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        for (; status != TGR_OK; n++) {
            tgr_error error = {0};
            tgr_mem_fail_after(n);
            status = tgr_gen_log_write(world, &log, &run, NULL, &error);
            tgr_mem_fail_after(-1);
            assert_int_equal(tgr_mem_live(), before);
            assert_true(status == TGR_OK || status == TGR_ERR_NOMEM);
            if (files_left() >
                0) { /* only the finished file, if only its folder could not be synced */
                bytes made = read_file(path);
                same(whole, made);
                free(made.data);
                unlink(path);
            } else {
                assert_int_equal(status, TGR_ERR_NOMEM);
            }
        }
        assert_true(n > 5);
        free(whole.data);
        tgr_gen_world_free(world);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_threads_change_nothing, enter, leave),
        cmocka_unit_test_setup_teardown(test_records_do_not_depend_on_how_many, enter, leave),
        cmocka_unit_test_setup_teardown(test_empty_logs_can_be_read, enter, leave),
        cmocka_unit_test(test_records_keep_their_bound),
        cmocka_unit_test_setup_teardown(test_prices_are_written, enter, leave),
        cmocka_unit_test_setup_teardown(test_failure_leaves_nothing, enter, leave),
        cmocka_unit_test_setup_teardown(test_every_allocation_may_fail, enter, leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
