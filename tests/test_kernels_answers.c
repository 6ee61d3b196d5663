/* test_kernels_answers.c - every variant reads, sums, chooses and ranks answers, says what changes
 * from one to another, and finds margins, as the reference does; and the reference does as
 * integers, a plain search and its own decisions do. */
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
    size_t model = below(columns.models) * ROWS;
    double sum = tgr_ref_rank_answers(&columns, score, score + model, -INFINITY, expected_ranks);
    assert_true(kernels->rank_answers(&columns, score, score + model, -INFINITY, ranks) == sum);
    assert_true(same(ranks, expected_ranks, columns.rows));
    sum = tgr_ref_rank_answers(&columns, outcome, outcome + model, 0, expected_ranks);
    assert_true(kernels->rank_answers(&columns, outcome, outcome + model, 0, ranks) == sum);
    assert_true(same(ranks, expected_ranks, columns.rows));
}

/* ---- changes --------------------------------------------------------------------------------- */

/* A model's answers with any ranks, the same ones for the same model. */
static tgr_ranked_answers answers_of(size_t model)
{
    static double ranks[ROWS + MODELS_MAX];
    for (size_t i = 0; i < ROWS + MODELS_MAX; i++) {
        ranks[i] = (double)(i * 7919 % 1025);
    }
    return (tgr_ranked_answers){cost + model * ROWS, score + model * ROWS, outcome + model * ROWS,
                                ranks + model, ranks + MODELS_MAX - model};
}

/* Sums of all answers differ by what changes. */
static void check_sums_differ(size_t from, size_t to, const tgr_answer_changes *changes)
{
    wide costs = 0, scores = 0;
    for (size_t i = 0; i < columns.rows; i++) {
        const wide coarse = (wide)1 << 44;
        costs += changes->cost_high[i] * coarse + changes->cost_low[i];
        scores += changes->score_high[i] * coarse + changes->score_low[i];
        costs += units_of(cost[from * ROWS + i]) - units_of(cost[to * ROWS + i]);
        scores += units_of(score[from * ROWS + i]) - units_of(score[to * ROWS + i]);
        assert_true(changes->accepted[i] ==
                    (outcome[to * ROWS + i] > 0) - (outcome[from * ROWS + i] > 0));
        assert_true(changes->costed[i] ==
                    isnan(cost[from * ROWS + i]) - isnan(cost[to * ROWS + i]));
    }
    assert_true(costs == 0 && scores == 0);
}

static bool same_changes(const tgr_answer_changes *a, const tgr_answer_changes *b)
{
    size_t rows = columns.rows;
#define SAME(name) (memcmp(a->name, b->name, rows * sizeof *a->name) == 0)
    return SAME(cost_high) && SAME(cost_low) && SAME(score_high) && SAME(score_low) &&
           SAME(score_rank) && SAME(outcome_rank) && SAME(costed) && SAME(scored) && SAME(judged) &&
           SAME(accepted);
#undef SAME
}

static void changes_are_differences(void **state)
{
    (void)state;
    bool runs;
    static tgr_answer_changes expected, changes;
    for (size_t world = 0; world < WORLDS; world++) {
        draw_world();
        size_t from = below(columns.models), to = below(columns.models);
        const tgr_ranked_answers before = answers_of(from), after = answers_of(to);
        tgr_ref_change_answers(&before, &after, columns.rows, &expected);
        check_sums_differ(from, to, &expected);
        for (unsigned i = 0; tgr_kernels_built(i, &runs) != NULL; i++) {
            if (runs) {
                tgr_kernels_built(i, &runs)->change_answers(&before, &after, columns.rows,
                                                            &changes);
                assert_true(same_changes(&changes, &expected));
            }
        }
    }
}

/* ---- columns --------------------------------------------------------------------------------- */

#define STORED_ROWS 300

typedef struct taken {
    double cost[MODELS_MAX * ROWS], score[MODELS_MAX * ROWS], outcome[MODELS_MAX * ROWS];
    tgr_answer_gaps gaps;
} taken;

static void check_taken(const tgr_answer_rows *from, size_t models, const taken *expected)
{
    static taken found;
    bool runs;
    size_t rows = (from->count + 7) / 8 * 8;
    for (unsigned i = 0; tgr_kernels_built(i, &runs) != NULL; i++) {
        if (!runs) {
            continue;
        }
        tgr_kernels_built(i, &runs)->take_answers(from, models, found.cost, found.score,
                                                  found.outcome, &found.gaps);
        for (size_t model = 0; model < models; model++) {
            assert_true(same(found.cost + model * ROWS, expected->cost + model * ROWS, rows));
            assert_true(same(found.score + model * ROWS, expected->score + model * ROWS, rows));
            assert_true(same(found.outcome + model * ROWS, expected->outcome + model * ROWS, rows));
        }
        assert_int_equal(found.gaps.cost, expected->gaps.cost);
        assert_int_equal(found.gaps.score, expected->gaps.score);
        assert_int_equal(found.gaps.outcome, expected->gaps.outcome);
    }
}

/* Of arrays that end with the last row, so that reading beyond is found out. */
static void rows_become_columns(void **state)
{
    (void)state;
    static float costs[STORED_ROWS * 40], values[STORED_ROWS * 40];
    static int8_t outcomes[STORED_ROWS * 40];
    static taken expected;
    for (size_t world = 0; world < WORLDS; world++) {
        uint32_t places[ROWS];
        int32_t column[MODELS_MAX];
        size_t stride = 1 + below(below(4) == 0 ? 40 : 9), total = stride * STORED_ROWS;
        size_t end = STORED_ROWS * 40 - total, models = 1 + below(12), often = 1 + below(50);
        for (size_t i = 0; i < total; i++) {
            costs[end + i] = below(often) == 0 ? NAN : (float)below(9);
            values[end + i] = below(40 * often) == 0 ? -5e6f : (float)below(9) / 3;
            outcomes[end + i] = (int8_t)(below(often) == 0 ? -1 : (int)below(3));
        }
        /* No two models share a column. */
        size_t turn = below(stride);
        for (size_t i = 0; i < models; i++) {
            column[i] = i < stride && below(9) > 0 ? (int32_t)((i + turn) % stride) : -1;
        }
        const tgr_answer_rows from = {.rows = places,
                                      .count = 1 + below(ROWS),
                                      .cost = below(9) == 0 ? NULL : costs + end,
                                      .score = below(9) == 0 ? NULL : values + end,
                                      .outcome = below(9) == 0 ? NULL : outcomes + end,
                                      .stride = stride,
                                      .total = total,
                                      .column = column};
        for (size_t i = 0; i < from.count; i++) {
            places[i] = (uint32_t)(below(2) == 0 ? STORED_ROWS - 1 - below(4) : below(STORED_ROWS));
        }
        tgr_ref_take_answers(&from, models, expected.cost, expected.score, expected.outcome,
                             &expected.gaps);
        check_taken(&from, models, &expected);
    }
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
    rows.total = 2 * ROWS * rows.stride;
    for (size_t i = 0; i < rows.total; i++) {
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
        cmocka_unit_test(reference_sums_units), cmocka_unit_test(reference_finds_the_best),
        cmocka_unit_test(variants_agree),       cmocka_unit_test(changes_are_differences),
        cmocka_unit_test(rows_become_columns),  cmocka_unit_test(margins_are_those_decided_by),
    };
    print_message("seed %u\n", SEED);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
