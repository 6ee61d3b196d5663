/* tally.h - exact sums over decisions: the same bits for any grouping by thread, batch or file.
 *
 * Terms are cut to multiples of 2^-64 and added in 128-bit integers: finer than exact.h, since a
 * query may cost a millionth of a dollar. Terms are bounded by TGR_EXACT_LIMIT, which leaves room
 * for 2^41 of them.
 */
#ifndef TGR_SIMULATE_TALLY_H
#define TGR_SIMULATE_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tagroute/simulate.h>

#include "engine/base/exact.h"
#include "engine/simulate/answers.h"

static inline tgr_sum tgr_tally_term(double value)
{
    return (tgr_sum)(value * 0x1p64);
}

static inline double tgr_tally_value(tgr_sum sum)
{
    return (double)sum * 0x1p-64;
}

/* What some decisions, at most one a query, cost and achieve. */
typedef struct tgr_tally {
    tgr_sum cost, score;
    uint64_t decided, costed, scored, judged, accepted; /* judged: with an outcome */
    uint64_t score_ranks, outcome_ranks;
    uint64_t *chosen; /* models; NULL where it is not counted */
} tgr_tally;

static inline void tgr_tally_add(tgr_tally *tally, size_t model, tgr_answer answer)
{
    tally->decided++;
    if (tally->chosen != NULL) {
        tally->chosen[model]++;
    }
    if (answer.cost == answer.cost) {
        tally->costed++;
        tally->cost += tgr_tally_term(answer.cost);
    }
    if (answer.score == answer.score) {
        tally->scored++;
        tally->score += tgr_tally_term(answer.score);
        tally->score_ranks += answer.score_rank;
    }
    if (answer.outcome >= 0) {
        tally->judged++;
        tally->accepted += tgr_answer_accepted(&answer);
        tally->outcome_ranks += answer.outcome_rank;
    }
}

static inline void tgr_tally_remove(tgr_tally *tally, size_t model, tgr_answer answer)
{
    tally->decided--;
    if (tally->chosen != NULL) {
        tally->chosen[model]--;
    }
    if (answer.cost == answer.cost) {
        tally->costed--;
        tally->cost -= tgr_tally_term(answer.cost);
    }
    if (answer.score == answer.score) {
        tally->scored--;
        tally->score -= tgr_tally_term(answer.score);
        tally->score_ranks -= answer.score_rank;
    }
    if (answer.outcome >= 0) {
        tally->judged--;
        tally->accepted -= tgr_answer_accepted(&answer);
        tally->outcome_ranks -= answer.outcome_rank;
    }
}

/* into += from. */
void tgr_tally_merge(tgr_tally *into, const tgr_tally *from, size_t models);

/* NaN where not known, or where there is nothing to measure on. quality is never AUTO. */
double tgr_tally_cost(const tgr_tally *tally);
double tgr_tally_mean_score(const tgr_tally *tally);
double tgr_tally_accept_rate(const tgr_tally *tally);
double tgr_tally_quality(const tgr_tally *tally, tgr_quality quality);
double tgr_tally_coverage(const tgr_tally *tally, tgr_quality quality, uint64_t queries);
double tgr_tally_rank(const tgr_tally *tally, tgr_quality quality);
tgr_baseline tgr_tally_baseline(const tgr_tally *tally, tgr_quality quality, uint64_t queries);

/* count / of, NaN for an empty whole. */
static inline double tgr_share(double count, double of)
{
    return of > 0 ? count / of : NAN;
}

#endif
