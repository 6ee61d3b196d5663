/* price_words.h - prices, expected lengths, flat costs and token ratios in the user's own words. */
#ifndef TGR_ROUTER_PRICE_WORDS_H
#define TGR_ROUTER_PRICE_WORDS_H

#include <stdbool.h>

#include <tagroute/prices.h>

#include "engine/router/router.h"

/* Goes through all entries, "MODEL=..." each, and checks them; changes the router only where
 * `apply`. TGR_ERR_ARGUMENT says what is wrong with the first that is. */
tgr_status tgr_price_words_walk(tgr_router *router, const tgr_price_options *options, bool apply,
                                tgr_error *error);

/* Whether an entry says what model k costs a token. */
bool tgr_price_words_price(tgr_router *router, size_t k, const tgr_price_options *options);

/* The model before the '=' at `equals`. */
tgr_status tgr_price_words_model(const tgr_router *router, const char *text, const char *equals,
                                 size_t *model, tgr_error *error);

#endif
