/* test_scorer.c - counting loops against plain ones, and the paper's formula against paper. */
#include "tests/cmocka_all.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/scorer/scorer.h"
#include "engine/scorer/sums.h"
#include "kernels/dispatch.h"

#define SEED 7041776u

static void learn_paper(const tgr_sums *sums, const tgr_router *settings, float *weights,
                        float *bias)
{
    tgr_learning learning = {.sums = *sums};
    assert_int_equal(tgr_scorer_paper.learn(&learning, settings, weights, bias, NULL), TGR_OK);
}

static uint64_t next_random(uint64_t *state)
{
    *state += 0x9e3779b97f4a7c15u;
    uint64_t z = *state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static tgr_sum units(double value)
{
    return (tgr_sum)(value * 0x1p40);
}

/* Two tags of n = 4 and 2, three models: A judged on all of tag 0 and none of tag 1, B judged on
 * half of tag 0 and all of tag 1, C never judged. By hand: w_0 = (1 - exp(-4)) / 6 = 0.98168436111
 * / 6 = 0.16361406019 w_1 = (1 - exp(-2)) / 6 = 0.86466471676 / 6 = 0.14411078613 A: tag 0: 2 wins,
 * 1 tie, 1 loss: 2 + 0.15 - 1 = 1.15, W = 0.18815616921 tag 1: mean reward of A over its 5 queries
 * (3 wins, 1 tie, 1 loss) = 2.15 / 5 = 0.43, W = w_1 * 2 * 0.43 = 0.12393527607 B: tag 0: 1 win, 1
 * loss of 2: reward 0, W = 0 tag 1: 2 ties: W = w_1 * 0.3 = 0.04323323584 */
static void paper_by_hand(void **state)
{
    (void)state;
    const tgr_sum occurrences[2] = {units(4), units(2)};
    tgr_sum outcomes[2][3][3] = {{{units(1), units(1), units(2)}, {units(1), 0, units(1)}},
                                 {{0, 0, 0}, {0, units(2), 0}}};
    const tgr_sum model_outcomes[9] = {units(1), units(1), units(3), units(1), units(2), units(1)};
    const tgr_sums sums = {2, 3, occurrences, &outcomes[0][0][0], model_outcomes};
    const tgr_router settings = {.rewards = {1, 0.15, -1}};
    float weights[6], bias[3] = {9, 9, 9};
    learn_paper(&sums, &settings, weights, bias);
    const double expected[6] = {0.18815616921, 0, 0, 0.12393527607, 0.04323323584, 0};
    for (size_t i = 0; i < 6; i++) {
        assert_true(fabs((double)weights[i] - expected[i]) < 2e-8);
    }
    for (size_t i = 0; i < 3; i++) {
        assert_true(bias[i] == 0 && !signbit(bias[i]));
    }
    assert_int_equal(tgr_scorer_paper.default_count, TGR_COUNT_RAW);
}

/* With every pair judged, the formula is w_t * (sum of counts * rewards), to the last bit. */
static void paper_with_all_judged(void **state)
{
    (void)state;
    uint64_t random = SEED;
    enum { TAGS = 200 };
    tgr_sum occurrences[TAGS], outcomes[TAGS][3];
    const tgr_sum model_outcomes[3] = {units(1), units(1), units(1)};
    double counts[TAGS][3], n[TAGS], total = 0;
    for (size_t tag = 0; tag < TAGS; tag++) {
        n[tag] = 0;
        for (size_t outcome = 0; outcome < 3; outcome++) {
            counts[tag][outcome] = (double)(next_random(&random) % 50);
            outcomes[tag][outcome] = units(counts[tag][outcome]);
            n[tag] += counts[tag][outcome];
        }
        occurrences[tag] = units(n[tag]);
        total += n[tag];
    }
    const double rewards[3] = {1, 0.15, -1};
    const tgr_sums sums = {TAGS, 1, occurrences, &outcomes[0][0], model_outcomes};
    const tgr_router settings = {.rewards = {rewards[0], rewards[1], rewards[2]}};
    float weights[TAGS], bias;
    learn_paper(&sums, &settings, weights, &bias);
    for (size_t tag = 0; tag < TAGS; tag++) {
        double sum =
            rewards[0] * counts[tag][2] + rewards[1] * counts[tag][1] + rewards[2] * counts[tag][0];
        float expected = (float)(-expm1(-n[tag]) / total * sum);
        assert_memory_equal(&weights[tag], &expected, sizeof expected);
    }
}

/* Weights may cancel: no division by nothing. */
static void paper_without_occurrences(void **state)
{
    (void)state;
    const tgr_sum occurrences[1] = {0};
    const tgr_sum outcomes[3] = {units(-1), 0, units(1)};
    const tgr_sum model_outcomes[3] = {units(1), 0, units(1)};
    const tgr_sums sums = {1, 1, occurrences, outcomes, model_outcomes};
    const tgr_router settings = {.rewards = {1, 0.15, -1}};
    float weight = 9, bias = 9;
    learn_paper(&sums, &settings, &weight, &bias);
    assert_true(weight == 0);
}

static void scorers_by_name(void **state)
{
    (void)state;
    assert_ptr_equal(tgr_scorer_by_name("paper"), &tgr_scorer_paper);
    assert_null(tgr_scorer_by_name("Paper"));
    assert_null(tgr_scorer_by_name(""));
    assert_non_null(strstr(tgr_scorer_names(), "paper"));
}

static void mean_rewards(void **state)
{
    (void)state;
    const double rewards[3] = {1, 0.15, -1};
    const tgr_sum none[3] = {0, 0, 0}, some[3] = {units(1), units(2), units(5)};
    assert_true(isnan(tgr_mean_reward(rewards, none)));
    assert_true(fabs(tgr_mean_reward(rewards, some) - (5 + 0.3 - 1) / 8) < 1e-15);
}

/* Three rows whose entries are numbered from 2 on, to see that indptr[0] is honoured. */
static const int64_t offsets[4] = {2, 4, 4, 7};
static const uint32_t columns[7] = {9, 9, 0, 2, 0, 1, 2};

static void check_columns(const tgr_csr *x, bool binary, const double expected[4])
{
    tgr_sum total[4] = {units(1), 0, 0, 0};
    bool seen[4] = {false};
    size_t bad_row;
    /* Two tables, as two threads would have. */
    for (size_t part = 0; part < 2; part++) {
        tgr_column_sums sums;
        assert_true(tgr_column_sums_open(&sums, 4, x->value_type == TGR_F32 && !binary));
        assert_true(tgr_column_sums_add(&sums, x, binary, part, part == 0 ? 1 : 3, &bad_row));
        tgr_column_sums_merge(&sums, total, seen);
        tgr_column_sums_free(&sums);
    }
    for (size_t i = 0; i < 4; i++) {
        assert_true(total[i] == units(expected[i] + (i == 0)));
        assert_int_equal(seen[i], i < 3);
    }
}

static void columns_are_counted(void **state)
{
    (void)state;
    const uint8_t small[7] = {99, 99, 1, 2, 255, 4, 5};
    const uint16_t large[7] = {99, 99, 1, 2, 65535, 4, 5};
    const float real[7] = {99, 99, 0.5f, -2, 0.25f, 1e-3f, 2};
    const uint16_t narrow[7] = {9, 9, 0, 2, 0, 1, 2};
    tgr_csr x = {3, offsets, columns, small, TGR_U8, NULL};
    check_columns(&x, false, (const double[4]){256, 4, 7, 0});
    check_columns(&x, true, (const double[4]){2, 1, 2, 0});
    x.values = large;
    x.value_type = TGR_U16;
    check_columns(&x, false, (const double[4]){65536, 4, 7, 0});
    x.values = real;
    x.value_type = TGR_F32;
    x.indices = NULL;
    x.narrow = narrow;
    double thousandth = nearbyint((double)1e-3f * 0x1p40) * 0x1p-40;
    check_columns(&x, false, (const double[4]){0.75, thousandth, 0, 0});
    check_columns(&x, true, (const double[4]){2, 1, 2, 0});
}

static void large_weights_are_refused(void **state)
{
    (void)state;
    float real[7] = {0, 0, 1, -4194304, 1, 1, 4194304};
    tgr_csr x = {3, offsets, columns, real, TGR_F32, NULL};
    tgr_column_sums sums;
    size_t bad_row = 9;
    assert_true(tgr_column_sums_open(&sums, 4, true));
    assert_true(tgr_column_sums_add(&sums, &x, false, 0, 3, &bad_row));
    real[5] = 4194304.5f;
    assert_false(tgr_column_sums_add(&sums, &x, false, 0, 3, &bad_row));
    assert_int_equal(bad_row, 2);
    assert_true(tgr_column_sums_add(&sums, &x, false, 0, 2, &bad_row));
    assert_true(tgr_column_sums_add(&sums, &x, true, 0, 3, &bad_row));
    tgr_column_sums_free(&sums);
}

static void tables_stay_within_bounds(void **state)
{
    (void)state;
    assert_int_equal(tgr_tables_worth_it(1000, 0), 1);
    assert_int_equal(tgr_tables_worth_it(1000, 64), 64);
    assert_int_equal(tgr_tables_worth_it(0, 3), 3);
    assert_int_equal(tgr_tables_worth_it(TGR_SPARE_TABLES / 2, 64), 3);
    assert_int_equal(tgr_tables_worth_it(TGR_SPARE_TABLES + 1, 64), 1);
}

enum { ROWS = 1301, COLUMNS = 17, TAGS = 11 };

typedef struct sparse {
    int64_t indptr[ROWS + 1];
    uint32_t indices[ROWS * COLUMNS];
    float reals[ROWS * COLUMNS];
    uint8_t bytes[ROWS * COLUMNS];
    uint16_t words[ROWS * COLUMNS];
    uint32_t slots[COLUMNS];
} sparse;

static void fill_sparse(sparse *data, uint64_t *random)
{
    int64_t entries = 0;
    for (size_t row = 0; row < ROWS; row++) {
        data->indptr[row] = entries;
        for (uint32_t column = 0; column < COLUMNS; column++) {
            if (next_random(random) % 4 == 0) {
                uint64_t draw = next_random(random);
                data->indices[entries] = column;
                data->reals[entries] = (float)((int)(draw % 4096) - 1000) / 1024;
                data->bytes[entries] = (uint8_t)(1 + (draw % 8 == 0 ? draw / 8 % 255 : 0));
                data->words[entries++] = (uint16_t)(1 + (draw % 8 == 0 ? draw / 8 % 65535 : 0));
            }
        }
    }
    data->indptr[ROWS] = entries;
    for (uint32_t column = 0; column < COLUMNS; column++) {
        data->slots[column] = column < TAGS ? TAGS - 1 - column : TAGS;
    }
}

static double value_of(const tgr_csr *x, int64_t entry)
{
    return x->value_type == TGR_U8    ? ((const uint8_t *)x->values)[entry]
           : x->value_type == TGR_U16 ? ((const uint16_t *)x->values)[entry]
                                      : (double)((const float *)x->values)[entry];
}

static void add_plainly(tgr_sum *expected, const tgr_csr *x, const uint32_t *slots,
                        const int8_t *outcomes, size_t models)
{
    for (size_t row = 0; row < x->rows; row++) {
        for (int64_t entry = x->indptr[row]; entry < x->indptr[row + 1]; entry++) {
            size_t tag = slots[x->indices[entry]];
            for (size_t model = 0; tag < TAGS && model < models; model++) {
                int8_t outcome = outcomes[row * models + model];
                if (outcome >= 0) {
                    expected[(tag * models + model) * 3 + (size_t)outcome] +=
                        units(value_of(x, entry));
                }
            }
        }
    }
}

static const tgr_kernels *best_kernels(void)
{
    const tgr_kernels *kernels = NULL;
    assert_int_equal(tgr_kernels_by_name(NULL, &kernels), TGR_DISPATCH_OK);
    return kernels;
}

/* Batches of each type, in turns, by way of several tables whose lanes hold `most` at most. */
static void check_outcomes(size_t models, size_t tables, const uint64_t most[3], uint64_t *random)
{
    sparse *data = malloc(sizeof *data);
    int8_t *outcomes = malloc(ROWS * models);
    tgr_sum *expected = calloc(TAGS * models * 3, sizeof *expected);
    assert_true(data != NULL && outcomes != NULL && expected != NULL);
    tgr_outcome_sums sums;
    assert_true(tgr_outcome_sums_open(&sums, best_kernels(), TAGS, models, true, (int)tables));
    assert_int_equal(sums.table_count, tables);
    for (size_t i = 0; most != NULL && i < 3; i++) {
        sums.most[i] = most[i];
    }
    const tgr_value_type types[] = {TGR_U8, TGR_F32, TGR_U8, TGR_U16, TGR_F32, TGR_U16};
    for (size_t batch = 0; batch < sizeof types / sizeof types[0]; batch++) {
        fill_sparse(data, random);
        for (size_t i = 0; i < ROWS * models; i++) {
            outcomes[i] = (int8_t)((int)(next_random(random) % 4) - 1);
        }
        const void *values[] = {data->bytes, data->words, data->reals};
        const tgr_csr x = {batch == 2 ? 1 : ROWS, data->indptr, data->indices,
                           values[types[batch]],  types[batch], NULL};
        for (size_t i = 0; i < tables; i++) {
            tgr_outcome_sums_add(&sums, i, &x, data->slots, outcomes, x.rows * i / tables,
                                 x.rows * (i + 1) / tables);
        }
        add_plainly(expected, &x, data->slots, outcomes, models);
    }
    const tgr_sum *total = tgr_outcome_sums_total(&sums);
    for (size_t i = 0; i < TAGS * models * 3; i++) {
        assert_true(total[i] == expected[i]);
    }
    tgr_outcome_sums_free(&sums);
    free(expected);
    free(outcomes);
    free(data);
}

static void outcomes_are_summed(void **state)
{
    (void)state;
    print_message("seed %u\n", SEED);
    uint64_t random = SEED;
    static const size_t models[] = {1, 2, 3, 5, 11, 70};
    /* Lanes that are moved after some rows, after each, and that hold no value at all. */
    static const uint64_t most[][3] = {{65535, UINT32_MAX, INT64_MAX},
                                       {4000, 200000, (uint64_t)1 << 46},
                                       {255, 65535, (uint64_t)1 << 43},
                                       {3, 3, 3},
                                       {0, 0, 0}};
    for (size_t i = 0; i < sizeof models / sizeof models[0]; i++) {
        for (size_t j = 0; j < sizeof most / sizeof most[0]; j++) {
            check_outcomes(models[i], 1 + (i + j) % 4, most[j], &random);
        }
    }
    check_outcomes(TGR_MODELS_MAX, 2, NULL, &random);
}

/* Values so large that lanes overflow by themselves if nobody looks: 2^16 rows of them. */
static void full_lanes_are_moved(void **state)
{
    (void)state;
    enum { MANY = 1 << 16 };
    int64_t *indptr = malloc((MANY + 1) * sizeof *indptr);
    uint32_t *indices = calloc(2 * MANY, sizeof *indices);
    uint16_t *words = malloc(2 * MANY * sizeof *words);
    uint8_t *bytes = malloc(2 * MANY * sizeof *bytes);
    float *reals = malloc(2 * MANY * sizeof *reals);
    int8_t *outcomes = malloc(MANY);
    for (size_t row = 0; row < MANY; row++) {
        indptr[row] = (int64_t)(2 * row);
        indices[2 * row + 1] = 1; /* which does not count */
        words[2 * row] = words[2 * row + 1] = 65535;
        bytes[2 * row] = bytes[2 * row + 1] = 255;
        reals[2 * row] = reals[2 * row + 1] = -4194304;
        outcomes[row] = 2;
    }
    indptr[MANY] = 2 * MANY;
    const uint32_t slots[2] = {0, 1};
    const void *values[] = {bytes, words, reals};
    const double sizes[] = {255, 65535, -4194304};
    double expected = 0;
    tgr_outcome_sums sums;
    assert_true(tgr_outcome_sums_open(&sums, best_kernels(), 1, 1, true, 1));
    for (int round = 0; round < 6; round++) {
        tgr_csr x = {MANY, indptr, indices, values[round % 3], (tgr_value_type)(round % 3), NULL};
        tgr_outcome_sums_add(&sums, 0, &x, slots, outcomes, 0, MANY);
        tgr_outcome_sums_add(&sums, 0, &x, slots, outcomes, 0, MANY);
        expected += 2 * MANY * sizes[round % 3];
    }
    const tgr_sum *total = tgr_outcome_sums_total(&sums);
    assert_true(total[0] == 0 && total[1] == 0 && total[2] == units(expected));
    tgr_outcome_sums_free(&sums);
    free(outcomes);
    free(reals);
    free(bytes);
    free(words);
    free(indices);
    free(indptr);
}

static void outcome_tables_fail_cleanly(void **state)
{
    (void)state;
    long live = tgr_mem_live();
    tgr_outcome_sums sums;
    const tgr_kernels *kernels = best_kernels();
    assert_false(tgr_outcome_sums_open(&sums, kernels, SIZE_MAX, 1, false, 2));
    tgr_outcome_sums_free(&sums);
    assert_false(tgr_outcome_sums_open(&sums, kernels, SIZE_MAX / 4, 1024, true, 2));
    tgr_outcome_sums_free(&sums);
    for (long n = 0; n < 5; n++) { /* with one table of two, sums are as good */
        tgr_mem_fail_after(n);
        assert_int_equal(tgr_outcome_sums_open(&sums, kernels, 5, 2, false, 2), n >= 3);
        tgr_mem_fail_after(-1);
        assert_int_equal(sums.table_count, n < 2 ? 0 : n - 2);
        tgr_outcome_sums_free(&sums);
        assert_int_equal(tgr_mem_live(), live);
    }
    for (long n = 0; n < 4; n++) {
        tgr_column_sums columns_of;
        tgr_mem_fail_after(n);
        assert_int_equal(tgr_column_sums_open(&columns_of, 5, true), n >= 3);
        tgr_mem_fail_after(-1);
        tgr_column_sums_free(&columns_of);
        assert_int_equal(tgr_mem_live(), live);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paper_by_hand),
        cmocka_unit_test(paper_with_all_judged),
        cmocka_unit_test(paper_without_occurrences),
        cmocka_unit_test(scorers_by_name),
        cmocka_unit_test(mean_rewards),
        cmocka_unit_test(columns_are_counted),
        cmocka_unit_test(large_weights_are_refused),
        cmocka_unit_test(tables_stay_within_bounds),
        cmocka_unit_test(outcomes_are_summed),
        cmocka_unit_test(full_lanes_are_moved),
        cmocka_unit_test(outcome_tables_fail_cleanly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
