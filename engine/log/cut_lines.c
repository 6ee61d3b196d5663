/* cut_lines.c - JSON Lines: a piece ends with the last line that is whole. */
#define _GNU_SOURCE /* memrchr */
#include <string.h>

#include "engine/base/error.h"
#include "engine/log/cutting.h"

/* Goes over the rest of a line that is too large, a piece's room at a time. */
static tgr_status skip_line(tgr_log_cutter *cutter, tgr_log_piece *piece, tgr_error *error)
{
    tgr_status status = TGR_OK;
    piece->too_large = true;
    for (;;) {
        const char *newline = memchr(piece->bytes, '\n', piece->length);
        size_t length = newline ? (size_t)(newline + 1 - piece->bytes) : piece->length;
        uint64_t position = piece->position;
        TGR_TRY(tgr_log_cut(cutter, piece, length, error));
        piece->length = 0;
        piece->position = position;
        if (newline || cutter->finished) {
            break;
        }
        tgr_log_fill(cutter, piece, TGR_PIECE_BYTES);
        if (tgr_log_failed(cutter) && !memchr(piece->bytes, '\n', piece->length)) {
            piece->end = position;
            return tgr_log_failure(cutter, error);
        }
    }
done:
    return status;
}

/* Where a piece that holds whole lines up to `length` ends: with the last that begins in the range.
 */
static size_t within_range(const tgr_log_cutter *cutter, const tgr_log_piece *piece, size_t length)
{
    uint64_t left = cutter->range.end - cutter->position;
    if (left >= length) {
        return length;
    }
    const char *last = piece->bytes + left - 1; /* of the range: in the last line */
    const char *newline = memchr(last, '\n', length - (size_t)(left - 1));
    return (size_t)(newline + 1 - piece->bytes);
}

tgr_status tgr_log_cut_lines(tgr_log_cutter *cutter, tgr_log_piece *piece, tgr_error *error)
{
    size_t searched = 0;
    for (size_t want = TGR_PIECE_BYTES;; want = tgr_log_want(cutter, piece->length)) {
        tgr_log_fill(cutter, piece, want);
        const char *newline = piece->length > searched
                                  ? memrchr(piece->bytes + searched, '\n', piece->length - searched)
                                  : NULL;
        if (newline) {
            size_t length = within_range(cutter, piece, (size_t)(newline + 1 - piece->bytes));
            return tgr_log_cut(cutter, piece, length, error);
        }
        if (tgr_log_failed(cutter)) {
            piece->length = 0;
            return tgr_log_failure(cutter, error);
        }
        if (cutter->finished) {
            return tgr_log_cut(cutter, piece, piece->length, error);
        }
        if (piece->length > cutter->max_record && piece->length - cutter->max_record > 1) {
            return skip_line(cutter, piece, error); /* even if a carriage return ends it */
        }
        searched = piece->length;
    }
}
