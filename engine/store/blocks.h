/* blocks.h - ranges of arrays, read piece by piece by several threads, and checked as they come.
 *
 * Whatever is to be done with a piece - inflating it, summing it, widening its numbers - is done at
 * once, while it is in a core's cache. A piece is part of one block of the checksums, or one chunk.
 *
 * A block's sum is compared the first time that all of it has been read: a block that a range ends
 * in stays open, and the next range carries on with it. A range that starts elsewhere reads its
 * first block from the block's start. So whoever walks over an array sees every byte vouched for by
 * the end, and whoever must know earlier calls tgr_blocks_settle.
 */
#ifndef TGR_STORE_BLOCKS_H
#define TGR_STORE_BLOCKS_H

#include <stdatomic.h>

#include "engine/store/ahead.h"
#include "engine/store/array_convert.h"
#include "engine/store/block_sums.h"
#include "engine/store/chunks.h"
#include "engine/store/decoded.h"
#include "engine/store/sum_chain.h"

/* What an array keeps between reads. */
typedef struct tgr_block_state {
    tgr_block_sums sums;
    atomic_bool *verified; /* sums.count */
    uint64_t open;         /* the block that is summed in part; sums.count: none */
    uint64_t summed;       /* rows of it */
    void *hashes[2];       /* of the open block, and of the one that a read leaves open */
    int current;           /* which is which */
    bool chunked;          /* chunks are decoded here */
    bool chunk_is_block;   /* and each is a block of the sums */
    tgr_chunks chunks;
    uint64_t followed;         /* the row at which the last range ended */
    tgr_slot slots[TGR_SLOTS]; /* chunks decoded: of the last range's end, and ahead of it */

    /* where several threads read the array through views of their own: what these share. NULL: it
     * has no sums, or no chunks. */
    bool view; /* sums and `verified` are another's */
    tgr_sum_chain *chain;
    const tgr_decoded *decoded;
} tgr_block_state;

/* Reads the array's sums and makes ready for its chunks (NULL: not decoded here). */
tgr_status tgr_block_state_open(tgr_array *array, const tgr_chunks *chunks, tgr_error *error);
void tgr_block_state_free(tgr_block_state *state); /* NULL allowed */

/* A state for a view of an array, which outlives it; NULL where memory is short. */
tgr_block_state *tgr_block_state_view(const tgr_block_state *state, tgr_sum_chain *chain,
                                      const tgr_decoded *decoded);

typedef struct tgr_block_request {
    const tgr_array *array;
    uint64_t first, count; /* rows */
    tgr_as as;
    void *values; /* NULL: nothing is kept, the sums are checked */
} tgr_block_request;

/* Those who read the arrays of one file. */
typedef struct tgr_block_readers tgr_block_readers;

tgr_block_readers *tgr_block_readers_new(void); /* one thread; NULL where memory is short */
void tgr_block_readers_free(tgr_block_readers *readers);
/* How many threads a read may use from now on, and how many bytes of an array those may decode
 * ahead of it. Not in a process that has been forked. */
void tgr_block_readers_set(tgr_block_readers *readers, int threads, uint64_t ahead_bytes);
/* How many threads are best used for what is done with the bytes of a range: where others decode
 * ahead, few, since all that is left is copying. */
int tgr_block_readers_threads(const tgr_block_readers *readers);
/* Through views: which part of a stretch is read from now on (TGR_NO_PART: none). Each request then
 * is all that the part has of its array, and the next part's turn comes behind it; unless the part
 * is held, because it is read in several steps. */
void tgr_block_readers_take(tgr_block_readers *readers, uint64_t part);
void tgr_block_readers_hold(tgr_block_readers *readers);
uint64_t tgr_block_readers_part(const tgr_block_readers *readers);
tgr_ahead *tgr_block_readers_ahead(const tgr_block_readers *readers);

/* Fulfils some requests, of different arrays of one file. Of several failures the first in the
 * order of the requests and their rows is told, whatever the number of threads. */
tgr_status tgr_blocks_read(const tgr_block_request *requests, size_t count, tgr_error *error);

/* Reads the open block of an array to its end. TGR_ERR_INPUT where its sum differs. Harmless on an
 * array that is not open. */
tgr_status tgr_blocks_settle(const tgr_array *array, tgr_error *error);

#endif
