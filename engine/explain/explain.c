/* explain.c - one query decided as route decides it, with everything on the way kept. */
#include <tagroute/explain.h>

#include <math.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/options.h"
#include "engine/base/runtime.h"
#include "engine/decide.h"
#include "engine/explain/query.h"
#include "engine/explain/ranges.h"
#include "engine/explain/why_not.h"

typedef struct tgr_explanation_memory {
    tgr_explanation explanation;
    tgr_arena arena;
} tgr_explanation_memory;

typedef struct explaining {
    tgr_explain_options options;
    const tgr_router *router;
    tgr_one_query query;
    tgr_decide decide;
    tgr_explanation *to;
    tgr_arena *arena;
    tgr_explained_model *models; /* to->models */
} explaining;

void tgr_explain_options_init(tgr_explain_options *options)
{
    *options = (tgr_explain_options){
        .size = sizeof *options, .prompt_tokens = NAN, .policy = TGR_POLICY_MARGIN};
}

void tgr_explanation_free(tgr_explanation *explanation)
{
    if (explanation != NULL) {
        tgr_explanation_memory *memory = explanation->memory;
        tgr_arena_free(&memory->arena);
        tgr_mem_free(memory);
    }
}

static tgr_status check(explaining *work, tgr_error *error)
{
    const tgr_explain_options *options = &work->options;
    if ((options->input != NULL) + (options->text != NULL) + (options->rows != NULL) != 1) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "explain one thing: a query of a file, a text, or a row in memory");
    }
    if (options->prompt_tokens < 0 || isinf(options->prompt_tokens)) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "prompt tokens are a number not below 0");
    }
    work->to->asked = -1;
    if (options->why_not != NULL) {
        size_t model;
        tgr_status status = tgr_router_need_model(work->router, options->why_not, &model, error);
        if (status != TGR_OK) {
            return status;
        }
        work->to->asked = (int)model;
    }
    return TGR_OK;
}

static tgr_status start(explaining *work, const tgr_explain_options *options, tgr_error *error)
{
    tgr_status status = TGR_OK;
    tgr_explanation_memory *memory = tgr_mem_zalloc(1, sizeof *memory);
    if (memory == NULL) {
        return tgr_fail_memory(error, "the explanation");
    }
    work->to = &memory->explanation;
    work->to->memory = memory;
    work->arena = &memory->arena;
    tgr_explain_options_init(&work->options);
    TGR_TRY(tgr_options_copy(&work->options, sizeof work->options, options, error));
    TGR_TRY(check(work, error));
done:
    return status;
}

/* The decision, by the same code as any other. */
static tgr_status decide(explaining *work, const tgr_run *run, tgr_error *error)
{
    const tgr_explain_options *options = &work->options;
    tgr_decide_plan plan = {.router = work->router,
                            .policy = options->policy,
                            .thresholds = &work->options.threshold,
                            .threshold_count = 1,
                            .fallback = -1,
                            .align_min = options->align_min,
                            .want_margins = true,
                            .threads = 1,
                            .run = run};
    tgr_status status = TGR_OK;
    if (options->fallback != NULL) {
        size_t model;
        TGR_TRY(tgr_router_need_model(work->router, options->fallback, &model, error));
        plan.fallback = (int)model;
    }
    TGR_TRY(tgr_decide_open(&work->decide, &plan, error));
    if (options->text != NULL) {
        TGR_TRY(tgr_one_query_of_text(&work->query, options, work->router, error));
    } else if (options->rows != NULL) {
        TGR_TRY(tgr_one_query_of_rows(&work->query, options, work->router, error));
    } else {
        TGR_TRY(tgr_one_query_find(&work->query, options, run, error));
    }
    const tgr_query_file *file = work->query.file;
    TGR_TRY(tgr_decide_file(&work->decide, file, error));
    unsigned want = tgr_decide_wants(&work->decide, file);
    want |= file->has_prompt_tokens ? TGR_WANT_PROMPT_TOKENS : 0;
    TGR_TRY(tgr_one_query_read(&work->query, want, error));
    TGR_TRY(tgr_decide_batch(&work->decide, &work->query.batch, error));
done:
    return status;
}

/* ---- tags ------------------------------------------------------------------------------------ */

static float value_of(const tgr_csr *x, int64_t entry)
{
    switch (x->value_type) {
    case TGR_U8:
        return ((const uint8_t *)x->values)[entry];
    case TGR_U16:
        return ((const uint16_t *)x->values)[entry];
    case TGR_F32:
        break;
    }
    return ((const float *)x->values)[entry];
}

/* One tag's part in every model's score; scores: the sums so far, which it adds to. */
static bool add_tag(explaining *work, tgr_explained_tag *tag, uint32_t column, float *scores)
{
    const tgr_serve *serve = work->decide.serve;
    size_t models = serve->models, length;
    float *weights = tgr_arena_alloc(work->arena, models, sizeof *weights);
    double *contributions = tgr_arena_alloc(work->arena, models, sizeof *contributions);
    float *sums = tgr_arena_alloc(work->arena, models, sizeof *sums);
    const tgr_query_file *file = tgr_aligned_file(&work->decide.aligned, work->query.file);
    tag->tag = tgr_arena_string(work->arena, tgr_strings_get(file->tags, column, &length));
    if (weights == NULL || contributions == NULL || sums == NULL || tag->tag == NULL) {
        return false;
    }
    for (size_t model = 0; model < models; model++) {
        weights[model] = serve->weights[column * serve->stride + serve->place[model]];
        contributions[model] = (double)tag->value * (double)weights[model];
        sums[model] = scores[model] = fmaf(tag->value, weights[model], scores[model]);
    }
    tag->known = serve->known[column];
    tag->weights = weights;
    tag->contributions = contributions;
    tag->scores = sums;
    work->to->unknown_tags += !tag->known;
    return true;
}

static bool add_tags(explaining *work, float *scores)
{
    const tgr_csr *x = &work->query.batch.x;
    size_t count = (size_t)(x->indptr[1] - x->indptr[0]);
    tgr_explained_tag *tags = tgr_arena_alloc(work->arena, count, sizeof *tags);
    bool added = tags != NULL;
    for (size_t i = 0; added && i < count; i++) {
        int64_t entry = x->indptr[0] + (int64_t)i;
        tags[i].value = value_of(x, entry);
        added = add_tag(work, &tags[i], (uint32_t)tgr_csr_column(x, entry), scores);
    }
    work->to->tags = tags;
    work->to->tag_count = count;
    return added;
}

/* ---- models ---------------------------------------------------------------------------------- */

static bool bit_of(const uint64_t *masks, const int32_t *codes, const tgr_serve *serve,
                   size_t place)
{
    return masks == NULL || codes == NULL || codes[0] < 0 ||
           (masks[(size_t)codes[0] * serve->mask_words + place / 64] >> (place % 64) & 1) != 0;
}

static unsigned why_out(const explaining *work, size_t place, size_t model)
{
    const tgr_serve *serve = work->decide.serve;
    const tgr_batch *batch = &work->query.batch;
    unsigned out = 0;
    out |= bit_of(serve->allow_masks, batch->allow, serve, place) ? 0 : TGR_OUT_NOT_ALLOWED;
    out |= bit_of(serve->deny_masks, batch->deny, serve, place) ? 0 : TGR_OUT_DENIED;
    out |= bit_of(serve->needs_masks, batch->needs, serve, place) ? 0 : TGR_OUT_NEEDS;
    bool too_long =
        batch->prompt_tokens != NULL && batch->prompt_tokens[0] > serve->token_limit[place];
    out |= batch->eligible == NULL || batch->eligible[model] ? 0 : TGR_OUT_NOT_ELIGIBLE;
    return out | (too_long ? TGR_OUT_TOO_LONG : 0);
}

static tgr_cost_source cost_source(const explaining *work, size_t place)
{
    const tgr_serve *serve = work->decide.serve;
    const double *tokens = work->query.batch.prompt_tokens;
    bool priced = serve->any_price && !isnan(serve->price_in[place]);
    return priced && tokens != NULL && !isnan(tokens[0]) ? TGR_COST_TOKENS
                                                         : serve->flat_source[place];
}

static bool add_models(explaining *work, const float *scores)
{
    const tgr_serve *serve = work->decide.serve;
    const tgr_explain_options *options = &work->options;
    tgr_explained_model *models = tgr_arena_alloc(work->arena, serve->models, sizeof *models);
    work->to->models = work->models = models;
    work->to->model_count = serve->models;
    for (size_t k = 0; models != NULL && k < serve->models; k++) {
        tgr_explained_model *model = &models[k];
        model->name = tgr_arena_string(work->arena, work->router->models[k].name);
        if (model->name == NULL) {
            return false;
        }
        model->bias = serve->bias[serve->place[k]];
        model->score = scores[k];
        model->cost = tgr_decide_cost(&work->decide, 0, k);
        model->cost_source = cost_source(work, serve->place[k]);
        model->out = why_out(work, serve->place[k], k);
        double lambda = options->threshold;
        model->utility = options->policy != TGR_POLICY_UTILITY ? NAN
                         : lambda == 0                         ? (double)model->score
                                       : fma(-lambda, model->cost, (double)model->score);
    }
    return models != NULL;
}

/* ---- the decision ---------------------------------------------------------------------------- */

static void note_decision(explaining *work)
{
    tgr_explanation *to = work->to;
    const tgr_decide *decided = &work->decide;
    to->policy = work->options.policy;
    to->threshold =
        tgr_threshold_compared(tgr_decide_decider(decided)->rule, work->options.threshold);
    to->reference = work->router->reference;
    to->chosen = decided->model[0];
    to->margin = decided->margin[0];
    to->fell_back = decided->fell_back > 0;
    to->row = work->query.row;
    const double *tokens = work->query.batch.prompt_tokens;
    to->prompt_tokens = tokens == NULL ? NAN : tokens[0];
}

static bool one_range(explaining *work)
{
    bool margin = work->options.policy == TGR_POLICY_MARGIN;
    tgr_explained_range *range = tgr_arena_alloc(work->arena, 1, sizeof *range);
    if (range != NULL) {
        *range = (tgr_explained_range){margin ? -INFINITY : 0, INFINITY, work->to->chosen};
    }
    work->to->ranges = range;
    work->to->range_count = 1;
    return range != NULL;
}

static bool add_ranges(explaining *work, const float *scores)
{
    const tgr_serve *serve = work->decide.serve;
    if (work->to->fell_back || work->to->chosen < 0) { /* at every threshold */
        return one_range(work);
    }
    float *placed = tgr_arena_alloc(work->arena, serve->models, sizeof *placed);
    double *costs = tgr_arena_alloc(work->arena, serve->models, sizeof *costs);
    if (costs == NULL) {
        return false;
    }
    const tgr_decider decider = tgr_decide_decider_of_row(&work->decide, 0, costs);
    for (size_t place = 0; placed != NULL && place < serve->models; place++) {
        placed[place] = scores[serve->order[place]];
    }
    tgr_explained_range *ranges = NULL;
    bool found =
        placed != NULL && tgr_ranges_find(work->arena, &decider, placed, work->options.threshold,
                                          &ranges, &work->to->range_count, &work->to->range);
    for (size_t i = 0; found && i < work->to->range_count; i++) {
        ranges[i].model = serve->order[ranges[i].model];
    }
    work->to->ranges = ranges;
    return found;
}

static bool add_id(explaining *work)
{
    const tgr_texts *ids = &work->query.batch.ids;
    if (ids->offsets == NULL) {
        return true;
    }
    size_t length = (size_t)(ids->offsets[1] - ids->offsets[0]);
    char *id = tgr_arena_alloc(work->arena, length + 1, 1);
    if (id != NULL) {
        memcpy(id, ids->bytes + ids->offsets[0], length);
    }
    work->to->id = id;
    return id != NULL;
}

static tgr_status describe(explaining *work, tgr_error *error)
{
    const tgr_serve *serve = work->decide.serve;
    float *scores = tgr_arena_alloc(work->arena, serve->models, sizeof *scores);
    for (size_t k = 0; scores != NULL && k < serve->models; k++) {
        scores[k] = serve->bias[serve->place[k]];
    }
    note_decision(work);
    if (scores == NULL || !add_id(work) || !add_tags(work, scores) || !add_models(work, scores) ||
        !add_ranges(work, scores)) {
        return tgr_fail_memory(error, "the explanation");
    }
    if (work->to->asked >= 0) {
        tgr_why_not_find(work->to);
    }
    return TGR_OK;
}

tgr_status tgr_explain(const tgr_router *router, const tgr_explain_options *options,
                       tgr_explanation **explanation, const tgr_run *run, tgr_error *error)
{
    explaining work = {.router = router};
    tgr_status status = TGR_OK;
    *explanation = NULL;
    TGR_TRY(start(&work, options, error));
    TGR_TRY(decide(&work, run, error));
    TGR_TRY(describe(&work, error));
    *explanation = work.to;
    work.to = NULL;
done:
    tgr_explanation_free(work.to);
    tgr_decide_close(&work.decide);
    tgr_one_query_close(&work.query);
    return status;
}
