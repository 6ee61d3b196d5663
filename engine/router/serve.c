/* serve.c - W gathered into a file's column order, models into preference order, costs beside them.
 */
#include "engine/router/serve.h"

#include <math.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/router/eligibility.h"

static bool allocate(tgr_serve *serve, const tgr_query_file *file)
{
    size_t models = serve->models;
    serve->stride = tgr_weights_stride(models);
    serve->order = tgr_mem_alloc(models, sizeof *serve->order);
    serve->place = tgr_mem_alloc(models, sizeof *serve->place);
    serve->weights = tgr_mem_aligned((size_t)file->columns * serve->stride, sizeof *serve->weights);
    serve->bias = tgr_mem_aligned(serve->stride, sizeof *serve->bias);
    serve->known = tgr_mem_zalloc(file->columns, sizeof *serve->known);
    serve->flat = tgr_mem_alloc(models, sizeof *serve->flat);
    serve->price_in = tgr_mem_alloc(models, sizeof *serve->price_in);
    serve->price_out = tgr_mem_alloc(models, sizeof *serve->price_out);
    serve->flat_source = tgr_mem_alloc(models, sizeof *serve->flat_source);
    serve->file_model = tgr_mem_alloc(models, sizeof *serve->file_model);
    return serve->order != NULL && serve->place != NULL && serve->weights != NULL &&
           serve->bias != NULL && serve->known != NULL && serve->flat != NULL &&
           serve->price_in != NULL && serve->price_out != NULL && serve->flat_source != NULL &&
           serve->file_model != NULL;
}

/* What a query costs on average, NaN where not known. */
static double usual_cost(const tgr_model *model)
{
    return isnan(model->mean_cost) ? model->cost : model->mean_cost;
}

/* Whether a cost comes before another: cheaper first, unknown last. */
static bool cheaper(double a, double b)
{
    return a < b || (!isnan(a) && isnan(b));
}

/* By insertion, which keeps equals in the order of their index. */
static void order_models(tgr_serve *serve, const tgr_router *router)
{
    for (size_t k = 0; k < serve->models; k++) {
        double cost = usual_cost(&router->models[k]);
        size_t at = k;
        while (at > 0 && cheaper(cost, usual_cost(&router->models[serve->order[at - 1]]))) {
            serve->order[at] = serve->order[at - 1];
            at--;
        }
        serve->order[at] = (uint16_t)k;
    }
    for (size_t place = 0; place < serve->models; place++) {
        serve->place[serve->order[place]] = (uint16_t)place;
    }
    serve->reference = serve->place[router->reference];
}

static void gather_row(const tgr_serve *serve, const float *from, float *row)
{
    for (size_t place = 0; place < serve->models; place++) {
        row[place] = from[serve->order[place]];
    }
    for (size_t place = serve->models; place < serve->stride; place++) {
        row[place] = 0;
    }
}

static void gather_weights(tgr_serve *serve, const tgr_router *router, const tgr_query_file *file)
{
    for (uint32_t column = 0; column < file->columns; column++) {
        size_t length;
        const char *tag = tgr_strings_get(file->tags, column, &length);
        uint32_t number = tgr_strings_find(router->tags, tag, length);
        float *row = serve->weights + column * serve->stride;
        if (number == TGR_STRING_NONE) {
            serve->unknown_tags++;
            memset(row, 0, serve->stride * sizeof *row);
        } else {
            serve->known[column] = true;
            gather_row(serve, router->weights + number * serve->models, row);
        }
    }
    gather_row(serve, router->bias, serve->bias);
}

static void set_costs(tgr_serve *serve, const tgr_router *router)
{
    for (size_t place = 0; place < serve->models; place++) {
        const tgr_model *model = &router->models[serve->order[place]];
        double completions = tgr_model_completions(model);
        bool priced = !isnan(model->price_in) && !isnan(model->price_out) && !isnan(completions);
        serve->price_in[place] = priced ? model->price_in * tgr_model_ratio(model) : NAN;
        serve->price_out[place] = priced ? model->price_out * completions : NAN;
        serve->any_price = serve->any_price || priced;
        serve->flat[place] = usual_cost(model);
        serve->flat_source[place] = !isnan(model->mean_cost) ? TGR_COST_MEAN
                                    : !isnan(model->cost)    ? TGR_COST_FLAT
                                                             : TGR_COST_NONE;
    }
}

static void match_models(tgr_serve *serve, const tgr_router *router, const tgr_query_file *file)
{
    for (size_t k = 0; k < serve->models; k++) {
        const char *name = router->models[k].name;
        uint32_t column = file->models == NULL ? TGR_STRING_NONE
                                               : tgr_strings_find(file->models, name, strlen(name));
        serve->file_model[k] = column == TGR_STRING_NONE ? -1 : (int32_t)column;
    }
}

static tgr_status check_tagger(const tgr_router *router, const tgr_query_file *file,
                               tgr_error *error)
{
    const char *digest = file->tagger_digest;
    if (router->tagger_digest == NULL) { /* it knows models alone */
        return TGR_OK;
    }
    if (digest == NULL || digest[0] == '\0' || strcmp(digest, router->tagger_digest) == 0) {
        return TGR_OK;
    }
    if (file->category_tag != router->category_tag) {
        return tgr_fail(
            error, TGR_ERR_INPUT,
            "%s was tagged %s the category as a tag, and the router %s it; ingest the log again "
            "with the router (--router)",
            file->path, file->category_tag ? "with" : "without",
            router->category_tag ? "expects" : "does not expect");
    }
    return tgr_fail(
        error, TGR_ERR_INPUT,
        "%s was tagged in another way than the router's training data; ingest the log again "
        "with the router (--router)",
        file->path);
}

tgr_status tgr_serve_open(const tgr_router *router, const tgr_query_file *file, tgr_serve **serve,
                          tgr_error *error)
{
    tgr_status status = check_tagger(router, file, error);
    if (status != TGR_OK) {
        return status;
    }
    tgr_serve *opened = tgr_mem_zalloc(1, sizeof *opened);
    if (opened == NULL) {
        return tgr_fail_memory(error, "serving the router");
    }
    /* Kernels count positions in W in 32 bits. */
    size_t stride = tgr_weights_stride(router->model_count);
    if ((uint64_t)file->columns * stride > UINT32_MAX) {
        tgr_mem_free(opened);
        return tgr_fail(error, TGR_ERR_UNSUPPORTED,
                        "%s: its %lu tags and the router's %zu models are more than one table of "
                        "scores can hold; route with fewer models or rarer tags left out",
                        file->path, (unsigned long)file->columns, router->model_count);
    }
    opened->models = router->model_count;
    opened->has_prompt_tokens = file->has_prompt_tokens;
    if (!allocate(opened, file)) {
        status = tgr_fail_memory(error, "serving the router");
        goto done;
    }
    order_models(opened, router);
    gather_weights(opened, router, file);
    set_costs(opened, router);
    match_models(opened, router, file);
    opened->by_row =
        file->has_prompt_tokens && tgr_row_prices_matter(router, file->has_cached_tokens);
    if (opened->by_row) {
        TGR_TRY(tgr_row_prices_open(&opened->row_prices, router, opened->order, error));
    }
    TGR_TRY(tgr_eligibility_open(opened, router, file, error));
done:
    if (status != TGR_OK) {
        tgr_serve_close(opened);
        return status;
    }
    *serve = opened;
    return TGR_OK;
}

void tgr_serve_close(tgr_serve *serve)
{
    if (serve == NULL) {
        return;
    }
    tgr_mem_free(serve->order);
    tgr_mem_free(serve->place);
    tgr_mem_free_aligned(serve->weights);
    tgr_mem_free_aligned(serve->bias);
    tgr_mem_free(serve->known);
    tgr_mem_free(serve->flat);
    tgr_mem_free(serve->price_in);
    tgr_mem_free(serve->price_out);
    tgr_mem_free(serve->flat_source);
    tgr_mem_free(serve->file_model);
    tgr_row_prices_close(&serve->row_prices);
    tgr_mem_free(serve->allow_masks);
    tgr_mem_free(serve->deny_masks);
    tgr_mem_free(serve->needs_masks);
    tgr_mem_free(serve->token_limit);
    tgr_mem_free(serve);
}

unsigned tgr_serve_wants(const tgr_serve *serve, const tgr_query_file *file)
{
    unsigned wants = 0;
    if (serve->allow_masks != NULL || serve->deny_masks != NULL || serve->needs_masks != NULL) {
        wants |= TGR_WANT_ELIGIBILITY;
    }
    if (file->has_prompt_tokens && (serve->any_price || serve->any_token_limit)) {
        wants |= TGR_WANT_PROMPT_TOKENS;
    }
    if (serve->by_row && file->has_cached_tokens) {
        wants |= TGR_WANT_CACHED_TOKENS;
    }
    return wants;
}

tgr_status tgr_serve_need_costs(const tgr_serve *serve, const tgr_router *router, tgr_error *error)
{
    for (size_t k = 0; k < serve->models; k++) {
        const tgr_model *model = &router->models[k];
        size_t place = serve->place[k];
        bool priced = !isnan(serve->price_in[place]);
        if (!isnan(serve->flat[place]) || (priced && serve->has_prompt_tokens)) {
            continue;
        }
        const char *missing =
            "its prices a token are not known (--prices with --alias, or --price)";
        if (priced) {
            missing = "the query file has no prompt tokens to apply its prices to";
        } else if (!isnan(model->price_in) && !isnan(model->price_out)) {
            missing = "its expected completion tokens are not known (--completion-tokens)";
        }
        return tgr_fail(
            error, TGR_ERR_ARGUMENT,
            "the policy needs costs, and model \"%s\" has none: no mean of recorded costs, and %s; "
            "a flat cost will do as well (--cost)",
            model->name, missing);
    }
    return TGR_OK;
}
