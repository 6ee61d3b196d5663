/* decide_rows.c - rows in the caller's memory, scored and decided. */
#include <tagroute/rows.h>

#include <math.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/options.h"
#include "engine/base/runtime.h"
#include "engine/decide.h"
#include "engine/rows/view.h"

/* A call's own state; results of the block at hand go to rows from `first` on. */
typedef struct call {
    tgr_decide_options options;
    tgr_decided decided;
    tgr_router router; /* the caller's, but for the costs of its models */
    tgr_model *models; /* NULL: the costs are the router's */
    int fallback;
    tgr_rows_view view;
    tgr_decide decide;
    uint64_t first;
} call;

void tgr_decide_options_init(tgr_decide_options *options)
{
    *options = (tgr_decide_options){.size = sizeof *options, .policy = TGR_POLICY_MARGIN};
}

/* ---- results --------------------------------------------------------------------------------- */

static void give_costs(const call *at, const tgr_decide *decide, size_t begin, size_t end)
{
    size_t count = decide->plan.threshold_count;
    double *cost = at->decided.cost + at->first * count;
    for (size_t row = begin; row < end; row++) {
        for (size_t i = row * count; i < (row + 1) * count; i++) {
            int model = decide->model[i];
            cost[i] = model < 0 ? NAN : tgr_decide_cost(decide, row, (size_t)model);
        }
    }
}

/* Rows [begin, end) of the block, while they are in this thread's cache. */
static void give_rows(void *user, const tgr_decide *decide, int thread, size_t begin, size_t end)
{
    (void)thread;
    const call *at = user;
    size_t count = decide->plan.threshold_count;
    size_t to = (at->first + begin) * count, from = begin * count, all = (end - begin) * count;
    if (at->decided.model != NULL) {
        memcpy(at->decided.model + to, decide->model + from, all * sizeof *decide->model);
    }
    if (at->decided.margin != NULL) {
        memcpy(at->decided.margin + to, decide->margin + from, all * sizeof *decide->margin);
    }
    if (at->decided.cost != NULL) {
        give_costs(at, decide, begin, end);
    }
}

static void give_scores(void *user, const tgr_decide *decide, const tgr_scored *scored)
{
    const call *at = user;
    const tgr_serve *serve = decide->serve;
    for (size_t row = scored->begin; row < scored->end; row++) {
        const float *from = scored->scores + (row - scored->begin) * scored->stride;
        float *to = at->decided.score + (at->first + row) * serve->models;
        for (size_t model = 0; model < serve->models; model++) {
            to[model] = from[serve->place[model]];
        }
    }
}

/* ---- the call -------------------------------------------------------------------------------- */

static tgr_status take_options(call *at, const tgr_router *router,
                               const tgr_decide_options *options, const tgr_decided *decided,
                               tgr_error *error)
{
    tgr_status status = TGR_OK;
    tgr_decide_options_init(&at->options);
    TGR_TRY(tgr_options_copy(&at->options, sizeof at->options, options, error));
    TGR_TRY(tgr_options_copy(&at->decided, sizeof at->decided, decided, error));
    at->fallback = -1;
    if (at->options.fallback != NULL) {
        size_t model;
        TGR_TRY(tgr_router_need_model(router, at->options.fallback, &model, error));
        at->fallback = (int)model;
    }
done:
    return status;
}

/* The router as this call sees it: another's costs in place of its own. */
static tgr_status view_router(call *at, const tgr_router *router, tgr_error *error)
{
    at->router = *router;
    if (at->options.costs == NULL) {
        return TGR_OK;
    }
    at->models = tgr_mem_alloc(router->model_count, sizeof *at->models);
    if (at->models == NULL) {
        return tgr_fail_memory(error, "the models' costs");
    }
    memcpy(at->models, router->models, router->model_count * sizeof *at->models);
    at->router.models = at->models;
    for (size_t k = 0; k < router->model_count; k++) {
        double cost = at->options.costs[k];
        if (cost < 0 || isinf(cost)) {
            return tgr_fail(error, TGR_ERR_ARGUMENT, "the cost of model \"%s\" is %g; at least 0",
                            router->models[k].name, cost);
        }
        if (!isnan(cost)) {
            at->models[k].cost = cost;
            at->models[k].mean_cost = at->models[k].price_in = at->models[k].price_out = NAN;
        }
    }
    return TGR_OK;
}

static tgr_status open_decide(call *at, const tgr_run *run, tgr_error *error)
{
    const tgr_decide_plan plan = {
        .router = &at->router,
        .policy = at->options.policy,
        .thresholds = at->options.thresholds,
        .threshold_count = at->options.threshold_count,
        .fallback = at->fallback,
        .want_margins = at->decided.margin != NULL,
        .threads = at->view.threads,
        .run = run,
        .observer = give_rows,
        .user = at,
    };
    tgr_status status = tgr_decide_open(&at->decide, &plan, error);
    return status == TGR_OK ? tgr_decide_file(&at->decide, &at->view.file, error) : status;
}

static tgr_status decide_block(call *at, tgr_error *error)
{
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_rows_view_block(&at->view, at->first, error));
    tgr_batch *batch = &at->view.batch;
    if (at->view.rows.eligible != NULL) {
        batch->eligible = at->view.rows.eligible + at->first * at->router.model_count;
    }
    if (at->decided.model != NULL || at->decided.margin != NULL || at->decided.cost != NULL) {
        TGR_TRY(tgr_decide_batch(&at->decide, batch, error));
    }
    if (at->decided.score != NULL) {
        TGR_TRY(tgr_decide_scores(&at->decide, batch, give_scores, at, error));
    }
done:
    return status;
}

static tgr_status decide_all(call *at, const tgr_run *run, tgr_error *error)
{
    uint64_t rows = at->view.rows.rows;
    tgr_status status = TGR_OK;
    while (at->first < rows) {
        TGR_TRY(tgr_run_check(run, error));
        TGR_TRY(decide_block(at, error));
        at->first += at->view.batch.rows;
        tgr_run_progress(run, "deciding", "queries", at->first, rows, at->first);
    }
done:
    return status;
}

tgr_status tgr_decide_rows(const tgr_router *router, const tgr_rows *rows,
                           const tgr_decide_options *options, const tgr_decided *decided,
                           tgr_decided_counts *counts, const tgr_run *run, tgr_error *error)
{
    call at = {0};
    tgr_status status = TGR_OK;
    TGR_TRY(take_options(&at, router, options, decided, error));
    TGR_TRY(view_router(&at, router, error));
    TGR_TRY(tgr_rows_view_open(&at.view, rows, router->tags, tgr_run_threads(run), error));
    at.view.copies = router->count != TGR_COUNT_RAW; /* transforms work in place */
    TGR_TRY(open_decide(&at, run, error));
    TGR_TRY(decide_all(&at, run, error));
    if (counts != NULL) {
        *counts = (tgr_decided_counts){at.decide.no_known_tag, at.decide.fell_back,
                                       at.decide.undecided, at.decide.serve->unknown_tags};
    }
done:
    tgr_decide_close(&at.decide);
    tgr_rows_view_close(&at.view);
    tgr_mem_free(at.models);
    return status;
}
