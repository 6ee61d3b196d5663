/* prices.c - what models cost, from the price map and from the user's own words.
 *
 * The words are checked before anything is changed, so that a mistake leaves the router as it was.
 */
#include <tagroute/prices.h>

#include <math.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/options.h"
#include "engine/base/runtime.h"
#include "engine/router/price_entry.h"
#include "engine/router/price_map.h"
#include "engine/router/price_words.h"
#include "engine/router/router.h"

/* Whether the entry "MODEL=NAME" is about this model; *name is what stands after its '='. Both may
 * hold '=' themselves, so the model's own name decides where the first ends. */
static bool alias_is_of(const char *alias, const char *model, const char **name)
{
    size_t length = strlen(model);
    if (strncmp(alias, model, length) != 0 || alias[length] != '=') {
        return false;
    }
    *name = alias + length + 1;
    return true;
}

/* The model that an alias is about: the longest name that fits. */
static int alias_model(const tgr_router *router, const char *alias, const char **name)
{
    int best = -1;
    for (size_t i = 0; i < router->model_count; i++) {
        const char *target;
        if (alias_is_of(alias, router->models[i].name, &target) && (best < 0 || target > *name)) {
            best = (int)i;
            *name = target;
        }
    }
    return best;
}

static tgr_status check_alias(const tgr_router *router, const tgr_price_map *map, const char *alias,
                              tgr_error *error)
{
    const char *name = NULL, *equals = strchr(alias, '=');
    if (equals == NULL || equals == alias || equals[1] == '\0') {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "\"%s\": an alias is MODEL=NAME_IN_THE_PRICE_MAP",
                        alias);
    }
    if (alias_model(router, alias, &name) < 0) {
        size_t model;
        return tgr_price_words_model(router, alias, equals, &model, error);
    }
    if (map == NULL) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "\"%s\": an alias needs a price map to look into",
                        alias);
    }
    if (tgr_price_map_get(map, name) != NULL) {
        return TGR_OK;
    }
    char near[512];
    tgr_status status = tgr_price_map_near(map, name, near, sizeof near, error);
    if (status != TGR_OK) {
        return status;
    }
    return tgr_fail(error, TGR_ERR_ARGUMENT, "\"%s\": the price map has no model \"%s\"%s%s", alias,
                    name, near[0] == '\0' ? "" : "; near: ", near);
}

static tgr_status warn_missing(const tgr_price_map *map, const char *name, const tgr_run *run,
                               tgr_error *error)
{
    char near[512];
    tgr_status status = tgr_price_map_near(map, name, near, sizeof near, error);
    if (status == TGR_OK) {
        tgr_run_message(run, TGR_WARNING,
                        "the price map has no model \"%s\"%s%s; name it with an alias", name,
                        near[0] == '\0' ? "" : "; near: ", near);
    }
    return status;
}

static bool has_alias(const tgr_router *router, size_t k, const tgr_price_options *options)
{
    for (size_t i = 0; i < options->alias_count; i++) {
        const char *name = NULL;
        if (alias_model(router, options->aliases[i], &name) == (int)k) {
            return true;
        }
    }
    return false;
}

/* What a map says of a model, under the name that *found gives; NULL where it says nothing. */
static const tgr_map_price *find_price(const tgr_router *router, size_t k, const tgr_price_map *map,
                                       const tgr_price_options *options, const char **found)
{
    *found = NULL;
    for (size_t i = 0; i < options->alias_count; i++) {
        const char *name = NULL;
        if (alias_model(router, options->aliases[i], &name) == (int)k) {
            *found = name; /* the last one said counts */
        }
    }
    if (map == NULL) {
        return NULL;
    }
    return *found != NULL ? tgr_price_map_get(map, *found)
                          : tgr_price_map_find(map, router->models[k].name, found);
}

/* That every model has prices of the tier that is asked for. */
static tgr_status check_tier(tgr_router *router, const tgr_price_map *map,
                             const tgr_price_options *options, tgr_tier tier, tgr_error *error)
{
    for (size_t k = 0; k < router->model_count; k++) {
        const tgr_model *model = &router->models[k];
        const char *found;
        const tgr_map_price *price = find_price(router, k, map, options, &found);
        const tgr_rate *rates =
            price == NULL ? model->entry.rates : tgr_price_map_rates(map, price);
        size_t count = price == NULL ? model->entry.rate_count : price->rate_count;
        const char *name = price == NULL ? model->entry.name : found;
        if (tgr_price_words_price(router, k, options)) {
            continue;
        }
        if (name == NULL) {
            return tgr_fail(error, TGR_ERR_ARGUMENT,
                            "no price map says what model \"%s\" costs in the tier %s: name it in "
                            "one (--prices with --alias), or price it with --price",
                            model->name, options->tier);
        }
        if (!tgr_rates_have(rates, count, tier)) {
            return tgr_rates_lack(model->name, name, rates, count, tier, error);
        }
    }
    return TGR_OK;
}

static tgr_status read_tier(const char *name, tgr_tier *tier, tgr_error *error)
{
    *tier = TGR_TIER_STANDARD;
    if (name == NULL || tgr_tier_by_name(name, tier)) {
        return TGR_OK;
    }
    return tgr_tier_unknown(name, error);
}

static tgr_status price_model(tgr_router *router, size_t k, const tgr_price_map *map,
                              const tgr_price_options *options, const tgr_run *run,
                              tgr_error *error)
{
    tgr_model *model = &router->models[k];
    const char *found;
    const tgr_map_price *price = find_price(router, k, map, options, &found);
    if (price == NULL) {
        return warn_missing(map, model->name, run, error);
    }
    if (strcmp(found, model->name) != 0 && !has_alias(router, k, options)) {
        tgr_run_message(run, TGR_NOTE, "model \"%s\" is priced as \"%s\" of the price map",
                        model->name, found);
    }
    if (isnan(price->input) || isnan(price->output)) {
        tgr_run_message(run, TGR_WARNING,
                        "the price map gives no price a token of \"%s\" for model \"%s\"", found,
                        model->name);
    }
    return tgr_model_pin(model, map, price, found, error);
}

/* The map's entries first, then of each that is kept the tier asked for: without a map that of the
 * router's own copies, where one is asked for. */
static tgr_status apply_map(tgr_router *router, const tgr_price_map *map,
                            const tgr_price_options *options, tgr_tier tier, const tgr_run *run,
                            tgr_error *error)
{
    tgr_status status = TGR_OK;
    for (size_t k = 0; map != NULL && k < router->model_count; k++) {
        TGR_TRY(price_model(router, k, map, options, run, error));
    }
    for (size_t k = 0; k < router->model_count; k++) {
        if (router->models[k].entry.name != NULL) {
            TGR_TRY(tgr_model_take_tier(&router->models[k], tier, run, error));
        }
    }
done:
    return status;
}

/* As if no provider had anything in its cache. */
static void forget_cached(tgr_router *router)
{
    for (size_t k = 0; k < router->model_count; k++) {
        tgr_model *model = &router->models[k];
        model->price_cached = NAN;
        for (size_t i = 0; i < model->step_count; i++) {
            model->steps[i].cached = NAN;
        }
    }
}

tgr_status tgr_router_set_prices(tgr_router *router, const tgr_price_options *given,
                                 const tgr_run *run, tgr_error *error)
{
    tgr_price_options copy = {0};
    const tgr_price_options *options = &copy;
    tgr_status status = TGR_OK;
    tgr_price_map *map = NULL;
    tgr_tier tier;
    TGR_TRY(tgr_options_copy(&copy, sizeof copy, given, error));
    TGR_TRY(read_tier(options->tier, &tier, error));
    TGR_TRY(tgr_price_words_walk(router, options, false, error));
    if (options->map != NULL) {
        TGR_TRY(tgr_price_map_open(options->map, &map, error));
    }
    for (size_t i = 0; i < options->alias_count; i++) {
        TGR_TRY(check_alias(router, map, options->aliases[i], error));
    }
    if (options->tier != NULL && tier != TGR_TIER_STANDARD) {
        TGR_TRY(check_tier(router, map, options, tier, error));
    }
    if (map != NULL || options->tier != NULL) {
        TGR_TRY(apply_map(router, map, options, tier, run, error));
    }
    TGR_TRY(tgr_price_words_walk(router, options, true, error));
    if (options->cold_cache) {
        forget_cached(router);
    }
    TGR_TRY(tgr_router_update_digest(router, error));
done:
    tgr_price_map_close(map);
    return status;
}
