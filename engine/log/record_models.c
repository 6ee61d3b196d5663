/* record_models.c - what each model did with a query. */
#include <math.h>
#include <string.h>

#include "engine/log/record_parts.h"

/* A number of an entry, held as float32. */
typedef struct model_number {
    const char *name;
    size_t length;
    size_t offset; /* in tgr_model_entry */
    double least;
    const char *why;
} model_number;

#define KEY(name) #name, sizeof(#name) - 1, offsetof(tgr_model_entry, name)

static const model_number numbers[] = {
    {KEY(score), -HUGE_VAL, "a model's \"score\" is not a finite number"},
    {KEY(cost), 0, "a model's \"cost\" is not a finite number of at least 0"},
    {KEY(completion_tokens), 0,
     "a model's \"completion_tokens\" is not a finite number of at least 0"},
};

#define NUMBERS (sizeof(numbers) / sizeof(numbers[0]))

static bool read_number(tgr_reading *from, const tgr_value *value, const model_number *number,
                        tgr_model_entry *entry)
{
    double wide = NAN;
    if (value->kind != TGR_NIL &&
        (!tgr_value_number(value, &wide) || !isfinite((float)wide) || wide < number->least)) {
        return tgr_reading_refuse(from, TGR_BAD_MODEL, number->why);
    }
    float narrow = (float)wide + 0.0f; /* which makes a negative zero positive */
    memcpy((char *)entry + number->offset, &narrow, sizeof(narrow));
    return true;
}

static bool read_outcome(tgr_reading *from, const tgr_value *value, tgr_model_entry *entry)
{
    static const char *const names[] = {"loss", "tie", "win"};
    if (value->kind == TGR_NIL) {
        entry->outcome = -1;
        return true;
    }
    for (int8_t i = 0; i < 3; i++) {
        if (tgr_value_is(value, names[i])) {
            entry->outcome = i;
            return true;
        }
    }
    return tgr_reading_refuse(from, TGR_BAD_MODEL,
                              "a model's \"outcome\" is not \"win\", \"tie\" or \"loss\"");
}

static bool read_pair(tgr_reading *from, const tgr_value *key, const tgr_value *value,
                      tgr_model_entry *entry)
{
    for (size_t i = 0; i < NUMBERS; i++) {
        if (tgr_key_is(key, numbers[i].name, numbers[i].length)) {
            return read_number(from, value, &numbers[i], entry);
        }
    }
    return !tgr_value_is(key, "outcome") || read_outcome(from, value, entry);
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

static bool add_entry(tgr_reading *from, const tgr_text *name, const tgr_value *value)
{
    tgr_record *record = from->record;
    if (value->kind != TGR_MAP) {
        return tgr_reading_refuse(from, TGR_BAD_MODEL, "a model's entry is not a map");
    }
    if (record->model_count == TGR_RECORD_MODELS) {
        return tgr_reading_refuse(from, TGR_BAD_MODEL, "more than 1024 models");
    }
    void *models = tgr_reading_grow(from, record->models, &record->model_capacity,
                                    record->model_count, sizeof(*record->models));
    if (!models) {
        return false;
    }
    record->models = models;
    tgr_model_entry *entry = &record->models[record->model_count++];
    *entry = (tgr_model_entry){
        .model = *name, .score = NAN, .cost = NAN, .completion_tokens = NAN, .outcome = -1};
    return read_entry(from, value, entry);
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
