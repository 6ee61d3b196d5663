/* observe.h - what one thread does with a block of scored rows: sums, and moves. */
#ifndef TGR_SIMULATE_OBSERVE_H
#define TGR_SIMULATE_OBSERVE_H

#include <stddef.h>

#include "engine/decide.h"
#include "engine/simulate/observers.h"

/* A batch as its visitors see it. */
typedef struct tgr_batch_view {
    tgr_observers *observers;
    const tgr_batch *batch;
    size_t models; /* that it records */
    tgr_gathering *gathering;
    const uint64_t *weights; /* rows, in units of the gathering's weighing; NULL: all count once */
} tgr_batch_view;

/* Adds rows to the sums. chosen: as tgr_scored has it, from row rows->first on. */
void tgr_observe(tgr_observer *observer, const tgr_batch_view *view, const tgr_decide *decide,
                 const tgr_scored_rows *rows, const int16_t *chosen, tgr_baselines *baselines,
                 tgr_decided *counts);

/* The same of the block that the observer has read, where its queries have weights: row by row.
 * There is room for all moves. */
void tgr_observe_weighed(tgr_observer *observer, const tgr_batch_view *view,
                         const tgr_decide *decide, const tgr_scored_rows *rows,
                         const int16_t *chosen, tgr_baselines *baselines, tgr_decided *counts);

/* Row i of those scored, by itself. */
tgr_scored tgr_observed_row(const tgr_batch_view *view, const tgr_decide *decide,
                            const tgr_scored_rows *rows, const int16_t *chosen, size_t i);

#endif
