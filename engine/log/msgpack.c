/* msgpack.c - MessagePack to a tape in one pass. A scan has gone over the object before: sizes lie
 * inside it, and nothing is nested deeper than the stack here takes.
 */
#include "engine/log/msgpack.h"

#include <string.h>

#include "engine/log/json.h"

/* A container whose values are being read. */
typedef struct level {
    uint32_t index; /* on the tape */
    uint32_t left;  /* values still to come */
    bool map;       /* keys are those with an even number left, themselves included */
} level;

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

#define SHORT_MOST 31 /* bytes */

typedef uint8_t bytes_16 __attribute__((vector_size(16)));
typedef uint64_t words_2 __attribute__((vector_size(16)));

static inline bytes_16 load_16(const void *from)
{
    bytes_16 loaded;
    memcpy(&loaded, from, sizeof loaded);
    return loaded;
}

/* The same of a short text, whose length is hard to predict: always 32 bytes, without a branch. */
static inline void look_short(const char *bytes, size_t length, bool *ascii, bool *nul)
{
    static const uint8_t masks[64] = {
        255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
        255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
    };
    const uint8_t *mask = masks + sizeof masks / 2 - length;
    bytes_16 first = load_16(bytes), second = load_16(bytes + 16);
    bytes_16 of_first = load_16(mask), of_second = load_16(mask + 16);
    words_2 high = (words_2)((first & of_first) | (second & of_second));
    words_2 zero =
        (words_2)(((bytes_16)(first == 0) & of_first) | ((bytes_16)(second == 0) & of_second));
    *ascii = ((high[0] | high[1]) & UINT64_C(0x8080808080808080)) == 0;
    *nul = (zero[0] | zero[1]) != 0;
}

static inline const uint8_t *take_text(tgr_tape *tape, tgr_value *value, const uint8_t *at,
                                       uint32_t length)
{
    const char *text = (const char *)at;
    bool ascii, nul;
    if (length <= SHORT_MOST) {
        look_short(text, length, &ascii, &nul);
    } else {
        look(text, length, &ascii, &nul);
    }
    tape->nul |= nul;
    value->kind = TGR_STRING;
    value->count = length;
    value->as.bytes = text;
    if (!ascii && !tgr_utf8_valid(text, length)) {
        value->kind = TGR_BINARY;
        value->subtype = 1;
        tape->invalid_text = true;
    }
    return at + length;
}

static inline uint64_t big_endian(const uint8_t *bytes, size_t count)
{
    uint64_t number = 0;
    for (size_t i = 0; i < count; i++) {
        number = number << 8 | bytes[i];
    }
    return number;
}

static inline const uint8_t *take_unsigned(tgr_value *value, const uint8_t *at, size_t size)
{
    value->kind = TGR_UNSIGNED;
    value->as.unsigned_integer = big_endian(at, size);
    return at + size;
}

static inline const uint8_t *take_signed(tgr_value *value, const uint8_t *at, size_t size)
{
    unsigned spare = 64 - 8 * (unsigned)size;
    int64_t number = (int64_t)(big_endian(at, size) << spare) >> spare;
    value->kind = number < 0 ? TGR_INTEGER : TGR_UNSIGNED;
    value->as.integer = number; /* the same bits where it is not negative */
    return at + size;
}

static inline const uint8_t *take_real(tgr_value *value, const uint8_t *at, size_t size)
{
    value->kind = TGR_REAL;
    if (size == sizeof(float)) {
        uint32_t bits = (uint32_t)big_endian(at, size);
        float narrow;
        memcpy(&narrow, &bits, sizeof narrow);
        value->as.real = narrow;
    } else {
        uint64_t bits = big_endian(at, size);
        memcpy(&value->as.real, &bits, sizeof bits);
    }
    return at + size;
}

static inline const uint8_t *take_bytes(tgr_value *value, const uint8_t *at, uint32_t length)
{
    value->kind = TGR_BINARY;
    value->count = length;
    value->as.bytes = (const char *)at;
    return at + length;
}

static inline const uint8_t *take_extension(tgr_value *value, const uint8_t *at, uint32_t length)
{
    value->kind = TGR_EXTENSION;
    value->subtype = (int8_t)at[0];
    value->count = length;
    value->as.bytes = (const char *)at + 1;
    return at + 1 + length;
}

static inline const uint8_t *take_container(tgr_value *value, tgr_value_kind kind,
                                            const uint8_t *at, uint32_t count)
{
    value->kind = kind;
    value->count = count;
    return at;
}

/* A value that begins with 0xc0..0xdf, from after that byte. Sizes are constants, for speed. */
static inline const uint8_t *take_headed(tgr_tape *tape, tgr_value *value, uint8_t first,
                                         const uint8_t *at)
{
    switch (first) {
    case 0xc0:
        value->kind = TGR_NIL;
        return at;
    case 0xc2:
    case 0xc3:
        value->kind = TGR_BOOLEAN;
        value->as.boolean = first == 0xc3;
        return at;
    case 0xc4:
        return take_bytes(value, at + 1, at[0]);
    case 0xc5:
        return take_bytes(value, at + 2, (uint32_t)big_endian(at, 2));
    case 0xc6:
        return take_bytes(value, at + 4, (uint32_t)big_endian(at, 4));
    case 0xc7:
        return take_extension(value, at + 1, at[0]);
    case 0xc8:
        return take_extension(value, at + 2, (uint32_t)big_endian(at, 2));
    case 0xc9:
        return take_extension(value, at + 4, (uint32_t)big_endian(at, 4));
    case 0xca:
        return take_real(value, at, 4);
    case 0xcb:
        return take_real(value, at, 8);
    case 0xcc:
        return take_unsigned(value, at, 1);
    case 0xcd:
        return take_unsigned(value, at, 2);
    case 0xce:
        return take_unsigned(value, at, 4);
    case 0xcf:
        return take_unsigned(value, at, 8);
    case 0xd0:
        return take_signed(value, at, 1);
    case 0xd1:
        return take_signed(value, at, 2);
    case 0xd2:
        return take_signed(value, at, 4);
    case 0xd3:
        return take_signed(value, at, 8);
    case 0xd9:
        return take_text(tape, value, at + 1, at[0]);
    case 0xda:
        return take_text(tape, value, at + 2, (uint32_t)big_endian(at, 2));
    case 0xdb:
        return take_text(tape, value, at + 4, (uint32_t)big_endian(at, 4));
    case 0xdc:
        return take_container(value, TGR_ARRAY, at + 2, (uint32_t)big_endian(at, 2));
    case 0xdd:
        return take_container(value, TGR_ARRAY, at + 4, (uint32_t)big_endian(at, 4));
    case 0xde:
        return take_container(value, TGR_MAP, at + 2, (uint32_t)big_endian(at, 2));
    case 0xdf:
        return take_container(value, TGR_MAP, at + 4, (uint32_t)big_endian(at, 4));
    default: /* 0xd4..0xd8; the scan lets no 0xc1 through */
        return take_extension(value, at, (uint32_t)1 << (first - 0xd4));
    }
}

static inline const uint8_t *take_value(tgr_tape *tape, tgr_value *value, const uint8_t *at)
{
    uint8_t first = *at++;
    value->count = 0;
    value->subtype = 0;
    if (first < 0x80) {
        value->kind = TGR_UNSIGNED;
        value->as.unsigned_integer = first;
    } else if (first < 0xa0) {
        return take_container(value, first < 0x90 ? TGR_MAP : TGR_ARRAY, at, first & 0x0f);
    } else if (first < 0xc0) {
        return take_text(tape, value, at, first & 0x1f);
    } else if (first < 0xe0) {
        return take_headed(tape, value, first, at);
    } else {
        value->kind = TGR_INTEGER;
        value->as.integer = (int8_t)first;
    }
    return at;
}

/* The tape has room for all values. */
static void take_object(tgr_tape *tape, const uint8_t *at)
{
    level open[TGR_VALUE_DEPTH];
    unsigned depth = 0;
    do {
        uint32_t index = (uint32_t)tape->count++;
        tgr_value *value = &tape->values[index];
        at = take_value(tape, value, at);
        value->next = index + 1;
        if (depth > 0 && open[depth - 1].map && open[depth - 1].left % 2 == 0) {
            tape->other_keys |= value->kind != TGR_STRING;
        }
        if (value->count > 0 && (value->kind == TGR_MAP || value->kind == TGR_ARRAY)) {
            bool map = value->kind == TGR_MAP;
            open[depth++] = (level){index, map ? 2 * value->count : value->count, map};
            continue;
        }
        while (depth > 0 && --open[depth - 1].left == 0) {
            depth--;
            tape->values[open[depth].index].next = (uint32_t)tape->count;
        }
    } while (depth > 0);
}

tgr_status tgr_msgpack_decode(const tgr_msgpack_extent *extent, const char *bytes, tgr_tape *tape,
                              tgr_fault *fault)
{
    tgr_tape_clear(tape);
    if (extent->too_large) {
        return tgr_fault_set(fault, TGR_BAD_TOO_LARGE, "larger than the largest record allowed");
    }
    if (extent->too_deep) {
        return tgr_fault_set(fault, TGR_BAD_TOO_DEEP, "nested more than 32 levels deep");
    }
    if (extent->values > TGR_TAPE_MAX) {
        return tgr_fault_set(fault, TGR_BAD_TOO_LARGE, "more than 4194304 values");
    }
    if (!tgr_tape_reserve(tape, (size_t)extent->values)) {
        return TGR_ERR_NOMEM;
    }
    take_object(tape, (const uint8_t *)bytes);
    return TGR_OK;
}
