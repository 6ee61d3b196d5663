/* baselines.h - what needs no router: each model alone, the oracle, chance. */
#ifndef TGR_SIMULATE_BASELINES_H
#define TGR_SIMULATE_BASELINES_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/simulate/answers.h"
#include "engine/simulate/block.h"
#include "engine/simulate/tally.h"

typedef struct tgr_baselines {
    size_t models;
    tgr_tally *alone; /* models: all queries to one model, whether it may serve them or not */
    tgr_tally by_score, by_acceptance; /* the oracles, by each measure of quality */
    /* Chance: of the queries that n models, but not all, may serve, the sums over those models; and
     * the sums over all models of these queries. What is left of `alone` is of the others. */
    tgr_tally *some;     /* models: n; decided counts pairs */
    tgr_tally *some_all; /* one */
} tgr_baselines;

bool tgr_baselines_open(tgr_baselines *baselines, size_t models); /* false: memory is short */
/* The same in memory of the caller's, 2 * models + 1 tallies of nothing. */
void tgr_baselines_place(tgr_baselines *baselines, size_t models, tgr_tally *tallies);
void tgr_baselines_close(tgr_baselines *baselines);

/* Answers of a query that stands for several have been weighed; weight: 1 where queries have none.
 */
void tgr_baselines_add(tgr_baselines *baselines, const tgr_answers *answers, uint64_t weight);
void tgr_baselines_add_block(tgr_baselines *baselines, const tgr_block *block); /* many at once */
/* weights: of the block's rows, in units of 2^-bits. */
void tgr_baselines_add_weighed(tgr_baselines *baselines, const tgr_block *block,
                               const uint64_t *weights, unsigned bits);
void tgr_baselines_merge(tgr_baselines *into, const tgr_baselines *from);

tgr_baseline tgr_baselines_oracle(const tgr_baselines *baselines, tgr_quality quality,
                                  const tgr_population *of);
tgr_baseline tgr_baselines_random(const tgr_baselines *baselines, tgr_quality quality,
                                  const tgr_population *of);

/* The model of the highest quality alone; of those the cheapest, then the first; `models` where no
 * quality is known. */
size_t tgr_baselines_best_single(const tgr_baseline *alone, size_t models, tgr_quality quality);

/* Expected quality where decisions of these shares are dealt to the queries at random; the cost is
 * that of the decisions. */
tgr_baseline tgr_baselines_shuffled(const tgr_baselines *baselines, const tgr_point *point,
                                    tgr_quality quality, const tgr_population *of);

/* A baseline's quality by the measure in use. */
static inline double tgr_baseline_quality(const tgr_baseline *baseline, tgr_quality quality)
{
    return quality == TGR_QUALITY_SCORE ? baseline->mean_score : baseline->accept_rate;
}

#endif
