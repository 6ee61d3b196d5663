/* lists.c - allow, deny and needs as canonical JSON. */
#include "engine/ingest/lists.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/json_write.h"

static int by_bytes(const void *one, const void *other)
{
    const tgr_text *a = one;
    const tgr_text *b = other;
    int order = memcmp(a->bytes, b->bytes, a->length < b->length ? a->length : b->length);
    return order != 0 ? order : (a->length > b->length) - (a->length < b->length);
}

void tgr_list_spell(tgr_text_list *list, tgr_buffer *buffer)
{
    if (list->count > 1) {
        qsort(list->names, list->count, sizeof *list->names, by_bytes);
    }
    tgr_buffer_clear(buffer);
    tgr_buffer_text(buffer, "[");
    for (size_t i = 0; i < list->count; i++) {
        const tgr_text *name = &list->names[i];
        if (i > 0 && by_bytes(name, name - 1) == 0) {
            continue;
        }
        if (i > 0) {
            tgr_buffer_text(buffer, ",");
        }
        tgr_json_quote(buffer, name->bytes, name->length);
    }
    tgr_buffer_text(buffer, "]");
}
