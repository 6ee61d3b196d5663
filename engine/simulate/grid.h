/* grid.h - thresholds worth showing where none were asked for. */
#ifndef TGR_SIMULATE_GRID_H
#define TGR_SIMULATE_GRID_H

#include <stddef.h>

#include <tagroute/run.h>
#include <tagroute/status.h>

#include "engine/decide.h"
#include "engine/pass.h"
#include "engine/simulate/margins.h"

/* Fill at most `points` (>= 2) distinct thresholds, rising; *count is at least 1. */

/* Margin: shares of the queries that move, evenly from all of them to none. The margins are sorted.
 */
void tgr_grid_of_margins(const tgr_margins *margins, size_t points, double *thresholds,
                         size_t *count);

/* Utility and slack: 0 and quantiles, over the queries, of the threshold at which a query has gone
 * to its cheapest model. Walks once over the pass. */
tgr_status tgr_grid_of_gaps(tgr_pass *pass, const tgr_decide_plan *plan, size_t points,
                            double *thresholds, size_t *count, const tgr_run *run,
                            tgr_error *error);

#endif
