/* unite.h - what each process of a crew has summed on a walk becomes what all have. Into the first
 * worker, where the sums of this process's threads are; alone, nothing happens. */
#ifndef TGR_SOLVE_UNITE_H
#define TGR_SOLVE_UNITE_H

#include "engine/solve/solver.h"

/* Whether some process lacks a cost or score that the bound needs. */
tgr_status tgr_solve_unite_bounded(tgr_solver *solver, tgr_error *error);

/* The bins of a round; of the first round, where paths begin and how far they go. */
tgr_status tgr_solve_unite_bins(tgr_solver *solver, tgr_error *error);
tgr_status tgr_solve_unite_first(tgr_solver *solver, tgr_error *error);
tgr_status tgr_solve_unite_bound(tgr_solver *solver, tgr_error *error);

/* Sums at a threshold. */
tgr_status tgr_solve_unite_total(tgr_solver *solver, tgr_error *error);

#endif
