/* change.c - models dropped and renamed, another reference, margins measured anew. */
#include <string.h>

#include <tagroute/upkeep.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/fit/margins.h"
#include "engine/fit/work.h"
#include "engine/log/record.h"
#include "engine/router/schema.h"
#include "engine/upkeep/columns.h"

tgr_status tgr_router_drop_model(tgr_router *router, const char *model, tgr_error *error)
{
    size_t number;
    tgr_status status = tgr_router_need_model(router, model, &number, error);
    if (status != TGR_OK) {
        return status;
    }
    if (router->model_count == 1) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "%s is the router's only model", model);
    }
    if (number == router->reference) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "%s is the reference; make another model that first", model);
    }
    status = tgr_columns_remove(router, number, error);
    tgr_columns_drop_quantiles(router);
    return status == TGR_OK ? tgr_router_update_digest(router, error) : status;
}

tgr_status tgr_router_rename_model(tgr_router *router, const char *from, const char *to,
                                   tgr_error *error)
{
    size_t number, length = strlen(to);
    tgr_status status = tgr_router_need_model(router, from, &number, error);
    if (status != TGR_OK) {
        return status;
    }
    if (length == 0 || length > TGR_NAME_MAX || !tgr_name_is_text(to, length)) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "a model's name is UTF-8 text of 1 to %d bytes",
                        TGR_NAME_MAX);
    }
    int other = tgr_router_find_model(router, to);
    if (other >= 0 && (size_t)other != number) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "the router has a model %s already", to);
    }
    char *name = tgr_mem_string(to);
    if (name == NULL) {
        return tgr_fail_memory(error, "a name");
    }
    tgr_mem_free(router->models[number].name);
    router->models[number].name = name;
    return tgr_router_update_digest(router, error);
}

tgr_status tgr_router_set_reference(tgr_router *router, const char *model, tgr_error *error)
{
    size_t number;
    tgr_status status = tgr_router_need_model(router, model, &number, error);
    if (status != TGR_OK || number == router->reference) {
        return status;
    }
    router->reference = number;
    tgr_columns_drop_quantiles(router);
    return tgr_router_update_digest(router, error);
}

tgr_status tgr_router_measure(tgr_router *router, const char *const *inputs, size_t input_count,
                              const char *split, const tgr_run *run, tgr_error *error)
{
    tgr_fit_work work;
    tgr_fit_options options;
    uint64_t queries;
    tgr_status status = TGR_OK;
    tgr_fit_options_init(&options);
    options.inputs = inputs;
    options.input_count = input_count;
    options.split = split;
    TGR_TRY(tgr_fit_work_start(&work, &options, run, error));
    TGR_TRY(tgr_fit_work_open(&work, error)); /* the split of a fit, where none is named */
    TGR_TRY(tgr_pass_count(&work.walk.pass, run, &queries, error));
    tgr_columns_drop_quantiles(router);
    if (queries > 0) {
        TGR_TRY(tgr_fit_margins(router, &work.walk.pass, queries, run, error));
    }
    TGR_TRY(tgr_router_update_digest(router, error));
done:
    tgr_fit_work_close(&work);
    return status;
}
