/* round.h - the rounds over the queries that narrow down where a goal begins to be met. */
#ifndef TGR_SOLVE_ROUND_H
#define TGR_SOLVE_ROUND_H

#include "engine/solve/solver.h"

/* Finds thresholds solver->at, which meets the goal, and solver->other next to it, which does not
 * (NaN where all do), and the bound of the batch problem. TGR_ERR_UNREACHABLE where none meets it.
 */
tgr_status tgr_solve_rounds(tgr_solver *solver, tgr_error *error);

/* Brings the bound at a cost nearer to what it could be at best, where it is not near yet. */
tgr_status tgr_solve_bound(tgr_solver *solver, double cost, tgr_error *error);

#endif
