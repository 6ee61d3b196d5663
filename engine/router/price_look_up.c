/* price_look_up.c - one name's prices, out of a map and of no router. */
#include <tagroute/prices.h>

#include <string.h>

#include "engine/base/error.h"
#include "engine/router/price_entry.h"

static tgr_status fail_unknown(const tgr_price_map *map, const char *path, const char *name,
                               tgr_error *error)
{
    char near[512];
    tgr_status status = tgr_price_map_near(map, name, near, sizeof near, error);
    return status != TGR_OK ? status
                            : tgr_fail(error, TGR_ERR_ARGUMENT, "%s: has no model \"%s\"%s%s", path,
                                       name, near[0] == '\0' ? "" : "; near: ", near);
}

tgr_status tgr_price_look_up(const char *path, const char *name, const char *tier, double *input,
                             double *output, tgr_error *error)
{
    tgr_price_map *map = NULL;
    tgr_tier wanted = TGR_TIER_STANDARD;
    tgr_price_step all, steps[TGR_PRICE_STEPS];
    tgr_status status = TGR_OK;
    if (tier != NULL && !tgr_tier_by_name(tier, &wanted)) {
        return tgr_tier_unknown(tier, error);
    }
    TGR_TRY(tgr_price_map_open(path, &map, error));
    const char *found = name;
    const tgr_map_price *price = tgr_price_map_find(map, name, &found);
    if (price == NULL) {
        status = fail_unknown(map, path, name, error);
        goto done;
    }
    const tgr_rate *rates = tgr_price_map_rates(map, price);
    if (!tgr_rates_have(rates, price->rate_count, wanted)) {
        status = tgr_rates_lack(name, found, rates, price->rate_count, wanted, error);
        goto done;
    }
    tgr_rates_in_effect(rates, price->rate_count, wanted, &all, steps);
    *input = all.in;
    *output = all.out;
done:
    tgr_price_map_close(map);
    return status;
}
