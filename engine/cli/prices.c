/* prices.c - lists of MODEL=... to the library's price options. */
#include "engine/cli/prices.h"

#include <stdlib.h>

#include "engine/cli/fail.h"

#define MAP                                                                                        \
    {                                                                                              \
        "prices", 0, "MAP.json", "price map in LiteLLM's form, by model name"                      \
    }
#define ALIAS                                                                                      \
    {                                                                                              \
        "alias", 0, "MODEL=NAME", "look MODEL up as NAME in the price map; repeatable"             \
    }
#define PRICE                                                                                      \
    {                                                                                              \
        "price", 0, "MODEL=IN,OUT",                                                                \
            "USD a prompt token and a completion token, or =IN,OUT/M a million; a third number "   \
            "is for "                                                                              \
            "cached prompt tokens; repeatable"                                                     \
    }
#define COLD                                                                                       \
    {                                                                                              \
        "cold-cache", 0, NULL, "price no prompt token as read from a provider's cache"             \
    }

static const tgr_cli_option paid_options[] = {
    MAP,
    ALIAS,
    PRICE,
    {"price-tier", 0, "TIER", "the map's prices of this tier: standard, batch, flex or priority"},
    COLD,
    {0},
};

const tgr_cli_group tgr_cli_paid_group = {"Costs that were not logged, from tokens and prices",
                                          paid_options};

static const tgr_cli_option price_options[] = {
    MAP,
    ALIAS,
    PRICE,
    {"price-tier", 0, "TIER",
     "the map's prices of this tier: standard, batch, flex or priority; without --prices of the "
     "entries that the router keeps"},
    COLD,
    {"completion-tokens", 0, "MODEL=N",
     "expect N completion tokens a query (default: the training data's mean); N alone: where "
     "nothing better is known; repeatable"},
    {"token-ratio", 0, "MODEL=R",
     "the model's tokenizer makes R prompt tokens of one counted; repeatable"},
    {"cost", 0, "MODEL=USD", "flat cost a query, where nothing better is known; repeatable"},
    {0},
};

const tgr_cli_group tgr_cli_price_group = {"Prices", price_options};

tgr_status tgr_cli_prices_read(tgr_cli_prices *prices, const tgr_cli_arguments *arguments,
                               tgr_error *error)
{
    *prices = (tgr_cli_prices){.options.size = sizeof prices->options};
    size_t capacity = arguments->value_count;
    const char **texts = tgr_cli_alloc(5 * capacity, sizeof *texts, error);
    if (texts == NULL) {
        return TGR_ERR_NOMEM;
    }
    prices->texts = texts;
    tgr_price_options *options = &prices->options;
    options->map = tgr_cli_text(arguments, "prices");
    options->aliases = texts;
    options->alias_count = tgr_cli_list(arguments, "alias", texts, capacity);
    options->prices = texts += capacity;
    options->price_count = tgr_cli_list(arguments, "price", texts, capacity);
    options->completion_tokens = texts += capacity;
    options->completion_token_count = tgr_cli_list(arguments, "completion-tokens", texts, capacity);
    options->costs = texts += capacity;
    options->cost_count = tgr_cli_list(arguments, "cost", texts, capacity);
    options->token_ratios = texts += capacity;
    options->token_ratio_count = tgr_cli_list(arguments, "token-ratio", texts, capacity);
    options->tier = tgr_cli_text(arguments, "price-tier");
    options->cold_cache = tgr_cli_has(arguments, "cold-cache");
    prices->any = options->map != NULL || options->tier != NULL || options->cold_cache ||
                  options->alias_count + options->price_count + options->completion_token_count +
                          options->cost_count + options->token_ratio_count >
                      0;
    if (options->alias_count > 0 && options->map == NULL) {
        return tgr_cli_fail(error, TGR_ERR_ARGUMENT,
                            "--alias says how a model is named in a price map: give --prices too");
    }
    return TGR_OK;
}

void tgr_cli_prices_free(tgr_cli_prices *prices)
{
    free(prices->texts);
    prices->texts = NULL;
}

tgr_status tgr_cli_load_router(const char *path, const tgr_cli_prices *prices, const tgr_run *run,
                               tgr_router **router, tgr_error *error)
{
    tgr_status status = tgr_router_load(path, router, error);
    if (status == TGR_OK && prices->any) {
        status = tgr_router_set_prices(*router, &prices->options, run, error);
        if (status != TGR_OK) {
            tgr_router_free(*router);
            *router = NULL;
        }
    }
    return status;
}
