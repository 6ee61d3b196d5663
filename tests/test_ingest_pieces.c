/* test_ingest_pieces.c - logs of many pieces: the same file and report for any number of threads,
 * however often the run was stopped, and places counted across pieces.
 */
#include "tests/test_ingest_help.h"

#include <signal.h>

#include "engine/base/memory.h"
#include "engine/log/piece.h"

#define SEED 20250302u

static uint64_t next_random(uint64_t *state)
{
    *state += 0x9e3779b97f4a7c15u;
    uint64_t z = *state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

typedef struct expectation {
    uint64_t good, bad;
    uint64_t first_bad_line; /* JSON Lines */
    uint64_t first_bad_byte;
} expectation;

static void write_json_record(FILE *log, uint64_t *random, int row)
{
    fprintf(log, "{\"tags\":{\"t%d\":%d,\"t%d\":%d}", (int)(next_random(random) % 3000),
            1 + row % 3, (int)(next_random(random) % 40), 1 + row % 300);
    if (row > 30000) { /* columns that begin late */
        fprintf(log, ",\"category\":\"c%d\",\"prompt_tokens\":%d", row % 50, row % 999);
    }
    if (next_random(random) % 3 == 0) {
        fprintf(log, ",\"id\":\"id %d\",\"text\":\"%0*d\"", row, 1 + row % 90, row);
    }
    if (row > 40000 && next_random(random) % 2) {
        fprintf(log, ",\"models\":{\"m%d\":{\"score\":%d},\"m0\":{\"outcome\":\"win\"}}",
                1 + row % 7, row % 11);
    }
    fprintf(log, "}\n");
}

/* A record larger than two pieces. */
static void write_large_record(FILE *log)
{
    fprintf(log, "{\"tags\":[\"large\"],\"text\":\"");
    for (size_t i = 0; i < 2 * TGR_PIECE_BYTES + 777; i++) {
        fputc('a' + (int)(i % 26), log);
    }
    fprintf(log, "\"}\n");
}

static const char *write_json_log(expectation *expected)
{
    const char *path = in_folder("log.jsonl");
    FILE *log = fopen(path, "w");
    uint64_t random = SEED, line = 1;
    *expected = (expectation){0};
    for (int row = 0; row < 60000; row++, line++) {
        if (row % 5000 == 17) {
            fprintf(log, " \r\n"); /* blank */
            line++;
        }
        if (row == 20011 || row == 20012 || row == 50000) {
            expected->first_bad_line = expected->bad == 0 ? line : expected->first_bad_line;
            expected->first_bad_byte =
                expected->bad == 0 ? (uint64_t)ftell(log) : expected->first_bad_byte;
            expected->bad++;
            fprintf(log, "{\"tags\":[7]}\n");
        } else if (row == 33333 || row == 59999) {
            write_large_record(log);
            expected->good++;
        } else if (row == 44444) {
            fprintf(log, "[\"event\",[[1,{\"tags\":[\"e\"]}],[2,{\"tags\":[\"f\"]}]]]\n");
            expected->good += 2;
        } else {
            write_json_record(log, &random, row);
            expected->good++;
        }
    }
    assert_int_equal(fclose(log), 0);
    return path;
}

static void put_text(FILE *log, const char *text)
{
    fputc(0xd9, log);
    fputc((int)strlen(text), log);
    fputs(text, log);
}

static const char *write_msgpack_log(expectation *expected)
{
    const char *path = in_folder("log.msgpack");
    FILE *log = fopen(path, "wb");
    uint64_t random = SEED;
    *expected = (expectation){0};
    for (int row = 0; row < 150000; row++) {
        char text[32];
        if (row == 90000) {
            expected->first_bad_byte = (uint64_t)ftell(log);
            expected->bad++;
            fputc(0x80, log); /* neither tags nor text */
            continue;
        }
        fputc(0x82, log);
        put_text(log, "id");
        snprintf(text, sizeof text, "q%d", row);
        put_text(log, text);
        put_text(log, "tags");
        fputc(0x92, log);
        for (int i = 0; i < 2; i++) {
            snprintf(text, sizeof text, "t%d", (int)(next_random(&random) % 900));
            put_text(log, text);
        }
        expected->good++;
    }
    assert_int_equal(fclose(log), 0);
    return path;
}

/* ---- outputs ------------------------------------------------------------------------------------
 */

typedef struct content {
    unsigned char *bytes;
    size_t length;
} content;

static content read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    content found = {.length = (size_t)ftell(file)};
    rewind(file);
    found.bytes = malloc(found.length + 1);
    assert_int_equal(fread(found.bytes, 1, found.length, file), found.length);
    fclose(file);
    return found;
}

static void expect_output(const char *path, const content *expected)
{
    content found = read_file(path);
    assert_int_equal(found.length, expected->length);
    assert_memory_equal(found.bytes, expected->bytes, expected->length);
    free(found.bytes);
}

static void expect_report(const tgr_ingest_report *report, const expectation *expected)
{
    char place[64];
    assert_int_equal(report->queries, expected->good);
    assert_int_equal(report->bad, expected->bad);
    if (expected->first_bad_line > 0) {
        snprintf(place, sizeof place,
                 "log.jsonl: line %llu: ", (unsigned long long)expected->first_bad_line);
    } else {
        snprintf(place, sizeof place,
                 "log.msgpack: byte %llu: ", (unsigned long long)expected->first_bad_byte);
    }
    bool found = false;
    for (int i = 0; i < TGR_BAD_REASONS; i++) {
        found = found || strncmp(report->first_bad[i], place, strlen(place)) == 0;
    }
    assert_true(found);
}

/* ---- threads ------------------------------------------------------------------------------------
 */

static void ingest_with_threads(tgr_ingest_options *options, const expectation *expected)
{
    static const int threads[] = {1, 2, 3, 7};
    content first = {0};
    for (size_t i = 0; i < sizeof threads / sizeof *threads; i++) {
        tgr_run run = {.size = sizeof run, .threads = threads[i]};
        tgr_ingest_report report;
        tgr_error error = {TGR_OK, ""};
        long live = tgr_mem_live();
        if (tgr_ingest(options, &report, &run, &error) != TGR_OK) {
            fail_msg("%d threads: %s", threads[i], error.message);
        }
        assert_int_equal(tgr_mem_live(), live);
        expect_report(&report, expected);
        if (i == 0) {
            first = read_file(options->output);
        }
        expect_output(options->output, &first);
    }
    free(first.bytes);
}

static void threads_change_nothing(void **state)
{
    (void)state;
    expectation expected;
    tgr_ingest_options options = options_for(write_json_log(&expected));
    ingest_with_threads(&options, &expected);
    options.compress = true;
    ingest_with_threads(&options, &expected);
    options = options_for(write_msgpack_log(&expected));
    ingest_with_threads(&options, &expected);
}

static void strict_names_the_first_of_all_pieces(void **state)
{
    (void)state;
    expectation expected;
    tgr_ingest_options options = options_for(write_json_log(&expected));
    options.strict = true;
    for (int threads = 1; threads < 4; threads++) {
        tgr_run run = {.size = sizeof run, .threads = threads};
        tgr_error error;
        char place[64];
        assert_int_equal(tgr_ingest(&options, NULL, &run, &error), TGR_ERR_INPUT);
        snprintf(place, sizeof place,
                 "log.jsonl: line %llu: ", (unsigned long long)expected.first_bad_line);
        assert_non_null(strstr(error.message, place));
        assert_int_equal(files_in_folder("."), 0);
    }
}

/* ---- stopping and going on ----------------------------------------------------------------------
 */

typedef struct stop {
    volatile sig_atomic_t flag;
    unsigned calls; /* of progress with some queries, after which it is set */
} stop;

static void stop_after(void *user, const tgr_progress *progress)
{
    stop *when = user;
    when->flag = when->flag || (progress->queries > 0 && when->calls-- == 0);
}

/* Runs until done, each time stopped after a few reports of progress. */
static unsigned ingest_by_parts(tgr_ingest_options *options, unsigned calls, bool checkpoints,
                                tgr_ingest_report *report)
{
    unsigned stops = 0, kept_some = 0;
    for (tgr_status status = TGR_ERR_CANCELLED; status != TGR_OK; stops++) {
        stop when = {.calls = calls};
        tgr_run run = {.size = sizeof run, .threads = 1 + (int)stops % 3};
        tgr_error error = {TGR_OK, ""};
        run.progress = stop_after;
        run.user = &when;
        run.cancel = &when.flag;
        options->resume = stops > 0;
        options->checkpoint_bytes = checkpoints ? 1 : UINT64_MAX;
        options->checkpoint_milliseconds = 0;
        long live = tgr_mem_live();
        status = tgr_ingest(options, report, &run, &error);
        assert_int_equal(tgr_mem_live(), live);
        if (status != TGR_OK) {
            assert_int_equal(status, TGR_ERR_CANCELLED);
            bool kept = files_in_folder(".out.h5.ingest") > 2;
            assert_int_equal(strstr(error.message, "--resume") != NULL, kept);
            kept_some += kept;
        }
        assert_true(stops < 200);
        calls += stops / 20; /* so that it ends even where each start reports much */
    }
    assert_true(kept_some > 0);
    return stops - 1;
}

static void stopped_runs_go_on(void **state)
{
    (void)state;
    expectation expected;
    tgr_ingest_report report;
    for (int packed = 0; packed < 2; packed++) {
        tgr_ingest_options options =
            options_for(packed ? write_msgpack_log(&expected) : write_json_log(&expected));
        tgr_error error = {TGR_OK, ""};
        assert_int_equal(tgr_ingest(&options, &report, NULL, &error), TGR_OK);
        content whole = read_file(options.output);
        for (int checkpoints = 0; checkpoints < 2; checkpoints++) {
            unlink(options.output);
            unsigned stops = ingest_by_parts(&options, 1, checkpoints, &report);
            assert_true(stops > 0);
            assert_true(report.resumed > 0);
            expect_report(&report, &expected);
            expect_output(options.output, &whole);
            assert_int_equal(files_in_folder(".out"), 0);
        }
        free(whole.bytes);
    }
}

static void a_finished_output_is_left_alone(void **state)
{
    (void)state;
    tgr_ingest_options options = options_for(write_text("log.jsonl", "{\"tags\":[\"a\"]}\n"));
    tgr_ingest_report report;
    options.resume = true;
    assert_int_equal(tgr_ingest(&options, &report, NULL, NULL), TGR_OK);
    assert_int_equal(report.queries, 1);
    assert_false(report.was_complete);
    assert_int_equal(tgr_ingest(&options, &report, NULL, NULL), TGR_OK);
    assert_true(report.was_complete);
    assert_int_equal(files_in_folder(".out"), 0);
}

int main(void)
{
    print_message("seed %u\n", SEED);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(threads_change_nothing, empty_folder),
        cmocka_unit_test_teardown(strict_names_the_first_of_all_pieces, empty_folder),
        cmocka_unit_test_teardown(stopped_runs_go_on, empty_folder),
        cmocka_unit_test_teardown(a_finished_output_is_left_alone, empty_folder),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
