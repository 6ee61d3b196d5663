/* value_write_json.c - values as JSON text. */
#include "engine/log/value_write.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "engine/base/json_write.h"
#include "engine/base/number.h"

/* A real number stays one: 1.0 is not 1. */
static void write_real(double number, tgr_buffer *buffer, uint64_t *lost)
{
    char text[TGR_NUMBER_SIZE];
    size_t length = tgr_number_double(text, number);
    tgr_buffer_add(buffer, text, length);
    *lost += !isfinite(number);
    if (isfinite(number) && strpbrk(text, ".e") == NULL) {
        tgr_buffer_add(buffer, ".0", 2);
    }
}

static void write_list(const tgr_tape *tape, uint32_t index, tgr_buffer *buffer, uint64_t *lost)
{
    const tgr_value *list = &tape->values[index];
    uint32_t at = index + 1;
    tgr_buffer_add(buffer, "[", 1);
    for (uint32_t i = 0; i < list->count; i++) {
        if (i > 0) {
            tgr_buffer_add(buffer, ", ", 2);
        }
        tgr_value_write_json(tape, at, buffer, lost);
        at = tape->values[at].next;
    }
    tgr_buffer_add(buffer, "]", 1);
}

static void write_map(const tgr_tape *tape, uint32_t index, tgr_buffer *buffer, uint64_t *lost)
{
    const tgr_value *map = &tape->values[index];
    uint32_t at = index + 1;
    bool filled = false;
    tgr_buffer_add(buffer, "{", 1);
    for (uint32_t i = 0; i < map->count; i++) {
        const tgr_value *key = &tape->values[at];
        if (key->kind == TGR_STRING) {
            tgr_buffer_add(buffer, ", ", filled ? 2 : 0);
            filled = true;
            tgr_json_quote(buffer, key->as.bytes, key->count);
            tgr_buffer_add(buffer, ": ", 2);
            tgr_value_write_json(tape, key->next, buffer, lost);
        } else {
            ++*lost;
        }
        at = tape->values[key->next].next;
    }
    tgr_buffer_add(buffer, "}", 1);
}

void tgr_value_write_json(const tgr_tape *tape, uint32_t index, tgr_buffer *buffer, uint64_t *lost)
{
    const tgr_value *value = &tape->values[index];
    switch (value->kind) {
    case TGR_BOOLEAN:
        tgr_buffer_text(buffer, value->as.boolean ? "true" : "false");
        break;
    case TGR_INTEGER:
        tgr_buffer_format(buffer, "%" PRId64, value->as.integer);
        break;
    case TGR_UNSIGNED:
        tgr_buffer_format(buffer, "%" PRIu64, value->as.unsigned_integer);
        break;
    case TGR_REAL:
        write_real(value->as.real, buffer, lost);
        break;
    case TGR_STRING:
        tgr_json_quote(buffer, value->as.bytes, value->count);
        break;
    case TGR_ARRAY:
        write_list(tape, index, buffer, lost);
        break;
    case TGR_MAP:
        write_map(tape, index, buffer, lost);
        break;
    case TGR_BINARY:
    case TGR_EXTENSION:
        ++*lost;
        tgr_buffer_text(buffer, "null");
        break;
    case TGR_NIL:
        tgr_buffer_text(buffer, "null");
        break;
    }
}
