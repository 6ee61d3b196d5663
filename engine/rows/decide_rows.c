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

/* Enough rows are shared out block by block to threads that never wait for each other; others are
 * decided block after block by all of them. */
#define SHARED_ROWS    ((uint64_t)1 << 15) /* of a block that is shared out, at most and */
#define SHARED_LEAST   ((uint64_t)1 << 12) /* at least */
#define SHARED_ENTRIES ((uint64_t)1 << 17)
#define SHARES         4 /* blocks a thread, at least */

struct call;

/* What decides blocks; results of the one at hand go to rows from `first` on. */
typedef struct lane {
    struct call *of;
    tgr_rows_view view;
    tgr_decide decide;
    uint64_t first;
} lane;

/* A call's own state. */
typedef struct call {
    tgr_decide_options options;
    tgr_decided decided;
    tgr_router router; /* the caller's, but for the costs of its models */
    tgr_model *models; /* NULL: the costs are the router's */
    int fallback;
    lane own;              /* of the thread that calls */
    lane *others;          /* NULL: there is no other one */
    int other_room, lanes; /* with its own */
    uint64_t next;         /* row that nobody has taken */

    /* the failure of the first block that fails */
    tgr_error failure;
    uint64_t failed_at;
} call;

void tgr_decide_options_init(tgr_decide_options *options)
{
    *options = (tgr_decide_options){.size = sizeof *options, .policy = TGR_POLICY_MARGIN};
}

/* ---- results --------------------------------------------------------------------------------- */

static void give_costs(const lane *at, const tgr_decide *decide, size_t begin, size_t end)
{
    size_t count = decide->plan.threshold_count;
    double *cost = at->of->decided.cost + at->first * count;
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
    const lane *at = user;
    const tgr_decided *decided = &at->of->decided;
    size_t count = decide->plan.threshold_count;
    size_t to = (at->first + begin) * count, from = begin * count, all = (end - begin) * count;
    if (decided->model != NULL) {
        memcpy(decided->model + to, decide->model + from, all * sizeof *decide->model);
    }
    if (decided->margin != NULL) {
        memcpy(decided->margin + to, decide->margin + from, all * sizeof *decide->margin);
    }
    if (decided->cost != NULL) {
        give_costs(at, decide, begin, end);
    }
}

static void give_scores(void *user, const tgr_decide *decide, const tgr_scored *scored)
{
    const lane *at = user;
    const tgr_serve *serve = decide->serve;
    for (size_t row = scored->begin; row < scored->end; row++) {
        const float *from = scored->scores + (row - scored->begin) * scored->stride;
        float *to = at->of->decided.score + (at->first + row) * serve->models;
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
    lane *own = &at->own;
    const tgr_decide_plan plan = {
        .router = &at->router,
        .policy = at->options.policy,
        .thresholds = at->options.thresholds,
        .threshold_count = at->options.threshold_count,
        .fallback = at->fallback,
        .want_margins = at->decided.margin != NULL,
        .threads = own->view.threads,
        .run = run,
        .observer = give_rows,
        .user = own,
    };
    own->of = at;
    tgr_status status = tgr_decide_open(&own->decide, &plan, error);
    return status == TGR_OK ? tgr_decide_file(&own->decide, &own->view.file, error) : status;
}

/* A lane a thread, where there is enough for all of them. */
static tgr_status open_lanes(call *at, tgr_error *error)
{
    lane *own = &at->own;
    uint64_t threads = (uint64_t)own->view.threads, rows = own->view.rows.rows;
    tgr_status status = TGR_OK;
    at->lanes = 1;
    if (threads == 1 || own->decide.aligned.active || rows / threads < SHARES * SHARED_LEAST) {
        return TGR_OK;
    }
    uint64_t share = rows / threads / SHARES;
    own->view.block_rows = share < SHARED_ROWS ? share : SHARED_ROWS;
    own->view.block_entries = SHARED_ENTRIES;
    own->view.threads = own->decide.plan.threads = 1;
    at->others = tgr_mem_zalloc(threads - 1, sizeof *at->others);
    if (at->others == NULL) {
        return tgr_fail_memory(error, "the threads' blocks");
    }
    at->other_room = (int)threads - 1;
    for (; at->lanes < (int)threads; at->lanes++) {
        lane *one = &at->others[at->lanes - 1];
        one->of = at;
        TGR_TRY(tgr_rows_view_beside(&one->view, &own->view, error));
        TGR_TRY(tgr_decide_beside(&one->decide, &own->decide, &one->view.file, one, error));
    }
done:
    return status;
}

static void close_lanes(call *at)
{
    for (int i = 0; i < at->other_room; i++) { /* those not made are zeroed */
        tgr_decide_leave(&at->others[i].decide);
        tgr_rows_view_close(&at->others[i].view);
    }
    tgr_mem_free(at->others);
    tgr_decide_close(&at->own.decide);
    tgr_rows_view_close(&at->own.view);
}

/* ---- blocks ---------------------------------------------------------------------------------- */

/* The rows from `first` on as they are: deciding and scoring each change a batch of their own. */
static tgr_status take_block(lane *at, tgr_error *error)
{
    tgr_status status = tgr_rows_view_block(&at->view, at->first, error);
    if (status == TGR_OK && at->view.rows.eligible != NULL) {
        at->view.batch.eligible = at->view.rows.eligible + at->first * at->of->router.model_count;
    }
    return status;
}

static tgr_status decide_block(lane *at, tgr_error *error)
{
    const tgr_decided *wanted = &at->of->decided;
    bool decided = wanted->model != NULL || wanted->margin != NULL || wanted->cost != NULL;
    tgr_status status = TGR_OK;
    TGR_TRY(take_block(at, error));
    if (decided) {
        TGR_TRY(tgr_decide_batch(&at->decide, &at->view.batch, error));
    }
    if (decided && wanted->score != NULL && at->view.copies) {
        TGR_TRY(take_block(at, error));
    }
    if (wanted->score != NULL) {
        TGR_TRY(tgr_decide_scores(&at->decide, &at->view.batch, give_scores, at, error));
    }
done:
    return status;
}

/* Blocks are taken in order, so that those before one that fails have all been taken. */
static bool next_block(lane *at)
{
    call *of = at->of;
    bool there;
#pragma omp critical(tgr_rows_next)
    {
        there = of->failed_at == UINT64_MAX && of->next < at->view.rows.rows;
        at->first = of->next;
        of->next += there ? tgr_rows_view_count(&at->view, of->next) : 0;
    }
    return there;
}

static void note_failure(call *of, uint64_t first, const tgr_error *error)
{
#pragma omp critical(tgr_rows_next)
    if (first < of->failed_at) {
        of->failed_at = first;
        of->failure = *error;
    }
}

/* Takes blocks until there are none. run: NULL but for the thread that calls. */
static void run_lane(lane *at, const tgr_run *run)
{
    uint64_t rows = at->view.rows.rows;
    while (next_block(at)) {
        tgr_error error = {TGR_OK, ""};
        if (tgr_run_check(run, &error) != TGR_OK) {
            note_failure(at->of, 0, &error);
        } else if (decide_block(at, &error) != TGR_OK) {
            note_failure(at->of, at->first, &error);
        }
        uint64_t done = at->first + at->view.batch.rows;
        tgr_run_progress(run, "deciding", "queries", done, rows, done);
    }
}

static tgr_status decide_all(call *at, const tgr_run *run, tgr_error *error)
{
    at->failed_at = UINT64_MAX;
    if (at->lanes == 1) {
        run_lane(&at->own, run);
    } else {
#pragma omp parallel for num_threads(at->lanes) schedule(static, 1)
        for (int i = 0; i < at->lanes; i++) {
            run_lane(i == 0 ? &at->own : &at->others[i - 1], i == 0 ? run : NULL);
        }
    }
    return at->failed_at == UINT64_MAX
               ? TGR_OK
               : tgr_fail(error, at->failure.status, "%s", at->failure.message);
}

static void count(const call *at, tgr_decided_counts *counts)
{
    *counts = (tgr_decided_counts){.unknown_tags = at->own.decide.serve->unknown_tags};
    for (int i = 0; i < at->lanes; i++) {
        const tgr_decide *decide = i == 0 ? &at->own.decide : &at->others[i - 1].decide;
        counts->no_known_tag += decide->no_known_tag;
        counts->fell_back += decide->fell_back;
        counts->undecided += decide->undecided;
    }
}

tgr_status tgr_decide_rows(const tgr_router *router, const tgr_rows *rows,
                           const tgr_decide_options *options, const tgr_decided *decided,
                           tgr_decided_counts *counts, const tgr_run *run, tgr_error *error)
{
    call at = {0};
    tgr_status status = TGR_OK;
    TGR_TRY(take_options(&at, router, options, decided, error));
    TGR_TRY(view_router(&at, router, error));
    TGR_TRY(tgr_rows_view_open(&at.own.view, rows, router->tags, tgr_run_threads(run), error));
    at.own.view.copies = router->count != TGR_COUNT_RAW; /* transforms work in place */
    TGR_TRY(open_decide(&at, run, error));
    TGR_TRY(open_lanes(&at, error));
    TGR_TRY(decide_all(&at, run, error));
    if (counts != NULL) {
        count(&at, counts);
    }
done:
    close_lanes(&at);
    tgr_mem_free(at.models);
    return status;
}
