/* answer_index.h - what is known of each text, by its 128-bit hash: open addressing, 24 bytes a
 * slot.
 */
#ifndef TGR_ENDPOINT_ANSWER_INDEX_H
#define TGR_ENDPOINT_ANSWER_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xxhash.h>

/* Starts zeroed. */
typedef struct tgr_answer_slot {
    XXH128_hash_t key;
    uint64_t value; /* never 0 where the slot is in use */
} tgr_answer_slot;

typedef struct tgr_answer_index {
    tgr_answer_slot *slots;
    size_t capacity; /* a power of two, or 0 */
    size_t count;
} tgr_answer_index;

/* Its value, or NULL. Valid until the next addition. */
uint64_t *tgr_answer_index_find(const tgr_answer_index *index, XXH128_hash_t key);

/* Sets the value (not 0) of a key, new or known; false where memory is short. */
bool tgr_answer_index_set(tgr_answer_index *index, XXH128_hash_t key, uint64_t value);

void tgr_answer_index_free(tgr_answer_index *index);

#endif
