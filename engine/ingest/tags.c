/* tags.c - the tags of a run. */
#include "engine/ingest/tags.h"

#include <math.h>
#include <string.h>

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
    tgr_mem_free(table->few);
    tgr_strings_free(table->raw_names);
    tgr_mem_free(table->raws);
    *table = (tgr_tag_table){0};
}

void tgr_tag_table_clear(tgr_tag_table *table)
{
    tgr_strings_clear(table->names);
    table->count = table->kept;
    if (table->few_rows > 0) {
        memset(table->few, 0, table->kept * sizeof *table->few);
    }
    for (uint32_t number = 0; number < table->kept && table->many; number++) {
        table->tags[number] = (tgr_tag){0};
    }
    table->few_rows = 0;
    table->many = false;
    if (table->raw_names != NULL) {
        tgr_strings_clear(table->raw_names);
    }
}

bool tgr_tag_table_keep(tgr_tag_table *table, const tgr_tagger *tagger)
{
    uint32_t count = tgr_tagger_tags(tagger);
    for (uint32_t tag = 0; tag < count; tag++) {
        size_t length;
        const char *text = tgr_tagger_tag(tagger, tag, &length);
        if (tgr_tag_table_intern(table, text, length) != tag) {
            return false;
        }
    }
    tgr_strings_keep(table->names);
    table->kept = count;
    table->few = tgr_mem_zalloc(count, sizeof *table->few);
    return table->few != NULL;
}

void tgr_tag_table_settle(tgr_tag_table *table)
{
    for (uint32_t number = 0; number < table->kept && table->few_rows > 0; number++) {
        tgr_tag more = tgr_tag_of_few(table->few[number]), *tag = &table->tags[number];
        tag->queries += more.queries;
        tag->total += more.total;
        tgr_tag_bound(tag);
        table->few[number] = 0;
    }
    table->many |= table->few_rows > 0;
    table->few_rows = 0;
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

/* Asks the normalisation. */
static bool find_raw(tgr_tag_table *table, const tgr_normalisation *normalisation, const char *text,
                     size_t length, tgr_raw_tag *found)
{
    uint32_t becomes;
    if (!tgr_align(normalisation->aligner, text, length, &found->how, &becomes)) {
        return false;
    }
    if (found->how != TGR_ALIGNED_NOT && becomes == TGR_DROPPED) {
        found->number = TGR_TAG_DROPPED;
        return true;
    }
    if (found->how != TGR_ALIGNED_NOT) {
        text = tgr_strings_get(normalisation->mapping->tags, becomes, &length);
    }
    found->number = tgr_tag_table_intern(table, text, length);
    return found->number != TGR_STRING_NONE;
}

bool tgr_tag_table_normalise(tgr_tag_table *table, const tgr_normalisation *normalisation,
                             const char *text, size_t length, tgr_raw_tag *found)
{
    if (table->raw_names == NULL && (table->raw_names = tgr_strings_new()) == NULL) {
        return false;
    }
    uint32_t raw = tgr_strings_find(table->raw_names, text, length);
    if (raw != TGR_STRING_NONE) {
        *found = table->raws[raw];
        return true;
    }
    size_t count = tgr_strings_count(table->raw_names);
    void *raws = table->raws;
    if (!find_raw(table, normalisation, text, length, found) ||
        !tgr_mem_grow(&raws, &table->raw_capacity, count + 1, sizeof *table->raws)) {
        return false;
    }
    table->raws = raws;
    table->raws[count] = *found;
    return tgr_strings_add(table->raw_names, text, length) == count;
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
