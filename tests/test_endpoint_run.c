/* test_endpoint_run.c - whole runs over a network that a script plays: what is asked, when and how
 * often; what is written; what another run goes on from. */
#include "tests/cmocka_all.h"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <tagroute/endpoint.h>

#include "tests/endpoint_fake.h"

enum { RECORDS = 600, TEXTS = 350 };

static char folder[] = "/tmp/tagroute-endpoint.XXXXXX";

/* A file of the folder; static storage, until the next calls. */
static const char *in_folder(const char *name)
{
    static char paths[4][128];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static bool exists(const char *name)
{
    struct stat found;
    return stat(in_folder(name), &found) == 0;
}

static char *read_all(const char *path)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *bytes = calloc(1, 1 << 20);
    assert_true(fread(bytes, 1, (1 << 20) - 1, file) > 0);
    fclose(file);
    return bytes;
}

/* Which text a record has; many have the same. */
static unsigned text_of(unsigned record)
{
    return record * 7919u % TEXTS;
}

/* The log, and what is to become of it; `failed` (may be NULL): texts without an answer. */
static void write_log(unsigned records)
{
    FILE *log = fopen(in_folder("log.jsonl"), "w");
    for (unsigned i = 0; i < records; i++) {
        fprintf(log, "{\"id\": \"q%u\", \"text\": \"text %u\"}\n", i, text_of(i));
    }
    assert_int_equal(fclose(log), 0);
}

static void check_output(unsigned records, bool (*failed)(unsigned text))
{
    char *expected = calloc(1, 1 << 20), *at = expected;
    for (unsigned i = 0; i < records; i++) {
        unsigned text = text_of(i);
        at += sprintf(at, "{\"id\": \"q%u\", \"text\": \"text %u\", \"tags\": [", i, text);
        if (failed == NULL || !failed(text)) {
            at += sprintf(at, "\"tag %u\", \"all\"", text);
        }
        at += sprintf(at, "]}\n");
    }
    char *found = read_all(in_folder("out.jsonl"));
    assert_string_equal(found, expected);
    free(found);
    free(expected);
}

static char log_path[128], output_path[128];
static const char *const inputs[1] = {log_path};

static tgr_endpoint_options options_of(unsigned in_flight)
{
    tgr_endpoint_options options;
    tgr_endpoint_options_init(&options);
    options.inputs = inputs;
    options.input_count = 1;
    options.output = output_path;
    options.url = "http://127.0.0.1/";
    options.model = "m";
    options.in_flight = in_flight;
    options.seed = 5;
    return options;
}

static int fresh(void **state)
{
    static const char *const names[] = {"out.jsonl", "out.jsonl.answers", ".out.jsonl.partial",
                                        "log.jsonl"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        unlink(in_folder(names[i]));
    }
    write_log(RECORDS);
    return 0;
}

static void check_answered_once(unsigned texts)
{
    for (unsigned i = 0; i < texts; i++) {
        if (network.answered[i] != 1) {
            fail_msg("text %u: answered %u times", i, network.answered[i]);
        }
    }
}

/* What the answers to texts 0 .. n - 1 took. */
static void check_use(const tgr_endpoint_use *use, uint64_t texts)
{
    assert_int_equal(use->answers, texts);
    assert_int_equal(use->prompt_tokens, texts * (texts - 1) / 2);
    assert_int_equal(use->completion_tokens, 3 * texts);
}

/* Every third request fails, in every way there is. */
static fake_fate many_faults(unsigned text, unsigned times)
{
    unsigned chance = (text * 2654435761u + times * 40503u) >> 7;
    double seconds = 0.001 * (chance % 997);
    switch (chance % 12) {
    case 0:
        return (fake_fate){.kind = FAKE_STATUS, .seconds = seconds, .status = 429};
    case 1:
        return (fake_fate){.kind = FAKE_STATUS, .seconds = seconds, .status = 503};
    case 2:
        return (fake_fate){.kind = FAKE_BROKEN, .seconds = seconds};
    case 3:
        return (fake_fate){.kind = FAKE_GARBAGE, .seconds = seconds};
    default:
        return (fake_fate){.kind = FAKE_ANSWER, .seconds = 5 * seconds};
    }
}

static void each_text_is_answered_once_and_order_is_kept(void **state)
{
    (void)state;
    static const unsigned in_flight[] = {1, 3, 16, 100};
    for (size_t i = 0; i < sizeof in_flight / sizeof *in_flight; i++) {
        tgr_endpoint_options options = options_of(in_flight[i]);
        tgr_endpoint_report report;
        tgr_error error = {0};
        long live = tgr_mem_live();
        fake_begin(many_faults);
        if (tgr_tag_by_endpoint(&options, &report, NULL, &error) != TGR_OK) {
            fail_msg("%s", error.message);
        }
        check_output(RECORDS, NULL);
        check_answered_once(TEXTS);
        check_use(&report.now, TEXTS);
        assert_int_equal(report.earlier.answers, 0);
        assert_int_equal(report.records, RECORDS);
        assert_int_equal(report.tagged, RECORDS);
        assert_int_equal(report.requests, network.requests);
        assert_int_equal(report.retries, network.requests - TEXTS);
        assert_true(report.retries > 50);
        assert_int_equal(network.most_at_once, in_flight[i]);
        assert_int_equal(network.open, 0);
        assert_int_equal(tgr_mem_live(), live);
        assert_false(exists(".out.jsonl.partial"));
        unlink(in_folder("out.jsonl.answers"));
    }
}

static void a_second_run_pays_nothing(void **state)
{
    (void)state;
    tgr_endpoint_options options = options_of(8);
    tgr_endpoint_report report;
    fake_begin(fake_good);
    options.input_price = 2;
    options.output_price = 10;
    assert_int_equal(tgr_tag_by_endpoint(&options, &report, NULL, NULL), TGR_OK);
    assert_true(report.now.cost == 2.0 * TEXTS * (TEXTS - 1) / 2 + 10.0 * 3 * TEXTS);
    assert_true(report.earlier.cost == 0);
    fake_begin(fake_good);
    assert_int_equal(tgr_tag_by_endpoint(&options, &report, NULL, NULL), TGR_OK);
    check_output(RECORDS, NULL);
    assert_int_equal(network.requests, 0);
    check_use(&report.earlier, TEXTS);
    assert_int_equal(report.now.answers, 0);
    options.model = "another"; /* is another question */
    assert_int_equal(tgr_tag_by_endpoint(&options, &report, NULL, NULL), TGR_OK);
    assert_int_equal(network.requests, TEXTS);
    options.max_tokens = 7;
    assert_int_equal(tgr_tag_by_endpoint(&options, &report, NULL, NULL), TGR_OK);
    assert_int_equal(network.requests, 2 * TEXTS);
    options.resume = true;
    assert_int_equal(tgr_tag_by_endpoint(&options, &report, NULL, NULL), TGR_OK);
    assert_true(report.was_complete);
}

/* One text is never answered: its retries come ever later, then the run ends and can be gone on. */
static fake_fate one_is_dead(unsigned text, unsigned times)
{
    return text == 77 ? (fake_fate){.kind = FAKE_BROKEN, .seconds = 0.25} : fake_good(text, times);
}

static void retries_are_used_up(void **state)
{
    (void)state;
    tgr_endpoint_options options = options_of(8);
    tgr_endpoint_report report;
    tgr_error error = {0};
    fake_begin(one_is_dead);
    assert_int_equal(tgr_tag_by_endpoint(&options, &report, NULL, &error), TGR_ERR_IO);
    assert_int_equal(network.asked[77], 9);
    assert_true(network.gap[77] >= 0.25 + 0.25); /* until it breaks, and half a second's half */
    /* 0.5 + 1 + ... + 64 seconds, each halved at most, and 8 breaks */
    assert_true(network.last[77] >= 63.5 && network.last[77] <= 127.5 + 8 * 0.35 + 1);
    assert_non_null(strstr(error.message, "log.jsonl: line "));
    assert_non_null(
        strstr(error.message, "no answer from host:1 in 9 tries, the last time: it broke"));
    assert_non_null(strstr(error.message, "goes on"));
    assert_null(strstr(error.message, "text 77"));
    assert_false(exists("out.jsonl"));
    assert_false(exists(".out.jsonl.partial")); /* there is nothing that it would be about */
    uint64_t paid = report.now.answers;
    fake_begin(fake_good);
    options.resume = true;
    assert_int_equal(tgr_tag_by_endpoint(&options, &report, NULL, &error), TGR_OK);
    check_output(RECORDS, NULL);
    assert_int_equal(report.earlier.answers, paid);
    assert_int_equal(report.now.answers, TEXTS - paid);
    assert_false(exists(".out.jsonl.partial"));
}

static bool fails(unsigned text)
{
    return text % 14 == 7;
}

static fake_fate some_are_refused(unsigned text, unsigned times)
{
    return fails(text) ? (fake_fate){.kind = FAKE_STATUS, .status = text % 28 == 7 ? 400 : 500}
                       : fake_good(text, times);
}

static unsigned warnings;

static void count_warning(void *user, tgr_level level, const char *sentence)
{
    (void)user;
    warnings += level == TGR_WARNING;
    assert_null(strstr(sentence, "text "));
}

static void failed_texts_may_be_skipped(void **state)
{
    (void)state;
    tgr_endpoint_options options = options_of(8);
    tgr_endpoint_report report;
    tgr_run run = {.size = sizeof run, .message = count_warning};
    tgr_error error = {0};
    fake_begin(some_are_refused);
    assert_int_equal(tgr_tag_by_endpoint(&options, &report, &run, &error), TGR_ERR_IO);
    assert_non_null(strstr(error.message, "status"));
    fake_begin(some_are_refused);
    options.skip_failed = true;
    options.retries = 2;
    warnings = 0;
    assert_int_equal(tgr_tag_by_endpoint(&options, &report, &run, &error), TGR_OK);
    check_output(RECORDS, fails);
    assert_int_equal(warnings, 25);         /* more than may fail in a row */
    assert_int_equal(network.asked[7], 1);  /* refused with 400 */
    assert_int_equal(network.asked[21], 3); /* 500 each time */
    assert_int_equal(report.tagged + report.failed, RECORDS);
    assert_true(report.failed >= 25);
}

static fake_fate all_break(unsigned text, unsigned times)
{
    (void)text;
    (void)times;
    return (fake_fate){.kind = FAKE_BROKEN, .seconds = 0.01};
}

static void not_all_may_be_skipped(void **state)
{
    (void)state;
    tgr_endpoint_options options = options_of(4);
    tgr_error error = {0};
    fake_begin(all_break);
    options.skip_failed = true;
    options.retries = 1;
    assert_int_equal(tgr_tag_by_endpoint(&options, NULL, NULL, &error), TGR_ERR_IO);
    assert_non_null(strstr(error.message, "20 texts failed one after another"));
    assert_true(network.texts < 30);
}

/* The server asks to wait: nobody asks anything before. */
static fake_fate asks_to_wait(unsigned text, unsigned times)
{
    return text == text_of(100) && times == 1
               ? (fake_fate){.kind = FAKE_STATUS, .status = 429, .retry_after = 30}
               : (fake_fate){.kind = FAKE_ANSWER, .seconds = 0.1};
}

static fake_fate asks_for_too_much(unsigned text, unsigned times)
{
    fake_fate fate = asks_to_wait(text, times);
    fate.retry_after *= 1000;
    return fate;
}

static void what_the_server_asks_for_holds_for_all(void **state)
{
    (void)state;
    tgr_endpoint_options options = options_of(4);
    tgr_error error = {0};
    fake_begin(asks_to_wait);
    assert_int_equal(tgr_tag_by_endpoint(&options, NULL, NULL, NULL), TGR_OK);
    assert_true(network.told >= 0 && network.first_after >= network.told + 30);
    assert_true(network.first_after < network.told + 31);
    check_output(RECORDS, NULL);
    unlink(in_folder("out.jsonl.answers"));
    fake_begin(asks_for_too_much);
    assert_int_equal(tgr_tag_by_endpoint(&options, NULL, NULL, &error), TGR_ERR_IO);
    assert_non_null(strstr(error.message, "asks to wait 500 minutes"));
}

static fake_fate no_money(unsigned text, unsigned times)
{
    (void)text;
    (void)times;
    return (fake_fate){.kind = FAKE_STATUS,
                       .status = 429,
                       .body = "{\"error\": {\"code\": \"insufficient_quota\"}}"};
}

static fake_fate no_key(unsigned text, unsigned times)
{
    (void)text;
    (void)times;
    return (fake_fate){.kind = FAKE_STATUS, .status = 401};
}

static void hopeless_errors_are_not_retried(void **state)
{
    (void)state;
    tgr_endpoint_options options = options_of(1);
    tgr_error error = {0};
    options.skip_failed = true;
    fake_begin(no_key);
    assert_int_equal(tgr_tag_by_endpoint(&options, NULL, NULL, &error), TGR_ERR_IO);
    assert_non_null(strstr(error.message, "host:1: does not accept the key (status 401)"));
    assert_int_equal(network.requests, 1);
    fake_begin(no_money);
    assert_int_equal(tgr_tag_by_endpoint(&options, NULL, NULL, &error), TGR_ERR_IO);
    assert_non_null(strstr(error.message, "quota is used up (status 429, insufficient_quota)"));
    assert_int_equal(network.requests, 1);
}

/* ---- stopping -----------------------------------------------------------------------------------
 */

static volatile sig_atomic_t cancel;

static fake_fate stops_after_a_hundred(unsigned text, unsigned times)
{
    cancel = network.requests >= 100;
    return (fake_fate){.kind = FAKE_ANSWER, .seconds = 0.5 + 0 * times + 0 * text};
}

static void what_is_on_its_way_is_kept(void **state)
{
    (void)state;
    tgr_endpoint_options options = options_of(16);
    tgr_endpoint_report report;
    tgr_run run = {.size = sizeof run, .cancel = &cancel};
    tgr_error error = {0};
    cancel = 0;
    fake_begin(stops_after_a_hundred);
    assert_int_equal(tgr_tag_by_endpoint(&options, &report, &run, &error), TGR_ERR_CANCELLED);
    assert_non_null(
        strstr(error.message, "stopped before the end; the answers so far are kept in "));
    assert_int_equal(report.now.answers, network.requests);
    assert_true(network.requests >= 100 && network.requests < 120);
    network.script = fake_good;
    cancel = 0;
    options.resume = true;
    assert_int_equal(tgr_tag_by_endpoint(&options, &report, &run, &error), TGR_OK);
    check_output(RECORDS, NULL);
    check_answered_once(TEXTS);
    assert_int_equal(network.requests, TEXTS);
}

/* ---- limits -------------------------------------------------------------------------------------
 */

/* While the first text waits for its answer, no more is read than the window holds. */
static fake_fate first_is_slow(unsigned text, unsigned times)
{
    return (fake_fate){.kind = FAKE_ANSWER, .seconds = text == 0 && times > 0 ? 1e5 : 0.01};
}

static unsigned texts_when_slow;

static void look_at_texts(void *user, const tgr_progress *progress)
{
    (void)user;
    (void)progress;
    if (network.answered[0] == 0) {
        texts_when_slow = network.texts;
    }
}

static void memory_is_bounded_by_a_window(void **state)
{
    (void)state;
    tgr_endpoint_options options = options_of(2);
    tgr_run run = {.size = sizeof run, .progress = look_at_texts};
    FILE *log = fopen(in_folder("log.jsonl"), "w");
    for (unsigned i = 0; i < 3000; i++) {
        fprintf(log, "{\"id\": \"q%u\", \"text\": \"text %u\"}\n", i, i);
    }
    fclose(log);
    fake_begin(first_is_slow);
    assert_int_equal(tgr_tag_by_endpoint(&options, NULL, &run, NULL), TGR_OK);
    assert_int_equal(network.texts, 3000);
    assert_int_equal(texts_when_slow, 1024);
    unlink(in_folder("out.jsonl.answers"));
    run.memory = 1; /* room for one record, whatever its size */
    fake_begin(first_is_slow);
    assert_int_equal(tgr_tag_by_endpoint(&options, NULL, &run, NULL), TGR_OK);
    assert_int_equal(network.texts, 3000);
    assert_int_equal(texts_when_slow, 1);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    tgr_endpoint_options options = options_of(2);
    long live = tgr_mem_live(), failed = 0;
    write_log(12);
    for (bool done = false; !done; failed++) {
        tgr_error error = {0};
        fake_begin(fake_good);
        tgr_mem_fail_after(failed);
        tgr_status status = tgr_tag_by_endpoint(&options, NULL, NULL, &error);
        tgr_mem_fail_after(-1);
        done = status == TGR_OK;
        if (!done && status != TGR_ERR_NOMEM) {
            fail_msg("allocation %ld: %s", failed, error.message);
        }
        assert_int_equal(tgr_mem_live(), live);
        assert_int_equal(exists("out.jsonl"), done);
        unlink(in_folder("out.jsonl.answers"));
    }
    assert_true(failed > 40);
    check_output(12, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(each_text_is_answered_once_and_order_is_kept, fresh),
        cmocka_unit_test_setup(a_second_run_pays_nothing, fresh),
        cmocka_unit_test_setup(retries_are_used_up, fresh),
        cmocka_unit_test_setup(failed_texts_may_be_skipped, fresh),
        cmocka_unit_test_setup(not_all_may_be_skipped, fresh),
        cmocka_unit_test_setup(what_the_server_asks_for_holds_for_all, fresh),
        cmocka_unit_test_setup(hopeless_errors_are_not_retried, fresh),
        cmocka_unit_test_setup(what_is_on_its_way_is_kept, fresh),
        cmocka_unit_test_setup(memory_is_bounded_by_a_window, fresh),
        cmocka_unit_test_setup(every_allocation_may_fail, fresh),
    };
    assert_non_null(mkdtemp(folder));
    snprintf(log_path, sizeof log_path, "%s/log.jsonl", folder);
    snprintf(output_path, sizeof output_path, "%s/out.jsonl", folder);
    int result = cmocka_run_group_tests(tests, NULL, NULL);
    fresh(NULL);
    unlink(in_folder("log.jsonl"));
    rmdir(folder);
    return result;
}
