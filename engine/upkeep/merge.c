/* merge.c - the models of two routers side by side, over the tags of both. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <tagroute/upkeep.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/runtime.h"
#include "engine/upkeep/columns.h"

/* A tag of both, before they are in order. */
typedef struct united_tag {
    const char *text;
    size_t length;
    double count;
    uint32_t first, second; /* its numbers, or TGR_STRING_NONE */
} united_tag;

static tgr_status check_scales(const tgr_router *into, const tgr_router *other, tgr_error *error)
{
    const char *differs = strcmp(into->tagger_digest, other->tagger_digest) != 0 ? "taggers"
                          : strcmp(into->scorer, other->scorer) != 0             ? "scorers"
                          : into->count != other->count ? "ways to count tags"
                          : memcmp(into->rewards, other->rewards, sizeof into->rewards) ? "rewards"
                                                                                        : NULL;
    if (differs != NULL) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "the routers have different %s, so that scores of one mean something else "
                        "in the other",
                        differs);
    }
    const char *first = into->models[into->reference].name;
    const char *second = other->models[other->reference].name;
    if (strcmp(first, second) != 0) {
        return tgr_fail(
            error, TGR_ERR_ARGUMENT,
            "the routers have different references, %s and %s, and learnt against them; "
            "fit with the same one, or change one where scores do not depend on it",
            first, second);
    }
    return TGR_OK;
}

/* As fit numbers tags: by falling count, ties by byte order. */
static int by_count(const void *left, const void *right)
{
    const united_tag *a = left, *b = right;
    if (a->count != b->count) {
        return a->count > b->count ? -1 : 1;
    }
    return strcmp(a->text, b->text);
}

static size_t unite_tags(const tgr_router *into, const tgr_router *other, united_tag *tags)
{
    size_t count = 0;
    for (uint32_t i = 0; i < tgr_router_tags(into); i++, count++) {
        united_tag *tag = &tags[count];
        *tag = (united_tag){.count = into->counts[i], .first = i};
        tag->text = tgr_strings_get(into->tags, i, &tag->length);
        tag->second = tgr_strings_find(other->tags, tag->text, tag->length);
    }
    for (uint32_t i = 0; i < tgr_router_tags(other); i++) {
        united_tag tag = {.count = other->counts[i], .first = TGR_STRING_NONE, .second = i};
        tag.text = tgr_strings_get(other->tags, i, &tag.length);
        if (tgr_strings_find(into->tags, tag.text, tag.length) == TGR_STRING_NONE) {
            tags[count++] = tag;
        }
    }
    qsort(tags, count, sizeof *tags, by_count);
    return count;
}

static void fill_weights(const tgr_router *into, const united_tag *tags, size_t count,
                         float *weights)
{
    size_t models = into->model_count;
    for (size_t i = 0; i < count; i++) {
        float *row = weights + i * models;
        if (tags[i].first == TGR_STRING_NONE) {
            memset(row, 0, models * sizeof *row);
        } else {
            memcpy(row, into->weights + tags[i].first * models, models * sizeof *row);
        }
    }
}

/* The router gets the united tags; those that are new to it weigh nothing. Texts of the tags given
 * may be gone afterwards. */
static tgr_status spread_tags(tgr_router *into, const united_tag *tags, size_t count,
                              tgr_error *error)
{
    tgr_strings *names = tgr_strings_new();
    double *counts = tgr_mem_alloc(count, sizeof *counts);
    float *weights = tgr_mem_alloc(count, into->model_count * sizeof *weights);
    bool made = names != NULL && counts != NULL && weights != NULL;
    for (size_t i = 0; made && i < count; i++) {
        made = tgr_strings_add(names, tags[i].text, tags[i].length) == i;
        counts[i] = tags[i].count;
    }
    if (!made) {
        tgr_strings_free(names);
        tgr_mem_free(counts);
        tgr_mem_free(weights);
        return tgr_fail_memory(error, "the tags of both routers");
    }
    fill_weights(into, tags, count, weights);
    tgr_strings_free(into->tags);
    tgr_mem_free(into->counts);
    tgr_mem_free(into->weights);
    into->tags = names;
    into->counts = counts;
    into->weights = weights;
    return TGR_OK;
}

static bool same_column(const tgr_router *into, const tgr_router *other, const united_tag *tags,
                        size_t count, size_t first, size_t second)
{
    bool same = into->bias[first] == other->bias[second];
    for (size_t i = 0; same && i < count; i++) {
        float a = into->weights[i * into->model_count + first];
        float b = tags[i].second == TGR_STRING_NONE
                      ? 0
                      : other->weights[tags[i].second * other->model_count + second];
        same = a == b;
    }
    return same;
}

/* The model moves from one router to the other. */
static tgr_status add_column(tgr_router *into, tgr_router *other, const united_tag *tags,
                             size_t count, size_t model, tgr_error *error)
{
    float *weights = tgr_mem_alloc(count, sizeof *weights);
    if (weights == NULL) {
        return tgr_fail_memory(error, "the router's weights");
    }
    for (size_t i = 0; i < count; i++) {
        weights[i] = tags[i].second == TGR_STRING_NONE
                         ? 0
                         : other->weights[tags[i].second * other->model_count + model];
    }
    tgr_model *moving = &other->models[model];
    const tgr_column column = {weights, 1, other->bias[model]};
    size_t at = tgr_columns_place(into, moving->name);
    tgr_status status = tgr_columns_insert(into, at, moving, &column, error);
    if (status == TGR_OK) {
        *moving = (tgr_model){0};
    }
    tgr_mem_free(weights);
    return status;
}

static tgr_status add_columns(tgr_router *into, tgr_router *other, const united_tag *tags,
                              size_t count, const tgr_run *run, tgr_error *error)
{
    for (size_t model = 0; model < other->model_count; model++) {
        const char *name = other->models[model].name;
        int known = tgr_router_find_model(into, name);
        if (known >= 0) {
            if (!same_column(into, other, tags, count, (size_t)known, model)) {
                tgr_run_message(run, TGR_NOTE,
                                "model %s differs between the routers; the first one's is taken",
                                name);
            }
            continue;
        }
        tgr_status status = add_column(into, other, tags, count, model, error);
        if (status != TGR_OK) {
            return status;
        }
    }
    return TGR_OK;
}

tgr_status tgr_router_merge_models(tgr_router *into, tgr_router *other, const tgr_run *run,
                                   tgr_error *error)
{
    united_tag *tags = NULL;
    tgr_status status = TGR_OK;
    TGR_TRY(check_scales(into, other, error));
    tags = tgr_mem_alloc(tgr_router_tags(into) + tgr_router_tags(other), sizeof *tags);
    if (tags == NULL) {
        status = tgr_fail_memory(error, "the tags of both routers");
        goto done;
    }
    size_t count = unite_tags(into, other, tags);
    TGR_TRY(spread_tags(into, tags, count, error));
    TGR_TRY(add_columns(into, other, tags, count, run, error));
    tgr_columns_drop_quantiles(into);
    TGR_TRY(tgr_router_update_digest(into, error));
done:
    tgr_mem_free(tags);
    return status;
}
