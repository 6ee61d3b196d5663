/* decide.c - the parallel loop over pieces of a batch. */
#include "engine/decide_parts.h"

#include <math.h>
#include <omp.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/runtime.h"
#include "engine/cut.h"
#include "engine/policy/policy.h"

#define ROWS_BY_ROW ((size_t)256) /* scored before they are decided one by one */

/* Each thread's scratch memory begins on a cache line of its own. */
static tgr_status make_scratch(tgr_decide *decide, tgr_error *error)
{
    tgr_decide_memory *memory = decide->memory;
    size_t each = (memory->plan.scratch_bytes + 63) / 64 * 64;
    if (each > memory->scratch_each) {
        tgr_mem_free_aligned(memory->scratch);
        memory->scratch = tgr_mem_aligned((size_t)decide->plan.threads, each);
        memory->scratch_each = memory->scratch == NULL ? 0 : each;
    }
    return memory->scratch == NULL ? tgr_fail_memory(error, "the kernels' scratch") : TGR_OK;
}

/* Room for the scores of a few rows, and for one row's costs, a thread. */
static tgr_status make_row_room(tgr_decide *decide, tgr_error *error)
{
    tgr_decide_memory *memory = decide->memory;
    size_t models = (decide->serve->models + 7) / 8 * 8;
    size_t scores = ROWS_BY_ROW * decide->serve->stride;
    if (models > memory->flat_each) {
        tgr_mem_free_aligned(memory->flat);
        memory->flat = tgr_mem_aligned((size_t)decide->plan.threads, models * sizeof(double));
        memory->flat_each = memory->flat == NULL ? 0 : models;
    }
    if (scores > memory->score_each) {
        tgr_mem_free_aligned(memory->scores);
        memory->scores = tgr_mem_aligned((size_t)decide->plan.threads, scores * sizeof(float));
        memory->score_each = memory->scores == NULL ? 0 : scores;
    }
    bool enough = memory->flat != NULL && memory->scores != NULL;
    return enough ? TGR_OK : tgr_fail_memory(error, "the costs of queries");
}

static tgr_status make_plan(tgr_decide *decide, const tgr_query_file *file, tgr_error *error)
{
    tgr_plan *plan = &decide->memory->plan;
    const tgr_serve *serve = decide->serve;
    const tgr_weights weights = {serve->models, serve->stride, serve->weights, serve->bias};
    const tgr_plan_work work = {
        .rows = file->rows,
        .nonzeros = file->nonzeros,
        .columns = file->columns,
        .models = serve->models,
        .value_type = file->value_type,
    };
    tgr_status status = tgr_plan_make(plan, &work, &weights, error);
    if (status != TGR_OK) {
        return status;
    }
    status = decide->serve->by_row ? make_row_room(decide, error) : TGR_OK;
    if (status != TGR_OK) {
        return status;
    }
    char text[512];
    tgr_plan_explain(plan, text, sizeof text);
    tgr_run_message(decide->plan.run, TGR_DETAIL, "%s: %s", file->path, text);
    return make_scratch(decide, error);
}

tgr_status tgr_decide_open(tgr_decide *decide, const tgr_decide_plan *plan, tgr_error *error)
{
    *decide = (tgr_decide){.plan = *plan};
    if (plan->threshold_count == 0) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "no threshold was given");
    }
    for (size_t i = 0; i < plan->threshold_count; i++) {
        bool everywhere = plan->policy == TGR_POLICY_MARGIN && plan->thresholds[i] == -INFINITY;
        tgr_status status =
            everywhere ? TGR_OK
                       : tgr_policy_check_threshold(plan->policy, plan->thresholds[i], error);
        if (status != TGR_OK) {
            return status;
        }
    }
    if (!(plan->align_min >= 0)) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "align_min is a cosine, not %g", plan->align_min);
    }
    decide->needs_costs =
        tgr_policy_needs_costs(plan->policy, plan->thresholds, plan->threshold_count);
    if (decide->plan.threads < 1) {
        decide->plan.threads = 1;
    }
    decide->memory = tgr_mem_zalloc(1, sizeof *decide->memory);
    if (decide->memory == NULL) {
        return tgr_fail_memory(error, "the decider");
    }
    return tgr_plan_open(&decide->memory->plan, error);
}

void tgr_decide_close(tgr_decide *decide)
{
    tgr_serve_close(decide->serve);
    tgr_aligned_close(&decide->aligned);
    tgr_mem_free_aligned(decide->model);
    tgr_mem_free(decide->margin);
    if (decide->memory != NULL) {
        tgr_transform_free(&decide->memory->transform);
        tgr_mem_free(decide->memory->masks);
        tgr_mem_free_aligned(decide->memory->scratch);
        tgr_mem_free_aligned(decide->memory->scores);
        tgr_mem_free_aligned(decide->memory->flat);
        tgr_plan_close(&decide->memory->plan);
        tgr_mem_free(decide->memory->bounds);
        tgr_mem_free(decide->memory);
    }
    *decide = (tgr_decide){0};
}

tgr_status tgr_decide_file(tgr_decide *decide, const tgr_query_file *file, tgr_error *error)
{
    const tgr_router *router = decide->plan.router;
    tgr_status status = TGR_OK;
    tgr_serve_close(decide->serve);
    tgr_aligned_close(&decide->aligned);
    decide->serve = NULL;
    TGR_TRY(tgr_aligned_open(&decide->aligned, router, file, decide->plan.align_min, error));
    const tgr_query_file *served = tgr_aligned_file(&decide->aligned, file);
    TGR_TRY(tgr_serve_open(router, served, &decide->serve, error));
    if (decide->needs_costs) {
        TGR_TRY(tgr_serve_need_costs(decide->serve, router, error));
    }
    TGR_TRY(make_plan(decide, served, error));
done:
    return status;
}

tgr_status tgr_decide_beside(tgr_decide *decide, const tgr_decide *first,
                             const tgr_query_file *file, void *user, tgr_error *error)
{
    tgr_decide_plan plan = first->plan;
    plan.threads = 1;
    plan.run = NULL;
    plan.user = user;
    tgr_status status = tgr_decide_open(decide, &plan, error);
    decide->serve = first->serve;
    return status == TGR_OK ? make_plan(decide, file, error) : status;
}

void tgr_decide_leave(tgr_decide *decide)
{
    decide->serve = NULL; /* the first one's */
    tgr_decide_close(decide);
}

unsigned tgr_decide_wants(const tgr_decide *decide, const tgr_query_file *file)
{
    return tgr_serve_wants(decide->serve, file);
}

static size_t piece_rows(const tgr_decide *decide)
{
    size_t wanted = decide->plan.block_rows;
    return wanted > 0 ? wanted : decide->memory->plan.piece_rows;
}

/* Lines of choices: those of many thresholds then go to memory past the caches. What was there is
 * not kept. */
static bool grow_choices(tgr_decide *decide, size_t choices)
{
    size_t *capacity = &decide->memory->choice_capacity;
    if (choices > *capacity || decide->model == NULL) {
        tgr_mem_free_aligned(decide->model);
        decide->model = tgr_mem_aligned(choices > 0 ? choices : 1, sizeof *decide->model);
        *capacity = decide->model == NULL ? 0 : choices;
    }
    return decide->model != NULL;
}

static tgr_status make_room(tgr_decide *decide, const tgr_batch *batch, tgr_error *error)
{
    tgr_decide_memory *memory = decide->memory;
    const tgr_serve *serve = decide->serve;
    size_t rows = batch->rows, choices = 0, words = 0;
    uint64_t entries = (uint64_t)(batch->x.indptr[rows] - batch->x.indptr[0]);
    size_t pieces = tgr_cut_most(rows, entries, piece_rows(decide), memory->plan.piece_entries);
    bool fits = !__builtin_mul_overflow(rows, decide->plan.threshold_count, &choices) &&
                !__builtin_mul_overflow(rows, serve->mask_words, &words);
    void *margin = decide->margin, *masks = memory->masks;
    void *bounds = memory->bounds;
    fits = fits && grow_choices(decide, choices);
    fits = fits && tgr_mem_grow(&bounds, &memory->bound_capacity, pieces + 1, sizeof(size_t));
    memory->bounds = bounds;
    if (fits && decide->plan.want_margins) {
        fits = tgr_mem_grow(&margin, &memory->margin_capacity, choices, sizeof(float));
        decide->margin = margin;
    }
    if (fits && serve->any_mask) {
        fits = tgr_mem_grow(&masks, &memory->mask_capacity, words, sizeof(uint64_t));
        memory->masks = masks;
    }
    return fits ? TGR_OK : tgr_fail_memory(error, "deciding a block of queries");
}

static void describe(tgr_decide *decide, const tgr_batch *batch)
{
    tgr_decide_memory *memory = decide->memory;
    const tgr_serve *serve = decide->serve;
    memory->masked = false;
    memory->decider = (tgr_decider){
        .rule = tgr_policy_traits_of(decide->plan.policy)->rule,
        .models = serve->models,
        .reference = serve->reference,
        .thresholds = decide->plan.thresholds,
        .threshold_count = decide->plan.threshold_count,
        .flat = serve->flat,
        .price_in = serve->any_price ? serve->price_in : NULL,
        .price_out = serve->any_price ? serve->price_out : NULL,
        .prompt_tokens = batch->prompt_tokens,
        .mask_words = serve->mask_words,
    };
    memory->row_costs = (tgr_row_costs){&serve->row_prices, serve->flat, batch->prompt_tokens,
                                        batch->cached_tokens};
}

/* A model that has token prices alone costs something unknown where a query has no token count. */
static tgr_status check_costs(const tgr_decide *decide, const tgr_batch *batch, tgr_error *error)
{
    const tgr_serve *serve = decide->serve;
    size_t model = 0;
    while (model < serve->models && !isnan(serve->flat[model])) {
        model++;
    }
    if (!decide->needs_costs || model == serve->models) {
        return TGR_OK;
    }
    for (size_t row = 0; row < batch->rows; row++) {
        if (batch->prompt_tokens == NULL || isnan(batch->prompt_tokens[row])) {
            return tgr_fail(
                error, TGR_ERR_ARGUMENT,
                "policy %s needs the cost of model '%s', but query %llu has no "
                "prompt_tokens to price; give the model a cost a query (--cost MODEL=USD)",
                tgr_policy_name(decide->plan.policy),
                decide->plan.router->models[serve->order[model]].name,
                (unsigned long long)(batch->first_row + row));
        }
    }
    return TGR_OK;
}

static bool some_tokens(const tgr_batch *batch)
{
    for (size_t row = 0; batch->prompt_tokens != NULL && row < batch->rows; row++) {
        if (!isnan(batch->prompt_tokens[row])) {
            return true;
        }
    }
    return false;
}

tgr_decider tgr_decide_decider_of_row(const tgr_decide *decide, size_t row, double *flat)
{
    tgr_decider decider = decide->memory->decider;
    if (decide->serve->by_row) {
        decider.flat = flat;
        decider.price_in = decider.price_out = NULL;
        for (size_t place = 0; place < decider.models; place++) {
            flat[place] = tgr_row_cost(&decide->memory->row_costs, row, place);
        }
    }
    return decider;
}

/* Decides rows whose costs are not what a kernel makes of prices and lengths: scored by the kernel,
 * then one by one by the reference, each with costs of its own. */
static void decide_by_row(tgr_decide *decide, const tgr_csr *x, size_t begin, size_t end,
                          void *scratch, const tgr_choice *choice)
{
    tgr_decide_memory *memory = decide->memory;
    size_t thread = (size_t)omp_get_thread_num(), stride = decide->serve->stride;
    float *scores = memory->scores + memory->score_each * thread;
    double *flat = memory->flat + memory->flat_each * thread;
    for (size_t from = begin; from < end; from += ROWS_BY_ROW) {
        size_t to = end - from < ROWS_BY_ROW ? end : from + ROWS_BY_ROW;
        tgr_plan_score(&memory->plan, x, from, to, scratch, scores);
        for (size_t row = from; row < to; row++) {
            const tgr_decider decider = tgr_decide_decider_of_row(decide, row, flat);
            tgr_ref_decide(&decider, scores + (row - from) * stride, stride, row, row + 1, choice);
        }
    }
}

static tgr_row_counts decide_piece(tgr_decide *decide, const tgr_csr *x, size_t begin, size_t end,
                                   void *scratch)
{
    const tgr_decide_memory *memory = decide->memory;
    tgr_choice choice = {decide->model, decide->plan.want_margins ? decide->margin : NULL};
    if (decide->serve->by_row && decide->needs_costs) {
        decide_by_row(decide, x, begin, end, scratch, &choice);
    } else {
        tgr_plan_route(&memory->plan, x, &memory->decider, begin, end, scratch, &choice);
    }
    return tgr_decide_finish(decide, x, begin, end);
}

void tgr_decide_share_masks(tgr_decide *decide, const tgr_batch *batch)
{
    tgr_decide_memory *memory = decide->memory;
    size_t threads = (size_t)omp_get_num_threads(), thread = (size_t)omp_get_thread_num();
    size_t begin = batch->rows * thread / threads, end = batch->rows * (thread + 1) / threads;
    if (tgr_serve_restricts(decide->serve, batch, begin, end)) {
#pragma omp atomic write
        memory->masked = true;
    }
#pragma omp barrier
    if (memory->masked) {
        tgr_serve_mask_rows(decide->serve, batch, begin, end, memory->masks);
    }
#pragma omp single
    memory->decider.eligible = memory->masked ? memory->masks : NULL;
}

static tgr_row_counts decide_pieces(tgr_decide *decide, const tgr_batch *batch, size_t pieces)
{
    tgr_decide_memory *memory = decide->memory;
    const tgr_csr x = batch->x;
    const size_t *bounds = memory->bounds;
    uint64_t no_known_tag = 0, fell_back = 0, undecided = 0;
#pragma omp parallel num_threads(decide->plan.threads) \
    reduction(+ : no_known_tag, fell_back, undecided)
    {
        int thread = omp_get_thread_num();
        void *scratch = memory->scratch + memory->scratch_each * (size_t)thread;
        if (decide->serve->any_mask) {
            tgr_decide_share_masks(decide, batch);
        }
#pragma omp for schedule(dynamic, 1) nowait
        for (long piece = 0; piece < (long)pieces; piece++) {
            size_t begin = bounds[piece], end = bounds[piece + 1];
            tgr_row_counts counts = decide_piece(decide, &x, begin, end, scratch);
            no_known_tag += counts.no_known_tag;
            fell_back += counts.fell_back;
            undecided += counts.undecided;
            if (decide->plan.observer != NULL) {
                decide->plan.observer(decide->plan.user, decide, thread, begin, end);
            }
        }
    }
    return (tgr_row_counts){no_known_tag, fell_back, undecided};
}

tgr_status tgr_decide_enter(tgr_decide *decide, tgr_batch *batch, tgr_error *error)
{
    tgr_status status =
        decide->plan.aligned ? TGR_OK : tgr_aligned_batch(&decide->aligned, batch, error);
    if (status == TGR_OK) {
        status = make_room(decide, batch, error);
    }
    if (status == TGR_OK) {
        status = tgr_serve_transform(decide->plan.router, batch, &decide->memory->transform, error);
    }
    if (status == TGR_OK) {
        status = check_costs(decide, batch, error);
    }
    if (status == TGR_OK) {
        describe(decide, batch);
        decide->tokens_known = some_tokens(batch);
        decide->queries += batch->rows;
        decide->nonzeros += (uint64_t)(batch->x.indptr[batch->rows] - batch->x.indptr[0]);
    }
    return status;
}

tgr_status tgr_decide_batch(tgr_decide *decide, tgr_batch *batch, tgr_error *error)
{
    tgr_status status = tgr_decide_enter(decide, batch, error);
    if (status != TGR_OK) {
        return status;
    }
    const int64_t *indptr = batch->x.indptr;
    size_t pieces = tgr_cut_rows(indptr, batch->rows, piece_rows(decide),
                                 decide->memory->plan.piece_entries, decide->memory->bounds);
    tgr_row_counts counts = decide_pieces(decide, batch, pieces);
    decide->no_known_tag += counts.no_known_tag;
    decide->fell_back += counts.fell_back;
    decide->undecided += counts.undecided;
    return TGR_OK;
}

const tgr_row_costs *tgr_decide_row_costs(const tgr_decide *decide)
{
    return decide->serve->by_row ? &decide->memory->row_costs : NULL;
}

const tgr_decider *tgr_decide_decider(const tgr_decide *decide)
{
    return &decide->memory->decider;
}

const tgr_kernels *tgr_decide_kernels(const tgr_decide *decide)
{
    return decide->memory->plan.kernels;
}

double tgr_decide_cost(const tgr_decide *decide, size_t row, size_t model)
{
    size_t place = decide->serve->place[model];
    const tgr_row_costs *costs = tgr_decide_row_costs(decide);
    return costs != NULL ? tgr_row_cost(costs, row, place)
                         : tgr_ref_cost(&decide->memory->decider, row, place);
}

bool tgr_decide_eligible(const tgr_decide *decide, size_t row, size_t model)
{
    if (!decide->memory->masked) {
        return true;
    }
    size_t place = decide->serve->place[model];
    uint64_t word = decide->memory->masks[row * decide->serve->mask_words + place / 64];
    return (word >> (place % 64) & 1) != 0;
}
