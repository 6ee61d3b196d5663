/* fields.c - see fields.h. */
#include "engine/router/fields.h"

#include <math.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/router/schema.h"

static const char *const kind_names[] = {
    "nil",      "a boolean",   "an integer",   "an integer", "a number",
    "a string", "binary data", "an extension", "a list",     "a map",
};

static size_t find_name(const tgr_fields *fields, const tgr_item *key)
{
    size_t field = 0;
    while (field < fields->count && !tgr_item_is(key, fields->names[field])) {
        field++;
    }
    return field;
}

static tgr_status keep_unknown(const tgr_fields *fields, const tgr_item *key, const tgr_cursor *end,
                               tgr_buffer *unknown, uint32_t *unknown_pairs, tgr_error *error)
{
    if (unknown == NULL) {
        return tgr_fail(error, TGR_ERR_INPUT, "%s%sunknown key at byte %zu", fields->what,
                        fields->what[0] == '\0' ? "" : ": ", key->at);
    }
    tgr_buffer_add(unknown, end->bytes + key->at, end->at - key->at);
    *unknown_pairs += 1;
    return unknown->failed ? tgr_fail_memory(error, "the router's other keys") : TGR_OK;
}

tgr_status tgr_fields_read(tgr_fields *fields, const char *what, const char *const *names,
                           size_t count, tgr_cursor *cursor, tgr_buffer *unknown,
                           uint32_t *unknown_pairs, tgr_error *error)
{
    memset(fields, 0, sizeof *fields);
    fields->what = what;
    fields->names = names;
    fields->count = count;
    bool seen[TGR_FIELDS_MAX] = {false};
    tgr_status status = TGR_OK;
    tgr_item map, key, value;
    if (tgr_cursor_next(cursor, &map) != TGR_CURSOR_OK || map.kind != TGR_ITEM_MAP) {
        return tgr_fail(error, TGR_ERR_INPUT, "%s at byte %zu is not a map", what, map.at);
    }
    for (uint32_t i = 0; i < map.count; i++) {
        tgr_cursor before = *cursor;
        TGR_TRY(tgr_cursor_next(&before, &key) == TGR_CURSOR_OK ? TGR_OK : TGR_ERR_INTERNAL);
        tgr_cursor_skip(cursor); /* the key, which may be a container where it is unknown */
        size_t field = find_name(fields, &key);
        before = *cursor;
        tgr_cursor_skip(cursor);
        if (field == count) {
            TGR_TRY(keep_unknown(fields, &key, cursor, unknown, unknown_pairs, error));
            continue;
        }
        if (seen[field]) {
            status = tgr_fail(error, TGR_ERR_INPUT,
                              "%s%sthe key \"%s\" is there twice, again at byte %zu", what,
                              what[0] == '\0' ? "" : ": ", names[field], key.at);
            goto done;
        }
        seen[field] = true;
        fields->at[field] = before;
        tgr_cursor_next(&before, &value);
        if (value.kind == TGR_ITEM_NIL) {
            fields->at[field].bytes = NULL;
        }
    }
done:
    return status;
}

bool tgr_fields_has(const tgr_fields *fields, size_t field)
{
    return fields->at[field].bytes != NULL;
}

tgr_status tgr_fields_complain(const tgr_fields *fields, size_t field, const char *complaint,
                               tgr_error *error)
{
    return tgr_fail(error, TGR_ERR_INPUT, "%s%s\"%s\" at byte %zu %s", fields->what,
                    fields->what[0] == '\0' ? "" : ": ", fields->names[field], fields->at[field].at,
                    complaint);
}

tgr_status tgr_fields_need(const tgr_fields *fields, size_t field, tgr_item_kind kind,
                           tgr_item *item, tgr_cursor *children, tgr_error *error)
{
    if (!tgr_fields_has(fields, field)) {
        return tgr_fail(error, TGR_ERR_INPUT, "%s%sthe key \"%s\" is missing", fields->what,
                        fields->what[0] == '\0' ? "" : ": ", fields->names[field]);
    }
    tgr_cursor cursor = fields->at[field];
    if (tgr_cursor_next(&cursor, item) != TGR_CURSOR_OK || item->kind != kind) {
        return tgr_fail(error, TGR_ERR_INPUT, "%s%s\"%s\" at byte %zu must be %s, and is %s",
                        fields->what, fields->what[0] == '\0' ? "" : ": ", fields->names[field],
                        item->at, kind_names[kind], kind_names[item->kind]);
    }
    if (children != NULL) {
        *children = cursor;
    }
    return TGR_OK;
}

tgr_status tgr_fields_number(const tgr_fields *fields, size_t field, double *number,
                             tgr_error *error)
{
    if (!tgr_fields_has(fields, field)) {
        return TGR_OK;
    }
    tgr_cursor cursor = fields->at[field];
    tgr_item item;
    if (tgr_cursor_next(&cursor, &item) != TGR_CURSOR_OK || !tgr_item_number(&item, number) ||
        !isfinite(*number)) {
        return tgr_fields_complain(fields, field, "must be a finite number", error);
    }
    *number += 0.0; /* -0 is 0 */
    return TGR_OK;
}

tgr_status tgr_fields_text(const tgr_fields *fields, size_t field, char **text, tgr_error *error)
{
    tgr_item item;
    tgr_status status = tgr_fields_need(fields, field, TGR_ITEM_STRING, &item, NULL, error);
    if (status != TGR_OK) {
        return status;
    }
    if (item.count == 0 || !tgr_name_is_text(item.as.bytes, item.count)) {
        return tgr_fields_complain(fields, field, "must be UTF-8 text, neither empty nor with NUL",
                                   error);
    }
    *text = tgr_mem_string_n(item.as.bytes, item.count);
    return *text == NULL ? tgr_fail_memory(error, "the router") : TGR_OK;
}
