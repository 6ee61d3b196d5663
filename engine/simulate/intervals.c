/* intervals.c - every figure of every replicate, and the range that most of them lie in. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/simulate/grid.h"
#include "engine/simulate/simulating.h"

/* Thresholds that replicates' curves are made of, beside those shown. */
#define CURVE_POINTS ((size_t)129)
#define LOW          0.025
#define HIGH         0.975

/* ---- thresholds ------------------------------------------------------------------------------ */

static tgr_status reset_observers(tgr_simulating *work, size_t asked, tgr_error *error)
{
    tgr_observers_close(&work->observers);
    return tgr_observers_open(&work->observers, work->router->model_count, asked,
                              work->plan.threads, error);
}

/* The moves of the batch, sorted. */
static tgr_status scout_moves(tgr_simulating *work, tgr_batch *batch, const tgr_query_file *file,
                              tgr_moves *moves, tgr_error *error)
{
    tgr_gathering scout = {.keeping = true,
                           .most = SIZE_MAX,
                           .moving = work->gathering.moving,
                           .utility = work->gathering.utility,
                           .weighing = work->gathering.weighing};
    tgr_status status = TGR_OK;
    tgr_csr x = batch->x; /* scoring may put transformed counts in their place */
    TGR_TRY(reset_observers(work, 0, error));
    TGR_TRY(tgr_observers_batch(&work->observers, &work->decide, batch, file, &scout, error));
    batch->x = x;
    work->decide.queries -= batch->rows;
    work->decide.nonzeros -= (uint64_t)(x.indptr[batch->rows] - x.indptr[0]);
    tgr_moves_sort(&scout.moves, work->plan.threads);
    *moves = scout.moves;
    scout.moves = (tgr_moves){0};
done:
    tgr_gathering_close(&scout);
    return status;
}

/* Where none were asked for, an even choice of the thresholds found is shown. */
static tgr_status choose_shown(tgr_simulating *work, const double *found, size_t count,
                               tgr_error *error)
{
    size_t asked = work->threshold_count, grid = work->options.grid;
    size_t shown = asked > 0 ? asked : grid < count ? grid : count;
    double *all = tgr_mem_alloc(asked + count, sizeof *all);
    work->shown_as = tgr_mem_alloc(asked + count, sizeof *work->shown_as);
    tgr_status status = TGR_OK;
    if (all == NULL || work->shown_as == NULL) {
        tgr_mem_free(all);
        return tgr_fail_memory(error, "the thresholds");
    }
    memcpy(all, work->thresholds, asked * sizeof *all);
    memcpy(all + asked, found, count * sizeof *all);
    for (size_t i = 0; i < asked + count; i++) {
        work->shown_as[i] = i < asked ? i : SIZE_MAX;
    }
    for (size_t i = 0; asked == 0 && i < shown; i++) {
        size_t from = shown > 1 ? i * (count - 1) / (shown - 1) : 0;
        work->shown_as[from] = i;
        work->thresholds[i] = found[from];
    }
    work->threshold_count = shown;
    tgr_asked_close(&work->gathering.asked);
    status =
        tgr_asked_open(&work->gathering.asked, work->options.policy, all, asked + count, error);
    tgr_mem_free(all);
    return status;
}

static tgr_status open_resample(tgr_simulating *work, tgr_error *error)
{
    size_t models = work->router->model_count, asked = work->gathering.asked.count;
    uint64_t bytes = tgr_resample_bytes(models, asked);
    if (bytes > work->memory / 2) {
        return tgr_fail(
            error, TGR_ERR_ARGUMENT,
            "a bootstrap of %zu thresholds and %zu models takes %llu MiB; ask for fewer "
            "thresholds, or allow four times as much memory",
            asked, models, (unsigned long long)(bytes >> 20));
    }
    tgr_status status = tgr_resample_open(&work->resample, models, asked, work->options.seed,
                                          work->pass.rows <= TGR_RESAMPLE_GROUPS, error);
    work->gathering.resample = &work->resample;
    return status;
}

tgr_status tgr_simulating_scout(tgr_simulating *work, tgr_batch *batch, const tgr_query_file *file,
                                tgr_error *error)
{
    tgr_status status = TGR_OK;
    tgr_moves moves = {0};
    double *found = tgr_mem_alloc(CURVE_POINTS, sizeof *found);
    size_t count = 0;
    if (found == NULL) {
        return tgr_fail_memory(error, "the thresholds");
    }
    TGR_TRY(scout_moves(work, batch, file, &moves, error));
    tgr_grid_of_moves(&moves, work->options.policy, CURVE_POINTS, found, &count);
    TGR_TRY(choose_shown(work, found, count, error));
    TGR_TRY(reset_observers(work, work->gathering.asked.count, error));
    TGR_TRY(open_resample(work, error));
done:
    tgr_moves_free(&moves);
    tgr_mem_free(found);
    return status;
}

/* ---- one replicate --------------------------------------------------------------------------- */

typedef struct replicate {
    tgr_simulating *work;
    tgr_group_sums sums;
    tgr_curve curve;
    tgr_result *result;
} replicate;

static void scale_costs(tgr_result *result, double factor)
{
    tgr_simulation *simulation = &result->simulation;
    tgr_baseline *baselines[] = {&simulation->best_single, &simulation->oracle, &simulation->random,
                                 &simulation->cost_matched_random};
    for (size_t i = 0; i < simulation->points; i++) {
        result->curve[i].cost *= factor;
    }
    for (size_t i = 0; i < simulation->models; i++) {
        result->alone[i].cost *= factor;
    }
    for (size_t i = 0; i < 4; i++) {
        baselines[i]->cost *= factor;
    }
}

static void add_point(replicate *r, const tgr_decided *at)
{
    const tgr_simulation *simulation = &r->result->simulation;
    const tgr_population *of = &r->result->population;
    tgr_curve_add(&r->curve, tgr_tally_cost(&at->tally),
                  tgr_tally_quality(&at->tally, simulation->quality, of->unit),
                  tgr_share((double)at->chosen[simulation->reference], (double)of->size));
}

/* Running sums over the thresholds; each is a point of the curve, and some are shown. */
static void fill_points(replicate *r)
{
    const tgr_simulating *work = r->work;
    const tgr_asked *asked = &work->gathering.asked;
    tgr_decided *counts = r->sums.counts;
    r->curve.count = 0;
    add_point(r, &counts[0]);
    for (size_t i = 0; i <= asked->count; i++) {
        tgr_decided_merge(&counts[i + 1], &counts[i], work->router->model_count);
        add_point(r, &counts[i + 1]);
        size_t point = i < asked->count ? work->shown_as[asked->point[i]] : SIZE_MAX;
        if (point != SIZE_MAX) {
            tgr_result_set_point(r->result, point, work->thresholds[point], &counts[i + 1]);
        }
    }
}

static size_t model_of(const tgr_simulation *simulation, const char *name)
{
    size_t model = 0;
    while (model < simulation->models &&
           (name == NULL || strcmp(simulation->model_names[model], name) != 0)) {
        model++;
    }
    return model;
}

/* The best point and the best single model are those of the simulation itself. */
static void run_replicate(replicate *r, size_t number)
{
    const tgr_simulation *whole = &r->work->result->simulation;
    tgr_simulation *simulation = &r->result->simulation;
    tgr_resample_draw(&r->work->resample, number, &r->sums);
    const tgr_population *all = &r->work->result->population;
    r->result->population = (tgr_population){r->sums.queries, all->unit};
    simulation->quality = whole->quality;
    simulation->best = whole->best;
    fill_points(r);
    tgr_result_set_baselines(r->result, &r->sums.baselines);
    size_t single = model_of(whole, whole->best_single.model);
    if (single < whole->models) {
        simulation->best_single = simulation->alone[single];
    }
    const tgr_metrics_basis basis = {
        .models = whole->models,
        .alone = simulation->alone,
        .best_single = single,
        .quality = whole->quality,
        .every_threshold = r->work->gathering.moving,
        .by_share = whole->models == 2,
    };
    tgr_metrics_of_curve(&r->curve, &basis, &simulation->metrics);
    tgr_result_set_point_metrics(r->result);
    scale_costs(r->result, tgr_share((double)all->size, (double)r->sums.queries));
}

static void close_replicate(replicate *r)
{
    tgr_group_sums_close(&r->sums);
    tgr_curve_free(&r->curve);
    if (r->result != NULL) {
        tgr_simulation_free(&r->result->simulation);
    }
}

static tgr_status open_replicate(replicate *r, tgr_simulating *work, tgr_error *error)
{
    size_t asked = work->gathering.asked.count;
    *r = (replicate){.work = work};
    r->result = tgr_result_new(work->router, work->options.policy, work->threshold_count, error);
    if (r->result == NULL) {
        return TGR_ERR_NOMEM;
    }
    if (!tgr_group_sums_open(&r->sums, work->router->model_count, asked)) {
        return tgr_fail_memory(error, "a replicate of the bootstrap");
    }
    return tgr_curve_reserve(&r->curve, asked + 2, error);
}

/* ---- all of them ----------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double percentile(const double *sorted, size_t count, double part)
{
    double place = part * (double)(count - 1);
    size_t below = (size_t)place;
    double rest = place - (double)below;
    return below + 1 < count ? sorted[below] + rest * (sorted[below + 1] - sorted[below])
                             : sorted[below];
}

/* A figure that is undefined in some replicate has no interval. */
static void find_range(double *values, size_t count, double *low, double *high)
{
    *low = *high = NAN;
    for (size_t i = 0; i < count; i++) {
        if (isnan(values[i])) {
            return;
        }
    }
    qsort(values, count, sizeof *values, compare);
    *low = percentile(values, count, LOW);
    *high = percentile(values, count, HIGH);
}

/* Replicates' curves have fewer points than the simulation's: what differs for that reason alone is
 * taken off. */
static void shift_metrics(tgr_result *bound, const tgr_metrics *whole, const tgr_metrics *coarse)
{
    tgr_metrics *m = &bound->simulation.metrics;
    m->auc += whole->auc - coarse->auc;
    m->apgr += whole->apgr - coarse->apgr;
    m->pauc = fmax(m->pauc + whole->pauc - coarse->pauc, 0);
    m->cpt50 = fmax(m->cpt50 + whole->cpt50 - coarse->cpt50, 0);
    m->cpt80 = fmax(m->cpt80 + whole->cpt80 - coarse->cpt80, 0);
    m->aiq += whole->aiq - coarse->aiq;
    m->cost_save += whole->cost_save - coarse->cost_save;
    m->perf_gain += whole->perf_gain - coarse->perf_gain;
}

typedef struct collection {
    double *values;   /* figures x replicates */
    double **figures; /* places in low and high, one after the other */
    size_t count;     /* figures */
} collection;

static tgr_status run_all(tgr_simulating *work, collection *all, tgr_error *error)
{
    size_t replicates = work->options.bootstrap;
    tgr_status status = TGR_OK;
#pragma omp parallel num_threads(work->plan.threads)
    {
        replicate one;
        tgr_error own;
        tgr_status opened = open_replicate(&one, work, &own);
        double **places = tgr_mem_alloc(all->count, sizeof *places);
        if (opened == TGR_OK && places != NULL) {
            tgr_result_figures(one.result, places);
        }
#pragma omp for schedule(static)
        for (long number = 0; number < (long)replicates; number++) {
            if (opened == TGR_OK && places != NULL) {
                run_replicate(&one, (size_t)number);
                for (size_t i = 0; i < all->count; i++) {
                    all->values[i * replicates + (size_t)number] = *places[i];
                }
            }
        }
        if (opened != TGR_OK || places == NULL) {
#pragma omp critical
            status = TGR_ERR_NOMEM;
        }
        tgr_mem_free(places);
        close_replicate(&one);
    }
    return status == TGR_OK ? TGR_OK : tgr_fail_memory(error, "the bootstrap");
}

/* What a comparison with another simulation of the same queries needs of each replicate. */
static tgr_status keep_paired(tgr_simulating *work, const collection *all,
                              const tgr_metrics *coarse, tgr_error *error)
{
    tgr_result *result = work->result;
    const tgr_simulation *simulation = &result->simulation;
    const size_t metrics = sizeof(tgr_metrics) / sizeof(double), shifted = metrics - 2;
    const double *whole = (const double *)&simulation->metrics, *few = (const double *)coarse;
    size_t replicates = work->options.bootstrap, first_metric = all->count - metrics;
    size_t point = simulation->best * (4 + simulation->models);
    result->paired =
        tgr_arena_alloc(&result->arena, replicates, TGR_PAIRED_FIGURES * sizeof *result->paired);
    if (result->paired == NULL) {
        return tgr_fail_memory(error, "the bootstrap");
    }
    _Static_assert(TGR_PAIRED_FIGURES == 3 + sizeof(tgr_metrics) / sizeof(double),
                   "three figures of the best point, and the metrics");
    for (size_t i = 0; i < TGR_PAIRED_FIGURES; i++) {
        size_t figure = i < 3 ? point + i : first_metric + i - 3;
        bool any = i >= 3 || simulation->best < simulation->points;
        double shift = i < 3 || i - 3 >= shifted ? 0 : whole[i - 3] - few[i - 3];
        for (size_t j = 0; j < replicates; j++) {
            result->paired[i * replicates + j] =
                any ? all->values[figure * replicates + j] + shift : NAN;
        }
    }
    return TGR_OK;
}

static void bound_all(tgr_simulating *work, collection *all, tgr_result *low, tgr_result *high,
                      const tgr_metrics *coarse)
{
    tgr_result_figures(low, all->figures);
    tgr_result_figures(high, all->figures + all->count);
    for (size_t i = 0; i < all->count; i++) {
        find_range(all->values + i * work->options.bootstrap, work->options.bootstrap,
                   all->figures[i], all->figures[all->count + i]);
    }
    shift_metrics(low, &work->result->simulation.metrics, coarse);
    shift_metrics(high, &work->result->simulation.metrics, coarse);
}

static tgr_result *empty_bound(const tgr_simulating *work, tgr_error *error)
{
    tgr_result *bound =
        tgr_result_new(work->router, work->options.policy, work->threshold_count, error);
    for (size_t i = 0; bound != NULL && i < work->threshold_count; i++) {
        size_t models = bound->simulation.models;
        bound->curve[i] = (tgr_point){.threshold = work->result->curve[i].threshold,
                                      .share = bound->share + i * models};
    }
    if (bound != NULL) {
        bound->simulation.quality = work->result->simulation.quality;
        bound->simulation.queries = work->result->simulation.queries;
        bound->simulation.best = work->result->simulation.best;
    }
    return bound;
}

tgr_status tgr_simulating_intervals(tgr_simulating *work, tgr_error *error)
{
    tgr_intervals *intervals = &work->result->intervals;
    tgr_status status = TGR_OK;
    collection all = {0};
    replicate whole = {0};
    size_t cells;
    if (work->options.bootstrap == 0) {
        return TGR_OK;
    }
    *intervals = (tgr_intervals){work->options.bootstrap, work->options.seed, NULL, NULL};
    tgr_result *low = empty_bound(work, error), *high = NULL;
    intervals->low = low == NULL ? NULL : &low->simulation;
    high = low == NULL ? NULL : empty_bound(work, error);
    intervals->high = high == NULL ? NULL : &high->simulation;
    if (high == NULL) {
        return TGR_ERR_NOMEM;
    }
    all.count = tgr_result_figures(low, NULL);
    bool fits = !__builtin_mul_overflow(all.count, work->options.bootstrap, &cells);
    all.values = fits ? tgr_mem_alloc(cells, sizeof *all.values) : NULL;
    all.figures = tgr_mem_alloc(2 * all.count, sizeof *all.figures);
    if (all.values == NULL || all.figures == NULL) {
        status = tgr_fail_memory(error, "the bootstrap");
        goto done;
    }
    TGR_TRY(open_replicate(&whole, work, error));
    run_replicate(&whole, SIZE_MAX);
    TGR_TRY(run_all(work, &all, error));
    TGR_TRY(keep_paired(work, &all, &whole.result->simulation.metrics, error));
    bound_all(work, &all, low, high, &whole.result->simulation.metrics);
done:
    close_replicate(&whole);
    tgr_mem_free(all.values);
    tgr_mem_free(all.figures);
    return status;
}
