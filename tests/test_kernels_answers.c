/* test_kernels_answers.c - every variant sums, chooses and ranks answers, and finds margins, as the
 * reference does; and the reference does as integers, a plain search and its own decisions do. */
#include "tests/cmocka_all.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "kernels/dispatch.h"
#include "kernels/kernels.h"

#define SEED       52361u
#define WORLDS     400
#define MODELS_MAX 70
#define ROWS       TGR_ANSWER_ROWS

static uint64_t random_state = SEED;

static uint64_t next_random(void)
{
    random_state += 0x9e3779b97f4a7c15u;
    uint64_t z = random_state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static size_t below(size_t limit)
{
    return (size_t)(next_random() % limit);
}

static double cost[MODELS_MAX * ROWS], score[MODELS_MAX * ROWS], outcome[MODELS_MAX * ROWS];
static double bar[MODELS_MAX * ROWS];
static tgr_answer_columns columns;

/* Of every size up to the largest, of either sign, often the same, and not always known. */
static double draw_value(bool few)
{
    static const double some[] = {0, -0.0, 1, 0.5, -1, 4194304, -4194304, 0x1p-40, 0x1p-64, 1e-300};
    switch (below(few ? 3 : 6)) {
    case 0:
        return NAN;
    case 1:
        return some[below(sizeof some / sizeof some[0])];
    case 2:
        return (double)below(3);
    default:
        return ldexp((double)(int64_t)next_random(), -(int)below(140) - 41);
    }
}

static void draw_world(void)
{
    bool few = below(2) == 0;
    columns = (tgr_answer_columns){.models = 1 + below(below(8) == 0 ? MODELS_MAX : 6),
                                   .rows = 8 * (1 + below(ROWS / 8)),
                                   .cost = cost,
                                   .score = score,
                                   .outcome = outcome,
                                   .bar = bar,
                                   .bar_stride = below(2) * ROWS};
    for (size_t place = 0; place < columns.models * ROWS; place++) {
        cost[place] = draw_value(few);
        score[place] = draw_value(few);
        outcome[place] = (double)below(4) - 1;
        bar[place] = below(4) == 0 ? -INFINITY : 0;
    }
}

/* ---- the reference against something plainer ------------------------------------------------- */

__extension__ typedef __int128 wide;

/* A value in units of 2^-64, cut towards zero. */
static wide units_of(double value)
{
    double whole = trunc(value);
    return isnan(value) ? 0 : (wide)whole * ((wide)1 << 64) + (wide)trunc((value - whole) * 0x1p64);
}

static void reference_sums_units(void **state)
{
    (void)state;
    for (size_t world = 0; world < WORLDS; world++) {
        draw_world();
        tgr_answer_sums sums;
        wide costs = 0, scores = 0;
        for (size_t i = 0; i < columns.rows; i++) {
            costs += units_of(cost[i]);
            scores += units_of(score[i]);
        }
        tgr_ref_sum_answers(cost, score, outcome, columns.rows, &sums);
        const wide coarse = (wide)1 << 44;
        assert_true((wide)sums.cost_high * coarse + (wide)sums.cost_low == costs);
        assert_true((wide)sums.score_high * coarse + (wide)sums.score_low == scores);
    }
}

static bool may_serve(size_t model, size_t row)
{
    return bar[model * columns.bar_stride + row] == 0;
}

/* Whether a model's answer is no better than the best: ranked by quality, cost, and its number. */
static bool is_behind(size_t model, size_t row, const double *quality, double best,
                      double best_cost)
{
    double own = isnan(quality[model]) ? -DBL_MAX : quality[model];
    double usd = isnan(cost[model * ROWS + row]) ? INFINITY : cost[model * ROWS + row];
    double best_usd = isnan(best_cost) ? INFINITY : best_cost;
    return own < best || (own == best && usd >= best_usd);
}

static void reference_finds_the_best(void **state)
{
    (void)state;
    for (size_t world = 0; world < WORLDS; world++) {
        draw_world();
        tgr_best_answers by_score, by_acceptance;
        tgr_ref_best_answers(&columns, &by_score, &by_acceptance);
        for (size_t row = 0; row < columns.rows; row++) {
            double scores[MODELS_MAX], accepted[MODELS_MAX];
            bool any = false;
            for (size_t model = 0; model < columns.models; model++) {
                double judged = outcome[model * ROWS + row];
                scores[model] = score[model * ROWS + row];
                accepted[model] = judged < 0 ? NAN : judged > 0;
                any |= may_serve(model, row);
            }
            assert_int_equal(any, by_score.quality[row] > -INFINITY);
            for (size_t model = 0; model < columns.models; model++) {
                assert_true(
                    !may_serve(model, row) ||
                    is_behind(model, row, scores, by_score.quality[row], by_score.cost[row]));
                assert_true(!may_serve(model, row) ||
                            is_behind(model, row, accepted, by_acceptance.quality[row],
                                      by_acceptance.cost[row]));
            }
        }
    }
}

/* ---- variants against the reference ---------------------------------------------------------- */

/* Any NaN is as good as another. */
static bool same(const double *a, const double *b, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!(a[i] == b[i] || (isnan(a[i]) && isnan(b[i])))) {
            return false;
        }
    }
    return true;
}

static bool same_best(const tgr_best_answers *a, const tgr_best_answers *b)
{
    return same(a->quality, b->quality, columns.rows) && same(a->cost, b->cost, columns.rows) &&
           same(a->score, b->score, columns.rows) && same(a->outcome, b->outcome, columns.rows);
}

static void check_variant(const tgr_kernels *kernels)
{
    tgr_answer_sums expected, sums;
    tgr_best_answers best[2], expected_best[2];
    double ranks[ROWS], expected_ranks[ROWS];
    tgr_ref_sum_answers(cost, score, outcome, columns.rows, &expected);
    kernels->sum_answers(cost, score, outcome, columns.rows, &sums);
    assert_memory_equal(&sums, &expected, sizeof sums);
    tgr_ref_best_answers(&columns, &expected_best[0], &expected_best[1]);
    kernels->best_answers(&columns, &best[0], &best[1]);
    assert_true(same_best(&best[0], &expected_best[0]) && same_best(&best[1], &expected_best[1]));
    size_t model = below(columns.models);
    tgr_ref_rank_answers(&columns, score, score + model * ROWS, expected_ranks);
    kernels->rank_answers(&columns, score, score + model * ROWS, ranks);
    assert_true(same(ranks, expected_ranks, columns.rows));
    tgr_ref_rank_answers(&columns, outcome, outcome + model * ROWS, expected_ranks);
    kernels->rank_answers(&columns, outcome, outcome + model * ROWS, ranks);
    assert_true(same(ranks, expected_ranks, columns.rows));
}

/* ---- margins --------------------------------------------------------------------------------- */

static float scores[2 * ROWS * 80];
static uint32_t numbers[ROWS];

static float draw_score(bool odd)
{
    static const float some[] = {0, -0.0f, 1, -1, FLT_MAX, -FLT_MAX, FLT_MIN, 0x1p-149f};
    if (odd && below(4000) == 0) {
        return below(2) == 0 ? NAN : INFINITY;
    }
    return below(3) > 0 ? (float)below(4) / 3 : some[below(sizeof some / sizeof some[0])];
}

static tgr_scored_rows draw_scores(size_t models, bool odd)
{
    tgr_scored_rows rows = {.rows = numbers, .count = 1 + below(ROWS), .scores = scores};
    rows.first = below(100);
    rows.stride = models + below(80 - models + 1);
    for (size_t i = 0; i < rows.count; i++) {
        numbers[i] = (uint32_t)(rows.first + below(2 * ROWS));
    }
    for (size_t i = 0; i < 2 * ROWS * rows.stride; i++) {
        scores[i] = draw_score(odd && i % rows.stride < models);
    }
    return rows;
}

/* At the threshold found the reference is decided for, and just below it the other. */
static void check_decisions(const tgr_scored_rows *rows, size_t models, size_t reference,
                            const tgr_margins *margins)
{
    for (size_t i = 0; i < rows->count; i++) {
        const double thresholds[2] = {nextafterf(margins->at[i], -INFINITY), margins->at[i]};
        const tgr_decider decider = {.rule = TGR_RULE_MARGIN,
                                     .models = models,
                                     .reference = reference,
                                     .thresholds = thresholds,
                                     .threshold_count = 2};
        int16_t decided[2];
        tgr_ref_decide(&decider, scores + (numbers[i] - rows->first) * rows->stride, rows->stride,
                       0, 1, &(tgr_choice){decided, NULL});
        assert_int_equal(decided[0], margins->other[i]);
        assert_true(decided[1] == (int16_t)reference || margins->at[i] == INFINITY);
    }
}

static void margins_are_those_decided_by(void **state)
{
    (void)state;
    bool runs;
    for (size_t world = 0; world < WORLDS; world++) {
        size_t models = 2 + below(below(8) == 0 ? 60 : 6), reference = below(models);
        bool odd = below(4) == 0;
        const tgr_scored_rows rows = draw_scores(models, odd);
        tgr_margins expected, margins;
        int finite = tgr_ref_margins(&rows, models, reference, &expected);
        assert_true(finite || odd);
        if (finite) {
            check_decisions(&rows, models, reference, &expected);
        }
        for (unsigned i = 0; tgr_kernels_built(i, &runs) != NULL; i++) {
            if (!runs) {
                continue;
            }
            assert_int_equal(
                tgr_kernels_built(i, &runs)->margins(&rows, models, reference, &margins), finite);
            assert_true(!finite || memcmp(margins.other, expected.other,
                                          rows.count * sizeof *margins.other) == 0);
            for (size_t at = 0; finite && at < rows.count; at++) {
                assert_true(margins.at[at] == expected.at[at]);
            }
        }
    }
}

/* ---- all ------------------------------------------------------------------------------------- */

static void variants_agree(void **state)
{
    (void)state;
    bool runs;
    for (size_t world = 0; world < WORLDS; world++) {
        draw_world();
        for (unsigned i = 0; tgr_kernels_built(i, &runs) != NULL; i++) {
            if (runs) {
                check_variant(tgr_kernels_built(i, &runs));
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reference_sums_units),
        cmocka_unit_test(reference_finds_the_best),
        cmocka_unit_test(variants_agree),
        cmocka_unit_test(margins_are_those_decided_by),
    };
    print_message("seed %u\n", SEED);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
