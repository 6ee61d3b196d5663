/* test_merge_queries.c - query files joined: what may fail in between, stops, and damage. */
#include "tests/test_store_support.h"

#include <string.h>

#include <tagroute/ingest.h>
#include <tagroute/merge.h>

#define LOG_ROWS 200

static char *paths[4]; /* a.h5, b.h5, whole.h5, out/m.h5 */
static char *logs[2];

static void write_log(int which, uint64_t *random)
{
    char *text = malloc(LOG_ROWS * 512), *at = text;
    for (int i = 0; i < LOG_ROWS; i++) {
        at += sprintf(at, "{\"id\":\"%c%d\",\"tags\":{\"t%d\":%d,\"u%d\":1},\"text\":\"text %d\"",
                      'a' + which, i, (int)below(random, 9), 1 + (int)below(random, 3),
                      (int)below(random, 50), i);
        at += sprintf(at, ",\"category\":\"c%d\",\"split\":\"train\"", (int)below(random, 4));
        at += sprintf(at, ",\"models\":{\"m%d\":{\"score\":0.%d,\"outcome\":\"win\"}}}\n",
                      (int)below(random, 3), (int)below(random, 100));
    }
    logs[which] = strdup(in_folder(which == 0 ? "a.jsonl" : "b.jsonl"));
    spill(logs[which], text, (size_t)(at - text));
    free(text);
}

static void ingest(int first, size_t count, const char *output)
{
    tgr_error error;
    tgr_ingest_options options;
    tgr_ingest_options_init(&options);
    options.inputs = (const char *const *)&logs[first];
    options.input_count = count;
    options.output = output;
    options.checkpoint_bytes = 0;
    assert_ok(tgr_ingest(&options, NULL, NULL, &error));
}

static int make_files(void **state)
{
    static const char *const names[] = {"a.h5", "b.h5", "whole.h5", "m.h5"};
    uint64_t random = SEED;
    make_folder(state);
    for (int i = 0; i < 4; i++) {
        paths[i] = strdup(in_folder(names[i]));
    }
    write_log(0, &random);
    write_log(1, &random);
    ingest(0, 1, paths[0]);
    ingest(1, 1, paths[1]);
    ingest(0, 2, paths[2]);
    return 0;
}

static int remove_files(void **state)
{
    for (int i = 0; i < 4; i++) {
        free(paths[i]);
    }
    free(logs[0]);
    free(logs[1]);
    return remove_folder(state);
}

static tgr_status merge(bool check, const tgr_run *run, tgr_error *error)
{
    tgr_merge_options options;
    tgr_merge_report report;
    tgr_merge_options_init(&options);
    options.inputs = (const char *const *)paths;
    options.input_count = 2;
    options.output = paths[3];
    options.check = check;
    tgr_status status = tgr_merge(&options, &report, run, error);
    if (status == TGR_OK) {
        assert_int_equal(report.files, 2);
        assert_int_equal(report.shards, 0);
        assert_true(report.of_queries);
    }
    return status;
}

static void assert_whole(void)
{
    size_t length, expected;
    char *made = slurp(paths[3], &length), *whole = slurp(paths[2], &expected);
    assert_int_equal(length, expected);
    assert_memory_equal(made, whole, length);
    free(made);
    free(whole);
    remove(paths[3]);
}

static void the_file_of_both_logs(void **state)
{
    (void)state;
    tgr_error error;
    long live = tgr_mem_live();
    assert_ok(merge(true, NULL, &error));
    assert_ok(merge(false, NULL, &error));
    assert_whole();
    for (int threads = 1; threads < 4; threads++) {
        const tgr_run run = {.size = sizeof run, .threads = threads, .memory = 20000};
        assert_ok(merge(false, &run, &error));
        assert_whole();
    }
    assert_int_equal(tgr_mem_live(), live);
}

/* Steps widen: a file is opened in a child process each time, which takes long. */
static void every_allocation_may_fail(void **state)
{
    (void)state;
    tgr_error error;
    int before = folder_entries(NULL);
    long live = tgr_mem_live(), failures = 0;
    const tgr_run run = {.size = sizeof run, .threads = 1};
    for (int check = 0; check < 2; check++) {
        tgr_status status = TGR_ERR_NOMEM;
        for (long n = 0; status != TGR_OK; n += 1 + n / 12) {
            tgr_mem_fail_after(n);
            status = merge(check, &run, &error);
            tgr_mem_fail_after(-1);
            assert_true(status == TGR_OK || status == TGR_ERR_NOMEM);
            assert_int_equal(tgr_mem_live(), live);
            failures += status != TGR_OK;
            if (status != TGR_OK || check) {
                assert_int_equal(folder_entries(NULL), before);
            } else {
                assert_whole();
            }
        }
    }
    assert_true(failures > 50);
}

/* ---- cancelling ------------------------------------------------------------------------ */

typedef struct stop {
    volatile sig_atomic_t flag;
    const char *phase;
} stop;

static void stop_in_phase(void *user, const tgr_progress *progress)
{
    stop *when = user;
    when->flag |= strcmp(progress->phase, when->phase) == 0;
}

static void a_run_may_be_stopped(void **state)
{
    (void)state;
    static const char *const phases[] = {"reading", "writing"};
    int before = folder_entries(NULL);
    for (size_t i = 0; i < 2; i++) {
        tgr_error error;
        stop when = {.phase = phases[i]};
        const tgr_run run = {.size = sizeof run,
                             .memory = 20000,
                             .progress = stop_in_phase,
                             .user = &when,
                             .cancel = &when.flag};
        assert_int_equal(merge(false, &run, &error), TGR_ERR_CANCELLED);
        assert_int_equal(folder_entries(NULL), before);
    }
}

/* ---- damage ---------------------------------------------------------------------------- */

static void any_bit_may_be_wrong(void **state)
{
    (void)state;
    tgr_error error;
    size_t length;
    uint64_t random = SEED;
    int before = folder_entries(NULL), refused = 0;
    long live = tgr_mem_live();
    char *bytes = slurp(paths[1], &length);
    for (int i = 0; i < 120; i++) {
        size_t at = (size_t)below(&random, length);
        bytes[at] = (char)(bytes[at] ^ 1 << below(&random, 8));
        spill(paths[1], bytes, length);
        tgr_status status = merge(i % 4 == 0, NULL, &error);
        assert_true(status == TGR_OK || status == TGR_ERR_INPUT || status == TGR_ERR_UNSUPPORTED);
        refused += status != TGR_OK;
        remove(paths[3]);
        assert_int_equal(folder_entries(NULL), before);
        assert_int_equal(tgr_mem_live(), live);
        if (i % 3 != 0) { /* damage adds up, and is mended */
            free(bytes);
            ingest(1, 1, paths[1]);
            bytes = slurp(paths[1], &length);
        }
    }
    free(bytes);
    assert_in_range(refused, 10, 120);
}

int main(void)
{
    printf("seed %u\n", SEED);
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_files, remove_files)
    const struct CMUnitTest tests[] = {
        TEST(the_file_of_both_logs),
        TEST(every_allocation_may_fail),
        TEST(a_run_may_be_stopped),
        TEST(any_bit_may_be_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
