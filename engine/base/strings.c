/* strings.c - a dictionary of distinct strings: open addressing over XXH3, linear probing. */
#include "engine/base/strings.h"

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "engine/base/memory.h"

#define ARENA_BLOCK ((size_t)64 * 1024)

typedef struct entry {
    const char *text;
    uint32_t length;
    uint32_t hash; /* upper half of XXH3: the lower half picks the slot */
} entry;

typedef struct arena_block {
    struct arena_block *before;
    char bytes[];
} arena_block;

struct tgr_strings {
    uint32_t *slots; /* number + 1; 0 empty */
    size_t slot_mask;
    entry *entries;
    size_t entry_capacity;
    uint32_t count;
    arena_block *block;
    size_t block_used, block_size;
    uint32_t kept; /* strings that stay; the arena as it was then */
    arena_block *kept_block;
    size_t kept_used, kept_size;
};

tgr_strings *tgr_strings_new(void)
{
    tgr_strings *strings = tgr_mem_zalloc(1, sizeof *strings);
    if (strings == NULL) {
        return NULL;
    }
    strings->slot_mask = 63;
    strings->slots = tgr_mem_zalloc(strings->slot_mask + 1, sizeof *strings->slots);
    if (strings->slots == NULL) {
        tgr_mem_free(strings);
        return NULL;
    }
    return strings;
}

void tgr_strings_free(tgr_strings *strings)
{
    if (strings == NULL) {
        return;
    }
    while (strings->block != NULL) {
        arena_block *before = strings->block->before;
        tgr_mem_free(strings->block);
        strings->block = before;
    }
    tgr_mem_free(strings->slots);
    tgr_mem_free(strings->entries);
    tgr_mem_free(strings);
}

void tgr_strings_keep(tgr_strings *strings)
{
    strings->kept = strings->count;
    strings->kept_block = strings->block;
    strings->kept_used = strings->block_used;
    strings->kept_size = strings->block_size;
}

/* Back to what stays. The last string to come took the first free slot of its way, so taking
 * strings back one by one, the last first, leaves the slots as they were. */
static void clear_to_kept(tgr_strings *strings)
{
    while (strings->count > strings->kept) {
        const entry *last = &strings->entries[--strings->count];
        size_t slot = (size_t)XXH3_64bits(last->text, last->length) & strings->slot_mask;
        while (strings->slots[slot] != strings->count + 1) {
            slot = (slot + 1) & strings->slot_mask;
        }
        strings->slots[slot] = 0;
    }
    while (strings->block != strings->kept_block) {
        arena_block *before = strings->block->before;
        tgr_mem_free(strings->block);
        strings->block = before;
    }
    strings->block_used = strings->kept_used;
    strings->block_size = strings->kept_size;
}

void tgr_strings_clear(tgr_strings *strings)
{
    if (strings->kept > 0) {
        clear_to_kept(strings);
        return;
    }
    if (strings->count > 0) {
        memset(strings->slots, 0, (strings->slot_mask + 1) * sizeof *strings->slots);
    }
    while (strings->block != NULL && strings->block->before != NULL) { /* the first block stays */
        arena_block *before = strings->block->before;
        tgr_mem_free(strings->block);
        strings->block = before;
        strings->block_size = ARENA_BLOCK;
    }
    if (strings->block != NULL && strings->block_size > ARENA_BLOCK) { /* a long string's own */
        tgr_mem_free(strings->block);
        strings->block = NULL;
    }
    strings->block_used = 0;
    strings->count = 0;
}

/* A NUL-terminated copy in the arena; strings larger than a block get one of their own. */
static char *arena_copy(tgr_strings *strings, const char *text, size_t length)
{
    size_t need = length + 1;
    if (strings->block == NULL || strings->block_size - strings->block_used < need) {
        size_t size = need > ARENA_BLOCK ? need : ARENA_BLOCK;
        arena_block *block = tgr_mem_alloc(sizeof *block + size, 1);
        if (block == NULL) {
            return NULL;
        }
        block->before = strings->block;
        strings->block = block;
        strings->block_used = 0;
        strings->block_size = size;
    }
    char *copy = strings->block->bytes + strings->block_used;
    if (length > 0) {
        memcpy(copy, text, length);
    }
    copy[length] = '\0';
    strings->block_used += need;
    return copy;
}

/* The slot of the string, or the empty one where it belongs. */
static size_t find_slot(const tgr_strings *strings, const char *text, size_t length, uint64_t hash)
{
    uint32_t upper = (uint32_t)(hash >> 32);
    for (size_t slot = (size_t)hash & strings->slot_mask;; slot = (slot + 1) & strings->slot_mask) {
        uint32_t taken = strings->slots[slot];
        if (taken == 0) {
            return slot;
        }
        const entry *candidate = &strings->entries[taken - 1];
        if (candidate->hash == upper && candidate->length == length &&
            memcmp(candidate->text, text, length) == 0) {
            return slot;
        }
    }
}

/* Doubles the slots. The lower half of each hash is not kept, so it is computed again. */
static bool grow_slots(tgr_strings *strings)
{
    size_t slot_count = (strings->slot_mask + 1) * 2;
    uint32_t *slots = tgr_mem_zalloc(slot_count, sizeof *slots);
    if (slots == NULL) {
        return false;
    }
    for (uint32_t number = 0; number < strings->count; number++) {
        const entry *one = &strings->entries[number];
        size_t slot = (size_t)XXH3_64bits(one->text, one->length) & (slot_count - 1);
        while (slots[slot] != 0) {
            slot = (slot + 1) & (slot_count - 1);
        }
        slots[slot] = number + 1;
    }
    tgr_mem_free(strings->slots);
    strings->slots = slots;
    strings->slot_mask = slot_count - 1;
    return true;
}

uint32_t tgr_strings_add(tgr_strings *strings, const char *text, size_t length)
{
    text = length > 0 ? text : "";
    uint64_t hash = XXH3_64bits(text, length);
    size_t slot = find_slot(strings, text, length, hash);
    if (strings->slots[slot] != 0) {
        return strings->slots[slot] - 1;
    }
    if (length >= UINT32_MAX || strings->count >= TGR_STRING_NONE - 1) {
        return TGR_STRING_NONE;
    }
    if ((size_t)strings->count + 1 > (strings->slot_mask + 1) / 2) {
        if (!grow_slots(strings)) {
            return TGR_STRING_NONE;
        }
        slot = find_slot(strings, text, length, hash);
    }
    void *entries = strings->entries;
    if (!tgr_mem_grow(&entries, &strings->entry_capacity, (size_t)strings->count + 1,
                      sizeof(entry))) {
        return TGR_STRING_NONE;
    }
    strings->entries = entries;
    char *copy = arena_copy(strings, text, length);
    if (copy == NULL) {
        return TGR_STRING_NONE;
    }
    strings->entries[strings->count] = (entry){copy, (uint32_t)length, (uint32_t)(hash >> 32)};
    strings->slots[slot] = ++strings->count;
    return strings->count - 1;
}

uint32_t tgr_strings_find(const tgr_strings *strings, const char *text, size_t length)
{
    text = length > 0 ? text : "";
    size_t slot = find_slot(strings, text, length, XXH3_64bits(text, length));
    uint32_t taken = strings->slots[slot];
    return taken == 0 ? TGR_STRING_NONE : taken - 1;
}

uint32_t tgr_strings_count(const tgr_strings *strings)
{
    return strings->count;
}

const char *tgr_strings_get(const tgr_strings *strings, uint32_t number, size_t *length)
{
    const entry *one = &strings->entries[number];
    if (length != NULL) {
        *length = one->length;
    }
    return one->text;
}

int tgr_strings_compare(const tgr_strings *strings, uint32_t a, uint32_t b)
{
    const entry *one = &strings->entries[a];
    const entry *other = &strings->entries[b];
    uint32_t shorter = one->length < other->length ? one->length : other->length;
    int order = memcmp(one->text, other->text, shorter);
    if (order != 0) {
        return order;
    }
    return (one->length > other->length) - (one->length < other->length);
}
