/* test_ingest_many.c - more rows than any buffer holds, what a run says on its way, and real data.
 */
#include "tests/test_ingest_help.h"

#include <math.h>

#define SEED 20250302u

static uint64_t next_random(uint64_t *state)
{
    *state += 0x9e3779b97f4a7c15u;
    uint64_t z = *state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* ---- many rows ----------------------------------------------------------------------------------
 */

enum { MANY_ROWS = 70000, MANY_TAGS = 500 };

/* Rows of up to 9 tags, now and then of several hundred; enough to leave every buffer. */
static size_t random_row(uint64_t *random, uint32_t *tags)
{
    size_t count = next_random(random) % 10;
    if (next_random(random) % 5000 == 0) {
        count = 300 + next_random(random) % 300;
    }
    for (size_t i = 0; i < count; i++) {
        uint64_t wide = next_random(random) % MANY_TAGS;
        tags[i] = (uint32_t)(wide * wide / MANY_TAGS);
    }
    return count;
}

static const char *write_many(void)
{
    const char *path = in_folder("many.jsonl");
    FILE *file = fopen(path, "w");
    uint64_t random = SEED;
    uint32_t tags[1000];
    for (int row = 0; row < MANY_ROWS; row++) {
        size_t count = random_row(&random, tags);
        fprintf(file, "{\"id\":\"row %d\",\"tags\":[", row);
        for (size_t i = 0; i < count; i++) {
            fprintf(file, "%s\"t%u\"", i > 0 ? "," : "", tags[i]);
        }
        fputs("]", file);
        if (row % 3 == 1) { /* columns that begin late and stop early */
            fprintf(file, ",\"prompt_tokens\":%d,\"category\":\"c%d\",\"text\":\"text %d\"", row,
                    row % 7, row);
        }
        if (row > 40000 && row % 2 == 0) {
            fprintf(file, ",\"models\":{\"m%d\":{\"score\":%d}}", row % 30, row % 1000);
        }
        fputs("}\n", file);
    }
    assert_int_equal(fclose(file), 0);
    return path;
}

static void check_many_tags(const tgr_query_file *file, const tgr_batch *batch)
{
    uint64_t random = SEED;
    uint32_t tags[1000];
    uint64_t totals[MANY_TAGS] = {0};
    for (size_t row = 0; row < MANY_ROWS; row++) {
        unsigned counts[MANY_TAGS] = {0};
        size_t distinct = 0;
        size_t count = random_row(&random, tags);
        for (size_t i = 0; i < count; i++) {
            distinct += counts[tags[i]]++ == 0;
            totals[tags[i]]++;
        }
        int64_t begin = batch->x.indptr[row], end = batch->x.indptr[row + 1];
        assert_int_equal(end - begin, distinct);
        for (int64_t i = begin; i < end; i++) {
            unsigned tag = (unsigned)atoi(name_of(file->tags, batch->x.indices[i]) + 1);
            assert_true(value_at(batch, i) == counts[tag]);
            assert_true(i == begin || batch->x.indices[i - 1] < batch->x.indices[i]);
        }
    }
    for (uint32_t column = 1; column < file->columns; column++) {
        const char *before = name_of(file->tags, column - 1), *name = name_of(file->tags, column);
        uint64_t more = totals[atoi(before + 1)], less = totals[atoi(name + 1)];
        assert_true(more > less || (more == less && strcmp(before, name) < 0));
    }
}

static void check_many_columns(const tgr_query_file *file, const tgr_batch *batch)
{
    size_t models = tgr_strings_count(file->models);
    assert_int_equal(models, 15);
    for (size_t row = 0; row < MANY_ROWS; row++) {
        char text[32];
        snprintf(text, sizeof text, "row %zu", row);
        assert_string_equal(id_text(batch, row), text);
        if (row % 3 == 1) {
            assert_true(batch->prompt_tokens[row] == (double)row);
            snprintf(text, sizeof text, "c%zu", row % 7);
            assert_string_equal(name_of(file->categories, batch->category[row]), text);
        } else {
            assert_true(isnan(batch->prompt_tokens[row]));
            assert_int_equal(batch->category[row], -1);
        }
        snprintf(text, sizeof text, "m%zu", row % 30);
        uint32_t judged = row > 40000 && row % 2 == 0 ? number_of(file->models, text) : UINT32_MAX;
        for (uint32_t model = 0; model < models; model++) {
            float score = batch->score[row * models + model];
            assert_true(model == judged ? score == (float)(row % 1000) : isnan(score));
        }
    }
}

static void many_rows_arrive_as_they_were_logged(void **state)
{
    (void)state;
    tgr_ingest_options options = options_for(write_many());
    for (int packed = 0; packed < 2; packed++) {
        options.compress = packed != 0;
        options.compact = packed != 0;
        tgr_ingest_report report;
        tgr_query_file *file = ingest_all(&options, &report);
        tgr_batch batch = read_all(file);
        assert_int_equal(report.queries, MANY_ROWS);
        check_many_tags(file, &batch);
        check_many_columns(file, &batch);
        close_all(file, &batch);
    }
}

/* ---- what a run is told -------------------------------------------------------------------------
 */

typedef struct told {
    uint64_t reading_calls, reading_last, reading_total, writing_last;
    bool fell;
    char messages[2048];
} told;

static void note_progress(void *user, const tgr_progress *progress)
{
    told *heard = user;
    if (strcmp(progress->phase, "reading") == 0) {
        assert_string_equal(progress->unit, "bytes");
        heard->fell = heard->fell || progress->done < heard->reading_last;
        heard->reading_calls++;
        heard->reading_last = progress->done;
        heard->reading_total = progress->total;
    } else {
        assert_string_equal(progress->phase, "writing");
        assert_string_equal(progress->unit, "queries");
        heard->writing_last = progress->done;
    }
}

static void note_message(void *user, tgr_level level, const char *sentence)
{
    told *heard = user;
    size_t length = strlen(heard->messages);
    snprintf(heard->messages + length, sizeof heard->messages - length, "%d %s\n", (int)level,
             sentence);
}

static void progress_and_messages_reach_the_run(void **state)
{
    (void)state;
    tgr_error error;
    told heard = {0};
    tgr_run run = {
        .size = sizeof run, .progress = note_progress, .message = note_message, .user = &heard};
    tgr_ingest_options options = options_for(NULL);
    size_t first, second;
    const char *inputs[2] = {write_many(), write_text("log.jsonl", "{\"text\":\"a\"}\n{]\n")};
    free(read_bytes(inputs[0], &first));
    free(read_bytes(inputs[1], &second));
    options.inputs = inputs;
    options.input_count = 2;
    assert_int_equal(tgr_ingest(&options, NULL, &run, &error), TGR_OK);
    assert_true(heard.reading_calls > 4);
    assert_false(heard.fell);
    assert_int_equal(heard.reading_last, first + second);
    assert_int_equal(heard.reading_total, first + second);
    assert_int_equal(heard.writing_last, MANY_ROWS + 1);
    assert_non_null(strstr(heard.messages, "1 skipped 1 of 70002 records (syntax), the first: "
                                           "log.jsonl: line 2: "));
    assert_non_null(strstr(heard.messages, " of 70001 queries have no tag"));
}

/* ---- real data ----------------------------------------------------------------------------------
 */

static void the_tagged_mmlu_set(void **state)
{
    (void)state;
    const char *data = getenv("TAGROUTE_DATA");
    char path[1024];
    if (data == NULL) {
        print_message("skipped: TAGROUTE_DATA does not name a folder with mmlu_tagged.jsonl.gz\n");
        skip();
    }
    snprintf(path, sizeof path, "%s/mmlu_tagged.jsonl.gz", data);
    tgr_ingest_options options = options_for(path);
    tgr_ingest_report report;
    tgr_query_file *file = ingest_all(&options, &report);
    assert_int_equal(report.queries, 14037);
    assert_int_equal(report.bad, 0);
    assert_int_equal(report.judged, 2 * 14037);
    assert_string_equal(joined(file->models),
                        "gpt-4-1106-preview|mistralai/Mixtral-8x7B-Instruct-v0.1");
    assert_int_equal(tgr_strings_count(file->categories), 57);
    assert_string_equal(joined(file->splits), "test|train");
    tgr_query_close(file);
}

int main(void)
{
    print_message("seed %u\n", SEED);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(many_rows_arrive_as_they_were_logged, empty_folder),
        cmocka_unit_test_teardown(progress_and_messages_reach_the_run, empty_folder),
        cmocka_unit_test_teardown(the_tagged_mmlu_set, empty_folder),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
