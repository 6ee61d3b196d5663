/* test_rows.c - rows in the caller's memory against scores and rules worked out plainly, whatever
 * types their numbers have and in whatever order they lie. */
#include "tests/cmocka_all.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <tagroute/fit.h>
#include <tagroute/rows.h>

#include "engine/base/memory.h"

#define SEED    20251126u
#define ROWS    3000
#define COLUMNS 70
#define MODELS  3
#define ENTRIES (ROWS * 6)

static char folder[256], path[300];
static tgr_router *router;

static char name_bytes[COLUMNS][8];
static const char *names[COLUMNS];
static const char *const models[MODELS] = {"large", "middle", "small"};
static int64_t indptr[ROWS + 1];
static int32_t indices[ENTRIES];
static uint8_t counts[ENTRIES];
static int8_t outcome[ROWS * MODELS];
static float cost[ROWS * MODELS];
static uint8_t eligible[ROWS * MODELS];

#define TIMES 22 /* the rows, one after another */

typedef struct long_rows {
    int64_t indptr[ROWS * TIMES + 1];
    int32_t indices[ENTRIES * TIMES];
    uint8_t counts[ENTRIES * TIMES], eligible[ROWS * TIMES * MODELS];
    double prompt_tokens[ROWS * TIMES];
    int16_t chosen[ROWS * TIMES * 2];
    float margins[ROWS * TIMES * 2], scores[ROWS * TIMES * MODELS];
    double costs[ROWS * TIMES * 2];
} long_rows;

static long_rows *many;

static uint64_t random_state = SEED;

static uint64_t below(uint64_t limit)
{
    random_state += 0x9e3779b97f4a7c15u;
    uint64_t z = random_state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (z ^ (z >> 31)) % limit;
}

static void make_rows(void)
{
    for (size_t column = 0; column < COLUMNS; column++) {
        snprintf(name_bytes[column], sizeof name_bytes[column], "tag%zu", (column * 37) % COLUMNS);
        names[column] = name_bytes[column];
    }
    for (size_t row = 0; row < ROWS; row++) {
        int64_t entry = indptr[row];
        int32_t column = (int32_t)below(COLUMNS / 4);
        for (uint64_t left = below(6); left > 0 && column < COLUMNS; left--) {
            indices[entry] = column;
            counts[entry++] = (uint8_t)(1 + below(3));
            column += (int32_t)(1 + below(COLUMNS / 5));
        }
        indptr[row + 1] = entry;
        for (size_t model = 0; model < MODELS; model++) {
            outcome[row * MODELS + model] = (int8_t)((int)below(4) - 1);
            cost[row * MODELS + model] = (float)(MODELS - model) * 0.01f;
            eligible[row * MODELS + model] = below(3) != 0;
        }
    }
}

static tgr_numbers numbers_of(const void *data, uint64_t count, tgr_number_type type)
{
    return (tgr_numbers){data, count, type};
}

static tgr_rows all_rows(void)
{
    return (tgr_rows){
        .size = sizeof(tgr_rows),
        .rows = ROWS,
        .columns = COLUMNS,
        .indptr = numbers_of(indptr, ROWS + 1, TGR_NUMBER_I64),
        .indices = numbers_of(indices, (uint64_t)indptr[ROWS], TGR_NUMBER_I32),
        .counts = numbers_of(counts, (uint64_t)indptr[ROWS], TGR_NUMBER_U8),
        .tags = names,
    };
}

static void succeed(tgr_status status, const tgr_error *error)
{
    if (status != TGR_OK) {
        fail_msg("%s", error->message);
    }
}

/* A router fitted from the rows, by way of a query file. */
static int start(void **state)
{
    (void)state;
    const char *base = getenv("TMPDIR");
    tgr_error error;
    snprintf(folder, sizeof folder, "%s/tagroute-rows-XXXXXX", base && base[0] ? base : "/tmp");
    if (mkdtemp(folder) == NULL) {
        return -1;
    }
    snprintf(path, sizeof path, "%s/rows.h5", folder);
    printf("seed %u\n", SEED);
    make_rows();
    const tgr_rows rows = all_rows();
    const tgr_row_facts facts = {.size = sizeof facts,
                                 .models = models,
                                 .model_count = MODELS,
                                 .outcome = outcome,
                                 .cost = cost};
    succeed(tgr_save_rows(&rows, &facts, path, NULL, &error), &error);
    const char *input = path;
    tgr_fit_options options;
    tgr_fit_options_init(&options);
    options.inputs = &input;
    options.input_count = 1;
    options.min_count = 150; /* some tags stay unknown */
    tgr_fit_report report;
    succeed(tgr_fit(&options, NULL, &router, &report, NULL, &error), &error);
    assert_int_equal(report.queries, ROWS);
    assert_true(report.tags < COLUMNS && report.tags > 10);
    many = calloc(1, sizeof *many);
    assert_non_null(many);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    tgr_router_free(router);
    free(many);
    unlink(path);
    return rmdir(folder);
}

/* ---- what the contract says, plainly -----------------------------------------------------------
 */

static int tag_number(const char *name)
{
    for (size_t tag = 0; tag < tgr_router_tags(router); tag++) {
        if (strcmp(tgr_router_tag(router, tag), name) == 0) {
            return (int)tag;
        }
    }
    return -1;
}

static float plain_score(size_t row, size_t model)
{
    float score = tgr_router_bias(router)[model];
    for (int64_t entry = indptr[row]; entry < indptr[row + 1]; entry++) {
        int tag = tag_number(names[indices[entry]]);
        if (tag >= 0) {
            score = fmaf((float)counts[entry],
                         tgr_router_weights(router)[(size_t)tag * MODELS + model], score);
        }
    }
    return score;
}

/* Models that cost less come first among equals: the last model is the cheapest. */
static int plain_margin_rule(size_t row, double threshold, bool masked)
{
    int best = -1, reference = (int)tgr_router_reference(router);
    for (int model = MODELS - 1; model >= 0; model--) {
        bool may = !masked || eligible[row * MODELS + (size_t)model];
        if (may && model != reference &&
            (best < 0 || plain_score(row, (size_t)model) > plain_score(row, (size_t)best))) {
            best = model;
        }
    }
    bool reference_may = !masked || eligible[row * MODELS + (size_t)reference];
    if (best < 0 || !reference_may) {
        return best >= 0 ? best : reference_may ? reference : -1;
    }
    float margin = plain_score(row, (size_t)best) - plain_score(row, (size_t)reference);
    return (double)margin >= threshold ? best : reference;
}

/* ---- tests -------------------------------------------------------------------------------------
 */

static int16_t chosen[ROWS * 2];
static float margins[ROWS * 2], scores[ROWS * MODELS];
static double costs[ROWS * 2];
static const double thresholds[2] = {-0.01, 0.005};

static tgr_decide_options margin_options(void)
{
    tgr_decide_options options;
    tgr_decide_options_init(&options);
    options.thresholds = thresholds;
    options.threshold_count = 2;
    return options;
}

static void decide(const tgr_rows *rows, const tgr_decide_options *options, int threads)
{
    const tgr_decided decided = {sizeof decided, chosen, margins, costs, scores};
    const tgr_run run = {.size = sizeof run, .threads = threads};
    tgr_decided_counts counted;
    tgr_error error;
    succeed(tgr_decide_rows(router, rows, options, &decided, &counted, &run, &error), &error);
}

static void check_choices(bool masked)
{
    int seen[2][MODELS] = {{0}};
    for (size_t row = 0; row < ROWS; row++) {
        for (size_t t = 0; t < 2; t++) {
            int expected = plain_margin_rule(row, thresholds[t], masked);
            assert_int_equal(chosen[row * 2 + t], expected);
            if (expected >= 0) {
                seen[t][expected]++;
                assert_true(fabs(costs[row * 2 + t] - (MODELS - expected) * 0.01) < 1e-8);
            } else {
                assert_true(isnan(costs[row * 2 + t]));
            }
        }
    }
    assert_true(seen[0][2] > 0 && seen[0][0] > 0 && seen[1][0] > seen[0][0]);
}

static void decides_as_the_contract_says(void **state)
{
    (void)state;
    const tgr_rows rows = all_rows();
    const tgr_decide_options options = margin_options();
    decide(&rows, &options, 2);
    check_choices(false);
    for (size_t row = 0; row < ROWS; row++) {
        for (size_t model = 0; model < MODELS; model++) {
            float expected = plain_score(row, model);
            assert_memory_equal(&scores[row * MODELS + model], &expected, sizeof expected);
        }
    }
}

static void models_that_may_not_serve_do_not(void **state)
{
    (void)state;
    tgr_rows rows = all_rows();
    rows.eligible = eligible;
    const tgr_decide_options options = margin_options();
    decide(&rows, &options, 2);
    check_choices(true);
}

/* Whatever the types of the numbers. */
static void every_type_gives_the_same(void **state)
{
    (void)state;
    static int16_t first[ROWS * 2];
    static float first_scores[ROWS * MODELS];
    static const tgr_number_type indptr_types[] = {TGR_NUMBER_I32, TGR_NUMBER_U64, TGR_NUMBER_U32};
    static const tgr_number_type index_types[] = {TGR_NUMBER_I64, TGR_NUMBER_U8, TGR_NUMBER_I32};
    static const tgr_number_type count_types[] = {TGR_NUMBER_F64, TGR_NUMBER_F32, TGR_NUMBER_I8,
                                                  TGR_NUMBER_U16, TGR_NUMBER_I64};
    static int64_t wide_indptr[ROWS + 1], wide_indices[ENTRIES], wide_counts[ENTRIES];
    tgr_rows rows = all_rows();
    const tgr_decide_options options = margin_options();
    decide(&rows, &options, 1);
    memcpy(first, chosen, sizeof first);
    memcpy(first_scores, scores, sizeof scores);
    size_t entries = (size_t)indptr[ROWS];
    for (size_t turn = 0; turn < 15; turn++) {
        tgr_number_type p = indptr_types[turn % 3], i = index_types[turn / 3 % 3];
        tgr_number_type c = count_types[turn % 5];
        for (size_t at = 0; at <= ROWS; at++) {
            if (p == TGR_NUMBER_U64) {
                ((uint64_t *)wide_indptr)[at] = (uint64_t)indptr[at];
            } else {
                ((uint32_t *)wide_indptr)[at] = (uint32_t)indptr[at];
            }
        }
        for (size_t at = 0; at < entries; at++) {
            if (i == TGR_NUMBER_I64) {
                wide_indices[at] = indices[at];
            } else if (i == TGR_NUMBER_U8) {
                ((uint8_t *)wide_indices)[at] = (uint8_t)indices[at];
            } else {
                ((int32_t *)wide_indices)[at] = indices[at];
            }
            if (c == TGR_NUMBER_F64) {
                ((double *)wide_counts)[at] = counts[at];
            } else if (c == TGR_NUMBER_F32) {
                ((float *)wide_counts)[at] = counts[at];
            } else if (c == TGR_NUMBER_I8) {
                ((int8_t *)wide_counts)[at] = (int8_t)counts[at];
            } else if (c == TGR_NUMBER_U16) {
                ((uint16_t *)wide_counts)[at] = counts[at];
            } else {
                wide_counts[at] = counts[at];
            }
        }
        rows.indptr = numbers_of(wide_indptr, ROWS + 1, p);
        rows.indices = numbers_of(wide_indices, entries, i);
        rows.counts = numbers_of(wide_counts, entries, c);
        memset(chosen, 0x55, sizeof chosen);
        decide(&rows, &options, 1 + (int)(turn % 2));
        assert_memory_equal(chosen, first, sizeof first);
        assert_memory_equal(scores, first_scores, sizeof scores);
    }
}

/* Each row backwards, and with a count above 1 split into two entries. */
static void order_and_doubles_do_not_matter(void **state)
{
    (void)state;
    static int64_t other_indptr[ROWS + 1];
    static int32_t other_indices[2 * ENTRIES];
    static uint8_t other_counts[2 * ENTRIES];
    static int16_t first[ROWS * 2];
    tgr_rows rows = all_rows();
    const tgr_decide_options options = margin_options();
    decide(&rows, &options, 2);
    memcpy(first, chosen, sizeof first);
    int64_t out = 0;
    for (size_t row = 0; row < ROWS; row++) {
        for (int64_t entry = indptr[row + 1]; entry-- > indptr[row];) {
            other_indices[out] = indices[entry];
            other_counts[out++] = 1;
            other_indices[out] = indices[entry];
            other_counts[out++] = (uint8_t)(counts[entry] - 1); /* zero at times */
        }
        other_indptr[row + 1] = out;
    }
    rows.indptr.data = other_indptr;
    rows.indices = numbers_of(other_indices, (uint64_t)out, TGR_NUMBER_I32);
    rows.counts = numbers_of(other_counts, (uint64_t)out, TGR_NUMBER_U8);
    decide(&rows, &options, 2);
    assert_memory_equal(chosen, first, sizeof first);
}

/* Costs given with the call: utility with a large lambda takes the cheapest. */
static void costs_of_the_call_count(void **state)
{
    (void)state;
    const double lambda = 1e6, given[MODELS] = {0.5, 0.001, NAN};
    const tgr_rows rows = all_rows();
    tgr_decide_options options = margin_options();
    options.policy = TGR_POLICY_UTILITY;
    options.thresholds = &lambda;
    options.threshold_count = 1;
    decide(&rows, &options, 1);
    for (size_t row = 0; row < ROWS; row++) {
        assert_int_equal(chosen[row], 2);
    }
    options.costs = given;
    decide(&rows, &options, 1);
    for (size_t row = 0; row < ROWS; row++) {
        assert_int_equal(chosen[row], 1);
        assert_true(costs[row] == 0.001);
    }
}

static void refuses(const tgr_rows *rows, tgr_status status, const char *words)
{
    const tgr_decide_options options = margin_options();
    const tgr_decided decided = {.size = sizeof decided, .model = chosen};
    tgr_error error = {0};
    assert_int_equal(tgr_decide_rows(router, rows, &options, &decided, NULL, NULL, &error), status);
    if (strstr(error.message, words) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", error.message, words);
    }
}

static void wrong_rows_are_refused(void **state)
{
    (void)state;
    tgr_rows rows = all_rows();
    rows.indptr.count = ROWS;
    refuses(&rows, TGR_ERR_ARGUMENT, "indptr: 3000 numbers, and 3001 are needed");
    rows = all_rows();
    rows.indices.count--;
    refuses(&rows, TGR_ERR_ARGUMENT, "indices");
    rows = all_rows();
    rows.indices.type = TGR_NUMBER_F32;
    refuses(&rows, TGR_ERR_ARGUMENT, "integers");
    rows = all_rows();
    rows.columns = COLUMNS / 2;
    refuses(&rows, TGR_ERR_INPUT, "out of bounds");
    rows = all_rows();
    rows.tags = NULL;
    refuses(&rows, TGR_ERR_ARGUMENT, "name the columns");
    rows = all_rows();
    names[3] = names[4];
    refuses(&rows, TGR_ERR_ARGUMENT, "same name");
    names[3] = name_bytes[3];
    rows = all_rows();
    int64_t kept = indptr[17];
    indptr[17] = indptr[18] + 1;
    refuses(&rows, TGR_ERR_INPUT, "indptr: entry 18 is less");
    indptr[17] = kept;
    int32_t column = indices[5];
    indices[5] = -1;
    refuses(&rows, TGR_ERR_INPUT, "indices");
    indices[5] = column;
    rows.size++;
    refuses(&rows, TGR_ERR_ARGUMENT, "options of");
}

/* Memory that runs out at any point is an error and nothing is lost. */
static void memory_may_run_out(void **state)
{
    (void)state;
    const tgr_rows rows = all_rows();
    const tgr_decide_options options = margin_options();
    const tgr_decided decided = {sizeof decided, chosen, margins, costs, scores};
    const tgr_run run = {.size = sizeof run, .threads = 1};
    long live = tgr_mem_live(), n = 0;
    tgr_status status = TGR_ERR_NOMEM;
    for (; status == TGR_ERR_NOMEM; n++) {
        tgr_error error;
        tgr_mem_fail_after(n);
        status = tgr_decide_rows(router, &rows, &options, &decided, NULL, &run, &error);
        tgr_mem_fail_after(-1);
        assert_int_equal(tgr_mem_live(), live);
    }
    assert_int_equal(status, TGR_OK);
    assert_true(n > 10);
}

/* ---- rows enough for several threads ----------------------------------------------------------
 */

static tgr_rows rows_many_times(void)
{
    tgr_rows rows = all_rows();
    int64_t entries = indptr[ROWS];
    for (int64_t time = 0; time < TIMES; time++) {
        for (size_t row = 0; row < ROWS; row++) {
            many->indptr[time * ROWS + (int64_t)row + 1] = time * entries + indptr[row + 1];
            many->prompt_tokens[time * ROWS + (int64_t)row] = row % 3 ? (double)row : (double)NAN;
        }
        memcpy(many->indices + time * entries, indices, (size_t)entries * sizeof *indices);
        memcpy(many->counts + time * entries, counts, (size_t)entries);
        memcpy(many->eligible + time * ROWS * MODELS, eligible, sizeof eligible);
    }
    rows.rows = ROWS * TIMES;
    rows.indptr = (tgr_numbers){many->indptr, ROWS * TIMES + 1, TGR_NUMBER_I64};
    rows.indices = (tgr_numbers){many->indices, (uint64_t)(TIMES * entries), TGR_NUMBER_I32};
    rows.counts = (tgr_numbers){many->counts, (uint64_t)(TIMES * entries), TGR_NUMBER_U8};
    rows.prompt_tokens = many->prompt_tokens;
    rows.eligible = many->eligible;
    return rows;
}

static tgr_status decide_many(const tgr_rows *rows, int threads, tgr_decided_counts *counted,
                              tgr_error *error)
{
    const tgr_decided decided = {sizeof decided, many->chosen, many->margins, many->costs,
                                 many->scores};
    const tgr_run run = {.size = sizeof run, .threads = threads};
    const tgr_decide_options options = margin_options();
    return tgr_decide_rows(router, rows, &options, &decided, counted, &run, error);
}

static void check_many(void)
{
    for (size_t time = 0; time < TIMES; time++) {
        size_t at = time * ROWS;
        assert_memory_equal(many->chosen + at * 2, chosen, sizeof chosen);
        assert_memory_equal(many->margins + at * 2, margins, sizeof margins);
        assert_memory_equal(many->costs + at * 2, costs, sizeof costs);
        assert_memory_equal(many->scores + at * MODELS, scores, sizeof scores);
    }
}

static void many_rows_are_shared_out(void **state)
{
    (void)state;
    tgr_rows rows = all_rows(), more = rows_many_times();
    tgr_decided_counts one, counted;
    tgr_error error;
    rows.eligible = eligible;
    const tgr_decide_options options = margin_options();
    const tgr_decided decided = {sizeof decided, chosen, margins, costs, scores};
    succeed(tgr_decide_rows(router, &rows, &options, &decided, &one, NULL, &error), &error);
    for (int threads = 1; threads <= 4; threads++) {
        memset(many->chosen, 7, sizeof many->chosen);
        succeed(decide_many(&more, threads, &counted, &error), &error);
        check_many();
        assert_int_equal(counted.undecided, one.undecided * TIMES);
        assert_int_equal(counted.no_known_tag, one.no_known_tag * TIMES);
        assert_int_equal(counted.unknown_tags, one.unknown_tags);
    }
    assert_true(one.undecided > 0);
}

/* Of several bad rows the first is named, though others are met before: it is near the end of the
 * first block, and all behind it are bad. */
static void the_first_bad_row_is_named(void **state)
{
    (void)state;
    const tgr_rows rows = rows_many_times();
    size_t first = ROWS * TIMES / 16 - 60;
    tgr_error error;
    char words[64];
    while (many->indptr[first] == many->indptr[first + 1]) {
        first++;
    }
    for (int64_t entry = many->indptr[first]; entry < many->indptr[ROWS * TIMES]; entry++) {
        many->indices[entry] = COLUMNS + 7;
    }
    snprintf(words, sizeof words, "row %zu of", first);
    for (int time = 0; time < 20; time++) {
        assert_int_equal(decide_many(&rows, 4, NULL, &error), TGR_ERR_INPUT);
        assert_non_null(strstr(error.message, words));
    }
}

static void memory_may_run_out_between_threads(void **state)
{
    (void)state;
    const tgr_rows rows = rows_many_times();
    long live = tgr_mem_live(), n = 0;
    tgr_status status = TGR_ERR_NOMEM;
    for (; status == TGR_ERR_NOMEM; n++) {
        tgr_error error;
        tgr_mem_fail_after(n);
        status = decide_many(&rows, 3, NULL, &error);
        tgr_mem_fail_after(-1);
        assert_int_equal(tgr_mem_live(), live);
    }
    assert_int_equal(status, TGR_OK);
    assert_true(n > 30);
}

static void wrong_facts_are_refused(void **state)
{
    (void)state;
    const tgr_rows rows = all_rows();
    tgr_error error;
    char other[400];
    snprintf(other, sizeof other, "%s/other.h5", folder);
    tgr_row_facts facts = {
        .size = sizeof facts, .models = models, .model_count = MODELS, .outcome = outcome};
    int8_t kept = outcome[7];
    outcome[7] = 3;
    assert_int_equal(tgr_save_rows(&rows, &facts, other, NULL, &error), TGR_ERR_INPUT);
    assert_non_null(strstr(error.message, "outcome: row 2 has 3"));
    outcome[7] = kept;
    double *weights = calloc(ROWS, sizeof *weights); /* the first of them are right */
    assert_non_null(weights);
    weights[0] = 0x1p20;
    weights[1] = NAN;
    weights[2] = 0x1p-21;
    facts.weight = weights;
    assert_int_equal(tgr_save_rows(&rows, &facts, other, NULL, &error), TGR_ERR_INPUT);
    assert_non_null(strstr(error.message, "weight: row 2 has 4.76837e-07, which is no weight"));
    facts.weight = NULL;
    free(weights);
    float spent = cost[4];
    cost[4] = -1;
    facts.cost = cost;
    assert_int_equal(tgr_save_rows(&rows, &facts, other, NULL, &error), TGR_ERR_INPUT);
    cost[4] = spent;
    static int32_t codes[ROWS];
    static const char *const splits[1] = {"train"};
    codes[9] = 1;
    facts.split = (tgr_codes){codes, splits, 1};
    assert_int_equal(tgr_save_rows(&rows, &facts, other, NULL, &error), TGR_ERR_INPUT);
    assert_non_null(strstr(error.message, "split: row 9"));
    assert_int_not_equal(access(other, F_OK), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decides_as_the_contract_says),
        cmocka_unit_test(models_that_may_not_serve_do_not),
        cmocka_unit_test(every_type_gives_the_same),
        cmocka_unit_test(order_and_doubles_do_not_matter),
        cmocka_unit_test(costs_of_the_call_count),
        cmocka_unit_test(wrong_rows_are_refused),
        cmocka_unit_test(memory_may_run_out),
        cmocka_unit_test(many_rows_are_shared_out),
        cmocka_unit_test(the_first_bad_row_is_named),
        cmocka_unit_test(memory_may_run_out_between_threads),
        cmocka_unit_test(wrong_facts_are_refused),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
