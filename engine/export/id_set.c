/* id_set.c - open addressing. */
#include "engine/export/id_set.h"

#include <string.h>

#include "engine/base/memory.h"
#include "engine/base/xxh3.h"

#define FIRST_CAPACITY ((size_t)1 << 10)

static bool place(uint64_t *hashes, size_t capacity, uint64_t hash)
{
    size_t at = (size_t)hash & (capacity - 1);
    while (hashes[at] != 0 && hashes[at] != hash) {
        at = (at + 1) & (capacity - 1);
    }
    bool is_new = hashes[at] == 0;
    hashes[at] = hash;
    return is_new;
}

static bool grow(tgr_id_set *set)
{
    size_t capacity = set->capacity == 0 ? FIRST_CAPACITY : 2 * set->capacity;
    uint64_t *hashes = tgr_mem_zalloc(capacity, sizeof *hashes);
    if (hashes == NULL) {
        return false;
    }
    for (size_t i = 0; i < set->capacity; i++) {
        if (set->hashes[i] != 0) {
            place(hashes, capacity, set->hashes[i]);
        }
    }
    tgr_mem_free(set->hashes);
    set->hashes = hashes;
    set->capacity = capacity;
    return true;
}

bool tgr_id_set_add(tgr_id_set *set, const char *id, size_t length, bool *is_new)
{
    if (2 * (set->count + 1) > set->capacity && !grow(set)) {
        return false;
    }
    uint64_t hash = XXH3_64bits(id, length);
    *is_new = place(set->hashes, set->capacity, hash == 0 ? 1 : hash);
    set->count += *is_new;
    return true;
}

void tgr_id_set_clear(tgr_id_set *set)
{
    if (set->count > 0) {
        memset(set->hashes, 0, set->capacity * sizeof *set->hashes);
    }
    set->count = 0;
}

void tgr_id_set_free(tgr_id_set *set)
{
    tgr_mem_free(set->hashes);
    *set = (tgr_id_set){0};
}
