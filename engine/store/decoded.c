/* decoded.c - an array's chunks, decoded once for all threads that read parts of a stretch of rows.
 */
#include "engine/store/decoded.h"

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/store/blocks_piece.h"

#define ALIGNED 64

size_t tgr_decoded_chunk_bytes(const tgr_array *array)
{
    return (array->state->chunks.bytes + ALIGNED - 1) / ALIGNED * ALIGNED;
}

tgr_status tgr_decoded_open(tgr_decoded *decoded, const tgr_array *array, tgr_ahead *ahead,
                            size_t room, char *bytes, tgr_error *error)
{
    *decoded = (tgr_decoded){.array = array, .ahead = ahead, .room = room};
    decoded->slots = tgr_mem_zalloc(room, sizeof *decoded->slots);
    for (size_t i = 0; decoded->slots && i < room; i++) {
        decoded->slots[i].bytes = bytes + i * tgr_decoded_chunk_bytes(array);
    }
    return decoded->slots ? TGR_OK : tgr_fail_memory(error, array->name.text);
}

void tgr_decoded_close(tgr_decoded *decoded)
{
    tgr_mem_free(decoded->slots);
    *decoded = (tgr_decoded){0};
}

void tgr_decoded_move(tgr_decoded *decoded, uint64_t first, uint64_t end)
{
    const tgr_chunks *chunks = &decoded->array->state->chunks;
    uint64_t rows = decoded->array->rows, from = first / chunks->rows;
    uint64_t to = end < rows ? end / chunks->rows + (end % chunks->rows > 0)
                             : rows / chunks->rows + (rows % chunks->rows > 0);
    to = to < from ? from : to - from < decoded->room ? to : from + decoded->room;
    for (uint64_t chunk = from; chunk < to; chunk++) {
        tgr_slot *slot = &decoded->slots[chunk % decoded->room];
        bool there = slot->state != TGR_SLOT_FREE && slot->first == chunk * chunks->rows;
        if (!there) {
            slot->first = chunk * chunks->rows;
            slot->state = TGR_SLOT_WAITING;
        }
    }
    decoded->from = from;
    decoded->to = to;
}

tgr_slot *tgr_decoded_slot(const tgr_decoded *decoded, uint64_t start)
{
    uint64_t chunk = start / decoded->array->state->chunks.rows;
    tgr_slot *slot = &decoded->slots[chunk % decoded->room];
    return chunk >= decoded->from && chunk < decoded->to ? slot : NULL;
}

bool tgr_decoded_lacks(const tgr_decoded *decoded, uint64_t chunk)
{
    return decoded->slots[chunk % decoded->room].state == TGR_SLOT_WAITING;
}

void tgr_decoded_fill(const tgr_decoded *decoded, uint64_t chunk, tgr_block_worker *worker)
{
    tgr_slot *slot = &decoded->slots[chunk % decoded->room];
    if (tgr_slot_take(decoded->ahead, slot)) {
        bool done =
            tgr_block_chunk_inflate(decoded->array, slot->first, worker, slot, NULL) == TGR_OK;
        tgr_slot_give(decoded->ahead, slot, done);
    }
}
