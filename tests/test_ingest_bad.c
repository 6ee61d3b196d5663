/* test_ingest_bad.c - bad records, bad logs and bad options: skipped, named, refused; never worse.
 */
#include "tests/test_ingest_help.h"

#include <math.h>
#include <sys/stat.h>

#include "engine/base/memory.h"

#define SEED 20250303u

static uint64_t next_random(uint64_t *state)
{
    *state += 0x9e3779b97f4a7c15u;
    uint64_t z = *state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* Ingest must fail so, in words that hold `words`, and leave nothing behind but the logs. */
static void must_fail(const tgr_ingest_options *options, tgr_status expected, const char *words)
{
    tgr_error error = {TGR_OK, ""};
    long live = tgr_mem_live();
    tgr_status status = tgr_ingest(options, NULL, NULL, &error);
    if (status != expected || strstr(error.message, words) == NULL) {
        fail_msg("%s: %s (expected %s: %s)", tgr_status_name(status), error.message,
                 tgr_status_name(expected), words);
    }
    assert_int_equal(error.status, status);
    assert_int_equal(tgr_mem_live(), live);
    assert_int_equal(files_in_folder("out"), 0);
    assert_int_equal(files_in_folder("."), 0);
}

static const char mixed_log[] = "{\"id\":\"1\",\"tags\":[\"a\"]}\n"
                                "{\"tags\":[\"b\"]\n"                                   /* syntax */
                                "[1,2]\n"                                               /* shape */
                                "{\"id\":\"empty\"}\n"                                  /* empty */
                                "{\"tags\":{\"c\":-1}}\n"                               /* tags */
                                "{\"tags\":{\"d\":65535,\"d\":1}}\n"                    /* tags */
                                "{\"tags\":{\"e\":2e38,\"e\":2e38}}\n"                  /* tags */
                                "{\"tags\":[\"f\"],\"split\":3}\n"                      /* field */
                                "{\"tags\":[\"g\"],\"models\":{\"m\":{\"cost\":-1}}}\n" /* model */
                                "{\"id\":\"2\",\"tags\":[\"a\",\"z\"]}\n";

static void bad_records_are_counted_and_named(void **state)
{
    (void)state;
    tgr_ingest_options options = options_for(write_text("log.jsonl", mixed_log));
    options.max_bad = 0.8;
    tgr_ingest_report report;
    tgr_query_file *file = ingest_all(&options, &report);
    assert_int_equal(report.queries, 2);
    assert_int_equal(report.bad, 8);
    assert_int_equal(report.bad_by_reason[TGR_BAD_SYNTAX], 1);
    assert_int_equal(report.bad_by_reason[TGR_BAD_SHAPE], 1);
    assert_int_equal(report.bad_by_reason[TGR_BAD_EMPTY], 1);
    assert_int_equal(report.bad_by_reason[TGR_BAD_TAGS], 3);
    assert_int_equal(report.bad_by_reason[TGR_BAD_FIELD], 1);
    assert_int_equal(report.bad_by_reason[TGR_BAD_MODEL], 1);
    assert_int_equal(strncmp(report.first_bad[TGR_BAD_SYNTAX], "log.jsonl: line 2: ", 19), 0);
    assert_int_equal(strncmp(report.first_bad[TGR_BAD_TAGS], "log.jsonl: line 5: ", 19), 0);
    assert_int_equal(strncmp(report.first_bad[TGR_BAD_MODEL], "log.jsonl: line 9: ", 19), 0);
    assert_string_equal(report.first_bad[TGR_BAD_TOO_DEEP], "");
    assert_string_equal(joined(file->tags), "a|z"); /* nothing of a bad record */
    assert_int_equal(report.models, 0);
    tgr_query_close(file);
}

static void too_many_bad_records_are_refused(void **state)
{
    (void)state;
    tgr_ingest_options options = options_for(write_text("log.jsonl", mixed_log));
    options.max_bad = 0.79;
    must_fail(&options, TGR_ERR_INPUT, "8 of 10 records are bad (1 syntax, ");
    must_fail(&options, TGR_ERR_INPUT, "3 tags");
    must_fail(&options, TGR_ERR_INPUT, "more than 79%");
    must_fail(&options, TGR_ERR_INPUT, "look at log.jsonl: line 5: ");
    must_fail(&options, TGR_ERR_INPUT, "--max-bad");
}

static void the_tolerated_share_is_tolerated(void **state)
{
    (void)state;
    char text[4096] = "";
    for (int i = 0; i < 19; i++) {
        strcat(text, "{\"tags\":[\"a\"]}\n");
    }
    strcat(text, "oops\n");
    tgr_ingest_options options = options_for(write_text("log.jsonl", text)); /* one in twenty */
    tgr_ingest_report report;
    tgr_query_close(ingest_all(&options, &report));
    assert_int_equal(report.bad, 1);
    strcat(text, "oops\n");
    unlink(options.output);
    write_text("log.jsonl", text);
    must_fail(&options, TGR_ERR_INPUT, "2 of 21");
    options.max_bad = 0;
    must_fail(&options, TGR_ERR_INPUT, "more than 0%");
    options.max_bad = 1;
    tgr_query_close(ingest_all(&options, &report));
}

static void strict_stops_at_the_first(void **state)
{
    (void)state;
    tgr_ingest_options options = options_for(write_text("log.jsonl", mixed_log));
    options.strict = true;
    options.max_bad = 1;
    must_fail(&options, TGR_ERR_INPUT, "log.jsonl: line 2: ");
    write_text("log.jsonl", "{\"tags\":[\"a\"]}\n{\"tags\":{\"d\":65535,\"d\":1}}\n");
    must_fail(&options, TGR_ERR_INPUT, "log.jsonl: line 2: the counts of a tag add up to more");
    tgr_ingest_report report;
    write_text("log.jsonl", "{\"tags\":[\"a\"]}\n");
    tgr_query_close(ingest_all(&options, &report));
}

static void a_report_tells_of_failures_too(void **state)
{
    (void)state;
    tgr_error error;
    tgr_ingest_report report;
    tgr_ingest_options options = options_for(write_text("log.jsonl", mixed_log));
    assert_int_equal(tgr_ingest(&options, &report, NULL, &error), TGR_ERR_INPUT);
    assert_int_equal(report.bad, 8);
    assert_int_equal(report.bytes, sizeof mixed_log - 1);
    assert_int_equal(report.queries, 0);
}

static void logs_without_a_usable_record_are_refused(void **state)
{
    (void)state;
    tgr_ingest_options options = options_for(write_text("log.jsonl", ""));
    options.max_bad = 1;
    must_fail(&options, TGR_ERR_INPUT, "there is no record at all");
    write_text("log.jsonl", "\n\n");
    must_fail(&options, TGR_ERR_INPUT, "there is no record at all");
    write_text("log.jsonl", "{}\nnonsense\n");
    must_fail(&options, TGR_ERR_INPUT, "the first is log.jsonl: line 1: ");
    must_fail(&options, TGR_ERR_INPUT, "no usable record");
}

static void records_have_a_largest_size(void **state)
{
    (void)state;
    char text[3000];
    size_t length = (size_t)snprintf(text, sizeof text, "{\"tags\":[\"a\"]}\n{\"text\":\"");
    memset(text + length, 'x', 2000);
    strcpy(text + length + 2000, "\"}\n{\"tags\":[\"b\"]}\n");
    tgr_ingest_options options = options_for(write_text("log.jsonl", text));
    options.max_bad = 0.5;
    options.max_record = 1000;
    tgr_ingest_report report;
    tgr_query_file *file = ingest_all(&options, &report);
    assert_int_equal(report.bad_by_reason[TGR_BAD_TOO_LARGE], 1);
    assert_string_equal(joined(file->tags), "a|b");
    tgr_query_close(file);
}

static void too_many_models_are_refused(void **state)
{
    (void)state;
    const char *path = in_folder("log.jsonl");
    tgr_ingest_options options = options_for(path);
    for (int models = 1024; models <= 1025; models++) {
        FILE *log = fopen(path, "w");
        for (int i = 0; i < models; i++) {
            fprintf(log, "{\"tags\":[\"a\"],\"models\":{\"m%04d\":{\"score\":%d}}}\n", i, i);
        }
        fclose(log);
        if (models > 1024) {
            must_fail(&options, TGR_ERR_INPUT, "log.jsonl: line 1025: more than 1024 distinct");
            break;
        }
        tgr_ingest_report report;
        tgr_query_file *file = ingest_all(&options, &report);
        tgr_batch batch = read_all(file);
        assert_int_equal(report.models, 1024);
        for (size_t row = 0; row < 1024; row++) { /* more than one block */
            assert_true(batch.score[row * 1024 + row] == (float)row);
        }
        close_all(file, &batch);
        unlink(options.output);
    }
}

static void options_must_make_sense(void **state)
{
    (void)state;
    const char *log = write_text("log.jsonl", "{\"tags\":[\"a\"]}\n");
    tgr_ingest_options good = options_for(log), bad = good;
    const char *twice[2] = {"-", "-"};
    bad.input_count = 0;
    must_fail(&bad, TGR_ERR_ARGUMENT, "no log is named");
    bad = good;
    bad.inputs = twice;
    bad.input_count = 2;
    must_fail(&bad, TGR_ERR_ARGUMENT, "standard input");
    bad = good;
    bad.output = NULL;
    must_fail(&bad, TGR_ERR_ARGUMENT, "no output");
    bad.output = "-";
    must_fail(&bad, TGR_ERR_ARGUMENT, "standard output");
    bad.output = folder;
    must_fail(&bad, TGR_ERR_ARGUMENT, folder);
    bad.output = "/nowhere/at/all/out.h5";
    must_fail(&bad, TGR_ERR_IO, "/nowhere/at/all/out.h5");
    bad = good;
    bad.max_bad = 1.5;
    must_fail(&bad, TGR_ERR_ARGUMENT, "between 0 and 1");
    bad.max_bad = NAN;
    must_fail(&bad, TGR_ERR_ARGUMENT, "between 0 and 1");
    bad = good;
    bad.max_record = 0;
    must_fail(&bad, TGR_ERR_ARGUMENT, "largest record");
    bad = good;
    bad.format = (tgr_log_format)9;
    must_fail(&bad, TGR_ERR_ARGUMENT, "format");
}

static void options_may_be_of_another_age(void **state)
{
    (void)state;
    const char *log = write_text("log.jsonl", "{\"tags\":[\"a\"]}\n");
    tgr_ingest_options options = options_for(log);
    options.size = 0;
    must_fail(&options, TGR_ERR_ARGUMENT, "size");
    options.size = sizeof options + 1;
    must_fail(&options, TGR_ERR_ARGUMENT, "size");
    /* what an older, shorter structure lacks has its default, whatever stands behind it */
    options.size = offsetof(tgr_ingest_options, max_bad);
    options.max_bad = -1;
    options.max_record = 0;
    tgr_ingest_report report;
    tgr_query_close(ingest_all(&options, &report));
}

static void files_must_be_there_and_apart(void **state)
{
    (void)state;
    tgr_ingest_options options = options_for(in_folder("missing.jsonl"));
    must_fail(&options, TGR_ERR_IO, "missing.jsonl");
    const char *log = write_text("log.jsonl", "{\"tags\":[\"a\"]}\n");
    char linked[512];
    snprintf(linked, sizeof linked, "%s", in_folder("linked.jsonl"));
    options.inputs = &log;
    assert_int_equal(link(log, linked), 0);
    options.output = linked; /* the same file under another name */
    must_fail(&options, TGR_ERR_ARGUMENT, "both read and to be replaced");
    struct stat found;
    assert_int_equal(stat(log, &found), 0);
    assert_int_equal(found.st_size, 15);
}

static void damaged_logs_are_refused(void **state)
{
    (void)state;
    static const unsigned char cut_gzip[] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xab, 0x56};
    tgr_ingest_options options = options_for(write_bytes("log.gz", cut_gzip, sizeof cut_gzip));
    must_fail(&options, TGR_ERR_INPUT, "log.gz");
}

/* A log with random changes: a file or a clean refusal, never anything else. */
static void hostile_logs_do_no_harm(void **state)
{
    (void)state;
    static const char pattern[] =
        "{\"id\":\"q1\",\"text\":\"What?\",\"tags\":{\"b\":2,\"a\":0.5},\"category\":\"law\","
        "\"needs\":[\"vision\"],\"models\":{\"gpt-4\":{\"score\":1.0,\"outcome\":\"win\"}}}\n"
        "{\"tags\":[\"a\",\"b\"],\"split\":\"x\",\"prompt_tokens\":12}\n";
    static const unsigned char packed[] =
        "\x82\xa2id\xa1q\xa4tags\x82\xa1"
        "a\x01\xa1"
        "b\xcd\x01\x00"
        "\x92\xce\x65\x00\x00\x00\x81\xa4tags\x92\xa1"
        "a\xa1"
        "c"
        "\x81\xa4text\xa3xyz\x81\xa6models\x81\xa1m\x81\xa5score\xca\x3f\x80\x00\x00";
    uint64_t random = SEED;
    unsigned succeeded = 0, refused = 0;
    for (int round = 0; round < 150; round++) {
        unsigned char bytes[512];
        size_t length = round % 2 == 0 ? sizeof pattern - 1 : sizeof packed - 1;
        memcpy(bytes, round % 2 == 0 ? (const void *)pattern : (const void *)packed, length);
        for (uint64_t changes = next_random(&random) % 4; changes > 0; changes--) {
            bytes[next_random(&random) % length] = (unsigned char)next_random(&random);
        }
        if (next_random(&random) % 4 == 0) {
            length = next_random(&random) % length;
        }
        tgr_ingest_options options = options_for(write_bytes("log", bytes, length));
        options.max_bad = 1;
        tgr_error error = {TGR_OK, ""};
        long live = tgr_mem_live();
        tgr_status status = tgr_ingest(&options, NULL, NULL, &error);
        assert_true(status == TGR_OK || status == TGR_ERR_INPUT);
        assert_int_equal(tgr_mem_live(), live);
        assert_int_equal(files_in_folder("out"), status == TGR_OK);
        if (status == TGR_OK) {
            tgr_query_file *file = NULL;
            assert_int_equal(tgr_query_open(options.output, &file, &error), TGR_OK);
            assert_int_equal(tgr_query_verify(file, &error), TGR_OK);
            tgr_query_close(file);
            unlink(options.output);
        }
        succeeded += status == TGR_OK;
        refused += status != TGR_OK;
    }
    assert_true(succeeded > 30 && refused > 5);
}

static void reasons_have_names(void **state)
{
    (void)state;
    for (int reason = 0; reason < TGR_BAD_REASONS; reason++) {
        const char *name = tgr_bad_reason_name((tgr_bad_reason)reason);
        assert_non_null(name);
        for (int other = 0; other < reason; other++) {
            assert_string_not_equal(name, tgr_bad_reason_name((tgr_bad_reason)other));
        }
    }
    assert_string_equal(tgr_bad_reason_name(TGR_BAD_TAGS), "tags");
    assert_non_null(tgr_bad_reason_name(TGR_BAD_REASONS));
}

int main(void)
{
    print_message("seed %u\n", SEED);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(bad_records_are_counted_and_named, empty_folder),
        cmocka_unit_test_teardown(too_many_bad_records_are_refused, empty_folder),
        cmocka_unit_test_teardown(the_tolerated_share_is_tolerated, empty_folder),
        cmocka_unit_test_teardown(strict_stops_at_the_first, empty_folder),
        cmocka_unit_test_teardown(a_report_tells_of_failures_too, empty_folder),
        cmocka_unit_test_teardown(logs_without_a_usable_record_are_refused, empty_folder),
        cmocka_unit_test_teardown(records_have_a_largest_size, empty_folder),
        cmocka_unit_test_teardown(too_many_models_are_refused, empty_folder),
        cmocka_unit_test_teardown(options_must_make_sense, empty_folder),
        cmocka_unit_test_teardown(options_may_be_of_another_age, empty_folder),
        cmocka_unit_test_teardown(files_must_be_there_and_apart, empty_folder),
        cmocka_unit_test_teardown(damaged_logs_are_refused, empty_folder),
        cmocka_unit_test_teardown(hostile_logs_do_no_harm, empty_folder),
        cmocka_unit_test_teardown(reasons_have_names, empty_folder),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
