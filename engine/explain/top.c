/* top.c - which tags decide most: every query decided again without each of its tags. */
#include <tagroute/explain.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/exact.h"
#include "engine/base/memory.h"
#include "engine/base/options.h"
#include "engine/base/runtime.h"
#include "engine/decide.h"
#include "engine/explain/variants.h"
#include "engine/pass.h"

#define VARIANT_ENTRIES ((size_t)1 << 20) /* decided at once */

typedef struct tgr_top_memory {
    tgr_top top;
    tgr_arena arena;
} tgr_top_memory;

/* What is counted of a tag of the router. */
typedef struct tag_count {
    uint64_t queries, moved, away, towards;
    tgr_sum cost;
    bool cost_unknown;
} tag_count;

typedef struct counting {
    tgr_top_options options;
    const tgr_router *router;
    const tgr_run *run;
    tgr_pass pass;
    tgr_decide decide;
    tgr_variants variants;
    uint32_t *tags;  /* of the file's columns: the router's, or TGR_STRING_NONE */
    int16_t *chosen; /* of the batch's rows */
    size_t chosen_capacity;
    tag_count *counts;
    uint64_t queries;
    tgr_sum cost;
    bool cost_unknown;
} counting;

void tgr_top_options_init(tgr_top_options *options)
{
    *options = (tgr_top_options){.size = sizeof *options, .policy = TGR_POLICY_MARGIN, .most = 20};
}

void tgr_top_free(tgr_top *top)
{
    if (top != NULL) {
        tgr_top_memory *memory = top->memory;
        tgr_arena_free(&memory->arena);
        tgr_mem_free(memory);
    }
}

static void close_counting(counting *work)
{
    tgr_decide_close(&work->decide);
    tgr_variants_free(&work->variants);
    tgr_mem_free(work->tags);
    tgr_mem_free(work->chosen);
    tgr_mem_free(work->counts);
    tgr_pass_close(&work->pass);
}

static tgr_status open_counting(counting *work, const tgr_top_options *options, tgr_error *error)
{
    tgr_decide_plan plan = {
        .router = work->router, .threshold_count = 1, .fallback = -1, .aligned = true};
    tgr_status status = TGR_OK;
    tgr_top_options_init(&work->options);
    TGR_TRY(tgr_options_copy(&work->options, sizeof work->options, options, error));
    if (work->options.fallback != NULL) {
        size_t model;
        TGR_TRY(tgr_router_need_model(work->router, work->options.fallback, &model, error));
        plan.fallback = (int)model;
    }
    plan.policy = work->options.policy;
    plan.thresholds = &work->options.threshold;
    plan.threads = tgr_run_threads(work->run);
    plan.align_min = work->options.align_min;
    plan.run = work->run;
    TGR_TRY(tgr_decide_open(&work->decide, &plan, error));
    TGR_TRY(tgr_pass_open(&work->pass, work->options.inputs, work->options.input_count,
                          work->options.split, error));
    work->counts = tgr_mem_zalloc(tgr_router_tags(work->router), sizeof *work->counts);
    if (work->counts == NULL) {
        status = tgr_fail_memory(error, "the counts of tags");
    }
done:
    return status;
}

static tgr_status enter_file(counting *work, const tgr_query_file *file, tgr_error *error)
{
    tgr_status status = tgr_decide_file(&work->decide, file, error);
    if (status != TGR_OK) {
        return status;
    }
    file = tgr_aligned_file(&work->decide.aligned, file);
    tgr_mem_free(work->tags);
    work->tags = tgr_mem_alloc(file->columns, sizeof *work->tags);
    for (uint32_t column = 0; work->tags != NULL && column < file->columns; column++) {
        size_t length;
        const char *tag = tgr_strings_get(file->tags, column, &length);
        work->tags[column] = tgr_strings_find(work->router->tags, tag, length);
    }
    return work->tags == NULL ? tgr_fail_memory(error, "the tags of a file") : TGR_OK;
}

/* Adds a cost in USD to a sum; NaN makes it unknown, what is not decided costs nothing. */
static tgr_status add_cost(double cost, tgr_sum *sum, bool *unknown, tgr_error *error)
{
    if (isnan(cost)) {
        *unknown = true;
        return TGR_OK;
    }
    if (!tgr_exact_fits(cost)) {
        return tgr_fail(error, TGR_ERR_INPUT, "a query costs %g USD, which cannot be summed", cost);
    }
    *sum += tgr_exact_term(cost);
    return TGR_OK;
}

static double cost_of(const counting *work, size_t row, int model)
{
    return model < 0 ? 0 : tgr_decide_cost(&work->decide, row, (size_t)model);
}

/* The decisions as they are. The batch's values stay as they were read. */
static tgr_status decide_batch(counting *work, tgr_batch *batch, tgr_error *error)
{
    const tgr_csr x = batch->x;
    tgr_status status = tgr_decide_batch(&work->decide, batch, error);
    batch->x = x;
    if (status != TGR_OK) {
        return status;
    }
    void *chosen = work->chosen;
    if (!tgr_mem_grow(&chosen, &work->chosen_capacity, batch->rows, sizeof *work->chosen)) {
        return tgr_fail_memory(error, "a block of queries");
    }
    work->chosen = chosen;
    memcpy(work->chosen, work->decide.model, batch->rows * sizeof *work->chosen);
    work->queries += batch->rows;
    for (size_t row = 0; status == TGR_OK && row < batch->rows; row++) {
        double cost = cost_of(work, row, work->chosen[row]);
        status = add_cost(cost, &work->cost, &work->cost_unknown, error);
    }
    return status;
}

/* One variant, decided: what its tag does. */
static tgr_status count_variant(counting *work, const tgr_batch *batch, size_t variant,
                                tgr_error *error)
{
    size_t entry = (size_t)work->variants.lacking[variant];
    uint32_t tag = work->tags[batch->x.indices[entry]];
    if (tag == TGR_STRING_NONE) {
        return TGR_OK;
    }
    tag_count *count = &work->counts[tag];
    int with = work->chosen[work->variants.of_row[variant]], without = work->decide.model[variant];
    int reference = (int)work->router->reference;
    count->queries++;
    if (with == without) {
        return TGR_OK;
    }
    count->moved++;
    count->away += without == reference;
    count->towards += with == reference;
    double added = cost_of(work, variant, with) - cost_of(work, variant, without);
    return add_cost(added, &count->cost, &count->cost_unknown, error);
}

static tgr_status count_batch(counting *work, tgr_batch *batch, tgr_error *error)
{
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_aligned_batch(&work->decide.aligned, batch, error));
    TGR_TRY(decide_batch(work, batch, error));
    tgr_variants_begin(&work->variants, batch);
    for (;;) {
        if (!tgr_variants_next(&work->variants, VARIANT_ENTRIES)) {
            return tgr_fail_memory(error, "a block of queries");
        }
        tgr_batch *variants = &work->variants.batch;
        if (variants->rows == 0) {
            break;
        }
        TGR_TRY(tgr_run_check(work->run, error));
        TGR_TRY(tgr_decide_batch(&work->decide, variants, error));
        for (size_t i = 0; i < variants->rows; i++) {
            TGR_TRY(count_variant(work, batch, i, error));
        }
    }
done:
    return status;
}

static tgr_status count_all(counting *work, tgr_error *error)
{
    size_t entered = SIZE_MAX;
    tgr_status status = TGR_OK;
    unsigned want = TGR_WANT_ELIGIBILITY | TGR_WANT_PROMPT_TOKENS;
    want |= tgr_row_prices_want(work->router);
    for (;;) {
        tgr_batch *batch;
        size_t file;
        TGR_TRY(tgr_pass_next(&work->pass, want, "deciding", work->run, &batch, &file, error));
        if (batch == NULL) {
            break;
        }
        if (file != entered) {
            TGR_TRY(enter_file(work, work->pass.files[file], error));
            entered = file;
        }
        TGR_TRY(count_batch(work, batch, error));
    }
done:
    return status;
}

/* ---- the list -------------------------------------------------------------------------------- */

typedef struct ranked_tag {
    const tag_count *count;
    const char *tag;
    double key;
} ranked_tag;

static int by_key(const void *left, const void *right)
{
    const ranked_tag *a = left, *b = right;
    if (a->key != b->key) {
        return a->key > b->key ? -1 : 1;
    }
    return strcmp(a->tag, b->tag);
}

static double cost_value(tgr_sum sum, bool unknown)
{
    return unknown ? NAN : tgr_exact_value(sum);
}

static size_t rank_tags(const counting *work, ranked_tag *ranked, tgr_top *top)
{
    size_t count = 0;
    for (size_t tag = 0; tag < tgr_router_tags(work->router); tag++) {
        const tag_count *of = &work->counts[tag];
        double cost = cost_value(of->cost, of->cost_unknown);
        top->tags += of->queries > 0;
        if (of->moved > 0) {
            double money = isnan(cost) ? -1 : fabs(cost);
            ranked[count++] = (ranked_tag){of, tgr_router_tag(work->router, tag),
                                           work->options.by_money ? money : (double)of->moved};
        }
    }
    top->moving = count;
    qsort(ranked, count, sizeof *ranked, by_key);
    return count;
}

static bool fill_top(const counting *work, const ranked_tag *ranked, size_t count, tgr_top *top,
                     tgr_arena *arena)
{
    top->queries = work->queries;
    top->cost = cost_value(work->cost, work->cost_unknown);
    top->reference = tgr_arena_string(arena, work->router->models[work->router->reference].name);
    top->count = count < work->options.most ? count : work->options.most;
    tgr_top_tag *list = tgr_arena_alloc(arena, top->count, sizeof *list);
    top->list = list;
    bool filled = top->reference != NULL && list != NULL;
    for (size_t i = 0; filled && i < top->count; i++) {
        const tag_count *of = ranked[i].count;
        list[i] = (tgr_top_tag){.tag = tgr_arena_string(arena, ranked[i].tag),
                                .queries = of->queries,
                                .moved = of->moved,
                                .away = of->away,
                                .towards = of->towards,
                                .cost = cost_value(of->cost, of->cost_unknown)};
        filled = list[i].tag != NULL;
    }
    return filled;
}

static tgr_status make_top(const counting *work, tgr_top **top, tgr_error *error)
{
    tgr_top_memory *memory = tgr_mem_zalloc(1, sizeof *memory);
    ranked_tag *ranked = tgr_mem_alloc(tgr_router_tags(work->router), sizeof *ranked);
    bool made = memory != NULL && ranked != NULL;
    if (made) {
        memory->top.memory = memory;
        size_t count = rank_tags(work, ranked, &memory->top);
        made = fill_top(work, ranked, count, &memory->top, &memory->arena);
    }
    tgr_mem_free(ranked);
    if (made) {
        *top = &memory->top;
        return TGR_OK;
    }
    if (memory != NULL) {
        tgr_arena_free(&memory->arena);
        tgr_mem_free(memory);
    }
    return tgr_fail_memory(error, "the list of tags");
}

tgr_status tgr_explain_top(const tgr_router *router, const tgr_top_options *options, tgr_top **top,
                           const tgr_run *run, tgr_error *error)
{
    counting work = {.router = router, .run = run};
    tgr_status status = TGR_OK;
    *top = NULL;
    TGR_TRY(open_counting(&work, options, error));
    TGR_TRY(count_all(&work, error));
    TGR_TRY(make_top(&work, top, error));
done:
    close_counting(&work);
    return status;
}
