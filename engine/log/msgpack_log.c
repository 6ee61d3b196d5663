/* msgpack_log.c - MessagePack: a record ends where its headers say. */
#include <string.h>

#include "engine/base/error.h"
#include "engine/log/framing.h"

static tgr_status lost(const tgr_framing *framing, uint64_t position, const char *why,
                       tgr_error *error)
{
    return tgr_fail(error, TGR_ERR_INPUT, "%s: byte %llu: %s; what follows cannot be read",
                    tgr_source_name(framing->window.source), (unsigned long long)position, why);
}

/* The log ends inside an object. One that could have been a record is a bad record; a larger one
 * more likely means that the log is damaged and that records were taken for its content. */
static tgr_status cut_off(const tgr_framing *framing, const tgr_msgpack_scan *scan,
                          tgr_frame *frame, tgr_error *error)
{
    if (scan->too_large) {
        return lost(framing, frame->position,
                    "an object declares more than the log holds and more than a record may", error);
    }
    frame->bad = true;
    tgr_fault_set(&frame->fault, TGR_BAD_SYNTAX, "cut off by the end of the log");
    return TGR_OK;
}

/* Scans one object to its end. *scanned: how many of its bytes stand in the window: all but for one
 * that is too large, whose bytes are taken as they are scanned. */
static tgr_status scan_object(tgr_framing *framing, tgr_msgpack_scan *scan, tgr_scan_state *state,
                              size_t *scanned, tgr_error *error)
{
    tgr_window *window = &framing->window;
    for (;;) {
        size_t used = 0;
        *state = tgr_msgpack_scan_feed(scan, tgr_window_bytes(window) + *scanned,
                                       tgr_window_length(window) - *scanned, &used);
        *scanned += used;
        if (scan->too_large) {
            tgr_window_take(window, *scanned);
            *scanned = 0;
        }
        if (*state != TGR_SCAN_MORE || window->finished) {
            return TGR_OK;
        }
        tgr_status status = tgr_window_fill(window, error);
        if (status != TGR_OK) {
            return status;
        }
    }
}

tgr_status tgr_frame_msgpack(tgr_framing *framing, tgr_frame *frame, tgr_error *error)
{
    tgr_window *window = &framing->window;
    memset(frame, 0, sizeof(*frame));
    frame->position = window->offset;
    tgr_msgpack_scan scan;
    tgr_msgpack_scan_begin(&scan, framing->max_record);
    tgr_scan_state state;
    size_t scanned = 0;
    tgr_status status = scan_object(framing, &scan, &state, &scanned, error);
    if (status != TGR_OK) {
        return status;
    }
    if (state == TGR_SCAN_MALFORMED) {
        return lost(framing, frame->position + scan.total, "not MessagePack", error);
    }
    frame->found = scan.total > 0 || tgr_window_length(window) > 0;
    if (!frame->found) {
        return TGR_OK;
    }
    const char *bytes = tgr_window_bytes(window);
    if (state == TGR_SCAN_MORE) {
        tgr_window_take(window, tgr_window_length(window));
        return cut_off(framing, &scan, frame, error);
    }
    tgr_window_take(window, scanned);
    status = tgr_msgpack_decode(&framing->msgpack, &scan, bytes, &framing->tape, &frame->fault);
    return tgr_frame_parsed(frame, status, error);
}
