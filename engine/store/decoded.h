/* decoded.h - an array's chunks, decoded once for all threads that read parts of a stretch of rows.
 *
 * A window of chunks that follow each other has a slot each; whoever comes to one first decodes it,
 * others wait. A chunk outside the window is decoded by each who needs it.
 */
#ifndef TGR_STORE_DECODED_H
#define TGR_STORE_DECODED_H

#include "engine/store/ahead.h"

struct tgr_block_worker;

typedef struct tgr_decoded {
    const tgr_array *array;
    tgr_ahead *ahead;  /* whose lock the slots' states are under */
    uint64_t from, to; /* chunks of the window, by number */
    size_t room;
    tgr_slot *slots; /* room: chunk c has number c % room */
} tgr_decoded;

/* For windows of up to `room` chunks, which are decoded to `bytes`, one after another. Closed in
 * any case. */
tgr_status tgr_decoded_open(tgr_decoded *decoded, const tgr_array *array, tgr_ahead *ahead,
                            size_t room, char *bytes, tgr_error *error);
void tgr_decoded_close(tgr_decoded *decoded); /* harmless on a zeroed one */

/* What a chunk takes of `bytes`: each begins where any number may. */
size_t tgr_decoded_chunk_bytes(const tgr_array *array);

/* The window becomes the chunks of rows [first, end), as many as there is room for; while nobody
 * reads. */
void tgr_decoded_move(tgr_decoded *decoded, uint64_t first, uint64_t end);

/* The slot of the chunk that starts at row `start`, or NULL. */
tgr_slot *tgr_decoded_slot(const tgr_decoded *decoded, uint64_t start);

/* Whether a chunk of the window is still to be decoded; while nobody reads. */
bool tgr_decoded_lacks(const tgr_decoded *decoded, uint64_t chunk);

/* Decodes a chunk of the window unless somebody has or does. What is wrong with it is told to
 * whoever reads it. */
void tgr_decoded_fill(const tgr_decoded *decoded, uint64_t chunk, struct tgr_block_worker *worker);

#endif
