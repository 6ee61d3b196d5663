/* row_costs.h - what a query costs where a price and a length are not enough to tell: prices that
 * change with the length of the prompt, and prompts that providers had partly cached.
 *
 * Kernels know of neither. Where a router and a file have such prices, costs of single queries come
 * from here, and queries are decided one by one by the plain reference.
 */
#ifndef TGR_ROUTER_ROW_COSTS_H
#define TGR_ROUTER_ROW_COSTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tagroute/status.h>

#include "engine/router/router.h"

/* Prices of one place: those of prompts above no length come first. */
typedef struct tgr_place_prices {
    double ratio;   /* the model's tokens of one counted */
    uint32_t first; /* among steps */
    uint32_t count; /* at least 1 where the place is priced a token, else 0 */
} tgr_place_prices;

typedef struct tgr_row_prices {
    tgr_place_prices *places;
    tgr_price_step *steps; /* in: USD a counted token; out: of the expected completion */
} tgr_row_prices;

/* The queries that prices are applied to; their tokens may be NULL. */
typedef struct tgr_row_costs {
    const tgr_row_prices *prices;
    const double *flat; /* places: where prompt tokens or prices are not known */
    const double *prompt_tokens, *cached_tokens;
} tgr_row_costs;

/* Whether some model that is priced a token has prices that a kernel does not know. */
bool tgr_row_prices_matter(const tgr_router *router, bool file_has_cached_tokens);

/* The column of cached tokens, where some price of the router goes by it, to be read with the
 * others: TGR_WANT_CACHED_TOKENS or 0. */
unsigned tgr_row_prices_want(const tgr_router *router);

/* order: the router's models by place. */
tgr_status tgr_row_prices_open(tgr_row_prices *prices, const tgr_router *router,
                               const uint16_t *order, tgr_error *error);
void tgr_row_prices_close(tgr_row_prices *prices); /* harmless on a zeroed structure */

/* With the prices that hold for p counted prompt tokens, of which c (at most p) were cached:
 * fma(p - c, in, fma(c, cached, out)); fma(p, in, out) where c or the cached price is not known or
 * c is 0; the flat cost where p or the prices are not known. NaN where that is not known. */
double tgr_row_cost(const tgr_row_costs *costs, size_t row, size_t place);

/* What a query whose tokens are all known costs with one model, by the same rule, but with `out`
 * the price of a token times the completion's. NaN where prices are not known. */
double tgr_model_spent(const tgr_model *model, double prompt, double cached, double completion);

#endif
