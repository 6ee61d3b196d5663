/* models.c - the model list and the reference. */
#include "engine/fit/models.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/buffer.h"
#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/runtime.h"
#include "kernels/kernels.h"

#define NAMES_SHOWN 20

static tgr_status unite_models(const tgr_pass *pass, tgr_strings *all, tgr_error *error)
{
    for (size_t i = 0; i < pass->file_count; i++) {
        const tgr_strings *models = pass->files[i]->models;
        for (uint32_t model = 0; model < tgr_strings_count(models); model++) {
            size_t length;
            const char *name = tgr_strings_get(models, model, &length);
            if (tgr_strings_add(all, name, length) == TGR_STRING_NONE) {
                return tgr_fail_memory(error, "the models' names");
            }
        }
    }
    return TGR_OK;
}

static int by_bytes(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static tgr_status sorted_names(const tgr_strings *all, const char ***names, tgr_error *error)
{
    uint32_t count = tgr_strings_count(all);
    *names = tgr_mem_alloc(count, sizeof **names);
    if (*names == NULL) {
        return tgr_fail_memory(error, "the models' names");
    }
    for (uint32_t i = 0; i < count; i++) {
        (*names)[i] = tgr_strings_get(all, i, NULL);
    }
    if (count > 1) {
        qsort(*names, count, sizeof **names, by_bytes);
    }
    return TGR_OK;
}

/* Name i of a list like "a, b, c and 5 more"; the buffer may fail. */
static void list_name(tgr_buffer *list, size_t i, size_t count, const char *name)
{
    if (i < NAMES_SHOWN) {
        tgr_buffer_format(list, "%s%s", i == 0 ? "" : ", ", name);
    } else if (i == NAMES_SHOWN) {
        tgr_buffer_format(list, " and %zu more", count - NAMES_SHOWN);
    }
}

static tgr_status fail_unknown(const char *asked, const char *const *names, size_t count,
                               tgr_error *error)
{
    char near[256];
    tgr_near_names(asked, names, count, near, sizeof near);
    tgr_buffer list = {0};
    for (size_t i = 0; i < count; i++) {
        list_name(&list, i, count, names[i]);
    }
    tgr_status status = list.failed
                            ? tgr_fail_memory(error, "the models' names")
                            : tgr_fail(error, TGR_ERR_ARGUMENT,
                                       "no query file has a model \"%s\"%s%s; there are: %s", asked,
                                       near[0] == '\0' ? "" : "; near: ", near, list.bytes);
    tgr_buffer_free(&list);
    return status;
}

static tgr_status check_asked(const tgr_strings *all, const char *const *names,
                              const char *const *asked, size_t count, tgr_error *error)
{
    for (size_t i = 0; i < count; i++) {
        if (asked[i] == NULL) {
            return tgr_fail(error, TGR_ERR_ARGUMENT, "model %zu of the list has no name", i + 1);
        }
        if (tgr_strings_find(all, asked[i], strlen(asked[i])) == TGR_STRING_NONE) {
            return fail_unknown(asked[i], names, tgr_strings_count(all), error);
        }
        for (size_t before = 0; before < i; before++) {
            if (strcmp(asked[before], asked[i]) == 0) {
                return tgr_fail(error, TGR_ERR_ARGUMENT, "model \"%s\" stands twice in the list",
                                asked[i]);
            }
        }
    }
    return TGR_OK;
}

static tgr_status fill_models(tgr_router *router, const char *const *names, size_t count,
                              tgr_error *error)
{
    router->models = tgr_mem_alloc(count, sizeof *router->models);
    if (router->models == NULL) {
        return tgr_fail_memory(error, "the router's models");
    }
    for (size_t i = 0; i < count; i++) {
        tgr_model_init(&router->models[i]);
        router->model_count = i + 1;
        router->models[i].name = tgr_mem_string(names[i]);
        if (router->models[i].name == NULL) {
            return tgr_fail_memory(error, "the router's models");
        }
    }
    return TGR_OK;
}

static tgr_status check_count(size_t count, bool asked, const char *path, tgr_error *error)
{
    if (count == 0) {
        return tgr_fail(error, TGR_ERR_INPUT,
                        "%s: no model's score or outcome is recorded, so there is nothing to learn "
                        "from; ingest a log that has \"models\"",
                        path);
    }
    if (count > TGR_MODELS_MAX) {
        return tgr_fail(error, asked ? TGR_ERR_ARGUMENT : TGR_ERR_INPUT,
                        "%zu models are more than the %d that a router may hold; name those wanted "
                        "with --models",
                        count, TGR_MODELS_MAX);
    }
    return TGR_OK;
}

tgr_status tgr_fit_models_list(const tgr_pass *pass, const char *const *asked, size_t asked_count,
                               tgr_router *router, tgr_error *error)
{
    tgr_status status = TGR_OK;
    const char **names = NULL;
    tgr_strings *all = tgr_strings_new();
    if (all == NULL) {
        return tgr_fail_memory(error, "the models' names");
    }
    TGR_TRY(unite_models(pass, all, error));
    TGR_TRY(sorted_names(all, &names, error));
    size_t count = tgr_strings_count(all);
    TGR_TRY(check_count(count == 0 || asked_count == 0 ? count : asked_count, asked_count > 0,
                        pass->files[0]->path, error));
    if (asked_count > 0) {
        TGR_TRY(check_asked(all, names, asked, asked_count, error));
        TGR_TRY(fill_models(router, asked, asked_count, error));
    } else {
        TGR_TRY(fill_models(router, names, count, error));
    }
done:
    tgr_mem_free(names);
    tgr_strings_free(all);
    return status;
}

tgr_status tgr_fit_models_columns(const tgr_pass *pass, const tgr_router *router, int32_t **columns,
                                  tgr_error *error)
{
    size_t models = router->model_count;
    *columns = tgr_mem_alloc(pass->file_count, models * sizeof **columns);
    if (*columns == NULL) {
        return tgr_fail_memory(error, "the models' columns");
    }
    for (size_t file = 0; file < pass->file_count; file++) {
        for (size_t model = 0; model < models; model++) {
            const char *name = router->models[model].name;
            uint32_t column = tgr_strings_find(pass->files[file]->models, name, strlen(name));
            (*columns)[file * models + model] = column == TGR_STRING_NONE ? -1 : (int32_t)column;
        }
    }
    return TGR_OK;
}

/* NaN where it is not known. */
static double mean_cost(const tgr_model *model, double prompt_tokens)
{
    if (!isnan(model->mean_cost)) {
        return model->mean_cost;
    }
    double cost = model->price_in * tgr_model_ratio(model) * prompt_tokens +
                  model->price_out * tgr_model_completions(model);
    return isnan(cost) ? model->cost : cost;
}

static tgr_status fail_without_costs(const tgr_router *router, tgr_error *error)
{
    tgr_buffer list = {0};
    for (size_t i = 0; i < router->model_count; i++) {
        list_name(&list, i, router->model_count, router->models[i].name);
    }
    tgr_status status =
        list.failed
            ? tgr_fail_memory(error, "the models' names")
            : tgr_fail(error, TGR_ERR_ARGUMENT,
                       "no cost of any model is known, so the reference cannot be chosen; name it "
                       "with --reference, or give prices; the models are: %s",
                       list.bytes);
    tgr_buffer_free(&list);
    return status;
}

tgr_status tgr_fit_models_choose_reference(const tgr_fit_means *means, tgr_router *router,
                                           const tgr_run *run, tgr_error *error)
{
    double prompt_tokens = tgr_mean_value(means->prompt_tokens);
    double highest = NAN;
    const char *unknown = NULL;
    for (size_t model = 0; model < router->model_count; model++) {
        double cost = mean_cost(&router->models[model], prompt_tokens);
        if (isnan(cost)) {
            unknown = unknown == NULL ? router->models[model].name : unknown;
        } else if (isnan(highest) || cost > highest) {
            highest = cost;
            router->reference = model;
        }
    }
    if (isnan(highest) && router->model_count > 1) {
        return fail_without_costs(router, error);
    }
    if (unknown != NULL && router->model_count > 1) {
        tgr_run_message(run, TGR_WARNING,
                        "the cost of model %s is not known; %s is the reference as the dearest of "
                        "the others (--reference says otherwise)",
                        unknown, router->models[router->reference].name);
    }
    return TGR_OK;
}
