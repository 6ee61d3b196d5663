/* piece.h - a part of a log that ends where a record does: what one thread parses at a time.
 *
 * Where a log is cut depends on its bytes alone, never on how they arrived or on threads.
 */
#ifndef TGR_LOG_PIECE_H
#define TGR_LOG_PIECE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tagroute/ingest.h>

#define TGR_PIECE_BYTES   ((size_t)1 << 20) /* of most; a larger record is a piece of its own */
#define TGR_PIECE_PADDING 64                /* bytes after a piece that may be read */

/* One top-level MessagePack object. */
typedef struct tgr_log_object {
    uint64_t length;
    uint32_t offset; /* in the piece */
    uint32_t values; /* as tgr_msgpack_scan counts them, at most UINT32_MAX */
    bool too_deep, too_large;
    bool cut_off; /* by the end of the log */
} tgr_log_object;

/* Starts zeroed; memory is reused from piece to piece. */
typedef struct tgr_log_piece {
    tgr_log_format format; /* never TGR_LOG_AUTO */
    char *bytes;
    size_t length, capacity; /* the capacity includes the padding */
    uint64_t position;       /* in the decompressed log, of the first byte */
    uint64_t end;            /* where the log goes on after the piece */
    bool too_large; /* JSON: stands for one line larger than a record may be, which is not kept */
    bool uncounted; /* JSON: how many lines are before it in the log is not known */
    tgr_log_object *objects; /* MessagePack */
    size_t object_count, object_capacity;
} tgr_log_piece;

/* Room for `length` bytes and the padding; false where memory is short. */
bool tgr_log_piece_reserve(tgr_log_piece *piece, size_t length);

/* Empties it; room for a large record is given back. */
void tgr_log_piece_clear(tgr_log_piece *piece);
void tgr_log_piece_free(tgr_log_piece *piece);

#endif
