/* route.c - the steps of routing: walk the queries, decide each batch, write and count. */
#include <tagroute/route.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/options.h"
#include "engine/base/runtime.h"
#include "engine/base/crew.h"
#include "engine/route/sidecar.h"
#include "engine/route/routing.h"
#include "engine/solve/solve.h"

/* From how many queries on, and above which share, one model getting them all is worth a warning.
 */
#define LOPSIDED_SHARE 0.999

void tgr_route_options_init(tgr_route_options *options)
{
    *options = (tgr_route_options){.size = sizeof *options};
}

void tgr_route_report_free(tgr_route_report *report)
{
    if (report != NULL) {
        tgr_mem_free(report->chosen);
        tgr_mem_free(report->cost);
        tgr_mem_free(report->cost_source);
        *report = (tgr_route_report){0};
    }
}

static void close_routing(tgr_routing *work)
{
    tgr_decisions_free(work->writer);
    tgr_route_identity_free(&work->identity);
    tgr_buffer_free(&work->state);
    tgr_mem_free(work->checkpoint);
    tgr_mem_free(work->checkpoint_new);
    tgr_mem_free(work->indptr);
    tgr_route_tally_free(&work->tally);
    tgr_decide_close(&work->decide);
    tgr_pass_close(&work->pass);
    tgr_mem_free(work->model_names);
    tgr_mem_free(work->query_digests);
}

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

/* *complete: there is nothing left to do. */
static tgr_status open_routing(tgr_routing *work, bool *complete, tgr_error *error)
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

/* Called at the first batch of each file. */
static tgr_status enter_file(tgr_routing *work, size_t number, tgr_error *error)
{
    const tgr_query_file *file = work->pass.files[number];
    tgr_status status = tgr_decide_file(&work->decide, file, error);
    if (status != TGR_OK) {
        return status;
    }
    uint32_t unknown = work->decide.serve->unknown_tags;
    if (number >= work->files_counted && number != work->pass.begun_before) {
        /* else a run or a process before did */
        work->unknown_tags += unknown;
        tgr_aligned_add(&work->decide.aligned, &work->aligned);
        work->files_counted = number + 1;
    }
    tgr_aligned_tell(&work->decide.aligned, file, unknown, work->run);
    return TGR_OK;
}

/* Whether the number of a prompt's tokens can matter: to a cost, or to who may serve it. */
static bool wants_tokens(const tgr_router *router)
{
    for (size_t i = 0; i < router->model_count; i++) {
        const tgr_model *model = &router->models[i];
        if (!isnan(model->price_in) || !isnan(model->max_input_tokens)) {
            return true;
        }
    }
    return false;
}

/* Column wants depend on the file, which the walk chooses: ask for all that any file may need. */
static unsigned wants(const tgr_routing *work)
{
    unsigned want = TGR_WANT_ELIGIBILITY;
    want |= wants_tokens(work->router) ? TGR_WANT_PROMPT_TOKENS : 0;
    want |= tgr_row_prices_want(work->router);
    return work->plan.ids ? want | TGR_WANT_IDS : want;
}

static tgr_status route_slice(tgr_routing *work, tgr_batch *slice, tgr_error *error)
{
    tgr_status status = tgr_decide_batch(&work->decide, slice, error);
    if (status != TGR_OK) {
        return status;
    }
    tgr_route_tally_add(&work->tally, &work->decide);
    work->done += slice->rows;
    return tgr_decisions_put(work->writer, &slice->ids, work->decide.model, work->decide.margin,
                             slice->rows, error);
}

/* The queries before the cut are decided at its threshold; `rows` end there, or lie beyond. */
static size_t keep_cut(tgr_routing *work, size_t rows)
{
    uint64_t number = work->range.first + work->done, cut = work->solution.cut_rows;
    bool before = number < cut;
    if (work->options.goal.kind != TGR_GOAL_NONE) {
        work->decide.plan.thresholds =
            before ? &work->solution.cut_threshold : &work->solution.threshold;
    }
    return before && cut - number < rows ? (size_t)(cut - number) : rows;
}

/* Decides what of a batch is in the range. */
static tgr_status route_batch(tgr_routing *work, const tgr_batch *batch, tgr_error *error)
{
    size_t row = work->range.skip < batch->rows ? (size_t)work->range.skip : batch->rows;
    size_t most = tgr_route_slice_rows(work);
    work->range.skip -= row;
    work->within = true;
    tgr_status status = TGR_OK;
    while (status == TGR_OK && row < batch->rows && work->done < work->range.count) {
        size_t rows = batch->rows - row < most ? batch->rows - row : most;
        uint64_t left = work->range.count - work->done;
        rows = keep_cut(work, rows < left ? rows : (size_t)left);
        tgr_batch slice;
        status = tgr_route_slice(work, batch, row, rows, &slice, error);
        if (status == TGR_OK) {
            status = route_slice(work, &slice, error);
        }
        row += rows;
    }
    if (status == TGR_OK) {
        work->within = false;
        status = tgr_route_checkpoint_put(work, false, error);
    }
    return status;
}

static tgr_status route_all(tgr_routing *work, tgr_error *error)
{
    size_t entered = SIZE_MAX;
    tgr_status status = TGR_OK;
    while (status == TGR_OK && work->done < work->range.count) {
        tgr_batch *batch;
        size_t file;
        status =
            tgr_pass_next(&work->pass, wants(work), "routing", work->run, &batch, &file, error);
        if (status != TGR_OK || batch == NULL) {
            break;
        }
        if (file != entered) {
            status = enter_file(work, file, error);
            entered = file;
        }
        if (status == TGR_OK) {
            status = route_batch(work, batch, error);
        }
    }
    return status;
}

static tgr_status say_resumable(tgr_error *error, tgr_status reason)
{
    if (error != NULL) {
        size_t length = strlen(error->message);
        snprintf(error->message + length, sizeof error->message - length,
                 " (the same command with --resume continues where each process was)");
    }
    return reason;
}

/* A run that was told to stop, or cannot read on, leaves what it has done to a later one. */
static tgr_status stop(tgr_routing *work, tgr_status reason, tgr_error *error)
{
    bool may_go_on = reason == TGR_ERR_CANCELLED || reason == TGR_ERR_IO || reason == TGR_ERR_NOMEM;
    bool alone = tgr_run_crew(work->run) == NULL;
    if (!may_go_on || work->checkpoint == NULL) {
        return reason;
    }
    bool saved = !work->within && work->done > 0 &&
                 tgr_route_checkpoint_put(work, true, NULL) == TGR_OK &&
                 tgr_decisions_finish(work->writer, NULL, NULL) == TGR_OK;
    if (!saved && alone) {
        return reason;
    }
    tgr_decisions_leave(work->writer); /* of a crew, what others have done stays too */
    work->writer = NULL;
    if (!alone) {
        return say_resumable(error, reason);
    }
    if (reason == TGR_ERR_CANCELLED) {
        return tgr_fail(error, reason,
                        "%s: stopped after %llu of %llu queries; the same command with --resume "
                        "continues there",
                        work->options.output, (unsigned long long)work->done,
                        (unsigned long long)work->range.count);
    }
    if (error != NULL) {
        size_t length = strlen(error->message);
        snprintf(error->message + length, sizeof error->message - length,
                 " (the same command with --resume continues after %llu queries)",
                 (unsigned long long)work->done);
    }
    return reason;
}

static void warn_of_lopsided(const tgr_routing *work)
{
    uint64_t queries = work->decide.queries;
    for (size_t i = 0; i < work->options.threshold_count && queries > 0; i++) {
        for (size_t model = 0; model < work->router->model_count; model++) {
            uint64_t chosen = work->tally.chosen[i * work->router->model_count + model];
            if (work->router->model_count > 1 &&
                (double)chosen > LOPSIDED_SHARE * (double)queries) {
                tgr_run_message(work->run, TGR_WARNING,
                                "at threshold %g model '%s' gets %.2f %% of the queries; "
                                "`tagroute info ROUTER` shows thresholds that share them out",
                                work->options.thresholds[i], work->router->models[model].name,
                                100.0 * (double)chosen / (double)queries);
            }
        }
    }
}

static void fill_report(const tgr_routing *work, tgr_route_report *report)
{
    report->resumed = work->resumed;
    report->queries = work->decide.queries;
    report->nonzeros = work->decide.nonzeros;
    report->no_known_tag = work->decide.no_known_tag;
    report->fell_back = work->decide.fell_back;
    report->undecided = work->decide.undecided;
    report->unknown_tags = work->unknown_tags;
    report->aligned = work->aligned;
    report->solution = work->solution;
}

/* A text file has no room to say which part of which run it is. */
static tgr_status write_sidecar(tgr_routing *work, tgr_error *error)
{
    tgr_decisions_mark mark;
    if (work->options.shards == 0 || work->format == TGR_DECISIONS_H5) {
        return TGR_OK;
    }
    tgr_status status = tgr_decisions_finish(work->writer, &mark, error);
    if (status != TGR_OK) {
        return status;
    }
    tgr_sidecar note = {
        .shard = work->options.shard,
        .shards = work->options.shards,
        .first_row = work->range.first,
        .rows = work->range.count,
        .total_rows = work->range.total,
        .bytes = mark.bytes[0],
        .xxh3 = mark.hash[0],
    };
    snprintf(note.format, sizeof note.format, "%s", work->identity.parts[TGR_PART_FORMAT].bytes);
    snprintf(note.router_digest, sizeof note.router_digest, "%s", work->router->digest);
    snprintf(note.run_digest, sizeof note.run_digest, "%s", work->identity.run_digest);
    return tgr_sidecar_write(work->options.output, &note, error);
}

static tgr_status finish(tgr_routing *work, tgr_route_report *report, tgr_error *error)
{
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_route_unite(work, error));
    if (report != NULL) {
        TGR_TRY(tgr_route_tally_report(&work->tally, report, error));
        fill_report(work, report);
    }
    TGR_TRY(write_sidecar(work, error));
    status = tgr_decisions_commit(work->writer, error);
    if (status != TGR_OK && work->options.shards > 0 && work->format != TGR_DECISIONS_H5) {
        tgr_sidecar_remove(work->options.output);
    }
    TGR_TRY(status);
    warn_of_lopsided(work);
done:
    return status;
}

tgr_status tgr_route(const tgr_router *router, const tgr_route_options *options,
                     tgr_route_report *report, const tgr_run *run, tgr_error *error)
{
    tgr_routing work = {.router = router, .run = run};
    bool complete = false;
    tgr_route_options_init(&work.options);
    tgr_status status = TGR_OK;
    if (report != NULL) {
        *report = (tgr_route_report){0};
    }
    TGR_TRY(tgr_options_copy(&work.options, sizeof work.options, options, error));
    TGR_TRY(open_routing(&work, &complete, error));
    if (complete) {
        tgr_run_message(run, TGR_NOTE,
                        "%s: is there already, so nothing was done; leave --resume out to write "
                        "it again",
                        work.options.output);
        if (report != NULL) {
            report->complete = true;
        }
        goto done;
    }
    work.resumed = work.done;
    status = tgr_crew_meet(run, route_all(&work, error), error);
    if (status != TGR_OK) {
        status = stop(&work, status, error);
        goto done;
    }
    TGR_TRY(finish(&work, report, error));
done:
    close_routing(&work);
    if (status != TGR_OK) {
        tgr_route_report_free(report);
    }
    return status;
}
