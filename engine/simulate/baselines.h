/* baselines.h - what needs no router: each model alone, the oracle, chance. */
#ifndef TGR_SIMULATE_BASELINES_H
#define TGR_SIMULATE_BASELINES_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/simulate/answers.h"
#include "engine/simulate/tally.h"

/* Expected sums where each query goes to any of its candidates with equal chance. */
typedef struct tgr_chance {
    tgr_sum cost, score, scored, judged, accepted;
    uint64_t unknown_costs;
} tgr_chance;

typedef struct tgr_baselines {
    size_t models;
    tgr_tally *alone; /* models: all queries to one model, whether it may serve them or not */
    tgr_tally by_score, by_acceptance; /* the oracles, by each measure of quality */
    tgr_chance chance;
} tgr_baselines;

bool tgr_baselines_open(tgr_baselines *baselines, size_t models); /* false: memory is short */
void tgr_baselines_close(tgr_baselines *baselines);

void tgr_baselines_add(tgr_baselines *baselines, const tgr_answers *answers);
void tgr_baselines_merge(tgr_baselines *into, const tgr_baselines *from);

tgr_baseline tgr_baselines_oracle(const tgr_baselines *baselines, tgr_quality quality,
                                  uint64_t queries);
tgr_baseline tgr_baselines_random(const tgr_baselines *baselines, tgr_quality quality,
                                  uint64_t queries);

/* The model of the highest quality alone; of those the cheapest, then the first; `models` where no
 * quality is known. */
size_t tgr_baselines_best_single(const tgr_baseline *alone, size_t models, tgr_quality quality);

/* Expected quality where decisions of these shares are dealt to the queries at random; the cost is
 * that of the decisions. */
tgr_baseline tgr_baselines_shuffled(const tgr_baselines *baselines, const tgr_point *point,
                                    tgr_quality quality, uint64_t queries);

/* A baseline's quality by the measure in use. */
static inline double tgr_baseline_quality(const tgr_baseline *baseline, tgr_quality quality)
{
    return quality == TGR_QUALITY_SCORE ? baseline->mean_score : baseline->accept_rate;
}

#endif
