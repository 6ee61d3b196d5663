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

#if defined(__AVX__)
#include <immintrin.h>
#endif

#include "kernels/kernels.h"

/* Bytes of the widest vectors. */
#if defined(__AVX512F__)
#define TGR_ANSWER_BYTES 64
#elif defined(__AVX__)
#define TGR_ANSWER_BYTES 32
#else
#define TGR_ANSWER_BYTES 16
#endif

/* ---- vectors --------------------------------------------------------------------------------- */

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

/* Towards zero. */
static inline TGR_VARIANT(doubles) TGR_VARIANT(cut)(TGR_VARIANT(doubles) values)
{
#if defined(__AVX512F__)
    return _mm512_roundscale_pd(values, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC);
#elif defined(__AVX__)
    return _mm256_round_pd(values, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC);
#else
    for (size_t i = 0; i < TGR_ANSWER_LANES; i++) {
        values[i] = trunc(values[i]);
    }
    return values;
#endif
}

static inline double TGR_VARIANT(add_lanes)(TGR_VARIANT(doubles) values)
{
    double lanes[TGR_ANSWER_LANES];
    memcpy(lanes, &values, sizeof lanes);
    for (size_t half = TGR_ANSWER_LANES / 2; half > 0; half /= 2) {
        for (size_t i = 0; i < half; i++) {
            lanes[i] += lanes[i + half];
        }
    }
    return lanes[0];
}

/* ---- sums ------------------------------------------------------------------------------------ */

/* A value in the two parts of tgr_answer_sums; both 0 where it is not known. */
static inline void TGR_VARIANT(split)(TGR_VARIANT(doubles) value, TGR_VARIANT(doubles) * high,
                                      TGR_VARIANT(doubles) * low)
{
    const TGR_VARIANT(doubles) zero = {0};
    value = TGR_VARIANT(choose)(value == value, value, zero);
    *high = TGR_VARIANT(cut)(value * 0x1p20);
    *low = TGR_VARIANT(cut)((value - *high * 0x1p-20) * 0x1p64);
}

/* The sums of one column of costs or scores, and how many of its values are known. */
static void TGR_VARIANT(sum_values)(const double *values, size_t rows, double *high, double *low,
                                    double *known)
{
    const TGR_VARIANT(doubles) zero = {0}, one = TGR_VARIANT(all_doubles)(1);
    TGR_VARIANT(doubles) coarse = zero, rest = zero, count = zero;
    for (size_t i = 0; i < rows; i += TGR_ANSWER_LANES) {
        TGR_VARIANT(doubles) value = TGR_VARIANT(load_doubles)(values + i), part[2];
        TGR_VARIANT(split)(value, &part[0], &part[1]);
        coarse += part[0];
        rest += part[1];
        count += TGR_VARIANT(choose)(value == value, one, zero);
    }
    *high = TGR_VARIANT(add_lanes)(coarse);
    *low = TGR_VARIANT(add_lanes)(rest);
    *known = TGR_VARIANT(add_lanes)(count);
}

static void TGR_VARIANT(sum_answers)(const double *cost, const double *score, const double *outcome,
                                     size_t rows, tgr_answer_sums *sums)
{
    const TGR_VARIANT(doubles) zero = {0}, one = TGR_VARIANT(all_doubles)(1);
    TGR_VARIANT(doubles) judged = zero, accepted = zero;
    TGR_VARIANT(sum_values)(cost, rows, &sums->cost_high, &sums->cost_low, &sums->costed);
    TGR_VARIANT(sum_values)(score, rows, &sums->score_high, &sums->score_low, &sums->scored);
    for (size_t i = 0; i < rows; i += TGR_ANSWER_LANES) {
        TGR_VARIANT(doubles) value = TGR_VARIANT(load_doubles)(outcome + i);
        judged += TGR_VARIANT(choose)(value >= zero, one, zero);
        accepted += TGR_VARIANT(choose)(value > zero, one, zero);
    }
    sums->judged = TGR_VARIANT(add_lanes)(judged);
    sums->accepted = TGR_VARIANT(add_lanes)(accepted);
}

/* ---- the best -------------------------------------------------------------------------------- */

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

static double TGR_VARIANT(rank_answers)(const tgr_answer_columns *columns, const double *of,
                                        const double *restrict values, double least,
                                        double *restrict ranks)
{
    double sum = 0;
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
#pragma omp simd reduction(+ : sum)
    for (size_t i = 0; i < columns->rows; i++) {
        ranks[i] = values[i] >= least ? ranks[i] : 0;
        sum += ranks[i];
    }
    return sum;
}

/* ---- changes --------------------------------------------------------------------------------- */

static void TGR_VARIANT(change_values)(const double *from, const double *to, size_t rows,
                                       int64_t *high, int64_t *low)
{
    for (size_t i = 0; i < rows; i += TGR_ANSWER_LANES) {
        TGR_VARIANT(doubles) before[2], after[2];
        TGR_VARIANT(split)(TGR_VARIANT(load_doubles)(from + i), &before[0], &before[1]);
        TGR_VARIANT(split)(TGR_VARIANT(load_doubles)(to + i), &after[0], &after[1]);
        TGR_VARIANT(lanes)
        coarse = __builtin_convertvector(after[0] - before[0], TGR_VARIANT(lanes));
        TGR_VARIANT(lanes)
        rest = __builtin_convertvector(after[1] - before[1], TGR_VARIANT(lanes));
        memcpy(high + i, &coarse, sizeof coarse);
        memcpy(low + i, &rest, sizeof rest);
    }
}

/* From below `least` to it or above is 1, the other way -1. */
static void TGR_VARIANT(change_counts)(const double *restrict from, const double *restrict to,
                                       double least, size_t rows, int32_t *restrict change)
{
#pragma omp simd
    for (size_t i = 0; i < rows; i++) {
        double before = from[i] >= least ? 1.0 : 0.0, after = to[i] >= least ? 1.0 : 0.0;
        change[i] = (int32_t)(after - before);
    }
}

static void TGR_VARIANT(change_ranks)(const double *restrict from, const double *restrict to,
                                      size_t rows, int32_t *restrict change)
{
#pragma omp simd
    for (size_t i = 0; i < rows; i++) {
        change[i] = (int32_t)(to[i] - from[i]);
    }
}

static void TGR_VARIANT(change_answers)(const tgr_ranked_answers *from,
                                        const tgr_ranked_answers *to, size_t rows,
                                        tgr_answer_changes *changes)
{
    TGR_VARIANT(change_values)
    (from->cost, to->cost, rows, changes->cost_high, changes->cost_low);
    TGR_VARIANT(change_values)
    (from->score, to->score, rows, changes->score_high, changes->score_low);
    TGR_VARIANT(change_ranks)(from->score_rank, to->score_rank, rows, changes->score_rank);
    TGR_VARIANT(change_ranks)(from->outcome_rank, to->outcome_rank, rows, changes->outcome_rank);
    TGR_VARIANT(change_counts)(from->cost, to->cost, -INFINITY, rows, changes->costed);
    TGR_VARIANT(change_counts)(from->score, to->score, -INFINITY, rows, changes->scored);
    TGR_VARIANT(change_counts)(from->outcome, to->outcome, 0, rows, changes->judged);
    TGR_VARIANT(change_counts)(from->outcome, to->outcome, 1, rows, changes->accepted);
}
