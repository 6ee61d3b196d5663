/* tags.c - the tags of a run. */
#include "engine/ingest/tags.h"

#include <math.h>

#include "engine/base/memory.h"
#include "engine/router/router.h"

#define LARGEST_TERM 0x1p62

bool tgr_tag_table_open(tgr_tag_table *table, const tgr_router *router)
{
    table->names = tgr_strings_new();
    if (table->names == NULL) {
        return false;
    }
    uint32_t known = router == NULL ? 0 : tgr_strings_count(router->tags);
    for (uint32_t number = 0; number < known; number++) {
        size_t length;
        const char *text = tgr_strings_get(router->tags, number, &length);
        if (tgr_tag_table_intern(table, text, length) == TGR_STRING_NONE) {
            return false;
        }
    }
    table->numbered = known;
    return true;
}

void tgr_tag_table_free(tgr_tag_table *table)
{
    tgr_strings_free(table->names);
    tgr_mem_free(table->tags);
    *table = (tgr_tag_table){0};
}

void tgr_tag_table_clear(tgr_tag_table *table)
{
    tgr_strings_clear(table->names);
    table->count = 0;
}

uint32_t tgr_tag_table_intern(tgr_tag_table *table, const char *text, size_t length)
{
    if (table->count >= table->capacity) { /* room first, so that every name has its counts */
        void *tags = table->tags;
        if (!tgr_mem_grow(&tags, &table->capacity, (size_t)table->count + 1, sizeof *table->tags)) {
            return TGR_STRING_NONE;
        }
        table->tags = tags;
    }
    uint32_t number = tgr_strings_add(table->names, text, length);
    if (number == table->count) {
        table->tags[table->count++] = (tgr_tag){0};
    }
    return number;
}

tgr_sum tgr_tag_term(float value)
{
    double bounded = fmin(fmax((double)value, -LARGEST_TERM), LARGEST_TERM);
    return (tgr_sum)nearbyint(bounded * 0x1p40);
}

double tgr_tag_occurrences(const tgr_tag *tag)
{
    return tgr_exact_value(tag->total);
}
