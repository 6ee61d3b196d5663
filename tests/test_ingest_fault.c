/* test_ingest_fault.c - memory, disk and patience run out: a clean error, and nothing left behind.
 */
#include "tests/test_ingest_help.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "engine/base/memory.h"

static const char small_log[] =
    "{\"id\":\"q1\",\"text\":\"What?\",\"tags\":[\"b\",\"a\",\"b\"],\"category\":\"law\","
    "\"split\":\"train\",\"prompt_tokens\":321,\"needs\":[\"vision\"],\"deny\":[\"x\",\"a\"],"
    "\"models\":{\"gpt-4\":{\"score\":1.0,\"outcome\":\"win\",\"cost\":0.0021,"
    "\"completion_tokens\":87},\"a-model\":{\"score\":0.25}}}\n"
    "{\"tags\":{\"c\":2,\"a\":1},\"category\":\"art\",\"allow\":[]}\n";

static void fail_each_allocation(const tgr_ingest_options *options)
{
    tgr_error error = {TGR_OK, ""};
    long failed = 0;
    for (bool done = false; !done; failed++) {
        long live = tgr_mem_live();
        tgr_mem_fail_after(failed);
        tgr_status status = tgr_ingest(options, NULL, NULL, &error);
        tgr_mem_fail_after(-1);
        done = status == TGR_OK;
        if (!done && status != TGR_ERR_NOMEM) {
            fail_msg("allocation %ld: %s: %s", failed, tgr_status_name(status), error.message);
        }
        if (files_in_folder("out") != done) {
            fail_msg("allocation %ld: %s: %s", failed, tgr_status_name(status), error.message);
        }
        assert_int_equal(tgr_mem_live(), live);
        assert_int_equal(files_in_folder("."), 0);
        assert_true(failed < 5000);
    }
    print_message("%ld allocations failed in turn\n", failed - 1);
    assert_true(failed > 30);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    tgr_ingest_options options = options_for(write_text("log.jsonl", small_log));
    options.category_tag = true;
    fail_each_allocation(&options);
    unlink(options.output);
    options.mapping = write_text("map.tsv", "a\ta\nb\ta\ncc\tcc\n");
    options.align_min = 0.1;
    fail_each_allocation(&options);
    unlink(options.output);
    const char *judged = write_text("judged.csv", "id,model,score\nq1,new,0.5\nq1,gpt-4,1\n");
    options.outcomes = &judged;
    options.outcome_count = 1;
    fail_each_allocation(&options);
}

/* A batch's requests, its responses apart, spans with numbered keys; costs by prices. */
static const char requests[] =
    "{\"custom_id\":\"a\",\"body\":{\"model\":\"m\",\"messages\":[{\"role\":\"user\","
    "\"content\":\"What?\"}]}}\n"
    "{\"traceId\":\"t\",\"spanId\":\"b\",\"attributes\":{\"gen_ai.request.model\":\"n\","
    "\"gen_ai.usage.input_tokens\":3,\"gen_ai.usage.output_tokens\":4,"
    "\"gen_ai.prompt.1.content\":\"[{\\\"type\\\":\\\"text\\\",\\\"text\\\":\\\"x\\\"}]\","
    "\"gen_ai.prompt.0.role\":\"user\",\"gen_ai.completion.0.tool_calls.0.name\":\"f\"}}\n";
static const char responses[] =
    "{\"custom_id\":\"a\",\"response\":{\"body\":{\"model\":\"m1\",\"usage\":"
    "{\"prompt_tokens\":5,\"completion_tokens\":6}}}}\n";

static void every_allocation_may_fail_beside_the_log(void **state)
{
    (void)state;
    static const char *const words[] = {"m1=1,2/M", "n=3,4/M", "o=5,6"};
    const tgr_price_options prices = {.size = sizeof prices, .prices = words, .price_count = 3};
    const char *inputs[] = {write_text("a.jsonl", requests), write_text("b.jsonl", responses)};
    tgr_ingest_options options = options_for(inputs[0]);
    options.inputs = inputs;
    options.input_count = 2;
    options.prices = &prices;
    fail_each_allocation(&options);
}

/* Enough that several columns leave their buffers. */
static const char *write_large_log(void)
{
    const char *path = in_folder("large.jsonl");
    FILE *log = fopen(path, "w");
    for (int row = 0; row < 60000; row++) {
        fprintf(log, "{\"tags\":[\"a\",\"b\",\"t%d\"],\"text\":\"%d is a text of some length\"}\n",
                row % 5000, row);
    }
    assert_int_equal(fclose(log), 0);
    return path;
}

/* In a child: files may not grow beyond the limit. Exits with 0 where all is as it should be. */
static void ingest_with_limit(const tgr_ingest_options *options, rlim_t limit)
{
    struct rlimit most = {limit, limit};
    tgr_error error = {TGR_OK, ""};
    signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &most) != 0) {
        _exit(3);
    }
    long live = tgr_mem_live();
    tgr_status status = tgr_ingest(options, NULL, NULL, &error);
    if (status != TGR_OK && (status != TGR_ERR_IO || strstr(error.message, "out.h5") == NULL)) {
        fprintf(stderr, "limit %llu: %s: %s\n", (unsigned long long)limit, tgr_status_name(status),
                error.message);
        _exit(4);
    }
    _exit(tgr_mem_live() != live ? 5 : status == TGR_OK ? 0 : 1);
}

static int exit_status_with_limit(const tgr_ingest_options *options, rlim_t limit)
{
    int status = 0;
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        ingest_with_limit(options, limit);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* While spooling, while writing columns, while closing: wherever the disk is full. */
static void every_write_may_fail(void **state)
{
    (void)state;
    tgr_ingest_options options = options_for(write_large_log());
    const rlim_t limits[] = {0,       1,       4096,    100000,  1 << 20, 1100000,
                             1500000, 2000000, 3000000, 3500000, 4000000};
    unsigned failures = 0;
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        int status = exit_status_with_limit(&options, limits[i]);
        assert_in_range(status, 0, 1);
        assert_int_equal(files_in_folder("out"), status == 0);
        assert_int_equal(files_in_folder("."), 0);
        unlink(options.output);
        failures += status == 1;
    }
    assert_true(failures >= 6);
    assert_int_equal(exit_status_with_limit(&options, RLIM_INFINITY), 0);
}

static void a_failure_leaves_the_old_output(void **state)
{
    (void)state;
    tgr_ingest_options options = options_for(write_large_log());
    char old[4];
    write_text("out.h5", "old");
    assert_int_equal(exit_status_with_limit(&options, 100000), 1);
    FILE *file = fopen(options.output, "r");
    assert_int_equal(fread(old, 1, sizeof old, file), 3);
    assert_memory_equal(old, "old", 3);
    fclose(file);
}

/* ---- cancelling ---------------------------------------------------------------------------------
 */

typedef struct stop {
    volatile sig_atomic_t flag;
    const char *phase;
    unsigned calls; /* of progress in that phase, after which it is set */
} stop;

static void stop_in_phase(void *user, const tgr_progress *progress)
{
    stop *when = user;
    if (strcmp(progress->phase, when->phase) == 0 && when->calls-- == 0) {
        when->flag = 1;
    }
}

static void a_run_may_be_stopped(void **state)
{
    (void)state;
    static const struct {
        const char *phase;
        unsigned calls;
    } moments[] = {{"reading", 0}, {"reading", 1}, {"writing", 0}, {"writing", 1}, {"writing", 2}};
    tgr_ingest_options options = options_for(write_large_log());
    options.checkpoint_bytes = 0; /* nothing to go on from is wanted */
    for (size_t i = 0; i < sizeof moments / sizeof *moments; i++) {
        stop when = {.phase = moments[i].phase, .calls = moments[i].calls};
        tgr_run run = {
            .size = sizeof run, .progress = stop_in_phase, .user = &when, .cancel = &when.flag};
        tgr_error error;
        long live = tgr_mem_live();
        assert_int_equal(tgr_ingest(&options, NULL, &run, &error), TGR_ERR_CANCELLED);
        assert_int_equal(when.flag, 1);
        assert_int_equal(tgr_mem_live(), live);
        assert_int_equal(files_in_folder("out"), 0);
        assert_int_equal(files_in_folder("."), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(every_allocation_may_fail, empty_folder),
        cmocka_unit_test_teardown(every_allocation_may_fail_beside_the_log, empty_folder),
        cmocka_unit_test_teardown(every_write_may_fail, empty_folder),
        cmocka_unit_test_teardown(a_failure_leaves_the_old_output, empty_folder),
        cmocka_unit_test_teardown(a_run_may_be_stopped, empty_folder),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
