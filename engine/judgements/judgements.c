/* judgements.c - a list of pairs that is sorted once. */
#include "engine/judgements/judgements.h"

#include <math.h>
#include <stdlib.h>

#include "engine/base/memory.h"

bool tgr_judgements_open(tgr_judgements *judged)
{
    *judged = (tgr_judgements){.ids = tgr_strings_new(), .models = tgr_strings_new()};
    return judged->ids != NULL && judged->models != NULL;
}

void tgr_judgements_free(tgr_judgements *judged)
{
    tgr_strings_free(judged->ids);
    tgr_strings_free(judged->models);
    tgr_mem_free(judged->pairs);
    tgr_mem_free(judged->begin);
    tgr_mem_free(judged->seen);
    tgr_mem_free(judged->numbers);
    *judged = (tgr_judgements){0};
}

bool tgr_judgements_add(tgr_judgements *judged, const char *id, size_t id_length, const char *model,
                        size_t model_length, const tgr_pair_judgement *pair)
{
    void *pairs = judged->pairs;
    bool enough = tgr_mem_grow(&pairs, &judged->capacity, judged->count + 1, sizeof *judged->pairs);
    judged->pairs = pairs;
    uint32_t number = enough ? tgr_strings_add(judged->ids, id, id_length) : TGR_STRING_NONE;
    uint32_t of_model =
        enough ? tgr_strings_add(judged->models, model, model_length) : TGR_STRING_NONE;
    if (number == TGR_STRING_NONE || of_model == TGR_STRING_NONE) {
        return false;
    }
    judged->has_score |= !isnan(pair->score);
    judged->has_outcome |= pair->outcome >= 0;
    judged->has_weight |= !isnan(pair->weight);
    judged->has_propensity |= !isnan(pair->propensity);
    tgr_pair_judgement *added = &judged->pairs[judged->count];
    *added = *pair;
    added->id = number;
    added->model = of_model;
    added->order = judged->count++;
    return true;
}

static int by_pair(const void *a, const void *b)
{
    const tgr_pair_judgement *one = a, *other = b;
    return one->id != other->id         ? (one->id < other->id ? -1 : 1)
           : one->model != other->model ? (one->model < other->model ? -1 : 1)
                                        : (one->order < other->order ? -1 : 1);
}

static void keep_last(tgr_judgements *judged)
{
    size_t kept = 0;
    for (size_t i = 0; i < judged->count; i++) {
        const tgr_pair_judgement *pair = &judged->pairs[i];
        bool last =
            i + 1 == judged->count || pair[1].id != pair->id || pair[1].model != pair->model;
        if (last) {
            judged->pairs[kept++] = *pair;
        }
    }
    judged->count = kept;
}

bool tgr_judgements_settle(tgr_judgements *judged)
{
    uint32_t ids = tgr_strings_count(judged->ids);
    judged->begin = tgr_mem_zalloc((size_t)ids + 1, sizeof *judged->begin);
    judged->seen = tgr_mem_zalloc(ids, sizeof *judged->seen);
    if (judged->begin == NULL || judged->seen == NULL) {
        return false;
    }
    if (judged->count > 0) {
        qsort(judged->pairs, judged->count, sizeof *judged->pairs, by_pair);
    }
    keep_last(judged);
    for (size_t i = 0; i < judged->count; i++) {
        judged->begin[judged->pairs[i].id + 1]++;
    }
    for (uint32_t id = 0; id < ids; id++) {
        judged->begin[id + 1] += judged->begin[id];
    }
    return true;
}

uint32_t tgr_judgements_odd_weights(const tgr_judgements *judged, double weights[2])
{
    for (size_t i = 0; i < judged->count; i++) {
        const tgr_pair_judgement *pair = &judged->pairs[i];
        weights[0] = i > 0 && judged->pairs[i - 1].id == pair->id ? weights[0] : (double)NAN;
        weights[1] = pair->weight;
        if (weights[1] < weights[0] || weights[1] > weights[0]) {
            return pair->id;
        }
        weights[0] = isnan(weights[1]) ? weights[0] : weights[1];
    }
    return TGR_STRING_NONE;
}

uint32_t tgr_judgements_find(const tgr_judgements *judged, const char *id, size_t length)
{
    return tgr_strings_find(judged->ids, id, length);
}
