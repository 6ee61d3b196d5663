/* answers.h - the one algorithm that sums recorded answers, finds the best, and ranks them.
 *
 * Included by kernels/<arch>/<isa>.c. Loops go down columns of doubles, so that a compiler makes
 * them of vectors of any width. Every sum is of whole numbers below 2^53, and so exact in any
 * order: a term of size 2^22 is at most 2^42 in units of 2^-20, the rest of it below 2^44 in units
 * of 2^-64, and there are at most 2^7 terms.
 */
#include <float.h>
#include <math.h>
#include <string.h>

#include "kernels/kernels.h"

/* Bytes of the widest vectors. */
#if defined(__AVX512F__)
#define TGR_ANSWER_BYTES 64
#elif defined(__AVX__)
#define TGR_ANSWER_BYTES 32
#else
#define TGR_ANSWER_BYTES 16
#endif

/* ---- sums ------------------------------------------------------------------------------------ */

/* The sums of one column of costs or scores, and how many of its values are known. */
static void TGR_VARIANT(sum_values)(const double *values, size_t rows, double *high, double *low,
                                    double *known)
{
    double cleared[TGR_ANSWER_ROWS], coarse = 0, rest = 0, count = 0;
#pragma omp simd reduction(+ : count)
    for (size_t i = 0; i < rows; i++) {
        cleared[i] = values[i] == values[i] ? values[i] : 0;
        count += values[i] == values[i] ? 1.0 : 0.0;
    }
#pragma omp simd reduction(+ : coarse, rest)
    for (size_t i = 0; i < rows; i++) {
        double whole = trunc(cleared[i] * 0x1p20);
        coarse += whole;
        rest += trunc((cleared[i] - whole * 0x1p-20) * 0x1p64);
    }
    *high = coarse;
    *low = rest;
    *known = count;
}

static void TGR_VARIANT(sum_answers)(const double *cost, const double *score, const double *outcome,
                                     size_t rows, tgr_answer_sums *sums)
{
    double judged = 0, accepted = 0;
    TGR_VARIANT(sum_values)(cost, rows, &sums->cost_high, &sums->cost_low, &sums->costed);
    TGR_VARIANT(sum_values)(score, rows, &sums->score_high, &sums->score_low, &sums->scored);
#pragma omp simd reduction(+ : judged, accepted)
    for (size_t i = 0; i < rows; i++) {
        judged += outcome[i] >= 0 ? 1.0 : 0.0;
        accepted += outcome[i] > 0 ? 1.0 : 0.0;
    }
    sums->judged = judged;
    sums->accepted = accepted;
}

/* ---- the best -------------------------------------------------------------------------------- */

typedef double TGR_VARIANT(doubles) __attribute__((vector_size(TGR_ANSWER_BYTES)));
typedef int64_t TGR_VARIANT(lanes) __attribute__((vector_size(TGR_ANSWER_BYTES)));

#define TGR_ANSWER_LANES (TGR_ANSWER_BYTES / sizeof(double))

static inline TGR_VARIANT(doubles) TGR_VARIANT(load_doubles)(const double *from)
{
    TGR_VARIANT(doubles) values;
    memcpy(&values, from, sizeof values);
    return values;
}

static inline TGR_VARIANT(doubles) TGR_VARIANT(all_doubles)(double value)
{
    return value - (TGR_VARIANT(doubles)){0};
}

static inline TGR_VARIANT(doubles)
    TGR_VARIANT(choose)(TGR_VARIANT(lanes) which, TGR_VARIANT(doubles) yes, TGR_VARIANT(doubles) no)
{
    return (TGR_VARIANT(doubles))(((TGR_VARIANT(lanes))yes & which) |
                                  ((TGR_VARIANT(lanes))no & ~which));
}

/* Some rows' answers of one model, or the best of some models. Costs not known are infinite here; a
 * bar makes quality and cost so bad that nothing is worse. */
typedef struct TGR_VARIANT(answer) {
    TGR_VARIANT(doubles) quality, cost, score, outcome;
} TGR_VARIANT(answer);

static inline void TGR_VARIANT(take_better)(const TGR_VARIANT(answer) * one,
                                            TGR_VARIANT(answer) * best)
{
    TGR_VARIANT(lanes)
    better = (one->quality > best->quality) |
             ((one->quality == best->quality) & (one->cost < best->cost));
    best->quality = TGR_VARIANT(choose)(better, one->quality, best->quality);
    best->cost = TGR_VARIANT(choose)(better, one->cost, best->cost);
    best->score = TGR_VARIANT(choose)(better, one->score, best->score);
    best->outcome = TGR_VARIANT(choose)(better, one->outcome, best->outcome);
}

static inline void TGR_VARIANT(store_best)(const TGR_VARIANT(answer) * best, size_t row,
                                           tgr_best_answers *into)
{
    TGR_VARIANT(doubles) endless = TGR_VARIANT(all_doubles)(INFINITY);
    TGR_VARIANT(doubles)
    cost = TGR_VARIANT(choose)(best->cost < endless, best->cost, TGR_VARIANT(all_doubles)(NAN));
    memcpy(&into->quality[row], &best->quality, sizeof best->quality);
    memcpy(&into->cost[row], &cost, sizeof cost);
    memcpy(&into->score[row], &best->score, sizeof best->score);
    memcpy(&into->outcome[row], &best->outcome, sizeof best->outcome);
}

static void TGR_VARIANT(best_answers)(const tgr_answer_columns *columns, tgr_best_answers *by_score,
                                      tgr_best_answers *by_acceptance)
{
    const TGR_VARIANT(doubles) zero = {0}, one = TGR_VARIANT(all_doubles)(1);
    const TGR_VARIANT(doubles) unknown = TGR_VARIANT(all_doubles)(-DBL_MAX);
    const TGR_VARIANT(doubles) endless = TGR_VARIANT(all_doubles)(INFINITY);
    const TGR_VARIANT(answer) none = {-endless, endless, TGR_VARIANT(all_doubles)(NAN), -one};
    for (size_t row = 0; row < columns->rows; row += TGR_ANSWER_LANES) {
        TGR_VARIANT(answer) scored = none, accepted = none;
        for (size_t model = 0; model < columns->models; model++) {
            size_t place = model * TGR_ANSWER_ROWS + row;
            TGR_VARIANT(doubles)
            bar = TGR_VARIANT(load_doubles)(columns->bar + model * columns->bar_stride + row);
            TGR_VARIANT(doubles) cost = TGR_VARIANT(load_doubles)(columns->cost + place);
            TGR_VARIANT(answer)
            own = {.score = TGR_VARIANT(load_doubles)(columns->score + place),
                   .outcome = TGR_VARIANT(load_doubles)(columns->outcome + place)};
            own.cost = TGR_VARIANT(choose)(cost == cost, cost, endless) - bar;
            own.quality = TGR_VARIANT(choose)(own.score == own.score, own.score, unknown) + bar;
            TGR_VARIANT(take_better)(&own, &scored);
            TGR_VARIANT(doubles) accept = TGR_VARIANT(choose)(own.outcome > zero, one, zero);
            own.quality = TGR_VARIANT(choose)(own.outcome >= zero, accept, unknown) + bar;
            TGR_VARIANT(take_better)(&own, &accepted);
        }
        TGR_VARIANT(store_best)(&scored, row, by_score);
        TGR_VARIANT(store_best)(&accepted, row, by_acceptance);
    }
}

/* ---- ranks ----------------------------------------------------------------------------------- */

static void TGR_VARIANT(rank_answers)(const tgr_answer_columns *columns, const double *of,
                                      const double *restrict values, double *restrict ranks)
{
    for (size_t i = 0; i < columns->rows; i++) {
        ranks[i] = 1;
    }
    for (size_t model = 0; model < columns->models; model++) {
        const double *restrict column = of + model * TGR_ANSWER_ROWS;
        const double *restrict bar = columns->bar + model * columns->bar_stride;
#pragma omp simd
        for (size_t i = 0; i < columns->rows; i++) {
            ranks[i] += column[i] + bar[i] > values[i] ? 1.0 : 0.0;
        }
    }
}
