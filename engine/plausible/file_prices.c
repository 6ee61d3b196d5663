/* file_prices.c - see file_prices.h. */
#include "engine/plausible/file_prices.h"

#include "engine/base/error.h"
#include "engine/router/price_choice.h"

tgr_status tgr_file_prices(const tgr_query_file *file, const tgr_price_options *prices, bool all,
                           tgr_router **router, const tgr_run *run, tgr_error *error)
{
    tgr_router *made = tgr_named_router(file->models);
    tgr_status status = made != NULL ? TGR_OK : tgr_fail_memory(error, "the models' prices");
    if (status == TGR_OK) {
        status = all ? tgr_router_set_prices(made, prices, run, error)
                     : tgr_router_price_each(made, prices, NULL, error);
    }
    if (status != TGR_OK) {
        tgr_router_free(made);
        return status;
    }
    *router = made;
    return TGR_OK;
}
