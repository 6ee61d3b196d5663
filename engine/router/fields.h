/* fields.h - a MessagePack map taken apart: the keys that are known, and the rest kept as it
 * stands. */
#ifndef TGR_ROUTER_FIELDS_H
#define TGR_ROUTER_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tagroute/status.h>

#include "engine/base/buffer.h"
#include "engine/router/cursor.h"

#define TGR_FIELDS_MAX 16

typedef struct tgr_fields {
    const char *what; /* for messages, such as "model 3"; "" for the router itself */
    const char *const *names;
    size_t count;
    tgr_cursor
        at[TGR_FIELDS_MAX]; /* before each value; bytes NULL where the key is missing or nil */
} tgr_fields;

/* Reads the map under the cursor, which was skipped over once before. Pairs with other keys than
 * `names` go to `unknown`, encoded, and are counted; where unknown is NULL they are refused. A
 * known key twice is refused. */
tgr_status tgr_fields_read(tgr_fields *fields, const char *what, const char *const *names,
                           size_t count, tgr_cursor *cursor, tgr_buffer *unknown,
                           uint32_t *unknown_pairs, tgr_error *error);

bool tgr_fields_has(const tgr_fields *fields, size_t field);

/* The field must be there and of that kind; the cursor (may be NULL) is left before its children.
 */
tgr_status tgr_fields_need(const tgr_fields *fields, size_t field, tgr_item_kind kind,
                           tgr_item *item, tgr_cursor *children, tgr_error *error);

/* A number; left alone where the field is missing. */
tgr_status tgr_fields_number(const tgr_fields *fields, size_t field, double *number,
                             tgr_error *error);

/* A copy of a string that must be there: not empty, UTF-8 without NUL. */
tgr_status tgr_fields_text(const tgr_fields *fields, size_t field, char **text, tgr_error *error);

/* TGR_ERR_INPUT: `field` `complaint`, with the byte where it stands. */
tgr_status tgr_fields_complain(const tgr_fields *fields, size_t field, const char *complaint,
                               tgr_error *error);

#endif
