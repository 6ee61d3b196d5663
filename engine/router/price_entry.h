/* price_entry.h - a model's entry of a price map: kept with the model, and put into effect. */
#ifndef TGR_ROUTER_PRICE_ENTRY_H
#define TGR_ROUTER_PRICE_ENTRY_H

#include <stdbool.h>

#include <tagroute/run.h>
#include <tagroute/status.h>

#include "engine/router/price_map.h"
#include "engine/router/router.h"

/* Keeps what a map says of a name: rates, hash, and what the model can do. Of the standard tier,
 * until another is asked for. */
tgr_status tgr_model_pin(tgr_model *model, const tgr_price_map *map, const tgr_map_price *price,
                         const char *name, tgr_error *error);

/* Whether rates price prompts and completions of a tier. */
bool tgr_rates_have(const tgr_rate *rates, size_t count, tgr_tier tier);

/* TGR_ERR_ARGUMENT: the entry lacks the tier; names those that it has. */
tgr_status tgr_rates_lack(const char *model, const char *name, const tgr_rate *rates, size_t count,
                          tgr_tier tier, tgr_error *error);

/* TGR_ERR_ARGUMENT: there is no tier of that name. */
tgr_status tgr_tier_unknown(const char *name, tgr_error *error);

/* Puts a tier of the kept entry into effect. A price that it leaves out stays as it was; that of
 * cached tokens and those of long prompts become unknown. */
tgr_status tgr_model_take_tier(tgr_model *model, tgr_tier tier, const tgr_run *run,
                               tgr_error *error);

#endif
