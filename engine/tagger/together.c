/* together.c - a hash table of pairs. */
#include "engine/tagger/together.h"

#include <stdlib.h>

#include "engine/base/memory.h"

#define SLOTS_LEAST ((size_t)1 << 12)

bool tgr_together_open(tgr_together *pairs, size_t limit)
{
    *pairs = (tgr_together){.limit = limit, .mask = SLOTS_LEAST - 1};
    pairs->slots = tgr_mem_zalloc(SLOTS_LEAST, sizeof *pairs->slots);
    return pairs->slots != NULL;
}

void tgr_together_close(tgr_together *pairs)
{
    tgr_mem_free(pairs->slots);
    *pairs = (tgr_together){0};
}

static tgr_together_pair *find(tgr_together_pair *slots, size_t mask, uint32_t phrase, uint32_t tag)
{
    uint64_t key = ((uint64_t)phrase << 32 | tag) * 0x9e3779b97f4a7c15u;
    size_t slot = (size_t)(key >> 32) & mask;
    while (slots[slot].queries != 0 && (slots[slot].phrase != phrase || slots[slot].tag != tag)) {
        slot = (slot + 1) & mask;
    }
    return &slots[slot];
}

/* Moves the pairs of more than `floor` queries to a table of their own. */
static bool move(tgr_together *pairs, size_t mask, uint64_t floor)
{
    tgr_together_pair *slots = tgr_mem_zalloc(mask + 1, sizeof *slots);
    size_t count = 0;
    if (slots == NULL) {
        return false;
    }
    for (size_t i = 0; i <= pairs->mask; i++) {
        const tgr_together_pair *pair = &pairs->slots[i];
        if (pair->queries > floor) {
            *find(slots, mask, pair->phrase, pair->tag) = *pair;
            count++;
        }
    }
    tgr_mem_free(pairs->slots);
    pairs->slots = slots;
    pairs->mask = mask;
    pairs->count = count;
    return true;
}

bool tgr_together_add(tgr_together *pairs, uint32_t phrase, uint32_t tag)
{
    if (2 * (pairs->count + 1) > pairs->mask + 1 && !move(pairs, 2 * pairs->mask + 1, 0)) {
        return false;
    }
    tgr_together_pair *pair = find(pairs->slots, pairs->mask, phrase, tag);
    if (pair->queries == 0) {
        *pair = (tgr_together_pair){phrase, tag, 0};
        pairs->count++;
    }
    pair->queries++;
    return true;
}

bool tgr_together_bound(tgr_together *pairs)
{
    bool complete = true;
    if (pairs->count <= pairs->limit) {
        return true;
    }
    while (complete && pairs->count > pairs->limit / 2) {
        pairs->floor++;
        complete = move(pairs, pairs->mask, pairs->floor);
    }
    return complete;
}

static int in_order(const void *left, const void *right)
{
    const tgr_together_pair *a = left, *b = right;
    if (a->phrase != b->phrase) {
        return a->phrase < b->phrase ? -1 : 1;
    }
    if (a->queries != b->queries) {
        return a->queries > b->queries ? -1 : 1;
    }
    return (a->tag > b->tag) - (a->tag < b->tag);
}

void tgr_together_sort(tgr_together *pairs)
{
    size_t count = 0;
    for (size_t i = 0; i <= pairs->mask; i++) {
        if (pairs->slots[i].queries != 0) {
            pairs->slots[count++] = pairs->slots[i];
        }
    }
    qsort(pairs->slots, count, sizeof *pairs->slots, in_order);
}
