/* prices.h - what models cost, and where that is known from. */
#ifndef TAGROUTE_PRICES_H
#define TAGROUTE_PRICES_H

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
    const char *const *prices; /* "MODEL=IN,OUT" USD per token, or "MODEL=IN,OUT/M" per million */
    size_t price_count;
    const char *const *completion_tokens; /* "MODEL=N": expected completion tokens a query */
    size_t completion_token_count;
    const char *const *costs; /* "MODEL=USD": flat cost a query */
    size_t cost_count;
} tgr_price_options;

/* Applies options to the router in memory: first the map, then the explicit prices. A model that
 * the map does not hold keeps what it has, and a warning names near matches. TGR_ERR_ARGUMENT for a
 * malformed entry or a model that the router does not have; TGR_ERR_INPUT for a malformed map. */
TGR_API tgr_status tgr_router_set_prices(tgr_router *router, const tgr_price_options *options,
                                         const tgr_run *run, tgr_error *error);

#ifdef __cplusplus
}
#endif
#endif
