/* msgpack.c - msgpack-c's objects, copied to a tape. */
#include "engine/log/msgpack.h"

#include <string.h>

#include <msgpack/unpack.h>

#include "engine/log/json.h"

#define ZONE_VALUES_LEAST 1024

void tgr_msgpack_decoder_free(tgr_msgpack_decoder *decoder)
{
    if (decoder->zone) {
        msgpack_zone_free(decoder->zone);
    }
    memset(decoder, 0, sizeof(*decoder));
}

/* A zone with one chunk that takes them all: a value is one object, a pair two. */
static bool make_room(tgr_msgpack_decoder *decoder, size_t values)
{
    if (decoder->zone && values <= decoder->zone_values) {
        msgpack_zone_clear(decoder->zone);
        return true;
    }
    size_t room = ZONE_VALUES_LEAST;
    while (room < values) {
        room *= 2;
    }
    tgr_msgpack_decoder_free(decoder);
    decoder->zone = msgpack_zone_new(room * sizeof(msgpack_object) + MSGPACK_ZONE_ALIGN);
    decoder->zone_values = decoder->zone ? room : 0;
    return decoder->zone != NULL;
}

/* A mask of the first 1 to 8 bytes of a word in memory. */
static uint64_t first_bytes(size_t count)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    return UINT64_MAX << (64 - 8 * count);
#else
    return UINT64_MAX >> (64 - 8 * count);
#endif
}

/* What a text holds that needs a closer look, 8 bytes at once. The last word may reach beyond the
 * text: there, bytes are masked. */
static inline void look(const char *bytes, size_t length, bool *ascii, bool *nul)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones << 7;
    uint64_t high = 0, zero = 0, word;
    for (; length > sizeof(word); bytes += sizeof(word), length -= sizeof(word)) {
        memcpy(&word, bytes, sizeof(word));
        high |= word;
        zero |= (word - ones) & ~word;
    }
    if (length > 0) {
        memcpy(&word, bytes, sizeof(word));
        uint64_t kept = first_bytes(length);
        high |= word & kept;
        word |= ~kept & ones;
        zero |= (word - ones) & ~word;
    }
    *ascii = (high & tops) == 0;
    *nul = (zero & tops) != 0;
}

static inline void copy_text(tgr_tape *tape, tgr_value *value, const msgpack_object_str *text)
{
    bool ascii, nul;
    look(text->ptr, text->size, &ascii, &nul);
    tape->nul |= nul;
    value->kind = TGR_STRING;
    value->count = text->size;
    value->as.bytes = text->ptr;
    if (!ascii && !tgr_utf8_valid(text->ptr, text->size)) {
        value->kind = TGR_BINARY;
        value->subtype = 1;
        tape->invalid_text = true;
    }
}

static void copy_scalar(tgr_value *value, const msgpack_object *object)
{
    switch (object->type) {
    case MSGPACK_OBJECT_BOOLEAN:
        value->kind = TGR_BOOLEAN;
        value->as.boolean = object->via.boolean;
        break;
    case MSGPACK_OBJECT_NEGATIVE_INTEGER:
        value->kind = TGR_INTEGER;
        value->as.integer = object->via.i64;
        break;
    case MSGPACK_OBJECT_FLOAT32:
    case MSGPACK_OBJECT_FLOAT64:
        value->kind = TGR_REAL;
        value->as.real = object->via.f64;
        break;
    case MSGPACK_OBJECT_BIN:
        value->kind = TGR_BINARY;
        value->count = object->via.bin.size;
        value->as.bytes = object->via.bin.ptr;
        break;
    case MSGPACK_OBJECT_EXT:
        value->kind = TGR_EXTENSION;
        value->subtype = object->via.ext.type;
        value->count = object->via.ext.size;
        value->as.bytes = object->via.ext.ptr;
        break;
    default:
        value->kind = TGR_NIL;
    }
}

static void copy_container(tgr_tape *tape, tgr_value *value, const msgpack_object *object);

/* The tape has room for all, and the scan has bounded the depth. */
static inline tgr_value *copy_value(tgr_tape *tape, const msgpack_object *object)
{
    tgr_value *value = &tape->values[tape->count++];
    value->count = 0;
    value->subtype = 0;
    value->next = (uint32_t)tape->count;
    if (object->type == MSGPACK_OBJECT_STR) {
        copy_text(tape, value, &object->via.str);
    } else if (object->type == MSGPACK_OBJECT_POSITIVE_INTEGER) {
        value->kind = TGR_UNSIGNED;
        value->as.unsigned_integer = object->via.u64;
    } else if (object->type == MSGPACK_OBJECT_MAP || object->type == MSGPACK_OBJECT_ARRAY) {
        copy_container(tape, value, object);
    } else {
        copy_scalar(value, object);
    }
    return value;
}

static void copy_container(tgr_tape *tape, tgr_value *value, const msgpack_object *object)
{
    if (object->type == MSGPACK_OBJECT_MAP) {
        const msgpack_object_kv *pairs = object->via.map.ptr;
        value->kind = TGR_MAP;
        value->count = object->via.map.size;
        for (uint32_t i = 0; i < value->count; i++) {
            const tgr_value *key = copy_value(tape, &pairs[i].key);
            tape->other_keys |= key->kind != TGR_STRING;
            copy_value(tape, &pairs[i].val);
        }
    } else {
        value->kind = TGR_ARRAY;
        value->count = object->via.array.size;
        for (uint32_t i = 0; i < value->count; i++) {
            copy_value(tape, &object->via.array.ptr[i]);
        }
    }
    value->next = (uint32_t)tape->count;
}

tgr_status tgr_msgpack_decode(tgr_msgpack_decoder *decoder, const tgr_msgpack_scan *scan,
                              const char *bytes, tgr_tape *tape, tgr_fault *fault)
{
    tgr_tape_clear(tape);
    if (scan->too_large) {
        return tgr_fault_set(fault, TGR_BAD_TOO_LARGE, "larger than the largest record allowed");
    }
    if (scan->too_deep) {
        return tgr_fault_set(fault, TGR_BAD_TOO_DEEP, "nested more than 32 levels deep");
    }
    if (scan->values > TGR_TAPE_MAX) {
        return tgr_fault_set(fault, TGR_BAD_TOO_LARGE, "more than 4194304 values");
    }
    size_t values = (size_t)scan->values;
    if (!tgr_tape_reserve(tape, values) || !make_room(decoder, values)) {
        return TGR_ERR_NOMEM;
    }
    msgpack_object root;
    msgpack_unpack_return result =
        msgpack_unpack(bytes, (size_t)scan->total, NULL, decoder->zone, &root);
    if (result == MSGPACK_UNPACK_NOMEM_ERROR) {
        return TGR_ERR_NOMEM;
    }
    if (result != MSGPACK_UNPACK_SUCCESS) {
        return tgr_fault_set(fault, TGR_BAD_SYNTAX, "not valid MessagePack");
    }
    copy_value(tape, &root);
    return TGR_OK;
}
