/* price_words.c - see price_words.h. */
#include "engine/router/price_words.h"

#include <math.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/number.h"

#define NUMBER_TEXT 64

#define EVERY_MODEL SIZE_MAX

/* What an entry "MODEL=..." says; all but the first are there for prices only. */
typedef struct setting {
    size_t model;
    double first, second, cached; /* the last NaN where it is left out */
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

/* Numbers between commas, as many as `most`; how many, or 0 where one of them is none. */
static size_t parse_amounts(const char *text, size_t length, double *amounts, size_t most)
{
    for (size_t count = 0; count < most; count++) {
        const char *comma = memchr(text, ',', length);
        size_t own = comma == NULL ? length : (size_t)(comma - text);
        if (!parse_amount(text, own, &amounts[count])) {
            return 0;
        }
        if (comma == NULL) {
            return count + 1;
        }
        text = comma + 1;
        length -= own + 1;
    }
    return 0;
}

/* "IN,OUT" or "IN,OUT,CACHED", or these with "/M". */
static bool parse_prices(const char *text, setting *parsed)
{
    size_t length = strlen(text);
    bool per_million = length >= 2 && strcmp(text + length - 2, "/M") == 0;
    double amounts[3] = {NAN, NAN, NAN};
    size_t count = parse_amounts(text, length - (per_million ? 2 : 0), amounts, 3);
    double unit = per_million ? 1e6 : 1;
    parsed->first = amounts[0] / unit;
    parsed->second = amounts[1] / unit;
    parsed->cached = count == 3 ? amounts[2] / unit : NAN;
    return count >= 2;
}

tgr_status tgr_price_words_model(const tgr_router *router, const char *text, const char *equals,
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
    size_t first;  /* offset of a double in tgr_model; not of prices */
    size_t of_all; /* where a number without a model goes, of every model; 0: it needs one */
    bool above_zero;
} entry_kind;

enum { PRICES, COMPLETION_TOKENS, COSTS, TOKEN_RATIOS, ENTRY_KINDS };

static const entry_kind entry_kinds[ENTRY_KINDS] = {
    {"a price is MODEL=IN,OUT in USD a token, or MODEL=IN,OUT/M a million tokens, with a third for "
     "cached tokens where there is one, with numbers of at least zero",
     0, 0, false},
    {"expected completion tokens are MODEL=N, or N for every model of which they are not known, "
     "with numbers of at least zero",
     offsetof(tgr_model, mean_completion_tokens), offsetof(tgr_model, assumed_completion_tokens),
     false},
    {"a flat cost is MODEL=USD a query, with numbers of at least zero", offsetof(tgr_model, cost),
     0, false},
    {"a token ratio is MODEL=R, with a number above zero", offsetof(tgr_model, token_ratio), 0,
     true},
};

/* Names of models may hold '=', numbers may not: the last one parts them. */
static tgr_status parse_entry(const tgr_router *router, const entry_kind *kind, const char *text,
                              setting *parsed, tgr_error *error)
{
    const char *equals = strrchr(text, '=');
    const char *number = equals == NULL ? text : equals + 1;
    bool alone = equals == NULL && kind->of_all > 0;
    bool good = alone || (equals != NULL && equals > text);
    if (good && kind == &entry_kinds[PRICES]) {
        good = parse_prices(number, parsed);
    } else if (good) {
        good = parse_amount(number, strlen(number), &parsed->first) &&
               (parsed->first > 0 || !kind->above_zero);
    }
    if (!good) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "\"%s\": %s", text, kind->form);
    }
    parsed->model = EVERY_MODEL;
    return alone ? TGR_OK : tgr_price_words_model(router, text, equals, &parsed->model, error);
}

static void set_number(tgr_model *model, size_t offset, double value)
{
    *(double *)(void *)((char *)model + offset) = value;
}

/* Prices in the user's own words are all that there is to the model's. */
static void set_prices(tgr_model *model, const setting *parsed)
{
    tgr_model_free_prices(model);
    model->price_in = parsed->first;
    model->price_out = parsed->second;
    model->price_cached = parsed->cached;
}

static void apply_setting(tgr_router *router, const entry_kind *kind, const setting *parsed)
{
    if (parsed->model == EVERY_MODEL) {
        for (size_t k = 0; k < router->model_count; k++) {
            set_number(&router->models[k], kind->of_all, parsed->first);
        }
    } else if (kind == &entry_kinds[PRICES]) {
        set_prices(&router->models[parsed->model], parsed);
    } else {
        set_number(&router->models[parsed->model], kind->first, parsed->first);
    }
}

typedef struct entry_list {
    const char *const *entries;
    size_t count;
} entry_list;

static entry_list list_of(const tgr_price_options *options, size_t kind)
{
    const entry_list lists[ENTRY_KINDS] = {
        [PRICES] = {options->prices, options->price_count},
        [COMPLETION_TOKENS] = {options->completion_tokens, options->completion_token_count},
        [COSTS] = {options->costs, options->cost_count},
        [TOKEN_RATIOS] = {options->token_ratios, options->token_ratio_count},
    };
    return lists[kind];
}

tgr_status tgr_price_words_walk(tgr_router *router, const tgr_price_options *options, bool apply,
                                tgr_error *error)
{
    for (size_t k = 0; k < ENTRY_KINDS; k++) {
        entry_list list = list_of(options, k);
        for (size_t i = 0; i < list.count; i++) {
            setting parsed = {0};
            tgr_status status =
                parse_entry(router, &entry_kinds[k], list.entries[i], &parsed, error);
            if (status != TGR_OK) {
                return status;
            }
            if (apply) {
                apply_setting(router, &entry_kinds[k], &parsed);
            }
        }
    }
    return TGR_OK;
}

bool tgr_price_words_price(tgr_router *router, size_t k, const tgr_price_options *options)
{
    for (size_t i = 0; i < options->price_count; i++) {
        setting parsed = {0};
        if (parse_entry(router, &entry_kinds[PRICES], options->prices[i], &parsed, NULL) ==
                TGR_OK &&
            parsed.model == k) {
            return true;
        }
    }
    return false;
}
