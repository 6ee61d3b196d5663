/* round.c - sums by bins of thresholds, of the policy and of the bound, until bins are fine. */
#include "engine/solve/round.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/solve/unite.h"

/* So many doubles from a crossing, rounding does not matter any more. */
#define BEYOND (UINT64_C(1) << 26)
/* A bound that may be this much too high, of a mean, is looked at more closely. */
#define LOOSE 1e-8

/* ---- one query ------------------------------------------------------------------------------- */

static void add_path(const tgr_solver *solver, tgr_solve_worker *worker,
                     const tgr_solve_query *query)
{
    const tgr_path *path = &worker->path;
    int from = path->first;
    if (solver->first_round) {
        tgr_amount_add(&worker->start, tgr_solve_amount(solver, worker, query, from));
        worker->decided += tgr_solve_weight(solver, query);
    }
    for (size_t i = 0; i < path->count; i++) {
        uint64_t number = tgr_scan_number(solver->plan.policy, path->moves[i].at);
        int to = path->moves[i].model;
        if (tgr_scan_holds(&solver->range, number)) {
            tgr_amount before = tgr_solve_amount(solver, worker, query, from);
            tgr_amount after = tgr_solve_amount(solver, worker, query, to);
            tgr_amount_add(&worker->bins[tgr_scan_bin(&solver->range, number)],
                           tgr_amount_less(after, before));
            worker->lowest = number < worker->lowest ? number : worker->lowest;
            worker->highest = number > worker->highest ? number : worker->highest;
        }
        from = to;
    }
}

/* The path that utility would take. */
static const tgr_path *find_envelope(const tgr_solver *solver, tgr_solve_worker *worker,
                                     const tgr_solve_query *query)
{
    if (query->forced || solver->plan.policy == TGR_POLICY_UTILITY) {
        return &worker->path;
    }
    tgr_decider decider = *query->scored->decider;
    decider.rule = TGR_RULE_UTILITY;
    tgr_path *path = &worker->envelope;
    path->row_costs = worker->path.row_costs;
    tgr_path_find(path, &decider, query->scores, query->row, true);
    for (size_t model = 0; model < path->models; model++) {
        worker->unbounded |= path->may[model] && isnan(path->costs[model]);
    }
    return path;
}

static void add_change(tgr_bound_sums *sums, const tgr_tie *after, const tgr_tie *before)
{
    sums->cost += after->cost - before->cost;
    sums->score += after->score - before->score;
}

static void add_envelope(const tgr_solver *solver, tgr_solve_worker *worker,
                         const tgr_solve_query *query)
{
    static const tgr_tie nothing;
    tgr_bound_bins *bound = &worker->bound;
    const tgr_path *path = find_envelope(solver, worker, query);
    size_t count = query->forced ? 0 : path->count;
    tgr_tie from = tgr_solve_terms(solver, worker, query, path->first);
    if (solver->first_round) {
        add_change(&bound->start, &from, &nothing);
    }
    for (size_t i = 0; i < count; i++) {
        uint64_t number = tgr_scan_number(TGR_POLICY_UTILITY, path->moves[i].at);
        if (solver->first_round) {
            bound->lowest = number < bound->lowest ? number : bound->lowest;
            bound->highest = number > bound->highest ? number : bound->highest;
            continue;
        }
        tgr_tie to = tgr_solve_terms(solver, worker, query, path->moves[i].model);
        if (tgr_scan_holds(&solver->bound.range, number)) {
            add_change(&bound->bins[tgr_scan_bin(&solver->bound.range, number)], &to, &from);
        }
        from = to;
    }
}

static void visit(tgr_solver *solver, tgr_solve_worker *worker, const tgr_solve_query *query)
{
    add_path(solver, worker, query);
    if (solver->bounding && !worker->unbounded) {
        add_envelope(solver, worker, query);
    }
}

static void visit_bound(tgr_solver *solver, tgr_solve_worker *worker, const tgr_solve_query *query)
{
    add_envelope(solver, worker, query);
}

/* ---- a round --------------------------------------------------------------------------------- */

static void clear_bins(tgr_solver *solver)
{
    size_t count = tgr_scan_bins(&solver->range);
    for (int i = 0; i < solver->threads; i++) {
        memset(solver->workers[i].bins, 0, count * sizeof(tgr_amount));
    }
}

/* Adds the threads' bins into those of the first. */
static void merge_bins(tgr_solver *solver)
{
    tgr_solve_worker *into = &solver->workers[0];
    size_t count = tgr_scan_bins(&solver->range);
    for (int i = 1; i < solver->threads; i++) {
        for (size_t bin = 0; bin < count; bin++) {
            tgr_amount_add(&into->bins[bin], solver->workers[i].bins[bin]);
        }
    }
}

static void merge_first(tgr_solver *solver)
{
    tgr_solve_worker *into = &solver->workers[0];
    for (int i = 1; i < solver->threads; i++) {
        const tgr_solve_worker *from = &solver->workers[i];
        tgr_amount_add(&into->start, from->start);
        tgr_amount_add(&into->alone, from->alone);
        into->decided += from->decided;
        into->weight += from->weight;
        into->lowest = from->lowest < into->lowest ? from->lowest : into->lowest;
        into->highest = from->highest > into->highest ? from->highest : into->highest;
        tgr_bound_bins *bound = &into->bound;
        bound->start.cost += from->bound.start.cost;
        bound->start.score += from->bound.start.score;
        bound->lowest = from->bound.lowest < bound->lowest ? from->bound.lowest : bound->lowest;
        bound->highest =
            from->bound.highest > bound->highest ? from->bound.highest : bound->highest;
    }
}

/* The second round sums between the breakpoints that the first one saw. */
static void prepare_bound(tgr_solver *solver)
{
    const tgr_bound_bins *seen = &solver->workers[0].bound;
    tgr_bound *bound = &solver->bound;
    bound->start = seen->start;
    bool any = seen->lowest <= seen->highest;
    bound->range = any ? tgr_scan_within(TGR_POLICY_UTILITY, seen->lowest, seen->highest)
                       : tgr_scan_within(TGR_POLICY_UTILITY, 0, 0);
    bound->bins = seen->bins;
}

static void merge_bound(tgr_solver *solver)
{
    tgr_bound *bound = &solver->bound;
    size_t count = tgr_scan_bins(&bound->range);
    bool known = !solver->workers[0].unbounded;
    for (int i = 1; i < solver->threads; i++) {
        known &= !solver->workers[i].unbounded;
        for (size_t bin = 0; bin < count; bin++) {
            bound->bins[bin].cost += solver->workers[i].bound.bins[bin].cost;
            bound->bins[bin].score += solver->workers[i].bound.bins[bin].score;
        }
    }
    bound->known = known;
}

static tgr_status run_round(tgr_solver *solver, tgr_error *error)
{
    clear_bins(solver);
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_solve_walk(solver, visit, NULL, error));
    merge_bins(solver);
    TGR_TRY(tgr_solve_unite_bins(solver, error));
    if (solver->first_round) {
        merge_first(solver);
        TGR_TRY(tgr_solve_unite_first(solver, error));
        solver->decided = solver->workers[0].decided;
        prepare_bound(solver);
    } else if (solver->bounding) {
        merge_bound(solver);
        TGR_TRY(tgr_solve_unite_bound(solver, error));
        solver->bounding = false;
    }
done:
    return status;
}

/* ---- all rounds ------------------------------------------------------------------------------ */

static void settle_aim(tgr_solver *solver)
{
    const tgr_solve_worker *all = &solver->workers[0];
    tgr_amount start = all->start;
    for (size_t bin = 0; solver->aim.from_top && bin < tgr_scan_bins(&solver->range); bin++) {
        tgr_amount_add(&start, all->bins[bin]);
    }
    tgr_population of = tgr_solve_population(solver);
    tgr_aim_settle(&solver->aim, &of, start, all->alone);
}

/* Where every threshold meets the goal from the end that they are tried from: that end. */
static double threshold_of_end(const tgr_solver *solver)
{
    const tgr_solve_worker *all = &solver->workers[0];
    tgr_policy policy = solver->plan.policy;
    if (all->lowest > all->highest) {
        return 0;
    }
    if (solver->aim.from_top) {
        uint64_t beyond = policy == TGR_POLICY_UTILITY ? BEYOND : 0;
        return fmin(tgr_scan_threshold(policy, all->highest + beyond), FLT_MAX);
    }
    return policy == TGR_POLICY_MARGIN ? tgr_scan_threshold(policy, all->lowest - 1) : 0;
}

static void set_thresholds(tgr_solver *solver, const tgr_crossing *crossing)
{
    const tgr_scan_range *range = &solver->range;
    if (crossing->at_once) {
        solver->at = threshold_of_end(solver);
        solver->other = NAN;
        return;
    }
    uint64_t above = tgr_scan_last(range, crossing->bin);
    uint64_t below = range->low + ((uint64_t)crossing->bin << range->shift) - 1;
    double low = tgr_scan_threshold(solver->plan.policy, below);
    double high = tgr_scan_threshold(solver->plan.policy, above);
    solver->at = solver->aim.from_top ? low : high;
    solver->other = solver->aim.from_top ? high : low;
}

static void narrow(tgr_solver *solver, const tgr_crossing *crossing)
{
    const tgr_scan_range *range = &solver->range;
    uint64_t first = range->low + ((uint64_t)crossing->bin << range->shift);
    solver->range = tgr_scan_within(range->policy, first, tgr_scan_last(range, crossing->bin));
}

static tgr_crossing cross(const tgr_solver *solver, tgr_amount below)
{
    return tgr_scan_cross(&solver->range, solver->workers[0].bins, below, &solver->aim,
                          tgr_solve_population(solver).size);
}

tgr_status tgr_solve_rounds(tgr_solver *solver, tgr_error *error)
{
    solver->range = tgr_scan_everything(solver->plan.policy);
    solver->first_round = true;
    tgr_status status = run_round(solver, error);
    solver->first_round = false;
    if (status != TGR_OK) {
        return status;
    }
    settle_aim(solver);
    tgr_crossing crossing = cross(solver, solver->workers[0].start);
    if (!crossing.at_once && !crossing.found) {
        return tgr_aim_fail(&solver->aim, crossing.nearest, error);
    }
    while (status == TGR_OK && crossing.found && !tgr_scan_is_fine(&solver->range)) {
        narrow(solver, &crossing);
        status = run_round(solver, error);
        if (status == TGR_OK) {
            crossing = cross(solver, crossing.below);
        }
    }
    set_thresholds(solver, &crossing);
    if (status == TGR_OK && solver->bounding) {
        status = run_round(solver, error); /* for the bound alone */
    }
    return status;
}

tgr_status tgr_solve_bound(tgr_solver *solver, double cost, tgr_error *error)
{
    tgr_bound *bound = &solver->bound;
    size_t bin;
    tgr_bound_sums below;
    if (!bound->known || tgr_bound_doubt(bound, cost, &bin, &below) <=
                             LOOSE * (double)solver->decided * tgr_solve_population(solver).unit) {
        return TGR_OK;
    }
    uint64_t first = bound->range.low + ((uint64_t)bin << bound->range.shift);
    bound->range = tgr_scan_within(TGR_POLICY_UTILITY, first, tgr_scan_last(&bound->range, bin));
    bound->start = below;
    for (int i = 0; i < solver->threads; i++) {
        memset(solver->workers[i].bound.bins, 0, TGR_SCAN_BINS * sizeof(tgr_bound_sums));
    }
    tgr_status status = tgr_solve_walk(solver, visit_bound, NULL, error);
    if (status == TGR_OK) {
        merge_bound(solver);
        status = tgr_solve_unite_bound(solver, error);
    }
    return status;
}
