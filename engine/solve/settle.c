/* settle.c - sums at one threshold; ties in row order, batch by batch. */
#include "engine/solve/settle.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"

/* Where scores tie, lambdas of several powers of two decide by rounding alone. */
#define TRIES      7
#define FIRST_STEP (UINT64_C(1) << 21) /* doubles; and sixty-four times as many at each try */

static void add_tie(tgr_tie *into, const tgr_tie *more)
{
    tgr_amount_add(&into->amount, more->amount);
    into->cost += more->cost;
    into->score += more->score;
}

static tgr_tie measure(const tgr_solver *solver, tgr_solve_worker *worker,
                       const tgr_solve_query *query, int place)
{
    tgr_tie found = tgr_solve_terms(solver, worker, query, place);
    found.amount = tgr_solve_amount(solver, worker, query, place);
    return found;
}

/* ---- one threshold --------------------------------------------------------------------------- */

static void visit_total(tgr_solver *solver, tgr_solve_worker *worker, const tgr_solve_query *query)
{
    int place = tgr_solve_place(solver, worker, query, solver->at);
    tgr_tie found = measure(solver, worker, query, place);
    add_tie(&worker->total, &found);
}

static tgr_status sum_up(tgr_solver *solver, tgr_error *error)
{
    for (int i = 0; i < solver->threads; i++) {
        solver->workers[i].total = (tgr_tie){0};
    }
    tgr_status status = tgr_solve_walk(solver, visit_total, NULL, error);
    solver->total = (tgr_tie){0};
    for (int i = 0; i < solver->threads; i++) {
        add_tie(&solver->total, &solver->workers[i].total);
    }
    return status;
}

tgr_status tgr_solve_total(tgr_solver *solver, tgr_error *error)
{
    tgr_status status = sum_up(solver, error);
    uint64_t step = FIRST_STEP;
    for (int i = 0; i < TRIES && status == TGR_OK && solver->plan.policy == TGR_POLICY_UTILITY &&
                    !tgr_aim_is_met(&solver->aim, solver->total.amount);
         i++, step *= 64) {
        uint64_t number = tgr_scan_number(TGR_POLICY_UTILITY, solver->at);
        number = solver->aim.from_top ? number - step : number + step;
        solver->at = fmin(fmax(0, tgr_scan_threshold(TGR_POLICY_UTILITY, number)), FLT_MAX);
        status = sum_up(solver, error);
    }
    if (status == TGR_OK && !tgr_aim_is_met(&solver->aim, solver->total.amount)) {
        status = tgr_fail(error, TGR_ERR_INTERNAL,
                          "the threshold %.17g was found to meet the goal and does not; please "
                          "report this with the router and the queries",
                          solver->at);
    }
    return status;
}

/* ---- ties ------------------------------------------------------------------------------------ */

static void visit_tie(tgr_solver *solver, tgr_solve_worker *worker, const tgr_solve_query *query)
{
    int place = tgr_solve_place(solver, worker, query, solver->at);
    int other = tgr_solve_place(solver, worker, query, solver->other);
    if (place == other) {
        return;
    }
    tgr_tie here = measure(solver, worker, query, place);
    tgr_tie there = measure(solver, worker, query, other);
    solver->ties[query->row] = (tgr_tie){
        .amount = tgr_amount_less(there.amount, here.amount),
        .cost = there.cost - here.cost,
        .score = there.score - here.score,
    };
}

/* Lets ties of the batch pass, one by one. */
static bool pass_ties(tgr_solver *solver)
{
    size_t rows = solver->batch->rows;
    for (size_t row = 0; row < rows; row++) {
        const tgr_tie *tie = &solver->ties[row];
        tgr_tie total = solver->total;
        add_tie(&total, tie);
        if (!tgr_aim_is_met(&solver->aim, total.amount)) {
            return false;
        }
        solver->total = total;
        solver->cut_seen++;
        if (tie->amount.sum != 0 || tie->cost != 0 || tie->score != 0) {
            solver->cut_rows = solver->cut_seen;
        }
    }
    memset(solver->ties, 0, rows * sizeof *solver->ties);
    return true;
}

tgr_status tgr_solve_cut(tgr_solver *solver, tgr_error *error)
{
    solver->ties = tgr_mem_zalloc(solver->most_rows, sizeof *solver->ties);
    if (solver->ties == NULL) {
        return tgr_fail_memory(error, "the queries at the critical threshold");
    }
    return tgr_solve_walk(solver, visit_tie, pass_ties, error);
}
