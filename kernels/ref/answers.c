/* answers.c - the plain definition of what is summed of recorded answers. */
#include <float.h>
#include <math.h>
#include <stdbool.h>

#include "kernels/kernels.h"

static void add_term(double value, double *high, double *low, double *known)
{
    if (!isnan(value)) {
        double coarse = trunc(value * 0x1p20);
        *high += coarse;
        *low += trunc((value - coarse * 0x1p-20) * 0x1p64);
        *known += 1;
    }
}

void tgr_ref_sum_answers(const double *cost, const double *score, const double *outcome,
                         size_t rows, tgr_answer_sums *sums)
{
    *sums = (tgr_answer_sums){0};
    for (size_t row = 0; row < rows; row++) {
        add_term(cost[row], &sums->cost_high, &sums->cost_low, &sums->costed);
        add_term(score[row], &sums->score_high, &sums->score_low, &sums->scored);
        sums->judged += outcome[row] >= 0;
        sums->accepted += outcome[row] > 0;
    }
}

/* Whether model a's answer is better than what was best so far, of which `none` says there is
 * none. */
static int is_better(double quality, double cost, double best_quality, double best_cost, int none)
{
    if (none || isnan(quality) != isnan(best_quality)) {
        return none || isnan(best_quality);
    }
    if (quality > best_quality || quality < best_quality) {
        return quality > best_quality;
    }
    return cost < best_cost || (!isnan(cost) && isnan(best_cost));
}

static double quality_of(const tgr_answer_columns *columns, size_t place, int by_acceptance)
{
    double outcome = columns->outcome[place];
    if (!by_acceptance) {
        return columns->score[place];
    }
    return outcome < 0 ? NAN : outcome > 0 ? 1 : 0;
}

static void find_best(const tgr_answer_columns *columns, size_t row, int by_acceptance,
                      tgr_best_answers *best)
{
    int none = 1;
    double quality = NAN;
    best->cost[row] = best->score[row] = NAN;
    best->outcome[row] = -1;
    for (size_t model = 0; model < columns->models; model++) {
        size_t place = model * TGR_ANSWER_ROWS + row;
        double value = quality_of(columns, place, by_acceptance);
        if (columns->bar[model * columns->bar_stride + row] == 0 &&
            is_better(value, columns->cost[place], quality, best->cost[row], none)) {
            none = 0;
            quality = value;
            best->cost[row] = columns->cost[place];
            best->score[row] = columns->score[place];
            best->outcome[row] = columns->outcome[place];
        }
    }
    best->quality[row] = none ? -INFINITY : isnan(quality) ? -DBL_MAX : quality;
}

void tgr_ref_best_answers(const tgr_answer_columns *columns, tgr_best_answers *by_score,
                          tgr_best_answers *by_acceptance)
{
    for (size_t row = 0; row < columns->rows; row++) {
        find_best(columns, row, 0, by_score);
        find_best(columns, row, 1, by_acceptance);
    }
}

double tgr_ref_rank_answers(const tgr_answer_columns *columns, const double *of,
                            const double *values, double least, double *ranks)
{
    double sum = 0;
    for (size_t row = 0; row < columns->rows; row++) {
        ranks[row] = values[row] >= least;
        for (size_t model = 0; ranks[row] > 0 && model < columns->models; model++) {
            ranks[row] += columns->bar[model * columns->bar_stride + row] == 0 &&
                          of[model * TGR_ANSWER_ROWS + row] > values[row];
        }
        sum += ranks[row];
    }
    return sum;
}

/* ---- changes --------------------------------------------------------------------------------- */

static void change_value(double from, double to, int64_t *high, int64_t *low, int32_t *known)
{
    double high_from = 0, low_from = 0, known_from = 0, high_to = 0, low_to = 0, known_to = 0;
    add_term(from, &high_from, &low_from, &known_from);
    add_term(to, &high_to, &low_to, &known_to);
    *high = (int64_t)(high_to - high_from);
    *low = (int64_t)(low_to - low_from);
    *known = (int32_t)(known_to - known_from);
}

void tgr_ref_change_answers(const tgr_ranked_answers *from, const tgr_ranked_answers *to,
                            size_t rows, tgr_answer_changes *changes)
{
    for (size_t row = 0; row < rows; row++) {
        change_value(from->cost[row], to->cost[row], &changes->cost_high[row],
                     &changes->cost_low[row], &changes->costed[row]);
        change_value(from->score[row], to->score[row], &changes->score_high[row],
                     &changes->score_low[row], &changes->scored[row]);
        changes->score_rank[row] = (int32_t)(to->score_rank[row] - from->score_rank[row]);
        changes->outcome_rank[row] = (int32_t)(to->outcome_rank[row] - from->outcome_rank[row]);
        changes->judged[row] = (to->outcome[row] >= 0) - (from->outcome[row] >= 0);
        changes->accepted[row] = (to->outcome[row] > 0) - (from->outcome[row] > 0);
    }
}

/* ---- columns --------------------------------------------------------------------------------- */

static unsigned oddities_of(double value)
{
    return (isnan(value) ? TGR_SOME_UNKNOWN : 0u) |
           (fabs(value) > TGR_ANSWER_LIMIT ? TGR_SOME_LARGE : 0u);
}

static double value_at(const tgr_answer_rows *from, const float *values, size_t row, size_t model)
{
    int32_t column = from->column[model];
    return values == NULL || column < 0 ? NAN
                                        : values[from->rows[row] * from->stride + (size_t)column];
}

static double outcome_at(const tgr_answer_rows *from, size_t row, size_t model)
{
    int32_t column = from->column[model];
    return from->outcome == NULL || column < 0
               ? -1
               : from->outcome[from->rows[row] * from->stride + (size_t)column];
}

void tgr_ref_take_answers(const tgr_answer_rows *from, size_t models, double *cost, double *score,
                          double *outcome, tgr_answer_gaps *gaps)
{
    size_t rows = (from->count + 7) / 8 * 8;
    *gaps = (tgr_answer_gaps){0};
    for (size_t place = 0; place < models * TGR_ANSWER_ROWS; place++) {
        size_t model = place / TGR_ANSWER_ROWS, row = place % TGR_ANSWER_ROWS;
        if (row >= rows) {
            continue;
        }
        bool there = row < from->count;
        cost[place] = there ? value_at(from, from->cost, row, model) : NAN;
        score[place] = there ? value_at(from, from->score, row, model) : NAN;
        outcome[place] = there ? outcome_at(from, row, model) : -1;
        gaps->cost |= there ? oddities_of(cost[place]) : 0;
        gaps->score |= there ? oddities_of(score[place]) : 0;
        gaps->outcome |= there && outcome[place] < 0 ? TGR_SOME_UNKNOWN : 0;
    }
}
