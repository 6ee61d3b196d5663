/* price_choice.h - price options about some models alone: those of the others are passed over,
 * where it is not known beforehand which models there are.
 */
#ifndef TGR_ROUTER_PRICE_CHOICE_H
#define TGR_ROUTER_PRICE_CHOICE_H

#include <tagroute/prices.h>

#include "engine/base/strings.h"
#include "engine/router/router.h"

/* A router of models with these names and nothing else, the caller's to free; NULL where memory is
 * short. */
tgr_router *tgr_named_router(const tgr_strings *names);

/* As tgr_router_set_prices, but for one model after another: words about models that the router
 * does not have are passed over, and a model that has no prices of the tier stays without, which a
 * warning says. */
tgr_status tgr_router_price_each(tgr_router *router, const tgr_price_options *options,
                                 const tgr_run *run, tgr_error *error);

/* That words and map are as they should be, whatever models there are. */
tgr_status tgr_price_options_check(const tgr_price_options *options, tgr_error *error);

#endif
