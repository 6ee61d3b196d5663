/* cut_objects.c - MessagePack: a piece ends with the last object that is whole. */
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/log/cutting.h"
#include "engine/log/msgpack_scan.h"

#define OBJECTS_MOST   ((size_t)1 << 16) /* of one piece */
#define OBJECTS_ENOUGH ((size_t)1 << 14) /* for most pieces: there is room from the start */

/* The object at hand. */
typedef struct progress {
    tgr_msgpack_scan scan;
    tgr_scan_state state;
    size_t begin; /* in the piece */
    size_t done;  /* bytes of the piece that were scanned */
} progress;

static void lose(tgr_log_cutter *cutter, uint64_t position, const char *why)
{
    tgr_fail(&cutter->failure, TGR_ERR_INPUT, "%s: byte %llu: %s; what follows cannot be read",
             tgr_source_name(cutter->source), (unsigned long long)position, why);
}

static tgr_status add_object(tgr_log_piece *piece, const tgr_msgpack_scan *scan, size_t begin,
                             bool cut_off, tgr_error *error)
{
    if (piece->object_count == piece->object_capacity) {
        void *objects = piece->objects;
        size_t need = piece->object_count < OBJECTS_ENOUGH ? OBJECTS_ENOUGH : OBJECTS_MOST;
        if (!tgr_mem_grow(&objects, &piece->object_capacity, need, sizeof *piece->objects)) {
            return tgr_fail_memory(error, "a log's buffer");
        }
        piece->objects = objects;
    }
    piece->objects[piece->object_count++] = (tgr_log_object){
        .length = scan->total,
        .offset = (uint32_t)begin,
        .values = scan->values < UINT32_MAX ? (uint32_t)scan->values : UINT32_MAX,
        .too_deep = scan->too_deep,
        .too_large = scan->too_large,
        .cut_off = cut_off,
    };
    return TGR_OK;
}

/* Scans what the piece holds from `at` on, up to the end or to an object that is not whole. */
static tgr_status scan_objects(tgr_log_cutter *cutter, tgr_log_piece *piece, progress *at,
                               tgr_error *error)
{
    while (at->done < piece->length && piece->object_count < OBJECTS_MOST) {
        size_t used = 0;
        if (at->done == at->begin) {
            tgr_msgpack_scan_begin(&at->scan, cutter->max_record);
        }
        at->state = tgr_msgpack_scan_feed(&at->scan, piece->bytes + at->done,
                                          piece->length - at->done, &used);
        at->done += used;
        if (at->state == TGR_SCAN_MALFORMED) {
            lose(cutter, cutter->position + at->begin + at->scan.total, "not MessagePack");
            return TGR_OK;
        }
        if (at->state == TGR_SCAN_MORE) {
            return TGR_OK;
        }
        tgr_status status = add_object(piece, &at->scan, at->begin, false, error);
        if (status != TGR_OK) {
            return status;
        }
        at->begin = at->done;
    }
    return TGR_OK;
}

/* The log ends inside an object. One that could have been a record is a bad record; a larger one
 * more likely means that the log is damaged and that records were taken for its content. */
static tgr_status cut_off(tgr_log_cutter *cutter, tgr_log_piece *piece,
                          const tgr_msgpack_scan *scan, tgr_error *error)
{
    if (scan->too_large) {
        lose(cutter, cutter->position,
             "an object declares more than the log holds and more than a record may");
        return tgr_log_failure(cutter, error);
    }
    tgr_status status = add_object(piece, scan, 0, true, error);
    return status == TGR_OK ? tgr_log_cut(cutter, piece, piece->length, error) : status;
}

/* Goes over the rest of an object that is too large, a piece's room at a time. */
static tgr_status skip_object(tgr_log_cutter *cutter, tgr_log_piece *piece, progress *at,
                              tgr_error *error)
{
    uint64_t begin = cutter->position;
    tgr_status status = TGR_OK;
    while (at->state == TGR_SCAN_MORE) {
        TGR_TRY(tgr_log_cut(cutter, piece, at->done, error));
        piece->length = 0;
        size_t cut_head = cutter->kept_length; /* scanned up to it, then more was needed */
        tgr_log_fill(cutter, piece, TGR_PIECE_BYTES);
        piece->position = piece->end = begin;
        if (piece->length == cut_head) {
            cutter->position = begin;
            TGR_TRY(tgr_log_failed(cutter) ? tgr_log_failure(cutter, error)
                                           : cut_off(cutter, piece, &at->scan, error));
        }
        at->done = 0;
        at->state = tgr_msgpack_scan_feed(&at->scan, piece->bytes, piece->length, &at->done);
    }
    if (at->state == TGR_SCAN_MALFORMED) {
        lose(cutter, begin + at->scan.total, "not MessagePack");
        return tgr_log_failure(cutter, error);
    }
    TGR_TRY(add_object(piece, &at->scan, 0, false, error));
    TGR_TRY(tgr_log_cut(cutter, piece, at->done, error));
    piece->length = 0;
    piece->position = begin;
done:
    return status;
}

tgr_status tgr_log_cut_objects(tgr_log_cutter *cutter, tgr_log_piece *piece, tgr_error *error)
{
    progress at = {.state = TGR_SCAN_MORE};
    tgr_status status = TGR_OK;
    for (size_t want = TGR_PIECE_BYTES;; want = tgr_log_want(cutter, piece->length)) {
        tgr_log_fill(cutter, piece, want);
        TGR_TRY(scan_objects(cutter, piece, &at, error));
        if (piece->object_count > 0) {
            return tgr_log_cut(cutter, piece, at.begin, error);
        }
        if (tgr_log_failed(cutter)) {
            piece->length = 0;
            return tgr_log_failure(cutter, error);
        }
        if (cutter->finished) {
            return piece->length > 0 ? cut_off(cutter, piece, &at.scan, error) : TGR_OK;
        }
        if (at.scan.too_large) {
            return skip_object(cutter, piece, &at, error);
        }
    }
done:
    return status;
}
