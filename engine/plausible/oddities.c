/* oddities.c - counts over batches; see oddities.h. */
#include "engine/plausible/oddities.h"

#include <math.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/router/row_costs.h"

#define TOLERATED 0.05 /* share by which a cost may differ from tokens times price */

tgr_status tgr_oddities_open(tgr_oddities *odd, const tgr_query_file *file,
                             const tgr_router *router, tgr_error *error)
{
    size_t count = tgr_strings_count(file->models);
    *odd = (tgr_oddities){
        .models = tgr_mem_zalloc(count, sizeof *odd->models),
        .priced = tgr_mem_zalloc(count, sizeof *odd->priced),
        .count = count,
    };
    if (odd->models == NULL || odd->priced == NULL) {
        tgr_oddities_close(odd);
        return tgr_fail_memory(error, "looking at costs");
    }
    for (size_t model = 0; router != NULL && model < count; model++) {
        const char *name = tgr_strings_get(file->models, (uint32_t)model, NULL);
        int number = tgr_router_find_model(router, name);
        odd->priced[model] = number < 0 ? NULL : &router->models[number];
    }
    return TGR_OK;
}

void tgr_oddities_close(tgr_oddities *odd)
{
    tgr_mem_free(odd->models);
    tgr_mem_free(odd->priced);
    *odd = (tgr_oddities){0};
}

static void add_tokens(tgr_spread *spread, double tokens)
{
    if (isnan(tokens)) {
        return;
    }
    if (spread->count++ == 0) {
        spread->least = spread->most = tokens;
    }
    spread->least = tokens < spread->least ? tokens : spread->least;
    spread->most = tokens > spread->most ? tokens : spread->most;
}

static void compare(tgr_model_oddities *own, double recorded, double computed)
{
    if (!tgr_exact_fits(recorded) || !tgr_exact_fits(computed)) {
        return;
    }
    double larger = recorded > computed ? recorded : computed;
    own->compared++;
    own->differing += fabs(recorded - computed) > TOLERATED * larger;
    own->recorded += tgr_exact_term(recorded);
    own->computed += tgr_exact_term(computed);
}

/* One model's answer to one query; prompt: NaN where it was not logged. */
static void add_answer(tgr_oddities *odd, const tgr_batch *batch, size_t row, size_t model,
                       double prompt)
{
    size_t cell = row * odd->count + model;
    tgr_model_oddities *own = &odd->models[model];
    double completion = batch->completion_tokens == NULL ? NAN : batch->completion_tokens[cell];
    double cost = batch->cost == NULL ? NAN : batch->cost[cell];
    add_tokens(&own->completions, completion);
    if (isnan(cost)) {
        return;
    }
    own->costs++;
    own->zeros += cost == 0;
    if (odd->priced[model] != NULL && !isnan(prompt) && !isnan(completion)) {
        double cached = batch->cached_tokens == NULL ? NAN : batch->cached_tokens[row];
        compare(own, cost, tgr_model_spent(odd->priced[model], prompt, cached, completion));
    }
}

void tgr_oddities_add(tgr_oddities *odd, const tgr_batch *batch)
{
    odd->queries += batch->rows;
    for (size_t row = 0; row < batch->rows; row++) {
        bool estimated = batch->tokens_from != NULL && batch->tokens_from[row] >= 0;
        double prompt = batch->prompt_tokens == NULL || estimated ? NAN : batch->prompt_tokens[row];
        add_tokens(&odd->prompts, prompt);
        for (size_t model = 0; model < odd->count; model++) {
            add_answer(odd, batch, row, model, prompt);
        }
    }
}
