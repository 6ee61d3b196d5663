/* settle.h - what a threshold comes to by the rule itself, and which ties are let pass. */
#ifndef TGR_SOLVE_SETTLE_H
#define TGR_SOLVE_SETTLE_H

#include "engine/solve/solver.h"

/* Sums the decisions at solver->at, which is moved a little where rounding has it miss the goal. */
tgr_status tgr_solve_total(tgr_solver *solver, tgr_error *error);

/* Finds how many queries, in row order, may be decided at solver->other before the next would miss
 * the goal, and adds what they change. */
tgr_status tgr_solve_cut(tgr_solver *solver, tgr_error *error);

#endif
