/* piece.c - the memory of a piece. */
#include "engine/log/piece.h"

#include "engine/base/memory.h"

bool tgr_log_piece_reserve(tgr_log_piece *piece, size_t length)
{
    void *bytes = piece->bytes;
    bool enough = tgr_mem_grow(&bytes, &piece->capacity, length + TGR_PIECE_PADDING, 1);
    piece->bytes = bytes;
    return enough;
}

void tgr_log_piece_clear(tgr_log_piece *piece)
{
    if (piece->capacity > 4 * TGR_PIECE_BYTES) {
        tgr_mem_free(piece->bytes);
        piece->bytes = NULL;
        piece->capacity = 0;
    }
    piece->length = 0;
    piece->object_count = 0;
    piece->too_large = false;
}

void tgr_log_piece_free(tgr_log_piece *piece)
{
    tgr_mem_free(piece->bytes);
    tgr_mem_free(piece->objects);
    *piece = (tgr_log_piece){0};
}
