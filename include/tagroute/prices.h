/* prices.h - what models cost, and where that is known from. */
#ifndef TAGROUTE_PRICES_H
#define TAGROUTE_PRICES_H

#include <stdbool.h>
#include <stddef.h>

#include <tagroute/export.h>
#include <tagroute/router.h>
#include <tagroute/run.h>
#include <tagroute/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Each list holds strings as the command line takes them. */
typedef struct tgr_price_options {
    size_t size;                /* sizeof(tgr_price_options) */
    const char *map;            /* LiteLLM's price map (JSON), or NULL */
    const char *const *aliases; /* "MODEL=NAME_IN_MAP" */
    size_t alias_count;
    const char *const *prices; /* "MODEL=IN,OUT" USD per token, or "MODEL=IN,OUT/M" per million;
                                * behind OUT may stand ",CACHED", for tokens read from a cache */
    size_t price_count;
    const char *const *completion_tokens; /* "MODEL=N": expected completion tokens a query; "N": of
                                           * models of which neither this nor a mean is known */
    size_t completion_token_count;
    const char *const *costs; /* "MODEL=USD": flat cost a query */
    size_t cost_count;
    const char *tier; /* "standard", "batch", "flex" or "priority" prices of the map; NULL:
                       * standard, or without a map those in effect */
    const char *const *token_ratios; /* "MODEL=R": its tokenizer makes R tokens of one counted */
    size_t token_ratio_count;
    bool cold_cache; /* no prompt token is priced as read from a cache */
} tgr_price_options;

/* Applies options to the router in memory: first the map, then the explicit prices. A model that
 * the map does not hold keeps what it has, and a warning names near matches. The entries that are
 * used stay with the router, with the map's hash: `tier` without `map` goes by those.
 * TGR_ERR_ARGUMENT for a malformed entry, a model that the router does not have, or one that has no
 * prices of the tier; TGR_ERR_INPUT for a malformed map. On these the router is as it was. */
TGR_API tgr_status tgr_router_set_prices(tgr_router *router, const tgr_price_options *options,
                                         const tgr_run *run, tgr_error *error);

/* What a price map says that a model's prompt and completion tokens cost, USD each, in a tier
 * (NULL: standard). TGR_ERR_ARGUMENT where it has no such model (the sentence names near ones) or
 * tier. */
TGR_API tgr_status tgr_price_look_up(const char *map, const char *model, const char *tier,
                                     double *input, double *output, tgr_error *error);

#ifdef __cplusplus
}
#endif
#endif
