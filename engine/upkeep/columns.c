/* columns.c - W with one column more or less. */
#include "engine/upkeep/columns.h"

#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "kernels/kernels.h"

/* New arrays for `models` models; the router's are left alone where memory is short. */
typedef struct arrays {
    tgr_model *models;
    float *weights, *bias;
} arrays;

static bool allocate(arrays *to, size_t tags, size_t models)
{
    to->models = tgr_mem_alloc(models, sizeof *to->models);
    to->bias = tgr_mem_alloc(models, sizeof *to->bias);
    to->weights = tgr_mem_alloc(tags, models * sizeof *to->weights);
    if (to->models != NULL && to->bias != NULL && to->weights != NULL) {
        return true;
    }
    tgr_mem_free(to->models);
    tgr_mem_free(to->bias);
    tgr_mem_free(to->weights);
    return false;
}

static void take(tgr_router *router, const arrays *from, size_t models)
{
    tgr_mem_free(router->models);
    tgr_mem_free(router->bias);
    tgr_mem_free(router->weights);
    router->models = from->models;
    router->bias = from->bias;
    router->weights = from->weights;
    router->model_count = models;
}

tgr_status tgr_columns_insert(tgr_router *router, size_t at, const tgr_model *model,
                              const tgr_column *column, tgr_error *error)
{
    size_t tags = tgr_router_tags(router), old = router->model_count, count = old + 1;
    arrays to;
    if (count > TGR_MODELS_MAX) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "a router holds at most %d models",
                        TGR_MODELS_MAX);
    }
    if (!allocate(&to, tags, count)) {
        return tgr_fail_memory(error, "the router's weights");
    }
    for (size_t k = 0; k < count; k++) {
        size_t from = k - (k > at);
        to.models[k] = k == at ? *model : router->models[from];
        to.bias[k] = k == at ? column->bias : router->bias[from];
        for (size_t tag = 0; tag < tags; tag++) {
            to.weights[tag * count + k] =
                k == at ? column->weights[tag * column->stride] : router->weights[tag * old + from];
        }
    }
    take(router, &to, count);
    router->reference += router->reference >= at;
    return TGR_OK;
}

tgr_status tgr_columns_remove(tgr_router *router, size_t at, tgr_error *error)
{
    size_t tags = tgr_router_tags(router), old = router->model_count, count = old - 1;
    arrays to;
    if (!allocate(&to, tags, count)) {
        return tgr_fail_memory(error, "the router's weights");
    }
    for (size_t k = 0; k < count; k++) {
        size_t from = k + (k >= at);
        to.models[k] = router->models[from];
        to.bias[k] = router->bias[from];
        for (size_t tag = 0; tag < tags; tag++) {
            to.weights[tag * count + k] = router->weights[tag * old + from];
        }
    }
    tgr_model_free(&router->models[at]);
    take(router, &to, count);
    router->reference -= router->reference > at;
    return TGR_OK;
}

size_t tgr_columns_place(const tgr_router *router, const char *name)
{
    size_t place = 0;
    for (size_t k = 0; k < router->model_count; k++) {
        const char *other = router->models[k].name;
        if (k > 0 && strcmp(router->models[k - 1].name, other) > 0) {
            return router->model_count;
        }
        place += strcmp(other, name) < 0;
    }
    return place;
}

void tgr_columns_drop_quantiles(tgr_router *router)
{
    router->quantile_count = 0;
    memset(router->quantiles, 0, sizeof router->quantiles);
}
