/* decide.c - the parallel loop over pieces of a batch: score, decide, map back. */
#include "engine/decide.h"

#include <math.h>
#include <omp.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/runtime.h"
#include "engine/base/wide.h"
#include "engine/cut.h"
#include "engine/plan.h"
#include "engine/policy/policy.h"

#define ROWS_BY_ROW ((size_t)256) /* scored before they are decided one by one */

typedef struct tgr_decide_memory {
    tgr_plan plan;          /* of the file at hand */
    size_t choice_capacity; /* of decide->model and decide->margin, elements */
    size_t margin_capacity;
    uint64_t *masks;
    size_t mask_capacity;
    char *scratch; /* threads x scratch_each */
    size_t scratch_each;
    float *scores; /* threads x score_each: where scores are asked for */
    size_t score_each;
    size_t *bounds; /* of the pieces */
    size_t bound_capacity;
    tgr_transform transform;
    tgr_decider decider; /* of the last batch */
    bool masked;
    tgr_row_costs row_costs; /* of the last batch, where the file's costs come by row */
    double *flat;            /* threads x flat_each: costs of the row at hand */
    size_t flat_each;
} tgr_decide_memory;

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
    tgr_mem_free(decide->model);
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

unsigned tgr_decide_wants(const tgr_decide *decide, const tgr_query_file *file)
{
    return tgr_serve_wants(decide->serve, file);
}

static size_t piece_rows(const tgr_decide *decide)
{
    size_t wanted = decide->plan.block_rows;
    return wanted > 0 ? wanted : decide->memory->plan.piece_rows;
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
    void *model = decide->model, *margin = decide->margin, *masks = memory->masks;
    void *bounds = memory->bounds;
    fits = fits && tgr_mem_grow(&model, &memory->choice_capacity, choices, sizeof(int16_t));
    decide->model = model;
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

typedef struct row_counts {
    uint64_t no_known_tag, fell_back, undecided;
} row_counts;

static bool has_known_tag(const tgr_serve *serve, const tgr_csr *x, size_t row)
{
    if (serve->unknown_tags == 0) {
        return x->indptr[row] < x->indptr[row + 1];
    }
    for (int64_t entry = x->indptr[row]; entry < x->indptr[row + 1]; entry++) {
        if (serve->known[x->indices[entry]]) {
            return true;
        }
    }
    return false;
}

bool tgr_decide_falls_back(const tgr_decide *decide, const tgr_csr *x, size_t row, bool eligible)
{
    int fallback = decide->plan.fallback;
    if (fallback < 0 || !eligible) {
        return fallback >= 0;
    }
    if (decide->plan.source != NULL && decide->plan.source->knows_all) {
        return false;
    }
    return !has_known_tag(decide->serve, x, row) &&
           tgr_decide_eligible(decide, row, (size_t)fallback);
}

static void send_to_fallback(tgr_decide *decide, size_t row)
{
    size_t count = decide->plan.threshold_count;
    for (size_t i = row * count; i < (row + 1) * count; i++) {
        decide->model[i] = (int16_t)decide->plan.fallback;
        if (decide->margin != NULL) {
            decide->margin[i] = NAN;
        }
    }
}

/* Sends a row to the fallback where that is its place; whether it did. */
static bool falls_back(tgr_decide *decide, size_t row, bool known)
{
    int fallback = decide->plan.fallback;
    bool undecided = decide->model[row * decide->plan.threshold_count] == TGR_UNDECIDED;
    bool serves = undecided || (!known && tgr_decide_eligible(decide, row, (size_t)fallback));
    if (serves) {
        send_to_fallback(decide, row);
    }
    return serves;
}

#define FEW_MODELS 16  /* that comparing with each, many rows at a time, is faster for */
#define FEW_ROWS   512 /* that stay in the first-level cache meanwhile */

/* Router's numbers of the places of few models. */
TGR_WIDE(void, number_few,
         (int16_t *restrict model, size_t count, const uint16_t *order, size_t models),
         (model, count, order, models))
{
    int16_t numbers[FEW_ROWS];
    for (size_t now; count > 0; model += now, count -= now) {
        now = count < FEW_ROWS ? count : FEW_ROWS;
        for (size_t i = 0; i < now; i++) {
            numbers[i] = TGR_UNDECIDED;
        }
        for (size_t place = 0; place < models; place++) {
            const int16_t from = (int16_t)place, to = (int16_t)order[place];
            for (size_t i = 0; i < now; i++) {
                numbers[i] = model[i] == from ? to : numbers[i];
            }
        }
        memcpy(model, numbers, now * sizeof *model);
    }
}

/* Router's numbers of the places, behind that of none. */
static void number_choices(const tgr_decide *decide, size_t begin, size_t end)
{
    const uint16_t *order = decide->serve->order;
    int16_t *model = decide->model;
    if (decide->serve->models <= FEW_MODELS) {
        number_few(model + begin, end - begin, order, decide->serve->models);
        return;
    }
    for (size_t i = begin; i < end; i++) {
        model[i] = model[i] < 0 ? TGR_UNDECIDED : (int16_t)order[model[i]];
    }
}

TGR_WIDE(uint64_t, count_negative, (const int16_t *values, size_t count), (values, count))
{
    uint64_t total = 0;
    for (size_t now; count > 0; values += now, count -= now) {
        uint16_t found = 0;
        now = count < FEW_ROWS ? count : FEW_ROWS;
        for (size_t i = 0; i < now; i++) {
            found = (uint16_t)(found + (values[i] < 0));
        }
        total += found;
    }
    return total;
}

static uint64_t count_undecided(const tgr_decide *decide, size_t begin, size_t end)
{
    size_t thresholds = decide->plan.threshold_count;
    uint64_t count = 0;
    if (thresholds == 1) {
        return count_negative(decide->model + begin, end - begin);
    }
    for (size_t row = begin; row < end; row++) {
        count += decide->model[row * thresholds] == TGR_UNDECIDED;
    }
    return count;
}

static bool row_is_known(const tgr_decide *decide, const tgr_csr *x, size_t row)
{
    return decide->serve->unknown_tags == 0 ? x->indptr[row] < x->indptr[row + 1]
                                            : has_known_tag(decide->serve, x, row);
}

TGR_WIDE(uint64_t, count_empty, (const int64_t *indptr, size_t rows), (indptr, rows))
{
    uint64_t count = 0;
    for (size_t row = 0; row < rows; row++) {
        count += indptr[row] == indptr[row + 1];
    }
    return count;
}

static uint64_t count_unknown(const tgr_decide *decide, const tgr_csr *x, size_t begin, size_t end)
{
    uint64_t count = 0;
    if (decide->serve->unknown_tags == 0) {
        return count_empty(x->indptr + begin, end - begin);
    }
    for (size_t row = begin; row < end; row++) {
        count += !has_known_tag(decide->serve, x, row);
    }
    return count;
}

/* Turns places into router's numbers, and applies the fallback. */
static row_counts finish_rows(tgr_decide *decide, const tgr_csr *x, size_t begin, size_t end)
{
    size_t count = decide->plan.threshold_count;
    row_counts counts = {.undecided = count_undecided(decide, begin, end)};
    number_choices(decide, begin * count, end * count);
    counts.no_known_tag = count_unknown(decide, x, begin, end);
    if (decide->plan.fallback < 0 || counts.undecided + counts.no_known_tag == 0) {
        return counts;
    }
    for (size_t row = begin; row < end; row++) {
        counts.fell_back += falls_back(decide, row, row_is_known(decide, x, row));
    }
    counts.undecided = 0; /* they all fell back */
    return counts;
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

static row_counts decide_piece(tgr_decide *decide, const tgr_csr *x, size_t begin, size_t end,
                               void *scratch)
{
    const tgr_decide_memory *memory = decide->memory;
    tgr_choice choice = {decide->model, decide->plan.want_margins ? decide->margin : NULL};
    if (decide->serve->by_row && decide->needs_costs) {
        decide_by_row(decide, x, begin, end, scratch, &choice);
    } else {
        tgr_plan_route(&memory->plan, x, &memory->decider, begin, end, scratch, &choice);
    }
    return finish_rows(decide, x, begin, end);
}

/* Each thread looks at its share of the rows, and fills their masks once some thread found one that
 * needs them. Called by all threads of a team. */
static void share_masks(tgr_decide *decide, const tgr_batch *batch)
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

static row_counts decide_pieces(tgr_decide *decide, const tgr_batch *batch, size_t pieces)
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
            share_masks(decide, batch);
        }
#pragma omp for schedule(dynamic, 1) nowait
        for (long piece = 0; piece < (long)pieces; piece++) {
            size_t begin = bounds[piece], end = bounds[piece + 1];
            row_counts counts = decide_piece(decide, &x, begin, end, scratch);
            no_known_tag += counts.no_known_tag;
            fell_back += counts.fell_back;
            undecided += counts.undecided;
            if (decide->plan.observer != NULL) {
                decide->plan.observer(decide->plan.user, decide, thread, begin, end);
            }
        }
    }
    return (row_counts){no_known_tag, fell_back, undecided};
}

/* Everything before rows are scored. */
static tgr_status enter_batch(tgr_decide *decide, tgr_batch *batch, tgr_error *error)
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
    tgr_status status = enter_batch(decide, batch, error);
    if (status != TGR_OK) {
        return status;
    }
    const int64_t *indptr = batch->x.indptr;
    size_t pieces = tgr_cut_rows(indptr, batch->rows, piece_rows(decide),
                                 decide->memory->plan.piece_entries, decide->memory->bounds);
    row_counts counts = decide_pieces(decide, batch, pieces);
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

/* ---- scores alone ---------------------------------------------------------------------------- */

/* Few enough that their scores stay in the second-level cache with all that is made of them. */
#define SCORED_FLOATS ((size_t)32768)
#define SCORED_ROWS   ((size_t)1024)

static size_t scored_rows(const tgr_decide *decide)
{
    size_t rows = SCORED_FLOATS / decide->serve->stride;
    return rows < SCORED_ROWS ? rows : SCORED_ROWS;
}

static tgr_status make_score_room(tgr_decide *decide, tgr_error *error)
{
    tgr_decide_memory *memory = decide->memory;
    size_t each = scored_rows(decide) * decide->serve->stride;
    if (each > memory->score_each) {
        tgr_mem_free_aligned(memory->scores);
        memory->scores = tgr_mem_aligned((size_t)decide->plan.threads * each, sizeof(float));
        memory->score_each = memory->scores == NULL ? 0 : each;
    }
    return memory->scores == NULL ? tgr_fail_memory(error, "the scores of a block") : TGR_OK;
}

/* Scores of a piece, or in their room the places that a source has chosen. */
static const int16_t *find_scores(const tgr_decide *decide, const tgr_csr *x, size_t begin,
                                  size_t end, void *scratch, float *scores)
{
    const tgr_score_source *source = decide->plan.source;
    if (source == NULL) {
        tgr_plan_score(&decide->memory->plan, x, begin, end, scratch, scores);
    } else if (source->choose == NULL) {
        source->fill(source->user, decide, begin, end, scores, decide->serve->stride);
    } else {
        int16_t *places = (int16_t *)(void *)scores;
        source->choose(source->user, decide, begin, end, places);
        return places;
    }
    return NULL;
}

tgr_status tgr_decide_scores(tgr_decide *decide, tgr_batch *batch, tgr_scored_visit *visit,
                             void *user, tgr_error *error)
{
    tgr_status status = enter_batch(decide, batch, error);
    if (status == TGR_OK) {
        status = make_score_room(decide, error);
    }
    if (status != TGR_OK) {
        return status;
    }
    const tgr_decide_memory *memory = decide->memory;
    const tgr_csr x = batch->x;
    size_t rows = scored_rows(decide), pieces = (batch->rows + rows - 1) / rows;
#pragma omp parallel num_threads(decide->plan.threads)
    {
        size_t thread = (size_t)omp_get_thread_num();
        void *scratch = memory->scratch + memory->scratch_each * thread;
        float *scores = memory->scores + memory->score_each * thread;
        if (decide->serve->any_mask) {
            share_masks(decide, batch);
        }
#pragma omp for schedule(dynamic, 1)
        for (long piece = 0; piece < (long)pieces; piece++) {
            size_t begin = (size_t)piece * rows;
            size_t end = batch->rows - begin < rows ? batch->rows : begin + rows;
            const int16_t *chosen = find_scores(decide, &x, begin, end, scratch, scores);
            const tgr_scored scored = {
                begin, end,         scores, decide->serve->stride, &memory->decider,
                &x,    (int)thread, chosen};
            visit(user, decide, &scored);
        }
    }
    return TGR_OK;
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
