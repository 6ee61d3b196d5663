/* ahead.h - chunks decoded before they are asked for, by threads of their own.
 *
 * An array that is read range after range has its next chunks decoded while whoever reads it works
 * on what was read. An array keeps decoded chunks in slots; what is wrong with a chunk is told when
 * a range comes to it, never before, so that nobody hears of damage behind the rows that they
 * wanted. All of this is for one caller that reads and any number of threads that help it.
 */
#ifndef TGR_STORE_AHEAD_H
#define TGR_STORE_AHEAD_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/store/array.h"

#define TGR_AHEAD_MOST 32                   /* chunks of an array that are decoded ahead */
#define TGR_SLOTS      (TGR_AHEAD_MOST + 2) /* beside the chunks that a range begins and ends in */

typedef enum tgr_slot_state {
    TGR_SLOT_FREE,
    TGR_SLOT_WAITING, /* has its place; whoever comes first decodes it */
    TGR_SLOT_BUSY,    /* somebody decodes it */
    TGR_SLOT_READY
} tgr_slot_state;

typedef struct tgr_slot {
    char *bytes;    /* a chunk, decoded */
    uint64_t first; /* its first row */
    tgr_slot_state state;
    bool shuffled; /* the shuffle is not undone */
} tgr_slot;

typedef struct tgr_ahead tgr_ahead;

tgr_ahead *tgr_ahead_new(void);        /* without threads; NULL where memory is short */
void tgr_ahead_free(tgr_ahead *ahead); /* NULL allowed. Every array has to be forgotten before. */

/* How many threads may decode ahead (fewer than two: none does), and up to how many bytes of an
 * array. */
void tgr_ahead_set(tgr_ahead *ahead, int threads, uint64_t bytes);

/* The slot for the chunk that starts at `start`: the one that has or gets it; else, where `make`,
 * one that holds no chunk of [keep_from, keep_to). NULL where there is none. For the caller that
 * reads. */
tgr_slot *tgr_slot_for(tgr_ahead *ahead, const tgr_array *array, uint64_t start, bool make,
                       uint64_t keep_from, uint64_t keep_to);
/* Waits while another thread decodes the slot's chunk. Returns whether it is still to be decoded:
 * by the calling thread, which then calls tgr_slot_give. */
bool tgr_slot_take(tgr_ahead *ahead, tgr_slot *slot);
void tgr_slot_give(tgr_ahead *ahead, tgr_slot *slot, bool decoded);

/* Says that rows [first, end) of an array of chunks were read: what lies before `end` is let go,
 * and where ranges follow each other, the chunks from there on are decoded. */
void tgr_ahead_follow(tgr_ahead *ahead, const tgr_array *array, uint64_t first, uint64_t end);

/* Whether there are threads that decode ahead. For the caller that reads. */
bool tgr_ahead_is_on(const tgr_ahead *ahead);

/* Ends all work on an array, which is about to be closed. */
void tgr_ahead_forget(tgr_ahead *ahead, const tgr_array *array);

#endif
