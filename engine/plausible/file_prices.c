/* file_prices.c - see file_prices.h. */
#include "engine/plausible/file_prices.h"

#include "engine/base/error.h"
#include "engine/base/memory.h"

static bool name_models(tgr_router *router, const tgr_strings *names)
{
    uint32_t count = tgr_strings_count(names);
    router->models = tgr_mem_alloc(count, sizeof *router->models);
    for (uint32_t i = 0; router->models != NULL && i < count; i++) {
        tgr_model_init(&router->models[i]);
        router->model_count++;
        router->models[i].name = tgr_mem_string(tgr_strings_get(names, i, NULL));
        if (router->models[i].name == NULL) {
            return false;
        }
    }
    return router->models != NULL;
}

tgr_status tgr_file_prices(const tgr_query_file *file, const tgr_price_options *prices,
                           tgr_router **router, const tgr_run *run, tgr_error *error)
{
    tgr_router *made = tgr_router_new();
    tgr_status status = made != NULL && name_models(made, file->models)
                            ? TGR_OK
                            : tgr_fail_memory(error, "the models' prices");
    if (status == TGR_OK) {
        status = tgr_router_set_prices(made, prices, run, error);
    }
    if (status != TGR_OK) {
        tgr_router_free(made);
        return status;
    }
    *router = made;
    return TGR_OK;
}
