/* unite.c - sums of a walk over the queries of all processes. */
#include "engine/solve/unite.h"

#include "engine/base/crew.h"
#include "engine/base/error.h"
#include "engine/base/memory.h"

/* A sum and a count travel as two wide numbers. */
static tgr_status unite_amounts(tgr_amount *amounts, size_t count, const tgr_run *run,
                                tgr_error *error)
{
    if (tgr_run_crew(run) == NULL) {
        return TGR_OK;
    }
    tgr_sum *numbers = tgr_mem_alloc(count, 2 * sizeof *numbers);
    if (numbers == NULL) {
        return tgr_fail_memory(error, "the sums of all processes");
    }
    for (size_t i = 0; i < count; i++) {
        numbers[2 * i] = amounts[i].sum;
        numbers[2 * i + 1] = (tgr_sum)amounts[i].count;
    }
    tgr_status status = tgr_crew_sum_wide(run, numbers, 2 * count, error);
    for (size_t i = 0; status == TGR_OK && i < count; i++) {
        amounts[i] = (tgr_amount){numbers[2 * i], (uint64_t)numbers[2 * i + 1]};
    }
    tgr_mem_free(numbers);
    return status;
}

static tgr_status unite_bound_sums(tgr_bound_sums *sums, size_t count, const tgr_run *run,
                                   tgr_error *error)
{
    _Static_assert(sizeof *sums == 2 * sizeof(tgr_sum), "nothing but two sums");
    return tgr_crew_sum_wide(run, &sums->cost, 2 * count, error);
}

/* The first and the last number seen by anybody. */
static tgr_status unite_range(uint64_t *lowest, uint64_t *highest, const tgr_run *run,
                              tgr_error *error)
{
    uint64_t ends[] = {*lowest, ~*highest};
    tgr_status status = tgr_crew_least(run, ends, 2, error);
    *lowest = ends[0];
    *highest = ~ends[1];
    return status;
}

tgr_status tgr_solve_unite_bounded(tgr_solver *solver, tgr_error *error)
{
    uint64_t unbounded = 0;
    for (int i = 0; i < solver->threads; i++) {
        unbounded += solver->workers[i].unbounded;
    }
    tgr_status status = tgr_crew_sum(solver->plan.run, &unbounded, 1, error);
    solver->workers[0].unbounded = unbounded > 0;
    return status;
}

tgr_status tgr_solve_unite_bins(tgr_solver *solver, tgr_error *error)
{
    return unite_amounts(solver->workers[0].bins, tgr_scan_bins(&solver->range), solver->plan.run,
                         error);
}

tgr_status tgr_solve_unite_first(tgr_solver *solver, tgr_error *error)
{
    tgr_solve_worker *all = &solver->workers[0];
    const tgr_run *run = solver->plan.run;
    tgr_status status = TGR_OK;
    TGR_TRY(unite_amounts(&all->start, 1, run, error));
    TGR_TRY(unite_amounts(&all->alone, 1, run, error));
    TGR_TRY(tgr_crew_sum(run, &all->decided, 1, error));
    TGR_TRY(tgr_crew_sum(run, &all->weight, 1, error));
    TGR_TRY(unite_range(&all->lowest, &all->highest, run, error));
    TGR_TRY(unite_bound_sums(&all->bound.start, 1, run, error));
    TGR_TRY(unite_range(&all->bound.lowest, &all->bound.highest, run, error));
done:
    return status;
}

tgr_status tgr_solve_unite_bound(tgr_solver *solver, tgr_error *error)
{
    tgr_bound *bound = &solver->bound;
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_solve_unite_bounded(solver, error));
    TGR_TRY(unite_bound_sums(bound->bins, tgr_scan_bins(&bound->range), solver->plan.run, error));
    bound->known = bound->known && !solver->workers[0].unbounded;
done:
    return status;
}

tgr_status tgr_solve_unite_total(tgr_solver *solver, tgr_error *error)
{
    tgr_tie *total = &solver->total;
    tgr_sum sums[] = {total->cost, total->score};
    tgr_status status = unite_amounts(&total->amount, 1, solver->plan.run, error);
    if (status == TGR_OK) {
        status = tgr_crew_sum_wide(solver->plan.run, sums, 2, error);
        total->cost = sums[0];
        total->score = sums[1];
    }
    return status;
}
