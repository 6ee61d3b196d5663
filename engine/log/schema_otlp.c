/* schema_otlp.c - OTLP's typed values as plain ones. */
#include <string.h>

#include "engine/log/lookup.h"
#include "engine/log/schema_parts.h"

bool tgr_otlp_is_typed(const tgr_tape *tape, uint32_t index)
{
    const tgr_value *map = &tape->values[index];
    return map->kind == TGR_MAP && map->count == 1 && TGR_KEY_IS(map + 1, "values") &&
           tape->values[map[1].next].kind == TGR_ARRAY;
}

/* What stands in {"xValue": ...}; 0 where it is not such a map. */
static uint32_t typed_value(const tgr_tape *tape, uint32_t index)
{
    const tgr_value *map = &tape->values[index], *key = map + 1;
    bool typed = map->kind == TGR_MAP && map->count == 1 && key->kind == TGR_STRING &&
                 key->count > 5 && memcmp(key->as.bytes + key->count - 5, "Value", 5) == 0;
    return typed ? key->next : 0;
}

static bool plain(const tgr_tape *tape, uint32_t index, tgr_tape *to);

/* A container whose children are appended next; they end at the tape's end. */
static bool open_container(tgr_tape *to, tgr_value_kind kind, uint32_t *place)
{
    tgr_value *made = tgr_tape_add(to);
    if (made == NULL) {
        return false;
    }
    *made = (tgr_value){.kind = kind};
    *place = (uint32_t)to->count - 1;
    return true;
}

static void close_container(tgr_tape *to, uint32_t place, uint32_t count)
{
    to->values[place].count = count;
    to->values[place].next = (uint32_t)to->count;
}

static bool plain_list(const tgr_tape *tape, uint32_t list, tgr_tape *to)
{
    uint32_t place, at = list + 1, count = tape->values[list].count;
    if (!open_container(to, TGR_ARRAY, &place)) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (!plain(tape, at, to)) {
            return false;
        }
        at = tape->values[at].next;
    }
    close_container(to, place, count);
    return true;
}

/* A map, or a list of {"key": ..., "value": ...}. */
static bool plain_map(const tgr_tape *tape, uint32_t pairs, tgr_tape *to)
{
    uint32_t place, key, value, count = 0;
    if (!open_container(to, TGR_MAP, &place)) {
        return false;
    }
    for (tgr_pairs at = tgr_pairs_of(tape, pairs); tgr_pairs_next(&at, &key, &value); count++) {
        if (!plain(tape, key, to) || !plain(tape, value, to)) {
            return false;
        }
    }
    close_container(to, place, count);
    return true;
}

/* kvlistValue and arrayValue both hold "values"; pairs tell the first. */
static bool plain_values(const tgr_tape *tape, uint32_t map, tgr_tape *to)
{
    uint32_t list = tape->values[map + 1].next;
    bool pairs = tape->values[list].count > 0 && tape->values[list + 1].kind == TGR_MAP &&
                 tgr_lookup(tape, list + 1, "key") > 0;
    return pairs ? plain_map(tape, list, to) : plain_list(tape, list, to);
}

static bool plain(const tgr_tape *tape, uint32_t index, tgr_tape *to)
{
    uint32_t inner = typed_value(tape, index);
    index = inner > 0 ? inner : index;
    if (tgr_otlp_is_typed(tape, index)) {
        return plain_values(tape, index, to);
    }
    if (tape->values[index].kind == TGR_ARRAY) {
        return plain_list(tape, index, to);
    }
    if (tape->values[index].kind == TGR_MAP) {
        return plain_map(tape, index, to);
    }
    tgr_value *made = tgr_tape_add(to);
    if (made == NULL) {
        return false;
    }
    *made = tape->values[index];
    made->next = (uint32_t)to->count;
    return true;
}

bool tgr_otlp_plain(const tgr_tape *tape, uint32_t index, tgr_tape *to)
{
    return plain(tape, index, to);
}
