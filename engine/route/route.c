/* route.c - the steps of routing: walk the queries, decide each batch, write and count. */
#include <tagroute/route.h>

#include <math.h>

#include "engine/base/crew.h"
#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/options.h"
#include "engine/base/runtime.h"
#include "engine/pass_walk.h"
#include "engine/route/routing.h"

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
unsigned tgr_route_wants(const tgr_routing *work)
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

size_t tgr_route_keep_cut(tgr_routing *work, size_t rows)
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
        rows = tgr_route_keep_cut(work, rows < left ? rows : (size_t)left);
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

/* Batch after batch; entered: the file that the decider is ready for already. */
static tgr_status route_batches(tgr_routing *work, size_t entered, tgr_error *error)
{
    tgr_status status = TGR_OK;
    while (status == TGR_OK && work->done < work->range.count) {
        tgr_batch *batch;
        size_t file;
        status = tgr_pass_next(&work->pass, tgr_route_wants(work), "routing", work->run, &batch,
                               &file, error);
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

/* File after file, up to one whose tags have to be aligned, from which on batches are. */
static tgr_status route_files(tgr_routing *work, tgr_error *error)
{
    tgr_pass *pass = &work->pass;
    tgr_status status = TGR_OK;
    while (work->done < work->range.count) {
        const tgr_pass_position at = tgr_pass_place(pass, pass->next);
        tgr_query_file *file = pass->files[at.file];
        uint64_t left = file->rows - at.row, rest = pass->end - pass->next;
        TGR_TRY(enter_file(work, at.file, error));
        if (work->decide.aligned.active) {
            tgr_pass_begin_at(pass, pass->next);
            return route_batches(work, at.file, error);
        }
        TGR_TRY(tgr_route_lanes(work, file, at.row, at.row + (left < rest ? left : rest), error));
    }
done:
    return status;
}

static tgr_status route_all(tgr_routing *work, tgr_error *error)
{
    return work->in_lanes ? route_files(work, error) : route_batches(work, SIZE_MAX, error);
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
    TGR_TRY(tgr_route_open(&work, &complete, error));
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
        status = tgr_route_stop(&work, status, error);
        goto done;
    }
    TGR_TRY(tgr_route_finish(&work, report, error));
done:
    close_routing(&work);
    if (status != TGR_OK) {
        tgr_route_report_free(report);
    }
    return status;
}
