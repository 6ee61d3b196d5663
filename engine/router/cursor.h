/* cursor.h - a bounded walk over MessagePack bytes that trusts none of them and allocates nothing.
 */
#ifndef TGR_ROUTER_CURSOR_H
#define TGR_ROUTER_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TGR_CURSOR_DEPTH 32 /* containers within containers; deeper values are refused */

typedef enum tgr_item_kind {
    TGR_ITEM_NIL,
    TGR_ITEM_BOOLEAN,
    TGR_ITEM_INTEGER,  /* negative */
    TGR_ITEM_UNSIGNED, /* every other integer */
    TGR_ITEM_REAL,
    TGR_ITEM_STRING,
    TGR_ITEM_BINARY,
    TGR_ITEM_EXTENSION,
    TGR_ITEM_ARRAY,
    TGR_ITEM_MAP
} tgr_item_kind;

/* A scalar whole, or the head of a container, whose children follow. */
typedef struct tgr_item {
    tgr_item_kind kind;
    size_t at;      /* byte at which the item starts */
    uint32_t count; /* string, binary, extension: bytes; array: elements; map: pairs */
    int8_t extension_type;
    union {
        bool boolean;
        int64_t integer;
        uint64_t whole;
        double real;
        const char *bytes; /* within the cursor's */
    } as;
} tgr_item;

typedef struct tgr_cursor {
    const char *bytes;
    size_t length;
    size_t at;
} tgr_cursor;

typedef enum tgr_cursor_result {
    TGR_CURSOR_OK,
    TGR_CURSOR_CUT, /* the bytes end before the value does */
    TGR_CURSOR_BAD, /* a byte that starts no value */
    TGR_CURSOR_DEEP /* nested beyond TGR_CURSOR_DEPTH */
} tgr_cursor_result;

/* Reads one item. A container whose declared count cannot fit the bytes left is TGR_CURSOR_CUT. On
 * failure the cursor stays at the item's start. */
tgr_cursor_result tgr_cursor_next(tgr_cursor *cursor, tgr_item *item);

/* Steps over one value with all of its children. On failure the cursor stays at the item that is
 * wrong. A value skipped once can be walked without further failures. */
tgr_cursor_result tgr_cursor_skip(tgr_cursor *cursor);

/* A number of any kind as a double; false for anything else. */
bool tgr_item_number(const tgr_item *item, double *number);

/* Whether an item is the string `text`. */
bool tgr_item_is(const tgr_item *item, const char *text);

#endif
