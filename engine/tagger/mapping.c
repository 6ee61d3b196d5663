/* mapping.c - the mapping in memory, and what it has to be. */
#include "engine/tagger/mapping.h"

#include "engine/base/error.h"
#include "engine/base/memory.h"

tgr_mapping *tgr_mapping_new(void)
{
    tgr_mapping *mapping = tgr_mem_zalloc(1, sizeof *mapping);
    if (mapping != NULL && (mapping->tags = tgr_strings_new()) == NULL) {
        tgr_mem_free(mapping);
        return NULL;
    }
    return mapping;
}

void tgr_mapping_free(tgr_mapping *mapping)
{
    if (mapping != NULL) {
        tgr_strings_free(mapping->tags);
        tgr_mem_free(mapping->canonical);
        tgr_mem_free(mapping);
    }
}

uint32_t tgr_mapping_count(const tgr_mapping *mapping)
{
    return tgr_strings_count(mapping->tags);
}

uint32_t tgr_mapping_add(tgr_mapping *mapping, const char *tag, size_t length)
{
    size_t count = tgr_mapping_count(mapping);
    void *canonical = mapping->canonical;
    bool enough =
        tgr_mem_grow(&canonical, &mapping->capacity, count + 1, sizeof *mapping->canonical);
    mapping->canonical = canonical;
    uint32_t number = enough ? tgr_strings_add(mapping->tags, tag, length) : TGR_STRING_NONE;
    if (number != TGR_STRING_NONE && number == count) {
        mapping->canonical[number] = number;
    }
    return number;
}

tgr_mapping_counts tgr_mapping_tally(const tgr_mapping *mapping)
{
    tgr_mapping_counts counts = {0};
    for (uint32_t i = 0; i < tgr_mapping_count(mapping); i++) {
        counts.canonical += mapping->canonical[i] == i;
        counts.dropped += mapping->canonical[i] == TGR_DROPPED;
    }
    return counts;
}

/* What is wrong with the tag that stands for `tag`. */
static tgr_status complain(const tgr_mapping *mapping, uint32_t tag, tgr_error *error)
{
    uint32_t middle = mapping->canonical[tag], last = mapping->canonical[middle];
    const char *a = tgr_strings_get(mapping->tags, tag, NULL);
    const char *b = tgr_strings_get(mapping->tags, middle, NULL);
    if (last == TGR_DROPPED) {
        return tgr_fail(error, TGR_ERR_INPUT,
                        "'%.200s' becomes '%.200s', which is dropped; drop both, or let one stand "
                        "for itself",
                        a, b);
    }
    const char *c = tgr_strings_get(mapping->tags, last, NULL);
    return tgr_fail(
        error, TGR_ERR_INPUT, "'%.200s' becomes '%.200s', which becomes '%.200s'; %s", a, b, c,
        last == tag ? "one of them has to stand for itself" : "name the last one for both");
}

tgr_status tgr_mapping_check(const tgr_mapping *mapping, tgr_error *error)
{
    for (uint32_t i = 0; i < tgr_mapping_count(mapping); i++) {
        uint32_t becomes = mapping->canonical[i];
        if (becomes != TGR_DROPPED && mapping->canonical[becomes] != becomes) {
            return complain(mapping, i, error);
        }
    }
    return TGR_OK;
}
