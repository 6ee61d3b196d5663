/* record_models.c - what each model did with a query. */
#include <math.h>
#include <string.h>

#include "engine/base/weight.h"
#include "engine/log/record_parts.h"

/* A number of an entry, held as float32. */
typedef struct model_number {
    size_t offset; /* in tgr_model_entry */
    double least, most;
    const char *why;
} model_number;

static const model_number score = {offsetof(tgr_model_entry, score), -HUGE_VAL, HUGE_VAL,
                                   "a model's \"score\" is not a finite number"};
static const model_number cost = {offsetof(tgr_model_entry, cost), 0, HUGE_VAL,
                                  "a model's \"cost\" is not a finite number of at least 0"};
static const model_number completion_tokens = {
    offsetof(tgr_model_entry, completion_tokens), 0, HUGE_VAL,
    "a model's \"completion_tokens\" is not a finite number of at least 0"};
static const model_number propensity = {offsetof(tgr_model_entry, propensity), TGR_CHANCE_LEAST, 1,
                                        "a model's \"propensity\" is not a number from 2^-20 to 1"};

static bool read_number(tgr_reading *from, const tgr_value *value, const model_number *number,
                        tgr_model_entry *entry)
{
    double wide = NAN;
    if (value->kind != TGR_NIL && (!tgr_value_number(value, &wide) || !isfinite((float)wide) ||
                                   wide < number->least || wide > number->most)) {
        return tgr_reading_refuse(from, TGR_BAD_MODEL, number->why);
    }
    float narrow = (float)wide + 0.0f; /* which makes a negative zero positive */
    memcpy((char *)entry + number->offset, &narrow, sizeof(narrow));
    return true;
}

static bool read_outcome(tgr_reading *from, const tgr_value *value, tgr_model_entry *entry)
{
    if (value->kind == TGR_NIL) {
        entry->outcome = -1;
    } else if (TGR_KEY_IS(value, "win")) {
        entry->outcome = 2;
    } else if (TGR_KEY_IS(value, "tie")) {
        entry->outcome = 1;
    } else if (TGR_KEY_IS(value, "loss")) {
        entry->outcome = 0;
    } else {
        return tgr_reading_refuse(from, TGR_BAD_MODEL,
                                  "a model's \"outcome\" is not \"win\", \"tie\" or \"loss\"");
    }
    return true;
}

bool tgr_reading_weight(const tgr_value *value, double *weight)
{
    return tgr_value_number(value, weight) && *weight >= TGR_WEIGHT_LEAST &&
           *weight <= TGR_WEIGHT_MOST;
}

static bool read_weight(tgr_reading *from, const tgr_value *value, tgr_model_entry *entry)
{
    entry->weight = NAN;
    return value->kind == TGR_NIL || tgr_reading_weight(value, &entry->weight) ||
           tgr_reading_refuse(from, TGR_BAD_MODEL,
                              "a model's \"weight\" is not a number from 2^-20 to 2^20");
}

bool tgr_reading_settle_weight(tgr_reading *from)
{
    tgr_record *record = from->record;
    for (size_t i = 0; i < record->model_count; i++) {
        double weight = record->models[i].weight;
        if (isnan(record->weight)) {
            record->weight = weight;
        } else if (!isnan(weight) && (weight < record->weight || weight > record->weight)) {
            return tgr_reading_refuse(from, TGR_BAD_MODEL,
                                      "two \"weight\"s that differ, where a query has one");
        }
    }
    return true;
}

static bool read_pair(tgr_reading *from, const tgr_value *key, const tgr_value *value,
                      tgr_model_entry *entry)
{
    if (TGR_KEY_IS(key, "score")) {
        return read_number(from, value, &score, entry);
    }
    if (TGR_KEY_IS(key, "outcome")) {
        return read_outcome(from, value, entry);
    }
    if (TGR_KEY_IS(key, "cost")) {
        return read_number(from, value, &cost, entry);
    }
    if (TGR_KEY_IS(key, "weight")) {
        return read_weight(from, value, entry);
    }
    if (TGR_KEY_IS(key, "propensity")) {
        return read_number(from, value, &propensity, entry);
    }
    return !TGR_KEY_IS(key, "completion_tokens") ||
           read_number(from, value, &completion_tokens, entry);
}

static bool read_entry(tgr_reading *from, const tgr_value *map, tgr_model_entry *entry)
{
    const tgr_value *key = map + 1;
    for (uint32_t i = 0; i < map->count; i++) {
        const tgr_value *value = &from->values[key->next];
        if (!read_pair(from, key, value, entry)) {
            return false;
        }
        key = &from->values[value->next];
    }
    return true;
}

/* Drops the entry of that name, if there is one: a later one is about to count. */
static void drop_entry(tgr_record *record, const tgr_text *name)
{
    for (size_t i = 0; i < record->model_count; i++) {
        tgr_model_entry *entry = &record->models[i];
        if (entry->model.length == name->length &&
            memcmp(entry->model.bytes, name->bytes, name->length) == 0) {
            record->model_count--;
            memmove(entry, entry + 1, (record->model_count - i) * sizeof(*entry));
            return;
        }
    }
}

tgr_model_entry *tgr_reading_add_model(tgr_reading *from, const tgr_text *name)
{
    tgr_record *record = from->record;
    void *models = tgr_reading_grow(from, record->models, &record->model_capacity,
                                    record->model_count, sizeof(*record->models));
    if (!models) {
        return NULL;
    }
    record->models = models;
    tgr_model_entry *entry = &record->models[record->model_count++];
    *entry = (tgr_model_entry){.model = *name,
                               .score = NAN,
                               .cost = NAN,
                               .completion_tokens = NAN,
                               .propensity = NAN,
                               .weight = NAN,
                               .outcome = -1};
    return entry;
}

static bool add_entry(tgr_reading *from, const tgr_text *name, const tgr_value *value)
{
    if (value->kind != TGR_MAP) {
        return tgr_reading_refuse(from, TGR_BAD_MODEL, "a model's entry is not a map");
    }
    if (from->record->model_count == TGR_RECORD_MODELS) {
        return tgr_reading_refuse(from, TGR_BAD_MODEL, "more than 1024 models");
    }
    tgr_model_entry *entry = tgr_reading_add_model(from, name);
    return entry != NULL && read_entry(from, value, entry);
}

bool tgr_reading_models(tgr_reading *from, const tgr_value *value)
{
    if (value->kind != TGR_MAP) {
        return tgr_reading_refuse(from, TGR_BAD_MODEL, "\"models\" is not a map");
    }
    const tgr_value *key = value + 1;
    for (uint32_t i = 0; i < value->count; i++) {
        const tgr_value *entry = &from->values[key->next];
        tgr_text name;
        if (!tgr_reading_text(from, key, TGR_NAME_MAX, &name)) {
            return tgr_reading_refuse(
                from, TGR_BAD_MODEL,
                "a model's name is not a string of at most 1024 bytes without NUL");
        }
        drop_entry(from->record, &name);
        if (entry->kind != TGR_NIL && !add_entry(from, &name, entry)) {
            return false;
        }
        key = &from->values[entry->next];
    }
    return true;
}
