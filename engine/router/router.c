/* router.c - a router's life in memory, and what the public interface shows of it. */
#include "engine/router/router.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/router/schema.h"

void tgr_model_init(tgr_model *model)
{
    memset(model, 0, sizeof *model);
    for (size_t i = 0; i < TGR_MODEL_NUMBERS; i++) {
        tgr_model_set(model, &tgr_model_numbers[i], NAN);
    }
}

void tgr_model_free_supports(tgr_model *model)
{
    for (size_t i = 0; i < model->support_count; i++) {
        tgr_mem_free(model->supports[i]);
    }
    tgr_mem_free(model->supports);
    model->supports = NULL;
    model->support_count = 0;
}

void tgr_model_free_prices(tgr_model *model)
{
    tgr_mem_free(model->steps);
    tgr_mem_free(model->entry.name);
    tgr_mem_free(model->entry.rates);
    model->steps = NULL;
    model->step_count = 0;
    model->entry = (tgr_price_entry){0};
}

void tgr_model_free(tgr_model *model)
{
    tgr_mem_free(model->name);
    tgr_model_free_supports(model);
    tgr_model_free_prices(model);
    tgr_buffer_free(&model->unknown);
    *model = (tgr_model){0};
}

tgr_router *tgr_router_new(void)
{
    return tgr_mem_zalloc(1, sizeof(tgr_router));
}

void tgr_router_free(tgr_router *router)
{
    if (router == NULL) {
        return;
    }
    for (size_t i = 0; i < router->model_count; i++) {
        tgr_model_free(&router->models[i]);
    }
    tgr_mem_free(router->models);
    tgr_strings_free(router->tags);
    tgr_mem_free(router->counts);
    tgr_mem_free(router->bias);
    tgr_mem_free(router->weights);
    tgr_mem_free(router->scorer);
    tgr_mem_free(router->tagger_kind);
    tgr_mem_free(router->tagger_digest);
    tgr_buffer_free(&router->unknown);
    tgr_buffer_free(&router->unknown_scorer);
    tgr_buffer_free(&router->tagger_settings);
    tgr_mem_free(router);
}

int tgr_router_find_model(const tgr_router *router, const char *name)
{
    for (size_t i = 0; i < router->model_count; i++) {
        if (strcmp(router->models[i].name, name) == 0) {
            return (int)i;
        }
    }
    return -1;
}

/* All names as "a, b, c", cut with "..." where they do not fit. */
static void list_names(const char *const *names, size_t count, char *text, size_t size)
{
    size_t length = 0;
    text[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        const char *comma = i == 0 ? "" : ", ";
        if (length + strlen(comma) + strlen(names[i]) + sizeof ", ..." > size) {
            snprintf(text + length, size - length, "%s...", comma);
            return;
        }
        length += (size_t)snprintf(text + length, size - length, "%s%s", comma, names[i]);
    }
}

tgr_status tgr_router_need_model(const tgr_router *router, const char *name, size_t *model,
                                 tgr_error *error)
{
    int found = tgr_router_find_model(router, name);
    if (found >= 0) {
        *model = (size_t)found;
        return TGR_OK;
    }
    const char **names = tgr_mem_alloc(router->model_count, sizeof *names);
    if (names == NULL) {
        return tgr_fail_memory(error, "the models' names");
    }
    for (size_t i = 0; i < router->model_count; i++) {
        names[i] = router->models[i].name;
    }
    char near[256], all[512];
    tgr_near_names(name, names, router->model_count, near, sizeof near);
    list_names(names, router->model_count, all, sizeof all);
    tgr_mem_free(names);
    return tgr_fail(error, TGR_ERR_ARGUMENT,
                    "the router has no model \"%s\"%s%s; its models are: %s", name,
                    near[0] == '\0' ? "" : "; near: ", near, all);
}

static const char *const count_names[] = {"raw", "binary", "log"};

const char *tgr_count_name(tgr_count count)
{
    return count >= TGR_COUNT_RAW && count <= TGR_COUNT_LOG ? count_names[count] : NULL;
}

bool tgr_count_by_name(const char *name, tgr_count *count)
{
    for (int i = TGR_COUNT_RAW; i <= TGR_COUNT_LOG; i++) {
        if (strcmp(name, count_names[i]) == 0) {
            *count = (tgr_count)i;
            return true;
        }
    }
    return false;
}

size_t tgr_router_models(const tgr_router *router)
{
    return router->model_count;
}

size_t tgr_router_tags(const tgr_router *router)
{
    return router->tags == NULL ? 0 : tgr_strings_count(router->tags);
}

size_t tgr_router_reference(const tgr_router *router)
{
    return router->reference;
}

const char *tgr_router_model(const tgr_router *router, size_t model)
{
    return model < router->model_count ? router->models[model].name : NULL;
}

const char *tgr_router_tag(const tgr_router *router, size_t tag)
{
    size_t length;
    return tag < tgr_router_tags(router) ? tgr_strings_get(router->tags, (uint32_t)tag, &length)
                                         : NULL;
}

const float *tgr_router_weights(const tgr_router *router)
{
    return router->weights;
}

const float *tgr_router_bias(const tgr_router *router)
{
    return router->bias;
}

const double *tgr_router_counts(const tgr_router *router)
{
    return router->counts;
}

const char *tgr_router_digest(const tgr_router *router)
{
    return router->digest;
}
