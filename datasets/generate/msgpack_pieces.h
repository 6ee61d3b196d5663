/* msgpack_pieces.h - values of MessagePack, each in its shortest form. */
#ifndef TGR_GENERATE_MSGPACK_PIECES_H
#define TGR_GENERATE_MSGPACK_PIECES_H

#include "datasets/generate/write.h"

/* Big-endian, `bytes` of them. */
static inline char *tgr_gen_msgpack_integer(char *at, uint64_t value, int bytes)
{
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
        *at++ = (char)(uint8_t)(value >> shift);
    }
    return at;
}

static inline char *tgr_gen_msgpack_byte(char *at, unsigned byte)
{
    *at++ = (char)(uint8_t)byte;
    return at;
}

static inline char *tgr_gen_msgpack_unsigned(char *at, uint64_t value)
{
    if (value < 0x80) {
        return tgr_gen_msgpack_byte(at, (unsigned)value);
    }
    int size = value <= 0xff ? 0 : value <= 0xffff ? 1 : value <= 0xffffffff ? 2 : 3;
    return tgr_gen_msgpack_integer(tgr_gen_msgpack_byte(at, 0xccu + (unsigned)size), value,
                                   1 << size);
}

static inline char *tgr_gen_msgpack_real(char *at, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return tgr_gen_msgpack_integer(tgr_gen_msgpack_byte(at, 0xcb), bits, 8);
}

static inline char *tgr_gen_msgpack_head(char *at, size_t length)
{
    if (length < 32) {
        return tgr_gen_msgpack_byte(at, 0xa0u | (unsigned)length);
    }
    return length <= 0xff ? tgr_gen_msgpack_integer(tgr_gen_msgpack_byte(at, 0xd9), length, 1)
                          : tgr_gen_msgpack_integer(tgr_gen_msgpack_byte(at, 0xda), length, 2);
}

static inline char *tgr_gen_msgpack_string(char *at, const char *text, size_t length)
{
    return tgr_gen_put(tgr_gen_msgpack_head(at, length), text, length);
}

/* Fewer than 2^16 of them. */
static inline char *tgr_gen_msgpack_map(char *at, size_t pairs)
{
    return pairs < 16 ? tgr_gen_msgpack_byte(at, 0x80u | (unsigned)pairs)
                      : tgr_gen_msgpack_integer(tgr_gen_msgpack_byte(at, 0xde), pairs, 2);
}

static inline char *tgr_gen_msgpack_array(char *at, size_t items)
{
    return items < 16 ? tgr_gen_msgpack_byte(at, 0x90u | (unsigned)items)
                      : tgr_gen_msgpack_integer(tgr_gen_msgpack_byte(at, 0xdc), items, 2);
}

#endif
