/* solve.c - the steps of solving: rounds, the sums at the threshold found, ties, the bound. */
#include "engine/solve/solve.h"

#include <math.h>

#include "engine/base/crew.h"
#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/runtime.h"
#include "engine/simulate/tally.h"
#include "engine/solve/round.h"
#include "engine/solve/settle.h"
#include "engine/solve/solver.h"
#include "engine/solve/unite.h"

/* ---- opening --------------------------------------------------------------------------------- */

static bool open_worker(tgr_solve_worker *worker, size_t models)
{
    worker->lowest = worker->bound.lowest = worker->bad_query = UINT64_MAX;
    bool opened = tgr_path_open(&worker->path, models);
    opened = tgr_path_open(&worker->envelope, models) && opened;
    opened = tgr_answers_open(&worker->answers, models) && opened;
    worker->bins = tgr_mem_zalloc(TGR_SCAN_BINS, sizeof *worker->bins);
    worker->bound.bins = tgr_mem_zalloc(TGR_SCAN_BINS, sizeof *worker->bound.bins);
    return opened && worker->bins != NULL && worker->bound.bins != NULL;
}

static tgr_status open_workers(tgr_solver *solver, tgr_error *error)
{
    int threads = tgr_run_threads(solver->plan.run);
    solver->workers = tgr_mem_zalloc((size_t)threads, sizeof *solver->workers);
    bool opened = solver->workers != NULL;
    for (int i = 0; opened && i < threads; i++) {
        solver->threads = i + 1;
        opened = open_worker(&solver->workers[i], solver->plan.router->model_count);
    }
    return opened ? TGR_OK : tgr_fail_memory(error, "looking for a threshold");
}

static tgr_status open_deciding(tgr_solver *solver, tgr_error *error)
{
    static const double zero = 0, one = 1; /* costs are needed, or not */
    const tgr_solve_plan *plan = &solver->plan;
    tgr_decide_plan decide = {
        .router = plan->router,
        .policy = plan->policy,
        .thresholds = plan->policy == TGR_POLICY_MARGIN ? &zero : &one,
        .threshold_count = 1,
        .fallback = -1,
        .align_min = plan->align_min,
        .threads = tgr_run_threads(plan->run),
    };
    tgr_status status = TGR_OK;
    if (plan->fallback != NULL) {
        size_t fallback;
        TGR_TRY(tgr_router_need_model(plan->router, plan->fallback, &fallback, error));
        decide.fallback = (int)fallback;
    }
    TGR_TRY(tgr_decide_open(&solver->decide, &decide, error));
done:
    return status;
}

static tgr_status open_solver(tgr_solver *solver, tgr_error *error)
{
    const tgr_solve_plan *plan = &solver->plan;
    tgr_status status = TGR_OK;
    solver->other = NAN;
    solver->bounding = true;
    TGR_TRY(tgr_aim_open(&solver->aim, plan->goal, plan->policy, plan->router, error));
    solver->answered = plan->recorded || plan->goal->kind == TGR_GOAL_QUALITY;
    TGR_TRY(tgr_pass_open(&solver->pass, plan->inputs, plan->input_count, plan->split, error));
    TGR_TRY(tgr_pass_share(&solver->pass, plan->run, error));
    if (solver->answered) {
        TGR_TRY(tgr_weighing_find(&solver->weighing, &solver->pass, plan->router->model_count,
                                  plan->run, error));
    }
    TGR_TRY(open_deciding(solver, error));
    TGR_TRY(open_workers(solver, error));
done:
    return status;
}

static void close_solver(tgr_solver *solver)
{
    for (int i = 0; i < solver->threads; i++) {
        tgr_path_close(&solver->workers[i].path);
        tgr_path_close(&solver->workers[i].envelope);
        tgr_answers_close(&solver->workers[i].answers);
        tgr_mem_free(solver->workers[i].bins);
        tgr_mem_free(solver->workers[i].bound.bins);
    }
    tgr_mem_free(solver->workers);
    tgr_mem_free(solver->ties);
    tgr_decide_close(&solver->decide);
    tgr_pass_close(&solver->pass);
}

/* ---- what quality is measured by ------------------------------------------------------------- */

static bool has_score(const tgr_solver *solver, const tgr_batch *batch, size_t file_models)
{
    const tgr_serve *serve = solver->decide.serve;
    for (size_t model = 0; batch->score != NULL && model < serve->models; model++) {
        for (size_t row = 0; serve->file_model[model] >= 0 && row < batch->rows; row++) {
            if (!isnan(batch->score[row * file_models + (size_t)serve->file_model[model]])) {
                return true;
            }
        }
    }
    return false;
}

/* The recorded score where some query has one, as simulate does. */
static tgr_status find_measure(tgr_solver *solver, tgr_error *error)
{
    tgr_quality *quality = &solver->plan.quality;
    tgr_status status = TGR_OK;
    size_t entered = SIZE_MAX;
    if (*quality != TGR_QUALITY_AUTO || solver->plan.goal->kind != TGR_GOAL_QUALITY) {
        return TGR_OK;
    }
    *quality = TGR_QUALITY_ACCEPT;
    while (*quality == TGR_QUALITY_ACCEPT) {
        tgr_batch *batch;
        size_t file;
        TGR_TRY(tgr_pass_next(&solver->pass, TGR_WANT_SCORE, "looking for scores", solver->plan.run,
                              &batch, &file, error));
        if (batch == NULL) {
            break;
        }
        const tgr_query_file *from = solver->pass.files[file];
        if (file != entered) {
            TGR_TRY(tgr_decide_file(&solver->decide, from, error));
            entered = file;
        }
        if (has_score(solver, batch, tgr_strings_count(from->models))) {
            *quality = TGR_QUALITY_SCORE;
        }
    }
    tgr_pass_begin_at(&solver->pass, solver->pass.begin);
    uint64_t scored = *quality == TGR_QUALITY_SCORE;
    TGR_TRY(tgr_crew_sum(solver->plan.run, &scored, 1, error));
    *quality = scored > 0 ? TGR_QUALITY_SCORE : TGR_QUALITY_ACCEPT;
done:
    return status;
}

/* What one unit of a sum is. */
static double unit_of(const tgr_solver *solver)
{
    switch (solver->aim.goal.kind) {
    case TGR_GOAL_QUALITY:
        return solver->plan.quality == TGR_QUALITY_SCORE
                   ? 0x1p-64 / tgr_weighing_unit(&solver->weighing)
                   : 1;
    case TGR_GOAL_SHARE:
        return 1;
    default:
        return solver->plan.recorded ? 0x1p-64 : 0x1p-40;
    }
}

/* ---- what was found -------------------------------------------------------------------------- */

static bool is_unbounded(const tgr_solver *solver)
{
    bool unbounded = !solver->bound.known;
    for (int i = 0; i < solver->threads; i++) {
        unbounded |= solver->workers[i].unbounded;
    }
    return unbounded;
}

/* at: sums at the threshold, without the cut. */
static void compare_with_best(const tgr_solver *solver, const tgr_tie *at, tgr_solution *solution)
{
    solution->expected_cost = solution->predicted_score = solution->best_score = NAN;
    if (is_unbounded(solver) || solver->decided == 0) {
        return;
    }
    double cost = tgr_tally_value(solver->total.cost);
    double best = tgr_bound_at(&solver->bound, cost);
    if (solver->plan.policy == TGR_POLICY_UTILITY) {
        double slope = solver->at * (cost - tgr_tally_value(at->cost));
        best = fmin(best, tgr_tally_value(at->score) + slope);
    }
    double decided = (double)solver->decided * tgr_solve_population(solver).unit;
    solution->expected_cost = cost;
    solution->predicted_score = tgr_tally_value(solver->total.score) / decided;
    solution->best_score = fmax(best / decided, solution->predicted_score);
}

static void fill_solution(const tgr_solver *solver, const tgr_tie *at, tgr_solution *solution)
{
    const tgr_aim *aim = &solver->aim;
    uint64_t queries = solver->decide.queries;
    tgr_population of = tgr_solve_population(solver);
    *solution = (tgr_solution){
        .goal = aim->goal,
        .target = aim->target,
        .policy = solver->plan.policy,
        .quality = solver->plan.quality,
        .threshold = solver->at,
        .queries = queries,
        .reached = tgr_aim_value(aim, solver->total.amount, of.size),
        .measured =
            aim->goal.kind == TGR_GOAL_QUALITY
                ? tgr_measured(solver->total.amount.count, tgr_weighing_unit(&solver->weighing))
                : tgr_measured(of.size, of.unit),
        .cut = solver->cut_rows > 0,
        .cut_threshold = solver->other,
        .cut_rows = solver->cut_rows,
    };
    compare_with_best(solver, at, solution);
}

tgr_status tgr_solve(const tgr_solve_plan *plan, tgr_solution *solution, tgr_error *error)
{
    tgr_solver solver = {.plan = *plan};
    tgr_status status = TGR_OK;
    TGR_TRY(open_solver(&solver, error));
    TGR_TRY(find_measure(&solver, error));
    solver.aim.unit = unit_of(&solver);
    TGR_TRY(tgr_solve_rounds(&solver, error));
    TGR_TRY(tgr_solve_total(&solver, error));
    tgr_tie at = solver.total;
    uint64_t queries = solver.decide.queries;
    if (plan->cut && !isnan(solver.other)) {
        TGR_TRY(tgr_solve_cut(&solver, error));
        solver.decide.queries = queries; /* the walk may have ended early */
    }
    if (plan->policy != TGR_POLICY_UTILITY) { /* whose own threshold gives the bound */
        TGR_TRY(tgr_solve_bound(&solver, tgr_tally_value(solver.total.cost), error));
        solver.decide.queries = queries;
    }
    TGR_TRY(tgr_solve_unite_bounded(&solver, error));
    fill_solution(&solver, &at, solution);
done:
    close_solver(&solver);
    return status;
}
