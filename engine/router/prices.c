/* prices.c - prices, expected lengths and flat costs, from the price map and from the user's own
 * words.
 *
 * The words are checked before anything is changed, so that a mistake leaves the router as it was.
 */
#include <tagroute/prices.h>

#include <math.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/number.h"
#include "engine/base/options.h"
#include "engine/base/runtime.h"
#include "engine/router/price_map.h"
#include "engine/router/router.h"

#define NUMBER_TEXT 64

/* What an entry "MODEL=..." says; second is there for prices only. */
typedef struct setting {
    size_t model;
    double first, second;
} setting;

/* A number of at least zero from the `length` bytes at text. */
static bool parse_amount(const char *text, size_t length, double *amount)
{
    char copy[NUMBER_TEXT];
    if (length == 0 || length >= sizeof copy) {
        return false;
    }
    memcpy(copy, text, length);
    copy[length] = '\0';
    return tgr_number_parse(copy, amount) && isfinite(*amount) && *amount >= 0;
}

/* "IN,OUT" or "IN,OUT/M". */
static bool parse_prices(const char *text, double *in, double *out)
{
    const char *comma = strchr(text, ',');
    if (comma == NULL) {
        return false;
    }
    size_t rest = strlen(comma + 1);
    bool per_million = rest >= 2 && strcmp(comma + 1 + rest - 2, "/M") == 0;
    rest -= per_million ? 2 : 0;
    if (!parse_amount(text, (size_t)(comma - text), in) || !parse_amount(comma + 1, rest, out)) {
        return false;
    }
    if (per_million) {
        *in /= 1e6;
        *out /= 1e6;
    }
    return true;
}

/* The model before the '=' at `equals`. */
static tgr_status need_model(const tgr_router *router, const char *text, const char *equals,
                             size_t *model, tgr_error *error)
{
    char *name = tgr_mem_string_n(text, (size_t)(equals - text));
    if (name == NULL) {
        return tgr_fail_memory(error, "a model's name");
    }
    tgr_status status = tgr_router_need_model(router, name, model, error);
    tgr_mem_free(name);
    if (status == TGR_ERR_ARGUMENT) {
        tgr_error_prefix(error, "\"%s\"", text);
    }
    return status;
}

/* A kind of entry: how it reads and where it goes. */
typedef struct entry_kind {
    const char *form;
    bool pair;
    size_t first, second; /* offsets of doubles in tgr_model */
} entry_kind;

enum { PRICES, COMPLETION_TOKENS, COSTS, ENTRY_KINDS };

static const entry_kind entry_kinds[ENTRY_KINDS] = {
    {"a price is MODEL=IN,OUT in USD a token, or MODEL=IN,OUT/M a million tokens", true,
     offsetof(tgr_model, price_in), offsetof(tgr_model, price_out)},
    {"expected completion tokens are MODEL=N", false, offsetof(tgr_model, mean_completion_tokens),
     0},
    {"a flat cost is MODEL=USD a query", false, offsetof(tgr_model, cost), 0},
};

/* Names of models may hold '=', numbers may not: the last one parts them. */
static tgr_status parse_entry(const tgr_router *router, const entry_kind *kind, const char *text,
                              setting *parsed, tgr_error *error)
{
    const char *equals = strrchr(text, '=');
    bool good = equals != NULL && equals > text;
    if (good && kind->pair) {
        good = parse_prices(equals + 1, &parsed->first, &parsed->second);
    } else if (good) {
        good = parse_amount(equals + 1, strlen(equals + 1), &parsed->first);
    }
    if (!good) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "\"%s\": %s, with numbers of at least zero", text,
                        kind->form);
    }
    return need_model(router, text, equals, &parsed->model, error);
}

static void set_number(tgr_model *model, size_t offset, double value)
{
    *(double *)(void *)((char *)model + offset) = value;
}

/* Goes through all entries; changes the router only where `apply`. */
static tgr_status walk_entries(tgr_router *router, const tgr_price_options *options, bool apply,
                               tgr_error *error)
{
    const char *const *lists[ENTRY_KINDS] = {options->prices, options->completion_tokens,
                                             options->costs};
    size_t counts[ENTRY_KINDS] = {options->price_count, options->completion_token_count,
                                  options->cost_count};
    for (size_t k = 0; k < ENTRY_KINDS; k++) {
        for (size_t i = 0; i < counts[k]; i++) {
            setting parsed = {0};
            tgr_status status = parse_entry(router, &entry_kinds[k], lists[k][i], &parsed, error);
            if (status != TGR_OK) {
                return status;
            }
            if (apply) {
                tgr_model *model = &router->models[parsed.model];
                set_number(model, entry_kinds[k].first, parsed.first);
                if (entry_kinds[k].pair) {
                    set_number(model, entry_kinds[k].second, parsed.second);
                }
            }
        }
    }
    return TGR_OK;
}

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
        return need_model(router, alias, equals, &model, error);
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

static tgr_status take_capabilities(tgr_model *model, const tgr_price_map *map,
                                    const tgr_map_price *price, tgr_error *error)
{
    tgr_model_free_supports(model);
    model->supports_known = true;
    model->supports = tgr_mem_zalloc(price->capability_count, sizeof *model->supports);
    if (model->supports == NULL) {
        return tgr_fail_memory(error, "the models' capabilities");
    }
    for (size_t i = 0; i < price->capability_count; i++) {
        model->supports[i] = tgr_mem_string(tgr_price_map_capability(map, price, i));
        if (model->supports[i] == NULL) {
            return tgr_fail_memory(error, "the models' capabilities");
        }
        model->support_count++;
    }
    return TGR_OK;
}

static void take_number(double *number, double from_map)
{
    if (!isnan(from_map)) {
        *number = from_map;
    }
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

static tgr_status price_model(tgr_model *model, const tgr_price_map *map, const char *alias,
                              const tgr_run *run, tgr_error *error)
{
    const char *found = alias;
    const tgr_map_price *price = alias != NULL ? tgr_price_map_get(map, alias)
                                               : tgr_price_map_find(map, model->name, &found);
    if (price == NULL) {
        return warn_missing(map, model->name, run, error);
    }
    if (alias == NULL && strcmp(found, model->name) != 0) {
        tgr_run_message(run, TGR_NOTE, "model \"%s\" is priced as \"%s\" of the price map",
                        model->name, found);
    }
    if (isnan(price->input) || isnan(price->output)) {
        tgr_run_message(run, TGR_WARNING,
                        "the price map gives no price a token of \"%s\" for model \"%s\"", found,
                        model->name);
    }
    take_number(&model->price_in, price->input);
    take_number(&model->price_out, price->output);
    take_number(&model->max_input_tokens, price->max_input_tokens);
    return take_capabilities(model, map, price, error);
}

static tgr_status apply_map(tgr_router *router, const tgr_price_map *map,
                            const tgr_price_options *options, const tgr_run *run, tgr_error *error)
{
    for (size_t k = 0; k < router->model_count; k++) {
        const char *alias = NULL;
        for (size_t i = 0; i < options->alias_count; i++) {
            const char *name = NULL;
            if (alias_model(router, options->aliases[i], &name) == (int)k) {
                alias = name; /* the last one said counts */
            }
        }
        tgr_status status = price_model(&router->models[k], map, alias, run, error);
        if (status != TGR_OK) {
            return status;
        }
    }
    return TGR_OK;
}

tgr_status tgr_router_set_prices(tgr_router *router, const tgr_price_options *given,
                                 const tgr_run *run, tgr_error *error)
{
    tgr_price_options copy = {0};
    const tgr_price_options *options = &copy;
    tgr_status status = TGR_OK;
    tgr_price_map *map = NULL;
    TGR_TRY(tgr_options_copy(&copy, sizeof copy, given, error));
    TGR_TRY(walk_entries(router, options, false, error));
    if (options->map != NULL) {
        TGR_TRY(tgr_price_map_open(options->map, &map, error));
    }
    for (size_t i = 0; i < options->alias_count; i++) {
        TGR_TRY(check_alias(router, map, options->aliases[i], error));
    }
    if (map != NULL) {
        TGR_TRY(apply_map(router, map, options, run, error));
    }
    TGR_TRY(walk_entries(router, options, true, error));
    TGR_TRY(tgr_router_update_digest(router, error));
done:
    tgr_price_map_close(map);
    return status;
}
