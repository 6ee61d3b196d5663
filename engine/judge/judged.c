/* judged.c - cost and shares from the log, quality from the sample. */
#include "engine/judge/judged.h"

#include <math.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/judge/tag_view.h"
#include "engine/simulate/simulating.h"

/* ---- the sample ------------------------------------------------------------------------------ */

static tgr_status simulate_sample(const tgr_router *router, const tgr_simulate_options *options,
                                  const tgr_result *result, tgr_simulation **sample,
                                  const tgr_run *run, tgr_error *error)
{
    const tgr_simulation *log = &result->simulation;
    tgr_simulate_options own = *options;
    double *thresholds = tgr_mem_alloc(log->points, sizeof *thresholds);
    if (thresholds == NULL) {
        return tgr_fail_memory(error, "the thresholds");
    }
    for (size_t i = 0; i < log->points; i++) {
        thresholds[i] = log->curve[i].threshold;
    }
    own.inputs = options->judged;
    own.input_count = options->judged_count;
    own.split = options->judged_split;
    own.thresholds = thresholds;
    own.threshold_count = log->points;
    tgr_status status = tgr_simulate_alone(router, &own, NULL, SIZE_MAX, sample, run, error);
    tgr_mem_free(thresholds);
    if (status == TGR_OK && (*sample)->best_single.model == NULL) {
        tgr_simulation_free(*sample);
        status = tgr_fail(error, TGR_ERR_INPUT,
                          "%s: none of its queries is judged, so it says nothing of quality",
                          options->judged[0]);
    }
    return status;
}

/* ---- its quality ----------------------------------------------------------------------------- */

static void take_baseline(tgr_baseline *into, const tgr_baseline *from)
{
    into->accept_rate = from->accept_rate;
    into->mean_score = from->mean_score;
    into->coverage = from->coverage;
}

/* The figures of quality; costs and shares stay those of the log. */
static void take_quality(tgr_result *into, const tgr_simulation *from)
{
    tgr_simulation *log = &into->simulation;
    log->quality = from->quality;
    log->best = from->best;
    log->metrics = from->metrics;
    log->error_bound = from->error_bound;
    log->binned = from->binned;
    for (size_t i = 0; i < log->points; i++) {
        into->curve[i].accept_rate = from->curve[i].accept_rate;
        into->curve[i].mean_score = from->curve[i].mean_score;
        into->curve[i].coverage = from->curve[i].coverage;
    }
    log->best_single = from->best_single;
    for (size_t model = 0; model < log->models; model++) {
        take_baseline(&into->alone[model], &from->alone[model]);
        if (from->best_single.model != NULL &&
            strcmp(from->best_single.model, log->model_names[model]) == 0) {
            log->best_single = into->alone[model];
        }
    }
    log->oracle = from->oracle;
    log->oracle.cost = NAN; /* it would have to know the log's answers */
    take_baseline(&log->random, &from->random);
    log->cost_matched_random = from->cost_matched_random;
    log->cost_matched_random.cost =
        log->best < log->points ? into->curve[log->best].cost : (double)NAN;
}

static void take_all(tgr_result *result, const tgr_simulation *sample)
{
    take_quality(result, sample);
    if (result->intervals.high != NULL) {
        take_quality((tgr_result *)(uintptr_t)result->intervals.low, sample->intervals->low);
        take_quality((tgr_result *)(uintptr_t)result->intervals.high, sample->intervals->high);
    }
}

/* ---- how alike they are ---------------------------------------------------------------------- */

static tgr_status compare_tags(const tgr_router *router, const tgr_simulate_options *options,
                               tgr_judged *made, const tgr_run *run, tgr_error *error)
{
    size_t tags = tgr_strings_count(router->tags);
    uint64_t *log = tgr_mem_zalloc(tags, sizeof *log);
    uint64_t *sample = tgr_mem_zalloc(tags, sizeof *sample);
    tgr_status status = TGR_OK;
    if (log == NULL || sample == NULL) {
        TGR_TRY(tgr_fail_memory(error, "counts of tags"));
    }
    TGR_TRY(tgr_tag_view_read(router, options->inputs, options->input_count, options->split, run,
                              log, &made->log, error));
    TGR_TRY(tgr_tag_view_read(router, options->judged, options->judged_count, options->judged_split,
                              run, sample, &made->sample, error));
    tgr_tag_views_differ(log, sample, tags, &made->drift, &made->unseen);
done:
    tgr_mem_free(log);
    tgr_mem_free(sample);
    return status;
}

tgr_status tgr_judged_add(const tgr_router *router, const tgr_simulate_options *options,
                          tgr_result *result, const tgr_run *run, tgr_error *error)
{
    tgr_simulation *sample;
    tgr_status status = TGR_OK;
    tgr_judged *made = tgr_arena_alloc(&result->arena, 1, sizeof *made);
    TGR_TRY(tgr_result_reserve_owned(result, 1, error));
    if (made == NULL) {
        TGR_TRY(tgr_fail_memory(error, "the judged sample"));
    }
    TGR_TRY(simulate_sample(router, options, result, &sample, run, error));
    result->owned[result->owned_count++] = sample;
    made->simulation = sample;
    take_all(result, sample);
    TGR_TRY(compare_tags(router, options, made, run, error));
    result->details.judged = made;
done:
    return status;
}
