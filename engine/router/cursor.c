/* cursor.c - see cursor.h. Heads are a byte of kind, a big-endian length or number, a body. */
#include "engine/router/cursor.h"

#include <string.h>

static uint64_t big_endian(const unsigned char *bytes, size_t width)
{
    uint64_t value = 0;
    for (size_t i = 0; i < width; i++) {
        value = value << 8 | bytes[i];
    }
    return value;
}

static void set_integer(tgr_item *item, int64_t value)
{
    item->kind = value < 0 ? TGR_ITEM_INTEGER : TGR_ITEM_UNSIGNED;
    if (value < 0) {
        item->as.integer = value;
    } else {
        item->as.whole = (uint64_t)value;
    }
}

static void set_signed(tgr_item *item, uint64_t bits, size_t width)
{
    switch (width) {
    case 1:
        set_integer(item, (int8_t)(uint8_t)bits);
        break;
    case 2:
        set_integer(item, (int16_t)(uint16_t)bits);
        break;
    case 4:
        set_integer(item, (int32_t)(uint32_t)bits);
        break;
    default:
        set_integer(item, (int64_t)bits);
        break;
    }
}

static void set_real(tgr_item *item, uint64_t bits, size_t width)
{
    item->kind = TGR_ITEM_REAL;
    if (width == 4) {
        uint32_t narrow = (uint32_t)bits;
        float value;
        memcpy(&value, &narrow, sizeof value);
        item->as.real = value;
    } else {
        memcpy(&item->as.real, &bits, sizeof bits);
    }
}

/* What a head byte of 0xc0 to 0xdf announces: `width` bytes of number or length after it. */
typedef enum head_class {
    HEAD_BAD,
    HEAD_NIL,
    HEAD_BOOL,
    HEAD_UINT,
    HEAD_INT,
    HEAD_REAL,
    HEAD_SIZED,
    HEAD_FIXEXT
} head_class;

typedef struct head {
    unsigned char class;
    unsigned char width;
    unsigned char kind; /* HEAD_SIZED */
} head;

static const head heads[32] = {
    {HEAD_NIL, 0, 0},
    {HEAD_BAD, 0, 0},
    {HEAD_BOOL, 0, 0},
    {HEAD_BOOL, 0, 0},
    {HEAD_SIZED, 1, TGR_ITEM_BINARY},
    {HEAD_SIZED, 2, TGR_ITEM_BINARY},
    {HEAD_SIZED, 4, TGR_ITEM_BINARY},
    {HEAD_SIZED, 1, TGR_ITEM_EXTENSION},
    {HEAD_SIZED, 2, TGR_ITEM_EXTENSION},
    {HEAD_SIZED, 4, TGR_ITEM_EXTENSION},
    {HEAD_REAL, 4, 0},
    {HEAD_REAL, 8, 0},
    {HEAD_UINT, 1, 0},
    {HEAD_UINT, 2, 0},
    {HEAD_UINT, 4, 0},
    {HEAD_UINT, 8, 0},
    {HEAD_INT, 1, 0},
    {HEAD_INT, 2, 0},
    {HEAD_INT, 4, 0},
    {HEAD_INT, 8, 0},
    {HEAD_FIXEXT, 0, 0}, /* 1, 2, 4, 8, 16 bytes */
    {HEAD_FIXEXT, 0, 0},
    {HEAD_FIXEXT, 0, 0},
    {HEAD_FIXEXT, 0, 0},
    {HEAD_FIXEXT, 0, 0},
    {HEAD_SIZED, 1, TGR_ITEM_STRING},
    {HEAD_SIZED, 2, TGR_ITEM_STRING},
    {HEAD_SIZED, 4, TGR_ITEM_STRING},
    {HEAD_SIZED, 2, TGR_ITEM_ARRAY},
    {HEAD_SIZED, 4, TGR_ITEM_ARRAY},
    {HEAD_SIZED, 2, TGR_ITEM_MAP},
    {HEAD_SIZED, 4, TGR_ITEM_MAP},
};

/* A head byte below 0xc0 or above 0xdf holds its number or length in itself. */
static void set_fixed(tgr_item *item, unsigned char byte)
{
    if (byte < 0x80 || byte >= 0xe0) {
        set_integer(item, (int8_t)byte);
    } else if (byte < 0x90) {
        item->kind = TGR_ITEM_MAP;
        item->count = byte & 0x0f;
    } else if (byte < 0xa0) {
        item->kind = TGR_ITEM_ARRAY;
        item->count = byte & 0x0f;
    } else {
        item->kind = TGR_ITEM_STRING;
        item->count = byte & 0x1f;
    }
}

/* Whether the body fits: bytes for strings and their like, a byte a child for containers. */
static tgr_cursor_result take_body(tgr_cursor *cursor, tgr_item *item, size_t at)
{
    uint64_t left = cursor->length - at;
    uint64_t need = item->count;
    if (item->kind == TGR_ITEM_MAP) {
        need *= 2;
    } else if (item->kind == TGR_ITEM_EXTENSION) {
        need++;
    }
    if (need > left) {
        return TGR_CURSOR_CUT;
    }
    if (item->kind == TGR_ITEM_EXTENSION) {
        item->extension_type = (int8_t)cursor->bytes[at++];
    }
    if (item->kind == TGR_ITEM_STRING || item->kind == TGR_ITEM_BINARY ||
        item->kind == TGR_ITEM_EXTENSION) {
        item->as.bytes = cursor->bytes + at;
        at += item->count;
    }
    cursor->at = at;
    return TGR_CURSOR_OK;
}

tgr_cursor_result tgr_cursor_next(tgr_cursor *cursor, tgr_item *item)
{
    size_t at = cursor->at;
    memset(item, 0, sizeof *item);
    item->at = at;
    if (at >= cursor->length) {
        return TGR_CURSOR_CUT;
    }
    const unsigned char *bytes = (const unsigned char *)cursor->bytes;
    unsigned char byte = bytes[at++];
    if (byte < 0xc0 || byte >= 0xe0) {
        set_fixed(item, byte);
        return take_body(cursor, item, at);
    }
    const head *announced = &heads[byte - 0xc0];
    if (announced->width > cursor->length - at) {
        return TGR_CURSOR_CUT;
    }
    uint64_t number = big_endian(bytes + at, announced->width);
    at += announced->width;
    switch (announced->class) {
    case HEAD_NIL:
        item->kind = TGR_ITEM_NIL;
        break;
    case HEAD_BOOL:
        item->kind = TGR_ITEM_BOOLEAN;
        item->as.boolean = byte == 0xc3;
        break;
    case HEAD_UINT:
        item->kind = TGR_ITEM_UNSIGNED;
        item->as.whole = number;
        break;
    case HEAD_INT:
        set_signed(item, number, announced->width);
        break;
    case HEAD_REAL:
        set_real(item, number, announced->width);
        break;
    case HEAD_SIZED:
        item->kind = (tgr_item_kind)announced->kind;
        item->count = (uint32_t)number;
        break;
    case HEAD_FIXEXT:
        item->kind = TGR_ITEM_EXTENSION;
        item->count = 1u << (byte - 0xd4);
        break;
    default:
        return TGR_CURSOR_BAD;
    }
    return take_body(cursor, item, at);
}

tgr_cursor_result tgr_cursor_skip(tgr_cursor *cursor)
{
    uint64_t left[TGR_CURSOR_DEPTH + 1] = {1}; /* values yet to come at each depth */
    size_t depth = 0;
    for (;;) {
        while (left[depth] == 0) {
            if (depth == 0) {
                return TGR_CURSOR_OK;
            }
            depth--;
        }
        left[depth]--;
        tgr_item item;
        tgr_cursor_result result = tgr_cursor_next(cursor, &item);
        if (result != TGR_CURSOR_OK) {
            return result;
        }
        if (item.kind == TGR_ITEM_ARRAY || item.kind == TGR_ITEM_MAP) {
            if (depth == TGR_CURSOR_DEPTH) {
                cursor->at = item.at;
                return TGR_CURSOR_DEEP;
            }
            left[++depth] = (uint64_t)item.count * (item.kind == TGR_ITEM_MAP ? 2 : 1);
        }
    }
}

bool tgr_item_number(const tgr_item *item, double *number)
{
    switch (item->kind) {
    case TGR_ITEM_INTEGER:
        *number = (double)item->as.integer;
        return true;
    case TGR_ITEM_UNSIGNED:
        *number = (double)item->as.whole;
        return true;
    case TGR_ITEM_REAL:
        *number = item->as.real;
        return true;
    default:
        return false;
    }
}

bool tgr_item_is(const tgr_item *item, const char *text)
{
    return item->kind == TGR_ITEM_STRING && strlen(text) == item->count &&
           memcmp(item->as.bytes, text, item->count) == 0;
}
