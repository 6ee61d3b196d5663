/* judge.c - a simulation, and then the details that were asked for. */
#include <math.h>
#include <string.h>

#include <tagroute/details.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/options.h"
#include "engine/base/runtime.h"
#include "engine/judge/breakdown.h"
#include "engine/judge/category_mean.h"
#include "engine/judge/costs.h"
#include "engine/judge/judge.h"
#include "engine/judge/judged.h"
#include "engine/judge/logged.h"
#include "engine/judge/predictions.h"
#include "engine/simulate/simulating.h"

typedef struct judging {
    const tgr_router *router;
    const tgr_simulate_source *source;
    tgr_simulate_options options;
    const tgr_run *run;
    size_t baseline; /* of the savings; SIZE_MAX: what was logged */
    tgr_second_walk walk;
    tgr_visitor visitors[4];
    size_t count;
    tgr_breakdowns *breakdowns;
    tgr_predicting *predicting;
    tgr_cost_counts *costs;
    tgr_logging *logging;
    tgr_simulation *choosing; /* of the split that the best point is chosen on */
} judging;

static bool wants_walk(const tgr_simulate_options *options)
{
    return options->by_count > 0 || options->predictions || options->baseline != NULL ||
           options->logged;
}

static tgr_status check_options(judging *work, tgr_error *error)
{
    tgr_simulate_options *options = &work->options;
    if ((options->by == NULL) != (options->by_count == 0) || options->by_count > TGR_MORE_COLUMNS) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "a breakdown is by 1 to %d columns, not %zu",
                        TGR_MORE_COLUMNS, options->by_count);
    }
    options->scale = options->scale == 0 ? 1 : options->scale;
    if (!(options->scale > 0) || isinf(options->scale)) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "money is scaled by a number above zero, not %g",
                        options->scale);
    }
    if (options->shards > 0 && (wants_walk(options) || options->category_mean)) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "a shard has its sums alone: columns, predictions and savings need the "
                        "whole log");
    }
    tgr_status status = TGR_OK;
    if ((options->judged == NULL) != (options->judged_count == 0) ||
        (options->judged != NULL &&
         (options->predictions || options->category_mean || options->shards > 0))) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "a judged sample stands for a whole log without outcomes; simulate the "
                        "sample by itself for predictions and category means");
    }
    if (options->choose_on != NULL && (options->judged != NULL || options->shards > 0)) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "a threshold is chosen on a split of the files that are simulated as a "
                        "whole, not with shards or a judged sample");
    }
    if (options->baseline != NULL && strcmp(options->baseline, "logged") == 0 &&
        tgr_router_find_model(work->router, "logged") < 0) {
        work->baseline = SIZE_MAX;
        options->logged = true;
    } else if (options->baseline != NULL) {
        TGR_TRY(tgr_router_need_model(work->router, options->baseline, &work->baseline, error));
    }
    if (options->by_count > 0) {
        TGR_TRY(tgr_breakdowns_check(options, error));
    }
done:
    return status;
}

static tgr_status open_walk(judging *work, const tgr_simulation *simulation, tgr_error *error)
{
    const tgr_simulate_options *options = &work->options;
    tgr_second_walk *walk = &work->walk;
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_second_walk_open(walk, work->router, options, work->source,
                                 simulation->curve[simulation->best].threshold, work->run, error));
    if (options->by_count > 0) {
        TGR_TRY(
            tgr_breakdowns_open(walk, &work->breakdowns, &work->visitors[work->count++], error));
    }
    if (options->predictions) {
        TGR_TRY(tgr_predicting_open(walk, simulation->quality, &work->predicting,
                                    &work->visitors[work->count++], error));
    }
    if (options->baseline != NULL) {
        TGR_TRY(tgr_cost_counts_open(walk, &work->costs, &work->visitors[work->count++], error));
    }
    if (options->logged) {
        TGR_TRY(tgr_logging_open(walk, simulation, &work->logging, &work->visitors[work->count++],
                                 error));
    }
done:
    return status;
}

static void close_walk(judging *work)
{
    tgr_breakdowns_close(work->breakdowns);
    tgr_predicting_close(work->predicting);
    tgr_cost_counts_close(work->costs);
    tgr_logging_close(work->logging);
    tgr_second_walk_close(&work->walk);
}

static tgr_status finish_walk(judging *work, tgr_result *result, tgr_error *error)
{
    tgr_status status = TGR_OK;
    if (work->breakdowns != NULL) {
        TGR_TRY(tgr_breakdowns_finish(work->breakdowns, result, error));
    }
    if (work->predicting != NULL) {
        TGR_TRY(tgr_predicting_finish(work->predicting, result, error));
    }
    if (work->logging != NULL) {
        TGR_TRY(tgr_logging_finish(work->logging, result, error));
    }
    if (work->costs != NULL) {
        TGR_TRY(
            tgr_savings_finish(work->costs, work->baseline, work->options.scale, result, error));
    }
done:
    return status;
}

static tgr_status add_details(judging *work, tgr_simulation *simulation, tgr_error *error)
{
    tgr_result *result = (tgr_result *)simulation;
    tgr_status status = TGR_OK;
    if (wants_walk(&work->options)) {
        TGR_TRY(open_walk(work, simulation, error));
        unsigned want = (work->options.by_count > 0 ? TGR_WANT_MORE : 0) |
                        (work->options.logged ? TGR_WANT_LOGGED : 0);
        TGR_TRY(tgr_second_walk_run(&work->walk, want, work->visitors, work->count, error));
        TGR_TRY(finish_walk(work, result, error));
    }
    if (work->options.category_mean) {
        TGR_TRY(tgr_category_mean_add(work->router, &work->options, result, work->run, error));
    }
done:
    close_walk(work);
    return status;
}

/* ---- thresholds ------------------------------------------------------------------------------ */

/* `fit` learns from this split unless it is told otherwise. */
#define TRAINING_SPLIT "train"

static void warn_of_training(const judging *work)
{
    const tgr_simulate_options *options = &work->options;
    tgr_pass pass;
    if (options->split != NULL && strcmp(options->split, TRAINING_SPLIT) != 0) {
        return;
    }
    if (tgr_pass_open(&pass, options->inputs, options->input_count, TRAINING_SPLIT, NULL) ==
        TGR_OK) {
        tgr_run_message(work->run, TGR_WARNING,
                        "the queries judged are, or hold, those of split " TRAINING_SPLIT
                        ", which fit learns from: results flatter; judge another split");
        tgr_pass_close(&pass);
    }
}

static tgr_status add_chosen(judging *work, tgr_result *result, tgr_error *error)
{
    const tgr_simulation *on = work->choosing;
    const tgr_point *point = &on->curve[on->best];
    tgr_chosen *made = tgr_arena_alloc(&result->arena, 1, sizeof *made);
    char *split = tgr_arena_string(&result->arena, work->options.choose_on);
    if (made == NULL || split == NULL) {
        return tgr_fail_memory(error, "the threshold chosen");
    }
    *made =
        (tgr_chosen){split,
                     on->queries,
                     point->threshold,
                     {point->cost, point->accept_rate, point->mean_score, point->coverage, NULL}};
    result->details.chosen = made;
    return TGR_OK;
}

/* Where thresholds are chosen on another split, its thresholds are shown, and its best. */
static tgr_status simulate_chosen(judging *work, tgr_simulation **simulation, tgr_error *error)
{
    tgr_simulate_options own = work->options;
    double *thresholds = NULL;
    tgr_status status = TGR_OK;
    if (own.choose_on == NULL) {
        return tgr_simulate_alone(work->router, &own, work->source, SIZE_MAX, simulation, work->run,
                                  error);
    }
    own.split = own.choose_on;
    own.bootstrap = 0;
    TGR_TRY(tgr_simulate_alone(work->router, &own, work->source, SIZE_MAX, &work->choosing,
                               work->run, error));
    const tgr_simulation *on = work->choosing;
    if (on->best >= on->points) {
        TGR_TRY(tgr_fail(error, TGR_ERR_INPUT,
                         "%s: nothing is judged in split '%s', so no threshold can be chosen on it",
                         own.inputs[0], own.choose_on));
    }
    thresholds = tgr_mem_alloc(on->points, sizeof *thresholds);
    if (thresholds == NULL) {
        TGR_TRY(tgr_fail_memory(error, "the thresholds"));
    }
    for (size_t i = 0; i < on->points; i++) {
        thresholds[i] = on->curve[i].threshold;
    }
    own = work->options;
    own.thresholds = thresholds;
    own.threshold_count = on->points;
    TGR_TRY(tgr_simulate_alone(work->router, &own, work->source, on->best, simulation, work->run,
                               error));
    TGR_TRY(add_chosen(work, (tgr_result *)*simulation, error));
done:
    tgr_mem_free(thresholds);
    tgr_simulation_free(work->choosing);
    work->choosing = NULL;
    return status;
}

tgr_status tgr_judge(const tgr_router *router, const tgr_simulate_source *source,
                     const tgr_simulate_options *options, tgr_simulation **simulation,
                     const tgr_run *run, tgr_error *error)
{
    judging work = {.router = router, .source = source, .run = run};
    tgr_status status = TGR_OK;
    *simulation = NULL;
    tgr_simulate_options_init(&work.options);
    TGR_TRY(tgr_options_copy(&work.options, sizeof work.options, options, error));
    TGR_TRY(check_options(&work, error));
    if (source == NULL) { /* else nobody knows what it learnt from */
        warn_of_training(&work);
    }
    TGR_TRY(simulate_chosen(&work, simulation, error));
    if (work.options.judged != NULL) {
        TGR_TRY(tgr_judged_add(router, &work.options, (tgr_result *)*simulation, run, error));
    }
    if (!wants_walk(&work.options) && !work.options.category_mean) {
        return TGR_OK;
    }
    if ((*simulation)->best >= (*simulation)->points) {
        tgr_run_message(run, TGR_WARNING,
                        "no threshold is the best, as nothing is judged: give one to see what it "
                        "comes to in detail");
        return TGR_OK;
    }
    TGR_TRY(add_details(&work, *simulation, error));
done:
    if (status != TGR_OK) {
        tgr_simulation_free(*simulation);
        *simulation = NULL;
    }
    return status;
}

tgr_status tgr_simulate(const tgr_router *router, const tgr_simulate_options *options,
                        tgr_simulation **simulation, const tgr_run *run, tgr_error *error)
{
    return tgr_judge(router, NULL, options, simulation, run, error);
}
