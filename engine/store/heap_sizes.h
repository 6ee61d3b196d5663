/* heap_sizes.h - whether strings of any length are as long in HDF5's heap as where they are named.
 *
 * libhdf5 1.10 makes room for the length that an element of a dataset says, and copies as much as
 * the heap says: where these differ it writes behind its own memory, and goes on. So they are
 * compared first, by reading both around it.
 */
#ifndef TGR_STORE_HEAP_SIZES_H
#define TGR_STORE_HEAP_SIZES_H

#include "engine/store/array.h"

/* Starts zeroed; kept from call to call, and freed at the end. */
typedef struct tgr_heap_sizes {
    uint64_t address; /* of the collection at hand; 0: none */
    char *collection;
    size_t capacity;
    uint64_t *sizes;               /* of its objects, by their numbers; UINT64_MAX: there is none */
    size_t size_capacity, numbers; /* numbers: one more than the largest */
} tgr_heap_sizes;

/* Elements [first, first + count) of an array of variable-length strings. TGR_ERR_INPUT, naming the
 * row, where one is not what its heap holds. What is stored in chunks, or in a file that does not
 * begin at its first byte, is passed over. */
tgr_status tgr_heap_sizes_check(tgr_heap_sizes *heap, const tgr_array *array, uint64_t first,
                                uint64_t count, tgr_error *error);
void tgr_heap_sizes_free(tgr_heap_sizes *heap);

#endif
