/* row_costs.c - see row_costs.h. */
#include "engine/router/row_costs.h"

#include <math.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/store/batch.h"

static bool is_priced(const tgr_model *model)
{
    return !isnan(model->price_in) && !isnan(model->price_out) &&
           !isnan(tgr_model_completions(model));
}

static bool has_cached_price(const tgr_model *model)
{
    bool has = !isnan(model->price_cached);
    for (size_t i = 0; i < model->step_count; i++) {
        has = has || !isnan(model->steps[i].cached);
    }
    return has;
}

bool tgr_row_prices_matter(const tgr_router *router, bool file_has_cached_tokens)
{
    for (size_t k = 0; k < router->model_count; k++) {
        const tgr_model *model = &router->models[k];
        if (is_priced(model) &&
            (model->step_count > 0 || (file_has_cached_tokens && has_cached_price(model)))) {
            return true;
        }
    }
    return false;
}

unsigned tgr_row_prices_want(const tgr_router *router)
{
    for (size_t k = 0; k < router->model_count; k++) {
        if (is_priced(&router->models[k]) && has_cached_price(&router->models[k])) {
            return TGR_WANT_CACHED_TOKENS;
        }
    }
    return 0;
}

static double known(double price, double otherwise)
{
    return isnan(price) ? otherwise : price;
}

/* Prices of the model's own tokens to prices of counted ones and of the expected completion. */
static void add_step(tgr_row_prices *prices, tgr_place_prices *place, const tgr_model *model,
                     const tgr_price_step *step)
{
    double in = known(step->in, model->price_in), out = known(step->out, model->price_out);
    prices->steps[place->first + place->count++] = (tgr_price_step){
        .above = step->above,
        .in = in * place->ratio,
        .out = out * tgr_model_completions(model),
        .cached = step->cached * place->ratio,
    };
}

static void fill_place(tgr_row_prices *prices, tgr_place_prices *place, const tgr_model *model)
{
    const tgr_price_step all = {-1, model->price_in, model->price_out, model->price_cached};
    add_step(prices, place, model, &all);
    for (size_t i = 0; i < model->step_count; i++) {
        add_step(prices, place, model, &model->steps[i]);
    }
}

tgr_status tgr_row_prices_open(tgr_row_prices *prices, const tgr_router *router,
                               const uint16_t *order, tgr_error *error)
{
    size_t steps = 0, models = router->model_count;
    for (size_t k = 0; k < models; k++) {
        steps += 1 + router->models[k].step_count;
    }
    *prices = (tgr_row_prices){
        .places = tgr_mem_zalloc(models, sizeof *prices->places),
        .steps = tgr_mem_zalloc(steps, sizeof *prices->steps),
    };
    if (prices->places == NULL || prices->steps == NULL) {
        tgr_row_prices_close(prices);
        return tgr_fail_memory(error, "the models' prices");
    }
    uint32_t first = 0;
    for (size_t p = 0; p < models; p++) {
        const tgr_model *model = &router->models[order[p]];
        tgr_place_prices *place = &prices->places[p];
        place->ratio = tgr_model_ratio(model);
        place->first = first;
        if (is_priced(model)) {
            fill_place(prices, place, model);
        }
        first += place->count;
    }
    return TGR_OK;
}

void tgr_row_prices_close(tgr_row_prices *prices)
{
    tgr_mem_free(prices->places);
    tgr_mem_free(prices->steps);
    *prices = (tgr_row_prices){0};
}

/* The last step that a prompt is long enough for. */
static const tgr_price_step *step_of(const tgr_row_prices *prices, const tgr_place_prices *place,
                                     double tokens)
{
    const tgr_price_step *steps = prices->steps + place->first;
    uint32_t at = place->count - 1;
    while (at > 0 && !(tokens * place->ratio > steps[at].above)) {
        at--;
    }
    return &steps[at];
}

/* With the prices of a step, `out` being that of the whole completion. */
static double cost_of(const tgr_price_step *step, double tokens, double cached)
{
    if (!(cached > 0) || isnan(step->cached)) {
        return fma(tokens, step->in, step->out);
    }
    cached = cached < tokens ? cached : tokens;
    return fma(tokens - cached, step->in, fma(cached, step->cached, step->out));
}

double tgr_row_cost(const tgr_row_costs *costs, size_t row, size_t place)
{
    double tokens = costs->prompt_tokens == NULL ? NAN : costs->prompt_tokens[row];
    const tgr_place_prices *prices = &costs->prices->places[place];
    if (isnan(tokens) || prices->count == 0) {
        return costs->flat[place];
    }
    double cached = costs->cached_tokens == NULL ? NAN : costs->cached_tokens[row];
    return cost_of(step_of(costs->prices, prices, tokens), tokens, cached);
}

double tgr_model_spent(const tgr_model *model, double prompt, double cached, double completion)
{
    double ratio = tgr_model_ratio(model);
    tgr_price_step step = {0, model->price_in, model->price_out, model->price_cached};
    for (size_t i = 0; i < model->step_count && prompt * ratio > model->steps[i].above; i++) {
        step.in = known(model->steps[i].in, model->price_in);
        step.out = known(model->steps[i].out, model->price_out);
        step.cached = model->steps[i].cached;
    }
    step.in *= ratio;
    step.out *= completion;
    step.cached *= ratio;
    return cost_of(&step, prompt, cached);
}
