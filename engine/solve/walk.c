/* walk.c - one walk over the queries of a solver: each thread finds paths and shows them. */
#include <math.h>

#include "engine/base/crew.h"
#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/simulate/tally.h"
#include "engine/solve/solver.h"

typedef struct walk {
    tgr_solver *solver;
    tgr_solve_visit *visit;
} walk;

/* ---- one query ------------------------------------------------------------------------------- */

static uint64_t number_of(const tgr_solver *solver, size_t row)
{
    return solver->decide.queries - solver->batch->rows + row;
}

static void note_bad(const tgr_solver *solver, tgr_solve_worker *worker, size_t row, size_t model)
{
    uint64_t number = number_of(solver, row);
    if (number < worker->bad_query) {
        worker->bad_query = number;
        worker->bad_model = model;
    }
}

/* Costs as route adds them up where they are expected ones, else as simulate does. */
static tgr_amount cost_of(const tgr_solver *solver, tgr_solve_worker *worker,
                          const tgr_solve_query *query, size_t model)
{
    double usd = solver->plan.recorded ? worker->answers.answer[model].usd
                                       : tgr_decide_cost(&solver->decide, query->row, model);
    if (!tgr_exact_fits(usd)) {
        note_bad(solver, worker, query->row, model);
        return (tgr_amount){0, query->weight};
    }
    tgr_sum term = solver->plan.recorded ? worker->answers.answer[model].cost : tgr_exact_term(usd);
    return (tgr_amount){term, query->weight};
}

static tgr_amount quality_of(const tgr_solver *solver, const tgr_solve_worker *worker, size_t model,
                             uint64_t weight)
{
    const tgr_answer *answer = &worker->answers.answer[model];
    return solver->plan.quality == TGR_QUALITY_SCORE
               ? (tgr_amount){answer->score, answer->scored * weight}
               : (tgr_amount){(tgr_sum)(answer->accepted * weight), answer->judged * weight};
}

static tgr_amount amount_of_model(const tgr_solver *solver, tgr_solve_worker *worker,
                                  const tgr_solve_query *query, size_t model)
{
    switch (solver->aim.goal.kind) {
    case TGR_GOAL_QUALITY:
        return quality_of(solver, worker, model, query->weight);
    case TGR_GOAL_SHARE:
        return (tgr_amount){(tgr_sum)((model == solver->aim.model) * query->weight), query->weight};
    default:
        return cost_of(solver, worker, query, model);
    }
}

tgr_amount tgr_solve_amount(const tgr_solver *solver, tgr_solve_worker *worker,
                            const tgr_solve_query *query, int place)
{
    return amount_of_model(solver, worker, query, solver->decide.serve->order[place]);
}

tgr_tie tgr_solve_terms(const tgr_solver *solver, tgr_solve_worker *worker,
                        const tgr_solve_query *query, int place)
{
    size_t model = solver->decide.serve->order[place];
    double cost = tgr_decide_cost(&solver->decide, query->row, model);
    double score = query->scores[place];
    if (!tgr_exact_fits(cost) || !tgr_exact_fits(score)) {
        worker->unbounded = true;
        return (tgr_tie){0};
    }
    uint64_t weight = tgr_solve_weight(solver, query);
    unsigned bits = solver->plan.recorded ? solver->weighing.bits : 0;
    return (tgr_tie){.cost = tgr_weigh_term(tgr_tally_term(cost), weight, bits),
                     .score = tgr_weigh_term(tgr_tally_term(score), weight, bits)};
}

int tgr_solve_place(const tgr_solver *solver, const tgr_solve_worker *worker,
                    const tgr_solve_query *query, double threshold)
{
    const tgr_path *path = &worker->path;
    bool clear;
    if (solver->plan.policy == TGR_POLICY_UTILITY && !query->forced) {
        return tgr_path_decide(path, threshold, &clear);
    }
    int place = path->first;
    for (size_t i = 0; i < path->count && path->moves[i].at <= threshold; i++) {
        place = path->moves[i].model;
    }
    return place;
}

static void visit_row(const walk *w, tgr_solve_worker *worker, const tgr_scored *scored, size_t row)
{
    tgr_solver *solver = w->solver;
    size_t model;
    const float *scores = scored->scores + (row - scored->begin) * scored->stride;
    if (solver->answered &&
        !tgr_answers_read(&worker->answers, &solver->decide, solver->batch, solver->file_models,
                          row, scored->decider->eligible != NULL, &model)) {
        note_bad(solver, worker, row, model);
        return;
    }
    uint64_t weight = tgr_weighing_of(&solver->weighing, solver->batch, row);
    if (solver->weighing.weighed) {
        tgr_answers_weigh(&worker->answers, weight, solver->weighing.bits);
    }
    worker->weight += solver->first_round ? weight : 0;
    worker->path.row_costs = tgr_decide_row_costs(&solver->decide);
    tgr_path_find(&worker->path, scored->decider, scores, row, true);
    bool forced =
        tgr_decide_falls_back(&solver->decide, scored->x, row, worker->path.first != TGR_UNDECIDED);
    if (forced) {
        worker->path.first = solver->decide.serve->place[solver->decide.plan.fallback];
        worker->path.count = 0;
    }
    if (solver->first_round && solver->aim.goal.kind == TGR_GOAL_QUALITY &&
        solver->aim.model != SIZE_MAX) {
        tgr_amount_add(&worker->alone, quality_of(solver, worker, solver->aim.model, weight));
    }
    if (worker->path.first != TGR_UNDECIDED) {
        const tgr_solve_query query = {scored, scores, row, forced, weight};
        w->visit(solver, worker, &query);
    }
}

static void visit_rows(void *user, const tgr_decide *decide, const tgr_scored *scored)
{
    const walk *w = user;
    (void)decide;
    for (size_t row = scored->begin; row < scored->end; row++) {
        visit_row(w, &w->solver->workers[scored->thread], scored, row);
    }
}

tgr_population tgr_solve_population(const tgr_solver *solver)
{
    bool weighed = solver->plan.recorded && solver->weighing.weighed;
    return weighed
               ? (tgr_population){solver->workers[0].weight, tgr_weighing_unit(&solver->weighing)}
               : (tgr_population){solver->decide.queries, 1};
}

/* ---- all of them ----------------------------------------------------------------------------- */

static tgr_status check_workers(const tgr_solver *solver, tgr_error *error)
{
    const tgr_solve_worker *first = &solver->workers[0];
    for (int i = 1; i < solver->threads; i++) {
        if (solver->workers[i].bad_query < first->bad_query) {
            first = &solver->workers[i];
        }
    }
    if (first->bad_query == UINT64_MAX) {
        return TGR_OK;
    }
    return tgr_fail(error, TGR_ERR_ARGUMENT,
                    "the goal needs what query %llu costs with model '%s', which is not known or "
                    "beyond %.0f; give prices (--prices, --price) or a cost a query (--cost "
                    "MODEL=USD)",
                    (unsigned long long)first->bad_query,
                    solver->plan.router->models[first->bad_model].name, TGR_EXACT_LIMIT);
}

static tgr_status walk_batch(walk *w, tgr_batch *batch, tgr_error *error)
{
    tgr_solver *solver = w->solver;
    solver->batch = batch;
    solver->most_rows = batch->rows > solver->most_rows ? batch->rows : solver->most_rows;
    tgr_status status = tgr_decide_scores(&solver->decide, batch, visit_rows, w, error);
    return status == TGR_OK ? check_workers(solver, error) : status;
}

static tgr_status enter_file(tgr_solver *solver, const tgr_query_file *file, tgr_error *error)
{
    solver->file_models = tgr_strings_count(file->models);
    return tgr_decide_file(&solver->decide, file, error);
}

tgr_status tgr_solve_walk(tgr_solver *solver, tgr_solve_visit *visit, bool (*next)(tgr_solver *),
                          tgr_error *error)
{
    walk w = {solver, visit};
    size_t entered = SIZE_MAX;
    unsigned want = TGR_WANT_ELIGIBILITY | TGR_WANT_PROMPT_TOKENS;
    want |= tgr_row_prices_want(solver->plan.router) | tgr_weighing_wants(&solver->weighing);
    want |= solver->answered ? TGR_WANT_SCORE | TGR_WANT_OUTCOME | TGR_WANT_COST : 0;
    tgr_status status = TGR_OK;
    solver->decide.queries = solver->pass.before;
    for (bool more = true; more;) {
        tgr_batch *batch;
        size_t file;
        TGR_TRY(
            tgr_pass_next(&solver->pass, want, "solving", solver->plan.run, &batch, &file, error));
        if (batch == NULL) {
            break;
        }
        if (file != entered) {
            TGR_TRY(enter_file(solver, solver->pass.files[file], error));
            entered = file;
        }
        TGR_TRY(walk_batch(&w, batch, error));
        more = next == NULL || next(solver);
        if (!more) {
            tgr_pass_begin_at(&solver->pass, solver->pass.begin); /* for the next walk */
        }
    }
    if (tgr_run_crew(solver->plan.run) != NULL) {
        solver->decide.queries = solver->pass.queries; /* of all processes' walks */
    }
done:
    return status;
}
