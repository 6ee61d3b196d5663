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

/* What some decisions, at most one a query, cost and achieve; or a difference of two such sums, in
 * which counts wrap below zero. A query that stands for several is counted by its weight, in units
 * of tgr_weighing; its answers have been weighed. */
typedef struct tgr_tally {
    tgr_sum cost, score;
    uint64_t decided, costed, scored, judged, accepted; /* judged: with an outcome */
    uint64_t score_ranks, outcome_ranks;
} tgr_tally;

/* weight: 1 where queries have none. */
static inline void tgr_tally_add(tgr_tally *tally, const tgr_answer *answer, uint64_t weight)
{
    tally->cost += answer->cost;
    tally->score += answer->score;
    tally->decided += weight;
    tally->costed += answer->costed * weight;
    tally->scored += answer->scored * weight;
    tally->judged += answer->judged * weight;
    tally->accepted += answer->accepted * weight;
    tally->score_ranks += answer->score_rank * weight;
    tally->outcome_ranks += answer->outcome_rank * weight;
}

/* A decision goes from one model's answer to another's. */
static inline void tgr_tally_move(tgr_tally *tally, const tgr_answer *from, const tgr_answer *to,
                                  uint64_t weight)
{
    tally->cost += to->cost - from->cost;
    tally->score += to->score - from->score;
    tally->costed += ((uint64_t)to->costed - from->costed) * weight;
    tally->scored += ((uint64_t)to->scored - from->scored) * weight;
    tally->judged += ((uint64_t)to->judged - from->judged) * weight;
    tally->accepted += ((uint64_t)to->accepted - from->accepted) * weight;
    tally->score_ranks += ((uint64_t)to->score_rank - from->score_rank) * weight;
    tally->outcome_ranks += ((uint64_t)to->outcome_rank - from->outcome_rank) * weight;
}

/* into += from. */
void tgr_tally_merge(tgr_tally *into, const tgr_tally *from);

/* The queries that sums are over: their number, counted as sums count them, and what one of these
 * counts is of a query, 1 where queries have no weights. */
typedef struct tgr_population {
    uint64_t size;
    double unit;
} tgr_population;

/* What queries with weights stand for: the sum of these, in their units, and of their squares. */
typedef struct tgr_stand {
    uint64_t weight;
    tgr_sum squares;
} tgr_stand;

static inline void tgr_stand_add(tgr_stand *stand, uint64_t weight)
{
    stand->weight += weight;
    stand->squares += (tgr_sum)weight * (tgr_sum)weight;
}

static inline void tgr_stand_merge(tgr_stand *into, const tgr_stand *from)
{
    into->weight += from->weight;
    into->squares += from->squares;
}

/* NaN where not known, or where there is nothing to measure on. quality is never AUTO. */
double tgr_tally_cost(const tgr_tally *tally);
double tgr_tally_mean_score(const tgr_tally *tally, double unit);
double tgr_tally_accept_rate(const tgr_tally *tally);
double tgr_tally_quality(const tgr_tally *tally, tgr_quality quality, double unit);
double tgr_tally_coverage(const tgr_tally *tally, tgr_quality quality, uint64_t size);
double tgr_tally_rank(const tgr_tally *tally, tgr_quality quality);
tgr_baseline tgr_tally_baseline(const tgr_tally *tally, tgr_quality quality,
                                const tgr_population *of);

/* count / of, NaN for an empty whole. */
static inline double tgr_share(double count, double of)
{
    return of > 0 ? count / of : NAN;
}

/* Decisions and which models they are for. */
typedef struct tgr_decided {
    tgr_tally tally;
    uint64_t *chosen; /* models */
} tgr_decided;

static inline void tgr_decided_move(tgr_decided *count, const tgr_answer *from,
                                    const tgr_answer *to, uint64_t weight)
{
    tgr_tally_move(&count->tally, from, to, weight);
    count->chosen[from->model] -= weight;
    count->chosen[to->model] += weight;
}

void tgr_decided_merge(tgr_decided *into, const tgr_decided *from, size_t models);

/* Bytes of `count` counts; false where they overflow. */
bool tgr_decided_bytes(size_t count, size_t models, size_t *bytes);
/* Makes counts of nothing of that many bytes, all zero. */
tgr_decided *tgr_decided_place(void *memory, size_t count, size_t models);

/* `count` counts of nothing in one piece of memory, freed with tgr_mem_free; NULL where memory is
 * short. */
tgr_decided *tgr_decided_new(size_t count, size_t models);

#endif
