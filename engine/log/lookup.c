/* lookup.c - values of a tape by name. */
#include "engine/log/lookup.h"

#include <math.h>
#include <string.h>

#include "engine/base/number.h"

static bool is_key(const tgr_value *value, const char *key, size_t length)
{
    return value->kind == TGR_STRING && value->count == length &&
           memcmp(value->as.bytes, key, length) == 0;
}

static uint32_t find_in_map(const tgr_tape *tape, uint32_t map, const char *key, size_t length)
{
    const tgr_value *values = tape->values;
    uint32_t found = 0, at = map + 1;
    for (uint32_t i = 0; i < values[map].count; i++) {
        uint32_t value = values[at].next;
        if (is_key(&values[at], key, length)) {
            found = values[value].kind == TGR_NIL ? 0 : value;
        }
        at = values[value].next;
    }
    return found;
}

/* What stands in {"stringValue": ...} and the like; the value itself where it is not such a map. */
static uint32_t unwrap(const tgr_tape *tape, uint32_t value)
{
    const tgr_value *found = &tape->values[value];
    const tgr_value *key = found + 1;
    bool typed = found->kind == TGR_MAP && found->count == 1 && key->kind == TGR_STRING &&
                 key->count > 5 && memcmp(key->as.bytes + key->count - 5, "Value", 5) == 0;
    return typed ? key->next : value;
}

static uint32_t find_attribute(const tgr_tape *tape, uint32_t list, const char *key, size_t length)
{
    const tgr_value *values = tape->values;
    uint32_t found = 0, at = list + 1;
    for (uint32_t i = 0; i < values[list].count; i++) {
        if (values[at].kind == TGR_MAP) {
            uint32_t name = find_in_map(tape, at, "key", 3);
            uint32_t value = find_in_map(tape, at, "value", 5);
            if (name > 0 && value > 0 && is_key(&values[name], key, length)) {
                found = unwrap(tape, value);
            }
        }
        at = values[at].next;
    }
    return found;
}

static uint32_t find(const tgr_tape *tape, uint32_t map, const char *key, size_t length)
{
    switch (tape->values[map].kind) {
    case TGR_MAP:
        return find_in_map(tape, map, key, length);
    case TGR_ARRAY:
        return find_attribute(tape, map, key, length);
    default:
        return 0;
    }
}

uint32_t tgr_lookup(const tgr_tape *tape, uint32_t map, const char *key)
{
    return find(tape, map, key, strlen(key));
}

/* Each step takes the longest key that is there; the depth of a tape bounds the steps. */
uint32_t tgr_lookup_path(const tgr_tape *tape, uint32_t map, const char *path)
{
    size_t left = strlen(path);
    for (;;) {
        size_t length = left;
        uint32_t found = find(tape, map, path, length);
        while (found == 0 && length > 0) {
            do {
                length--;
            } while (length > 0 && path[length] != '.');
            found = length > 0 ? find(tape, map, path, length) : 0;
        }
        if (found == 0 || length == left) {
            return found;
        }
        map = found;
        path += length + 1;
        left -= length + 1;
    }
}

uint32_t tgr_lookup_any(const tgr_tape *tape, uint32_t map, const char *const *paths)
{
    uint32_t found = 0;
    for (size_t i = 0; found == 0 && paths[i] != NULL; i++) {
        found = tgr_lookup_path(tape, map, paths[i]);
    }
    return found;
}

tgr_pairs tgr_pairs_of(const tgr_tape *tape, uint32_t map)
{
    const tgr_value *of = &tape->values[map];
    bool pairs = of->kind == TGR_MAP || of->kind == TGR_ARRAY;
    return (tgr_pairs){tape, map + 1, pairs ? of->count : 0, of->kind == TGR_ARRAY};
}

/* The pair at hand; *value is 0 where it is none. */
static void take_pair(tgr_pairs *pairs, uint32_t *key, uint32_t *value)
{
    const tgr_tape *tape = pairs->tape;
    uint32_t at = pairs->at;
    *key = *value = 0;
    if (!pairs->listed) {
        *key = at;
        *value = tape->values[at].next;
        pairs->at = tape->values[*value].next;
        return;
    }
    pairs->at = tape->values[at].next;
    if (tape->values[at].kind == TGR_MAP) {
        *key = find_in_map(tape, at, "key", 3);
        *value = find_in_map(tape, at, "value", 5);
        *value = *key > 0 && *value > 0 ? unwrap(tape, *value) : 0;
    }
}

bool tgr_pairs_next(tgr_pairs *pairs, uint32_t *key, uint32_t *value)
{
    while (pairs->left > 0) {
        pairs->left--;
        take_pair(pairs, key, value);
        if (*value > 0 && pairs->tape->values[*value].kind != TGR_NIL &&
            pairs->tape->values[*key].kind == TGR_STRING) {
            return true;
        }
    }
    return false;
}

static double spelt(const tgr_value *value)
{
    char text[32];
    double number;
    if (value->kind != TGR_STRING || value->count == 0 || value->count >= sizeof text) {
        return NAN;
    }
    memcpy(text, value->as.bytes, value->count);
    text[value->count] = '\0';
    return tgr_number_parse(text, &number) ? number : (double)NAN;
}

double tgr_lookup_amount(const tgr_tape *tape, uint32_t index)
{
    double number = NAN;
    if (index > 0 && !tgr_value_number(&tape->values[index], &number)) {
        number = spelt(&tape->values[index]);
    }
    return number >= 0 && isfinite((float)number) ? number + 0.0 : (double)NAN;
}

bool tgr_lookup_filled(const tgr_tape *tape, uint32_t index)
{
    const tgr_value *value = &tape->values[index];
    return index > 0 && (value->kind == TGR_ARRAY || value->kind == TGR_MAP) && value->count > 0;
}
