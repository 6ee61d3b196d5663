/* result.c - filling in a simulation from sums. */
#include "engine/simulate/result.h"

#include <math.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"

static const tgr_baseline unknown = {NAN, NAN, NAN, NAN, NULL};

static bool copy_names(tgr_result *result, const tgr_router *router)
{
    result->names = tgr_mem_zalloc(router->model_count, sizeof *result->names);
    for (size_t model = 0; result->names != NULL && model < router->model_count; model++) {
        result->names[model] = tgr_mem_string(router->models[model].name);
        if (result->names[model] == NULL) {
            return false;
        }
    }
    return result->names != NULL;
}

tgr_result *tgr_result_new(const tgr_router *router, tgr_policy policy, size_t points,
                           tgr_error *error)
{
    tgr_result *result = tgr_mem_zalloc(1, sizeof *result);
    size_t shares, models = router->model_count;
    if (result == NULL || __builtin_mul_overflow(points, models, &shares)) {
        tgr_mem_free(result);
        tgr_fail_memory(error, "the simulation");
        return NULL;
    }
    result->simulation.models = models;
    result->curve = tgr_mem_zalloc(points, sizeof *result->curve);
    result->share = tgr_mem_zalloc(shares, sizeof *result->share);
    result->rank = tgr_mem_zalloc(points, sizeof *result->rank);
    result->alone = tgr_mem_zalloc(models, sizeof *result->alone);
    if (!copy_names(result, router) || result->curve == NULL || result->share == NULL ||
        result->rank == NULL || result->alone == NULL) {
        tgr_simulation_free(&result->simulation);
        tgr_fail_memory(error, "the simulation");
        return NULL;
    }
    tgr_simulation *simulation = &result->simulation;
    simulation->model_names = (const char *const *)result->names;
    simulation->reference = router->reference;
    simulation->policy = policy;
    simulation->points = points;
    simulation->curve = result->curve;
    simulation->best = points;
    simulation->alone = result->alone;
    simulation->intervals = &result->intervals;
    simulation->details = &result->details;
    return result;
}

tgr_status tgr_result_reserve_owned(tgr_result *result, size_t more, tgr_error *error)
{
    tgr_simulation **all = tgr_arena_alloc(&result->arena, result->owned_count + more, sizeof *all);
    if (all == NULL) {
        return tgr_fail_memory(error, "the details of a simulation");
    }
    if (result->owned_count > 0) {
        memcpy(all, result->owned, result->owned_count * sizeof *all);
    }
    result->owned = all;
    return TGR_OK;
}

void tgr_simulation_free(tgr_simulation *simulation)
{
    tgr_result *result = (tgr_result *)simulation;
    if (result == NULL) {
        return;
    }
    for (size_t model = 0; result->names != NULL && model < simulation->models; model++) {
        tgr_mem_free(result->names[model]);
    }
    tgr_simulation_free((tgr_simulation *)(uintptr_t)result->intervals.low);
    tgr_simulation_free((tgr_simulation *)(uintptr_t)result->intervals.high);
    tgr_simulation_free(result->solved);
    tgr_mem_free(result->goal_model);
    for (size_t i = 0; i < result->owned_count; i++) {
        tgr_simulation_free(result->owned[i]);
    }
    tgr_arena_free(&result->arena);
    tgr_mem_free(result->names);
    tgr_mem_free(result->curve);
    tgr_mem_free(result->share);
    tgr_mem_free(result->rank);
    tgr_mem_free(result->alone);
    tgr_histogram_free(&result->margins);
    tgr_origin_free(&result->origin);
    tgr_mem_free(result);
}

void tgr_result_set_weights(tgr_result *result, const tgr_stand *stand)
{
    tgr_simulation *simulation = &result->simulation;
    double sum = (double)stand->weight, squares = (double)stand->squares;
    simulation->weighted = stand->weight > 0;
    simulation->weight =
        simulation->weighted ? sum * result->population.unit : (double)simulation->queries;
    simulation->effective = simulation->weighted ? sum * sum / squares : simulation->weight;
}

void tgr_result_set_point(tgr_result *result, size_t point, double threshold,
                          const tgr_decided *count)
{
    const tgr_simulation *simulation = &result->simulation;
    const tgr_tally *tally = &count->tally;
    double *share = result->share + point * simulation->models;
    for (size_t model = 0; model < simulation->models; model++) {
        share[model] = tgr_share((double)count->chosen[model], (double)result->population.size);
    }
    tgr_baseline sums = tgr_tally_baseline(tally, simulation->quality, &result->population);
    result->curve[point] = (tgr_point){
        .threshold = threshold,
        .cost = sums.cost,
        .accept_rate = sums.accept_rate,
        .mean_score = sums.mean_score,
        .coverage = sums.coverage,
        .share = share,
    };
    result->rank[point] = tgr_tally_rank(tally, simulation->quality);
}

static double quality_of_point(const tgr_simulation *simulation, size_t point)
{
    const tgr_point *at = &simulation->curve[point];
    return simulation->quality == TGR_QUALITY_SCORE ? at->mean_score : at->accept_rate;
}

static bool is_better_point(const tgr_simulation *simulation, size_t a, size_t b)
{
    double quality_a = quality_of_point(simulation, a), quality_b = quality_of_point(simulation, b);
    double cost_a = simulation->curve[a].cost, cost_b = simulation->curve[b].cost;
    if (quality_a > quality_b || quality_a < quality_b) {
        return quality_a > quality_b;
    }
    return cost_a < cost_b || (!isnan(cost_a) && isnan(cost_b));
}

void tgr_result_choose(tgr_result *result, bool single)
{
    tgr_simulation *simulation = &result->simulation;
    simulation->best = single ? 0 : simulation->points;
    for (size_t i = 0; !single && i < simulation->points; i++) {
        if (!isnan(quality_of_point(simulation, i)) &&
            (simulation->best == simulation->points ||
             is_better_point(simulation, i, simulation->best))) {
            simulation->best = i;
        }
    }
}

void tgr_result_set_baselines(tgr_result *result, const tgr_baselines *baselines)
{
    tgr_simulation *simulation = &result->simulation;
    tgr_quality quality = simulation->quality;
    const tgr_population *of = &result->population;
    for (size_t model = 0; model < simulation->models; model++) {
        result->alone[model] = tgr_tally_baseline(&baselines->alone[model], quality, of);
        result->alone[model].model = result->names[model];
    }
    size_t best = tgr_baselines_best_single(result->alone, simulation->models, quality);
    simulation->best_single = best < simulation->models ? result->alone[best] : unknown;
    simulation->oracle = tgr_baselines_oracle(baselines, quality, of);
    simulation->random = tgr_baselines_random(baselines, quality, of);
    simulation->cost_matched_random = unknown;
    if (simulation->best < simulation->points) {
        simulation->cost_matched_random =
            tgr_baselines_shuffled(baselines, &simulation->curve[simulation->best], quality, of);
    }
}

tgr_status tgr_result_set_solution(tgr_simulation *simulation, const tgr_solution *solution,
                                   tgr_simulation *at, tgr_error *error)
{
    tgr_result *result = (tgr_result *)simulation;
    result->solved = at;
    result->solution = *solution;
    result->goal_model = tgr_mem_string(solution->goal.model);
    if (solution->goal.model != NULL && result->goal_model == NULL) {
        return tgr_fail_memory(error, "the solution");
    }
    result->solution.goal.model = result->goal_model;
    result->solution.point = at->curve;
    simulation->details = at->details; /* what was asked for is of this point */
    if (at->intervals->high != NULL) {
        result->solution.low = at->intervals->low->curve;
        result->solution.high = at->intervals->high->curve;
    }
    simulation->solution = &result->solution;
    return TGR_OK;
}

static size_t list_baseline(tgr_baseline *baseline, double **figures, size_t count)
{
    if (figures != NULL) {
        figures[count] = &baseline->cost;
        figures[count + 1] = &baseline->accept_rate;
        figures[count + 2] = &baseline->mean_score;
        figures[count + 3] = &baseline->coverage;
    }
    return count + 4;
}

static size_t list_metrics(tgr_metrics *m, double **figures, size_t count)
{
    double *all[] = {&m->auc, &m->apgr,      &m->pauc,      &m->cpt50,  &m->cpt80,
                     &m->aiq, &m->cost_save, &m->perf_gain, &m->uplift, &m->rank};
    if (figures != NULL) {
        memcpy(figures + count, all, sizeof all);
    }
    return count + sizeof all / sizeof *all;
}

size_t tgr_result_figures(tgr_result *result, double **figures)
{
    tgr_simulation *simulation = &result->simulation;
    size_t count = 0;
    for (size_t i = 0; i < simulation->points; i++) {
        tgr_point *point = &result->curve[i];
        if (figures != NULL) {
            figures[count] = &point->cost;
            figures[count + 1] = &point->accept_rate;
            figures[count + 2] = &point->mean_score;
            figures[count + 3] = &point->coverage;
        }
        count += 4;
        for (size_t model = 0; model < simulation->models; model++, count++) {
            if (figures != NULL) {
                figures[count] = &result->share[i * simulation->models + model];
            }
        }
    }
    for (size_t model = 0; model < simulation->models; model++) {
        count = list_baseline(&result->alone[model], figures, count);
    }
    count = list_baseline(&simulation->best_single, figures, count);
    count = list_baseline(&simulation->oracle, figures, count);
    count = list_baseline(&simulation->random, figures, count);
    count = list_baseline(&simulation->cost_matched_random, figures, count);
    return list_metrics(&simulation->metrics, figures, count);
}

void tgr_result_set_point_metrics(tgr_result *result)
{
    tgr_simulation *simulation = &result->simulation;
    if (simulation->best == simulation->points) {
        return;
    }
    double base = simulation->best_single.accept_rate;
    double accept_rate = simulation->curve[simulation->best].accept_rate;
    simulation->metrics.uplift = base > 0 ? accept_rate / base - 1 : NAN;
    simulation->metrics.rank = result->rank[simulation->best];
}
