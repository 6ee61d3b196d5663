/* grid.h - thresholds worth showing where none were asked for: quantiles of the moves. */
#ifndef TGR_SIMULATE_GRID_H
#define TGR_SIMULATE_GRID_H

#include <stddef.h>

#include <tagroute/policy.h>

#include "engine/simulate/bins.h"
#include "engine/simulate/moves.h"

/* Fill at most `points` (>= 2) distinct thresholds, rising; *count is at least 1. */

/* The moves are sorted. */
void tgr_grid_of_moves(const tgr_moves *moves, tgr_policy policy, size_t points, double *thresholds,
                       size_t *count);

/* Upper edges of groups, where sums are known exactly. */
void tgr_grid_of_bins(const tgr_bins *bins, tgr_policy policy, size_t points, double *thresholds,
                      size_t *count);

#endif
