/* route.c - the steps of routing: walk the queries, decide each batch, write and count. */
#include <tagroute/route.h>

#include <math.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/options.h"
#include "engine/base/runtime.h"
#include "engine/decide.h"
#include "engine/pass.h"
#include "engine/route_tally.h"
#include "engine/store/decisions.h"

/* From how many queries on, and above which share, one model getting them all is worth a warning.
 */
#define LOPSIDED_SHARE 0.999

typedef struct routing {
    const tgr_router *router;
    tgr_route_options options;
    const tgr_run *run;
    tgr_pass pass;
    tgr_decide decide;
    tgr_route_tally tally;
    tgr_decisions_writer *writer;
    tgr_decisions_plan plan;
    const char **model_names;
    const char **query_digests;
    uint64_t unknown_tags;
} routing;

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

static void close_routing(routing *work)
{
    tgr_decisions_free(work->writer);
    tgr_route_tally_free(&work->tally);
    tgr_decide_close(&work->decide);
    tgr_pass_close(&work->pass);
    tgr_mem_free(work->model_names);
    tgr_mem_free(work->query_digests);
}

/* The longest id of the queries to be routed, for a fixed-length column. */
static tgr_status find_id_width(routing *work, size_t *width, tgr_error *error)
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
        if (status != TGR_OK || batch == NULL) {
            return status;
        }
        for (size_t row = 0; batch->ids.offsets != NULL && row < batch->rows; row++) {
            size_t length = (size_t)(batch->ids.offsets[row + 1] - batch->ids.offsets[row]);
            *width = length > *width ? length : *width;
        }
    }
    return TGR_OK;
}

static tgr_status name_things(routing *work, tgr_error *error)
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

static tgr_status open_output(routing *work, tgr_error *error)
{
    const tgr_route_options *options = &work->options;
    tgr_decision_format format = options->format;
    tgr_status status = tgr_decision_format_of(options->output, &format, error);
    if (status == TGR_OK) {
        status = name_things(work, error);
    }
    if (status != TGR_OK) {
        return status;
    }
    const tgr_router *router = work->router;
    work->plan = (tgr_decisions_plan){
        .models = work->model_names,
        .model_count = router->model_count,
        .reference = router->models[router->reference].name,
        .policy = options->policy,
        .thresholds = options->thresholds,
        .threshold_count = options->threshold_count,
        .fallback = options->fallback,
        .ids = options->ids,
        .margins = options->margins,
        .router_digest = router->digest,
        .query_digests = work->query_digests,
        .query_count = work->pass.file_count,
    };
    status = tgr_pass_count(&work->pass, work->run, &work->plan.rows, error);
    if (format != TGR_DECISIONS_H5) {
        work->plan.ids = work->plan.margins = true;
    } else if (status == TGR_OK && options->ids) {
        status = find_id_width(work, &work->plan.id_width, error);
    }
    if (status == TGR_OK) {
        status = tgr_decisions_open(options->output, format, &work->plan, &work->writer, error);
    }
    return status;
}

static tgr_status open_routing(routing *work, tgr_error *error)
{
    const tgr_route_options *options = &work->options;
    tgr_decide_plan plan = {
        .router = work->router,
        .policy = options->policy,
        .thresholds = options->thresholds,
        .threshold_count = options->threshold_count,
        .fallback = -1,
        .block_rows = options->block_rows,
        .threads = tgr_run_threads(work->run),
        .run = work->run,
    };
    tgr_status status = TGR_OK;
    if (options->fallback != NULL) {
        size_t fallback;
        TGR_TRY(tgr_router_need_model(work->router, options->fallback, &fallback, error));
        plan.fallback = (int)fallback;
    }
    TGR_TRY(
        tgr_pass_open(&work->pass, options->inputs, options->input_count, options->split, error));
    TGR_TRY(open_output(work, error));
    plan.want_margins = work->plan.margins;
    TGR_TRY(tgr_decide_open(&work->decide, &plan, error));
    TGR_TRY(tgr_route_tally_open(&work->tally, work->router->model_count, options->threshold_count,
                                 plan.threads, error));
done:
    return status;
}

/* Called at the first batch of each file. */
static tgr_status enter_file(routing *work, const tgr_query_file *file, tgr_error *error)
{
    tgr_status status = tgr_decide_file(&work->decide, file, error);
    if (status != TGR_OK) {
        return status;
    }
    uint32_t unknown = work->decide.serve->unknown_tags;
    work->unknown_tags += unknown;
    if (unknown > 0) {
        tgr_run_message(work->run, TGR_NOTE,
                        "%s: the router does not know %lu of its %lu tags; they count nothing",
                        file->path, (unsigned long)unknown, (unsigned long)file->columns);
    }
    return TGR_OK;
}

/* Column wants depend on the file, which the walk chooses: ask for all that any file may need. */
static unsigned wants(const routing *work)
{
    unsigned want = TGR_WANT_ELIGIBILITY | TGR_WANT_PROMPT_TOKENS;
    return work->plan.ids ? want | TGR_WANT_IDS : want;
}

static tgr_status route_batch(routing *work, tgr_batch *batch, tgr_error *error)
{
    tgr_status status = tgr_decide_batch(&work->decide, batch, error);
    if (status != TGR_OK) {
        return status;
    }
    tgr_route_tally_add(&work->tally, &work->decide, batch->rows);
    return tgr_decisions_put(work->writer, &batch->ids, work->decide.model, work->decide.margin,
                             batch->rows, error);
}

static tgr_status route_all(routing *work, tgr_error *error)
{
    size_t entered = SIZE_MAX;
    tgr_status status = TGR_OK;
    while (status == TGR_OK) {
        tgr_batch *batch;
        size_t file;
        status =
            tgr_pass_next(&work->pass, wants(work), "routing", work->run, &batch, &file, error);
        if (status != TGR_OK || batch == NULL) {
            break;
        }
        if (file != entered) {
            status = enter_file(work, work->pass.files[file], error);
            entered = file;
        }
        if (status == TGR_OK) {
            status = route_batch(work, batch, error);
        }
    }
    return status;
}

static void warn_of_lopsided(const routing *work)
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

static void fill_report(const routing *work, tgr_route_report *report)
{
    report->queries = work->decide.queries;
    report->nonzeros = work->decide.nonzeros;
    report->no_known_tag = work->decide.no_known_tag;
    report->fell_back = work->decide.fell_back;
    report->undecided = work->decide.undecided;
    report->unknown_tags = work->unknown_tags;
}

tgr_status tgr_route(const tgr_router *router, const tgr_route_options *options,
                     tgr_route_report *report, const tgr_run *run, tgr_error *error)
{
    routing work = {.router = router, .run = run};
    tgr_route_options_init(&work.options);
    tgr_status status = TGR_OK;
    if (report != NULL) {
        *report = (tgr_route_report){0};
    }
    TGR_TRY(tgr_options_copy(&work.options, sizeof work.options, options, error));
    if (work.options.output == NULL) {
        status = tgr_fail(error, TGR_ERR_ARGUMENT, "no output was named");
        goto done;
    }
    TGR_TRY(open_routing(&work, error));
    TGR_TRY(route_all(&work, error));
    if (work.decide.queries == 0) {
        status = tgr_fail(error, TGR_ERR_INPUT, "%s: holds no query to route", options->inputs[0]);
        goto done;
    }
    if (report != NULL) {
        TGR_TRY(tgr_route_tally_report(&work.tally, report, error));
        fill_report(&work, report);
    }
    TGR_TRY(tgr_decisions_commit(work.writer, error));
    warn_of_lopsided(&work);
done:
    close_routing(&work);
    if (status != TGR_OK) {
        tgr_route_report_free(report);
    }
    return status;
}
