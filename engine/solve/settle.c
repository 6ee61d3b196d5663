/* settle.c - sums at one threshold; ties in row order, batch by batch. */
#include "engine/solve/settle.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "engine/base/crew.h"
#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/solve/unite.h"

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
    return status == TGR_OK ? tgr_solve_unite_total(solver, error) : status;
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

/* ---- ties of several processes
 * ------------------------------------------------------------------- */

/* Takes note of the ties of the batch, all of which may pass or none. */
static bool note_ties(tgr_solver *solver)
{
    size_t rows = solver->batch->rows;
    tgr_tie_share *own = &solver->share;
    for (size_t row = 0; row < rows; row++) {
        const tgr_tie *tie = &solver->ties[row];
        add_tie(&own->total, tie);
        own->least = own->total.amount.sum < own->least ? own->total.amount.sum : own->least;
        own->most = own->total.amount.sum > own->most ? own->total.amount.sum : own->most;
        own->rows++;
        if (tie->amount.sum != 0 || tie->cost != 0 || tie->score != 0) {
            own->last = own->rows;
        }
    }
    memset(solver->ties, 0, rows * sizeof *solver->ties);
    return true;
}

static bool all_may_pass(const tgr_solver *solver, const tgr_tie_share *share)
{
    tgr_amount least = solver->total.amount, most = least;
    least.sum += share->least;
    most.sum += share->most;
    return tgr_aim_is_met(&solver->aim, least) && tgr_aim_is_met(&solver->aim, most);
}

/* Lets the shares pass whose ties all may; returns the number of the first where not all may. */
static uint32_t pass_shares(tgr_solver *solver, const tgr_tie_share *shares, uint32_t count)
{
    uint32_t at = 0;
    while (at < count && all_may_pass(solver, &shares[at])) {
        add_tie(&solver->total, &shares[at].total);
        solver->cut_rows =
            shares[at].last > 0 ? solver->cut_seen + shares[at].last : solver->cut_rows;
        solver->cut_seen += shares[at++].rows;
    }
    return at;
}

/* All look at their ties at once; the one process in whose share the cut lies looks again. */
static tgr_status cut_together(tgr_solver *solver, tgr_error *error)
{
    const tgr_run *run = solver->plan.run;
    void *shares = NULL;
    tgr_status status = TGR_OK;
    solver->share = (tgr_tie_share){0};
    TGR_TRY(tgr_solve_walk(solver, visit_tie, note_ties, error));
    TGR_TRY(tgr_crew_gather(run, &solver->share, sizeof solver->share, &shares, error));
    uint32_t last = pass_shares(solver, shares, tgr_crew_ranks(run));
    if (last < tgr_crew_ranks(run)) {
        if (last == tgr_crew_rank(run)) {
            TGR_TRY(tgr_solve_walk(solver, visit_tie, pass_ties, error));
        }
        TGR_TRY(tgr_crew_tell(run, last, &solver->total, sizeof solver->total, error));
        TGR_TRY(tgr_crew_tell(run, last, &solver->cut_rows, sizeof solver->cut_rows, error));
    }
done:
    tgr_mem_free(shares);
    return status;
}

tgr_status tgr_solve_cut(tgr_solver *solver, tgr_error *error)
{
    solver->ties = tgr_mem_zalloc(solver->most_rows, sizeof *solver->ties);
    if (solver->ties == NULL) {
        return tgr_fail_memory(error, "the queries at the critical threshold");
    }
    return tgr_run_crew(solver->plan.run) == NULL
               ? tgr_solve_walk(solver, visit_tie, pass_ties, error)
               : cut_together(solver, error);
}
