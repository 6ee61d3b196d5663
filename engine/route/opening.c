/* opening.c - from options to a run that is ready: checked, its threshold found, files opened. */
#include <string.h>

#include "engine/base/crew.h"
#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/runtime.h"
#include "engine/route/routing.h"
#include "engine/solve/solve.h"

/* The longest id of the queries to be routed, for a fixed-length column. */
static tgr_status find_id_width(tgr_routing *work, size_t *width, tgr_error *error)
{
    *width = 1;
    bool known = true;
    for (size_t i = 0; i < work->pass.file_count; i++) {
        const tgr_query_file *file = work->pass.files[i];
        known = known && (file->id_width > 0 || !file->has_ids);
        *width = file->id_width > *width ? file->id_width : *width;
    }
    while (!known) {
        tgr_batch *batch;
        size_t file;
        tgr_status status = tgr_pass_next(&work->pass, TGR_WANT_IDS, "reading ids", work->run,
                                          &batch, &file, error);
        if (status != TGR_OK) {
            return status;
        }
        if (batch == NULL) {
            double widest = (double)*width;
            status = tgr_crew_most(work->run, &widest, 1, error);
            *width = (size_t)widest;
            return status;
        }
        for (size_t row = 0; batch->ids.offsets != NULL && row < batch->rows; row++) {
            size_t length = (size_t)(batch->ids.offsets[row + 1] - batch->ids.offsets[row]);
            *width = length > *width ? length : *width;
        }
    }
    return TGR_OK;
}

static tgr_status name_things(tgr_routing *work, tgr_error *error)
{
    size_t models = work->router->model_count;
    work->model_names = tgr_mem_alloc(models, sizeof *work->model_names);
    work->query_digests = tgr_mem_alloc(work->pass.file_count, sizeof *work->query_digests);
    if (work->model_names == NULL || work->query_digests == NULL) {
        return tgr_fail_memory(error, "the decisions' names");
    }
    for (size_t i = 0; i < models; i++) {
        work->model_names[i] = work->router->models[i].name;
    }
    for (size_t i = 0; i < work->pass.file_count; i++) {
        work->query_digests[i] = work->pass.files[i]->digest;
    }
    return TGR_OK;
}

/* Everything about the decisions that is known before they are made. */
static tgr_status plan_output(tgr_routing *work, tgr_error *error)
{
    const tgr_route_options *options = &work->options;
    const tgr_router *router = work->router;
    tgr_status status = name_things(work, error);
    if (status != TGR_OK) {
        return status;
    }
    work->plan = (tgr_decisions_plan){
        .models = work->model_names,
        .model_count = router->model_count,
        .reference = router->models[router->reference].name,
        .policy = options->policy,
        .thresholds = options->thresholds,
        .threshold_count = options->threshold_count,
        .cut_rows = work->solution.cut_rows,
        .cut_threshold = work->solution.cut_threshold,
        .fallback = options->fallback,
        .ids = options->ids,
        .margins = options->margins,
        .router_digest = router->digest,
        .query_digests = work->query_digests,
        .query_count = work->pass.file_count,
        .rows = tgr_run_crew(work->run) == NULL ? work->range.count : work->range.total,
        .shard = options->shard,
        .shards = options->shards,
        .first_row = work->range.first,
        .total_rows = work->range.total,
        .run_digest = work->identity.run_digest,
        .crew = tgr_run_crew(work->run) == NULL ? NULL : work->run,
        .part_first = work->range.first,
        .part_rows = work->range.count,
        .threads = tgr_run_threads(work->run),
        .checkpoint = work->checkpoint,
        .save = tgr_route_checkpoint_save,
        .save_user = work,
    };
    if (work->format != TGR_DECISIONS_H5) {
        work->plan.ids = work->plan.margins = true;
        return TGR_OK;
    }
    return options->ids ? find_id_width(work, &work->plan.id_width, error) : TGR_OK;
}

static tgr_status open_deciding(tgr_routing *work, tgr_error *error)
{
    const tgr_route_options *options = &work->options;
    tgr_decide_plan plan = {
        .router = work->router,
        .policy = options->policy,
        .thresholds = options->thresholds,
        .threshold_count = options->threshold_count,
        .fallback = -1,
        .align_min = options->align_min,
        .want_margins = work->plan.margins,
        .block_rows = options->block_rows,
        .threads = tgr_run_threads(work->run),
        .run = work->run,
        .observer = tgr_route_tally_observe,
        .user = &work->tally,
    };
    tgr_status status = TGR_OK;
    if (options->fallback != NULL) {
        size_t fallback;
        TGR_TRY(tgr_router_need_model(work->router, options->fallback, &fallback, error));
        plan.fallback = (int)fallback;
    }
    TGR_TRY(tgr_decide_open(&work->decide, &plan, error));
    TGR_TRY(tgr_route_tally_open(&work->tally, work->router->model_count, options->threshold_count,
                                 plan.threads, error));
done:
    return status;
}

static tgr_status check_options(tgr_routing *work, tgr_error *error)
{
    const tgr_route_options *options = &work->options;
    if (options->output == NULL) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "no output was named");
    }
    if (options->shards > 0 && (options->shard < 1 || options->shard > options->shards)) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "there is no shard %u of %u; the first is 1",
                        (unsigned)options->shard, (unsigned)options->shards);
    }
    if (options->shards > 0 && strcmp(options->output, "-") == 0) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "a shard cannot go to standard output, which keeps no note of its place; "
                        "name a file with -o");
    }
    work->format = options->format;
    tgr_status status = tgr_decision_format_of(options->output, &work->format, error);
    return status == TGR_OK && tgr_run_crew(work->run) != NULL ? tgr_route_check_crew(work, error)
                                                               : status;
}

static tgr_status check_goal(const tgr_route_options *options, tgr_error *error)
{
    if (options->threshold_count > 0) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "a goal finds the threshold; give none");
    }
    if (options->shards > 0) {
        return tgr_fail(error, TGR_ERR_UNSUPPORTED,
                        "a shard cannot know which threshold suits all queries: simulate in shards "
                        "(tagroute simulate --shard), save the policy (tagroute merge with the "
                        "goal and --save-policy), and route every shard with it (--policy-file)");
    }
    return TGR_OK;
}

/* The threshold that meets the goal, in place of a given one. */
static tgr_status solve(tgr_routing *work, tgr_error *error)
{
    tgr_route_options *options = &work->options;
    const tgr_solve_plan plan = {
        .router = work->router,
        .inputs = options->inputs,
        .input_count = options->input_count,
        .split = options->split,
        .fallback = options->fallback,
        .align_min = options->align_min,
        .policy = options->policy,
        .goal = &options->goal,
        .cut = options->goal.kind != TGR_GOAL_QUALITY,
        .run = work->run,
    };
    if (options->goal.kind == TGR_GOAL_NONE) {
        return TGR_OK;
    }
    tgr_status status = check_goal(options, error);
    if (status == TGR_OK) {
        status = tgr_solve(&plan, &work->solution, error);
    }
    options->thresholds = &work->solution.threshold;
    options->threshold_count = 1;
    return status;
}

tgr_status tgr_route_open(tgr_routing *work, bool *complete, tgr_error *error)
{
    const tgr_route_options *options = &work->options;
    tgr_status status = TGR_OK;
    TGR_TRY(check_options(work, error));
    TGR_TRY(solve(work, error));
    TGR_TRY(tgr_route_checkpoint_names(work, error));
    TGR_TRY(
        tgr_pass_open(&work->pass, options->inputs, options->input_count, options->split, error));
    TGR_TRY(tgr_pass_share(&work->pass, work->run, error));
    tgr_route_share_threads(work);
    TGR_TRY(tgr_route_identity_make(&work->identity, work->router, options, &work->solution,
                                    work->format, &work->pass, work->run, error));
    TGR_TRY(tgr_route_find_range(work, error));
    if (work->range.total == 0) {
        status = tgr_fail(error, TGR_ERR_INPUT, "%s: holds no query to route", options->inputs[0]);
        goto done;
    }
    TGR_TRY(plan_output(work, error));
    TGR_TRY(open_deciding(work, error));
    TGR_TRY(tgr_route_checkpoint_load(work, complete, error));
    if (!*complete) {
        tgr_pass_begin_at(&work->pass, work->range.begin_row);
        TGR_TRY(
            tgr_decisions_open(options->output, work->format, &work->plan, &work->writer, error));
    }
done:
    return status;
}
