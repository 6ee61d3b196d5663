/* blocks_piece.h - one piece of a range: part of a block or a chunk, read by one thread. Between
 * the files of blocks.h. */
#ifndef TGR_STORE_BLOCKS_PIECE_H
#define TGR_STORE_BLOCKS_PIECE_H

#include "engine/store/blocks.h"

typedef struct tgr_block_piece {
    const tgr_block_request *request;
    uint64_t first, count; /* rows */
    tgr_slot *slot;        /* chunks: that has it or gets it; NULL: none */
    void *hash;            /* carries the sum on, or starts one that stays open; NULL: neither */
    uint64_t sum_from;     /* the first row that is not summed yet; UINT64_MAX: nothing is summed */
    tgr_status status;
} tgr_block_piece;

typedef struct tgr_block_worker { /* one thread's memory; starts zeroed */
    tgr_chunk_scratch chunk;
    char *decoded, *stored;
    size_t decoded_capacity, stored_capacity;
    void *hash;
    size_t failed; /* its lowest piece that failed, and why */
    tgr_error error;
} tgr_block_worker;

void tgr_block_worker_free(tgr_block_worker *worker);

/* Whether it is read outside HDF5. */
bool tgr_block_piece_outside(const tgr_block_piece *piece);

/* Reads the chunk of an array that starts at a row into `bytes`, and checks its sum. By any thread.
 */
tgr_status tgr_block_chunk_decode(const tgr_array *array, uint64_t start, tgr_block_worker *worker,
                                  char *bytes, tgr_error *error);
/* The same into a slot, as far as all that share it have to do it once: what is left shuffled is
 * not checked. */
tgr_status tgr_block_chunk_inflate(const tgr_array *array, uint64_t start, tgr_block_worker *worker,
                                   tgr_slot *slot, tgr_error *error);

/* Reads rows as they are stored, of an array that no chunks are decoded of. */
tgr_status tgr_block_fetch(const tgr_array *array, uint64_t first, uint64_t count, void *to,
                           tgr_error *error);

/* Compares the sum of a block's bytes with what it should be, and notes that it was. */
tgr_status tgr_block_compare(const tgr_array *array, uint64_t block, uint64_t sum,
                             tgr_error *error);

/* The three steps: before all threads start, by one of them, and when all have ended; status: of
 * the whole read. */
tgr_status tgr_block_piece_prepare(tgr_block_piece *piece, tgr_error *error);
tgr_status tgr_block_piece_read(tgr_block_piece *piece, tgr_block_worker *worker, tgr_error *error);
void tgr_block_piece_finish(const tgr_block_piece *piece, tgr_status status);

#endif
