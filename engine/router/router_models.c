/* router_models.c - the list `models` of a router file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/router/router_read.h"
#include "engine/router/schema.h"
#include "kernels/kernels.h"

enum { NAME, SUPPORTS, LONG_PROMPTS, ENTRY, NUMBERS, MODEL_KEYS = NUMBERS + TGR_MODEL_NUMBERS };

_Static_assert(MODEL_KEYS <= TGR_FIELDS_MAX, "a model has more keys than fields can hold");

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* In byte order, each once. */
static void sort_supports(tgr_model *model)
{
    if (model->support_count < 2) {
        return;
    }
    qsort(model->supports, model->support_count, sizeof *model->supports, by_bytes);
    size_t kept = 1;
    for (size_t i = 1; i < model->support_count; i++) {
        if (strcmp(model->supports[kept - 1], model->supports[i]) == 0) {
            tgr_mem_free(model->supports[i]);
        } else {
            model->supports[kept++] = model->supports[i];
        }
    }
    model->support_count = kept;
}

static tgr_status read_supports(const tgr_fields *fields, tgr_model *model, tgr_error *error)
{
    if (!tgr_fields_has(fields, SUPPORTS)) {
        return TGR_OK;
    }
    tgr_item list;
    tgr_cursor cursor;
    tgr_status status = tgr_fields_need(fields, SUPPORTS, TGR_ITEM_ARRAY, &list, &cursor, error);
    if (status != TGR_OK) {
        return status;
    }
    model->supports_known = true;
    model->supports = tgr_mem_zalloc(list.count, sizeof *model->supports);
    if (model->supports == NULL) {
        return tgr_fail_memory(error, "the models");
    }
    for (uint32_t i = 0; i < list.count; i++) {
        tgr_item item;
        if (tgr_cursor_next(&cursor, &item) != TGR_CURSOR_OK || item.kind != TGR_ITEM_STRING ||
            !tgr_name_is_text(item.as.bytes, item.count)) {
            return tgr_fields_complain(fields, SUPPORTS, "must be a list of strings", error);
        }
        model->supports[i] = tgr_mem_string_n(item.as.bytes, item.count);
        if (model->supports[i] == NULL) {
            return tgr_fail_memory(error, "the models");
        }
        model->support_count++;
    }
    sort_supports(model);
    return TGR_OK;
}

static tgr_status read_model(tgr_cursor *cursor, size_t number, tgr_model *model, tgr_error *error)
{
    const char *names[MODEL_KEYS] = {"name", "supports", "long_prompts", "price_entry"};
    for (size_t i = 0; i < TGR_MODEL_NUMBERS; i++) {
        names[NUMBERS + i] = tgr_model_numbers[i].name;
    }
    char what[32];
    snprintf(what, sizeof what, "model %zu", number);
    tgr_status status = TGR_OK;
    tgr_fields fields;
    TGR_TRY(tgr_fields_read(&fields, what, names, MODEL_KEYS, cursor, &model->unknown,
                            &model->unknown_pairs, error));
    TGR_TRY(tgr_fields_text(&fields, NAME, &model->name, error));
    for (size_t i = 0; i < TGR_MODEL_NUMBERS; i++) {
        double value = tgr_model_get(model, &tgr_model_numbers[i]);
        TGR_TRY(tgr_fields_number(&fields, NUMBERS + i, &value, error));
        tgr_model_set(model, &tgr_model_numbers[i], value);
    }
    TGR_TRY(read_supports(&fields, model, error));
    TGR_TRY(tgr_read_long_prompts(&fields, LONG_PROMPTS, model, error));
    TGR_TRY(tgr_read_price_entry(&fields, ENTRY, model, error));
done:
    return status;
}

tgr_status tgr_read_models(const tgr_fields *fields, tgr_router *router, tgr_error *error)
{
    tgr_status status = TGR_OK;
    tgr_item list;
    tgr_cursor cursor;
    TGR_TRY(tgr_fields_need(fields, TGR_KEY_MODELS, TGR_ITEM_ARRAY, &list, &cursor, error));
    if (list.count == 0 || list.count > TGR_MODELS_MAX) {
        char complaint[64];
        snprintf(complaint, sizeof complaint, "must hold 1 to %d models, not %u", TGR_MODELS_MAX,
                 (unsigned)list.count);
        return tgr_fields_complain(fields, TGR_KEY_MODELS, complaint, error);
    }
    router->models = tgr_mem_alloc(list.count, sizeof *router->models);
    if (router->models == NULL) {
        return tgr_fail_memory(error, "the models");
    }
    for (uint32_t i = 0; i < list.count; i++) {
        tgr_model_init(&router->models[i]);
        router->model_count++;
        TGR_TRY(read_model(&cursor, i, &router->models[i], error));
    }
done:
    return status;
}
