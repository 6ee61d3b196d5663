/* pair_lists.h - pairs of numbers that threads find, as long as they fit into so much memory. */
#ifndef TGR_NORMALISE_PAIR_LISTS_H
#define TGR_NORMALISE_PAIR_LISTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct tgr_pair_list {
    uint32_t (*pairs)[2];
    size_t count, capacity;
} tgr_pair_list;

typedef struct tgr_pair_lists {
    tgr_pair_list *lists; /* one a thread */
    int threads;
    uint64_t left;   /* bytes */
    bool overflowed; /* some pair found no room: the lists are of no use */
} tgr_pair_lists;

/* False where memory is short. */
bool tgr_pair_lists_open(tgr_pair_lists *lists, int threads, uint64_t memory);
void tgr_pair_lists_close(tgr_pair_lists *lists); /* harmless on a zeroed structure */

/* Adds to the list of a thread; a thread's list is its own. */
void tgr_pair_lists_add(tgr_pair_lists *lists, int thread, uint32_t first, uint32_t second);

#endif
