/* test_scorer.c - counting loops against plain ones, and the paper's formula against paper. */
#include "tests/cmocka_all.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/scorer/scorer.h"
#include "engine/scorer/sums.h"

#define SEED 7041776u

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
    const uint64_t model_outcomes[9] = {1, 1, 3, 1, 2, 1, 0, 0, 0};
    const tgr_sums sums = {2, 3, occurrences, &outcomes[0][0][0], model_outcomes};
    const tgr_router settings = {.rewards = {1, 0.15, -1}};
    float weights[6], bias[3] = {9, 9, 9};
    tgr_scorer_paper.solve(&sums, &settings, weights, bias);
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
    uint64_t model_outcomes[3] = {1, 1, 1};
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
    tgr_scorer_paper.solve(&sums, &settings, weights, &bias);
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
    const uint64_t model_outcomes[3] = {1, 0, 1};
    const tgr_sums sums = {1, 1, occurrences, outcomes, model_outcomes};
    const tgr_router settings = {.rewards = {1, 0.15, -1}};
    float weight = 9, bias = 9;
    tgr_scorer_paper.solve(&sums, &settings, &weight, &bias);
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
    const uint64_t none[3] = {0, 0, 0}, some[3] = {1, 2, 5};
    assert_true(isnan(tgr_mean_reward(rewards, none)));
    assert_true(fabs(tgr_mean_reward(rewards, some) - (5 + 0.3 - 1) / 8) < 1e-15);
}

/* Three rows whose entries are numbered from 2 on, to see that indptr[0] is honoured. */
static const int64_t offsets[4] = {2, 4, 4, 7};
static const uint32_t columns[7] = {9, 9, 0, 2, 0, 1, 2};

static void check_columns(const tgr_csr *x, bool binary, const double expected[4])
{
    tgr_sum sums[4] = {0};
    bool seen[4] = {false};
    size_t bad_row;
    assert_true(tgr_count_columns(x, binary, sums, seen, &bad_row));
    for (size_t i = 0; i < 4; i++) {
        assert_true(sums[i] == units(expected[i]));
        assert_int_equal(seen[i], i < 3);
    }
}

static void columns_are_counted(void **state)
{
    (void)state;
    const uint8_t small[7] = {99, 99, 1, 2, 255, 4, 5};
    const uint16_t large[7] = {99, 99, 1, 2, 65535, 4, 5};
    const float real[7] = {99, 99, 0.5f, -2, 0.25f, 1e-3f, 2};
    tgr_csr x = {3, offsets, columns, small, TGR_U8, NULL};
    check_columns(&x, false, (const double[4]){256, 4, 7, 0});
    check_columns(&x, true, (const double[4]){2, 1, 2, 0});
    x.values = large;
    x.value_type = TGR_U16;
    check_columns(&x, false, (const double[4]){65536, 4, 7, 0});
    x.values = real;
    x.value_type = TGR_F32;
    double thousandth = nearbyint((double)1e-3f * 0x1p40) * 0x1p-40;
    check_columns(&x, false, (const double[4]){0.75, thousandth, 0, 0});
    check_columns(&x, true, (const double[4]){2, 1, 2, 0});
}

static void large_weights_are_refused(void **state)
{
    (void)state;
    float real[7] = {0, 0, 1, -4194304, 1, 1, 4194304};
    tgr_csr x = {3, offsets, columns, real, TGR_F32, NULL};
    tgr_sum sums[4] = {0};
    bool seen[4];
    size_t bad_row = 9;
    assert_true(tgr_count_columns(&x, false, sums, seen, &bad_row));
    real[5] = 4194304.5f;
    assert_false(tgr_count_columns(&x, false, sums, seen, &bad_row));
    assert_int_equal(bad_row, 2);
    assert_true(tgr_count_columns(&x, true, sums, seen, &bad_row));
}

enum { ROWS = 301, COLUMNS = 17, TAGS = 11 };

typedef struct sparse {
    int64_t indptr[ROWS + 1];
    uint32_t indices[ROWS * COLUMNS];
    float values[ROWS * COLUMNS];
    uint32_t tag_of_column[COLUMNS];
} sparse;

static void fill_sparse(sparse *data, uint64_t *random)
{
    int64_t entries = 0;
    for (size_t row = 0; row < ROWS; row++) {
        data->indptr[row] = entries;
        for (uint32_t column = 0; column < COLUMNS; column++) {
            if (next_random(random) % 4 == 0) {
                data->indices[entries] = column;
                data->values[entries++] = (float)(1 + next_random(random) % 4096) / 1024;
            }
        }
    }
    data->indptr[ROWS] = entries;
    for (uint32_t column = 0; column < COLUMNS; column++) {
        data->tag_of_column[column] = column < TAGS ? TAGS - 1 - column : UINT32_MAX;
    }
}

static void add_plainly(double *expected, const sparse *data, const int8_t *outcomes, size_t models)
{
    for (size_t row = 0; row < ROWS; row++) {
        for (int64_t entry = data->indptr[row]; entry < data->indptr[row + 1]; entry++) {
            uint32_t tag = data->tag_of_column[data->indices[entry]];
            for (size_t model = 0; tag < TAGS && model < models; model++) {
                int8_t outcome = outcomes[row * models + model];
                if (outcome >= 0) {
                    expected[(tag * models + model) * 3 + (size_t)outcome] +=
                        (double)data->values[entry];
                }
            }
        }
    }
}

static void check_outcomes(size_t models, int threads, uint64_t *random)
{
    sparse *data = malloc(sizeof *data);
    int8_t *outcomes = malloc(ROWS * models);
    double *expected = calloc(TAGS * models * 3, sizeof *expected);
    assert_true(data != NULL && outcomes != NULL && expected != NULL);
    tgr_outcome_sums sums;
    assert_true(tgr_outcome_sums_open(&sums, TAGS, models, threads));
    for (int batch = 0; batch < 3; batch++) {
        fill_sparse(data, random);
        for (size_t i = 0; i < ROWS * models; i++) {
            outcomes[i] = (int8_t)((int)(next_random(random) % 4) - 1);
        }
        const tgr_csr x = {batch == 2 ? 1 : ROWS, data->indptr, data->indices, data->values,
                           TGR_F32, NULL};
        if (batch == 2) { /* fewer rows than threads */
            memset(outcomes + models, -1, (ROWS - 1) * models);
        }
        tgr_outcome_sums_add(&sums, &x, data->tag_of_column, outcomes);
        add_plainly(expected, data, outcomes, models);
    }
    const tgr_sum *total = tgr_outcome_sums_total(&sums);
    for (size_t i = 0; i < TAGS * models * 3; i++) {
        assert_true(total[i] == units(expected[i]));
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
    static const size_t models[] = {1, 2, 3, 11, TGR_MODELS_MAX};
    for (size_t i = 0; i < sizeof models / sizeof models[0]; i++) {
        for (int threads = 1; threads <= 4; threads++) {
            check_outcomes(models[i], threads, &random);
        }
    }
}

static void outcome_tables_fail_cleanly(void **state)
{
    (void)state;
    long live = tgr_mem_live();
    tgr_outcome_sums sums;
    assert_false(tgr_outcome_sums_open(&sums, SIZE_MAX / 4, 1024, 2));
    tgr_outcome_sums_free(&sums);
    for (long n = 0; n < 4; n++) { /* with one table of two, sums are as good */
        tgr_mem_fail_after(n);
        assert_int_equal(tgr_outcome_sums_open(&sums, 5, 2, 2), n >= 2);
        tgr_mem_fail_after(-1);
        assert_int_equal(sums.table_count, n < 1 ? 0 : n - 1);
        tgr_outcome_sums_free(&sums);
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
        cmocka_unit_test(outcomes_are_summed),
        cmocka_unit_test(outcome_tables_fail_cleanly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
