/* change.h - what changes of sums where one decision goes from one model's answer to another's. */
#ifndef TGR_SIMULATE_CHANGE_H
#define TGR_SIMULATE_CHANGE_H

#include <stdint.h>

#include "engine/simulate/answers.h"
#include "engine/simulate/tally.h"

typedef struct tgr_change {
    tgr_sum cost, score;
    uint64_t key; /* tgr_order_of_double of the threshold from which on it is made */
    uint16_t from, to;
    int16_t score_rank, outcome_rank;
    int8_t costed, scored, judged, accepted; /* 1: now, 0: as before, -1: no more */
    uint64_t weight; /* where queries have any; cost and score have been weighed */
} tgr_change;

static inline tgr_change tgr_change_of(uint64_t key, const tgr_answer *from, const tgr_answer *to,
                                       uint64_t weight)
{
    return (tgr_change){
        .cost = to->cost - from->cost,
        .score = to->score - from->score,
        .key = key,
        .from = from->model,
        .to = to->model,
        .score_rank = (int16_t)(to->score_rank - from->score_rank),
        .outcome_rank = (int16_t)(to->outcome_rank - from->outcome_rank),
        .costed = (int8_t)(to->costed - from->costed),
        .scored = (int8_t)(to->scored - from->scored),
        .judged = (int8_t)(to->judged - from->judged),
        .accepted = (int8_t)(to->accepted - from->accepted),
        .weight = weight,
    };
}

static inline void tgr_decided_change(tgr_decided *count, const tgr_change *change)
{
    tgr_tally *tally = &count->tally;
    tally->cost += change->cost;
    tally->score += change->score;
    tally->costed += (uint64_t)(int64_t)change->costed;
    tally->scored += (uint64_t)(int64_t)change->scored;
    tally->judged += (uint64_t)(int64_t)change->judged;
    tally->accepted += (uint64_t)(int64_t)change->accepted;
    tally->score_ranks += (uint64_t)(int64_t)change->score_rank;
    tally->outcome_ranks += (uint64_t)(int64_t)change->outcome_rank;
    count->chosen[change->from]--;
    count->chosen[change->to]++;
}

#endif
