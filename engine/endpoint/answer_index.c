/* answer_index.c - linear probing, at most two thirds full. */
#include "engine/endpoint/answer_index.h"

#include "engine/base/memory.h"

#define FIRST_CAPACITY ((size_t)1 << 10)

/* The slot of a key, or the free one where it belongs. */
static tgr_answer_slot *slot_of(tgr_answer_slot *slots, size_t capacity, XXH128_hash_t key)
{
    size_t at = (size_t)key.low64 & (capacity - 1);
    while (slots[at].value != 0 && !XXH128_isEqual(slots[at].key, key)) {
        at = (at + 1) & (capacity - 1);
    }
    return &slots[at];
}

static bool grow(tgr_answer_index *index)
{
    size_t capacity = index->capacity > 0 ? 2 * index->capacity : FIRST_CAPACITY;
    tgr_answer_slot *slots = tgr_mem_zalloc(capacity, sizeof *slots);
    if (slots == NULL) {
        return false;
    }
    for (size_t i = 0; i < index->capacity; i++) {
        if (index->slots[i].value != 0) {
            *slot_of(slots, capacity, index->slots[i].key) = index->slots[i];
        }
    }
    tgr_mem_free(index->slots);
    index->slots = slots;
    index->capacity = capacity;
    return true;
}

uint64_t *tgr_answer_index_find(const tgr_answer_index *index, XXH128_hash_t key)
{
    if (index->capacity == 0) {
        return NULL;
    }
    tgr_answer_slot *slot = slot_of(index->slots, index->capacity, key);
    return slot->value != 0 ? &slot->value : NULL;
}

bool tgr_answer_index_set(tgr_answer_index *index, XXH128_hash_t key, uint64_t value)
{
    if (3 * (index->count + 1) > 2 * index->capacity && !grow(index)) {
        return false;
    }
    tgr_answer_slot *slot = slot_of(index->slots, index->capacity, key);
    index->count += slot->value == 0;
    slot->key = key;
    slot->value = value;
    return true;
}

void tgr_answer_index_free(tgr_answer_index *index)
{
    tgr_mem_free(index->slots);
    *index = (tgr_answer_index){0};
}
