/* answers.c - the plain definition of what is summed of recorded answers. */
#include <float.h>
#include <math.h>

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

void tgr_ref_rank_answers(const tgr_answer_columns *columns, const double *of, const double *values,
                          double *ranks)
{
    for (size_t row = 0; row < columns->rows; row++) {
        ranks[row] = 1;
        for (size_t model = 0; model < columns->models; model++) {
            ranks[row] += columns->bar[model * columns->bar_stride + row] == 0 &&
                          of[model * TGR_ANSWER_ROWS + row] > values[row];
        }
    }
}
