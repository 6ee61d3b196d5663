/* meanings.c - lists of tags, one after another. */
#include "engine/tagger/meanings.h"

#include "engine/base/memory.h"

bool tgr_meanings_open(tgr_meanings *meanings)
{
    *meanings = (tgr_meanings){.tags = tgr_strings_new()};
    return meanings->tags != NULL;
}

void tgr_meanings_close(tgr_meanings *meanings)
{
    tgr_strings_free(meanings->tags);
    tgr_mem_free(meanings->ends);
    tgr_mem_free(meanings->list);
    *meanings = (tgr_meanings){0};
}

bool tgr_meanings_add(tgr_meanings *meanings, const char *tag, size_t length)
{
    void *list = meanings->list;
    bool enough =
        meanings->count < UINT32_MAX &&
        tgr_mem_grow(&list, &meanings->capacity, meanings->count + 1, sizeof *meanings->list);
    meanings->list = list;
    uint32_t number = enough ? tgr_strings_add(meanings->tags, tag, length) : TGR_STRING_NONE;
    if (number != TGR_STRING_NONE) {
        meanings->list[meanings->count++] = number;
    }
    return number != TGR_STRING_NONE;
}

bool tgr_meanings_end(tgr_meanings *meanings)
{
    void *ends = meanings->ends;
    bool enough =
        tgr_mem_grow(&ends, &meanings->end_capacity, meanings->phrases + 1, sizeof *meanings->ends);
    meanings->ends = ends;
    if (enough) {
        meanings->ends[meanings->phrases++] = (uint32_t)meanings->count;
    }
    return enough;
}
