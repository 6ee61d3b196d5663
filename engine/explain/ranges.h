/* ranges.h - where one query goes at every threshold, to the last digit. */
#ifndef TGR_EXPLAIN_RANGES_H
#define TGR_EXPLAIN_RANGES_H

#include <tagroute/explain.h>

#include "engine/base/arena.h"
#include "kernels/kernels.h"

/* The ranges of row 0 of the decider's block, whose scores are given; models are places of the
 * preference order. *here: the one that holds the threshold. The decider's thresholds are not read.
 * True where there is memory for them; they are the arena's. */
bool tgr_ranges_find(tgr_arena *arena, const tgr_decider *decider, const float *scores,
                     double threshold, tgr_explained_range **ranges, size_t *count, size_t *here);

/* The threshold as the rule compares it. */
double tgr_threshold_compared(tgr_rule rule, double threshold);

#endif
