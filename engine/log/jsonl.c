/* jsonl.c - JSON Lines: a record ends where its line does. */
#include <string.h>

#include "engine/base/error.h"
#include "engine/log/framing.h"

typedef struct line {
    const char *text; /* without its end */
    size_t length;
    bool found;
    bool too_large;
} line;

/* Takes the rest of a line that does not fit, block by block. */
static tgr_status skip_line(tgr_window *window, tgr_error *error)
{
    for (;;) {
        size_t length = tgr_window_length(window);
        const char *newline = memchr(tgr_window_bytes(window), '\n', length);
        if (newline) {
            tgr_window_take(window, (size_t)(newline + 1 - tgr_window_bytes(window)));
            return TGR_OK;
        }
        tgr_window_take(window, length);
        if (window->finished) {
            return TGR_OK;
        }
        tgr_status status = tgr_window_fill(window, error);
        if (status != TGR_OK) {
            return status;
        }
    }
}

static void take_line(tgr_framing *framing, size_t length, size_t ending, line *out)
{
    out->found = true;
    out->text = tgr_window_bytes(&framing->window);
    out->length = length;
    tgr_window_take(&framing->window, length + ending);
    if (length > 0 && out->text[length - 1] == '\r') {
        out->length--;
    }
    out->too_large = out->length > framing->max_record;
}

static tgr_status next_line(tgr_framing *framing, line *out, tgr_error *error)
{
    tgr_window *window = &framing->window;
    size_t searched = 0;
    for (;;) {
        const char *text = tgr_window_bytes(window);
        size_t length = tgr_window_length(window);
        const char *newline =
            length > searched ? memchr(text + searched, '\n', length - searched) : NULL;
        if (newline) {
            take_line(framing, (size_t)(newline - text), 1, out);
            return TGR_OK;
        }
        if (window->finished) {
            if (length > 0) {
                take_line(framing, length, 0, out);
            }
            return TGR_OK;
        }
        if (length > framing->max_record && length - framing->max_record > 1) {
            out->found = out->too_large = true; /* even if a carriage return ends it */
            return skip_line(window, error);
        }
        searched = length;
        tgr_status status = tgr_window_fill(window, error);
        if (status != TGR_OK) {
            return status;
        }
    }
}

static bool is_blank(const line *checked)
{
    size_t at = 0;
    while (at < checked->length &&
           (checked->text[at] == ' ' || checked->text[at] == '\t' || checked->text[at] == '\r')) {
        at++;
    }
    return at == checked->length;
}

tgr_status tgr_frame_json(tgr_framing *framing, tgr_frame *frame, tgr_error *error)
{
    memset(frame, 0, sizeof(*frame));
    for (;;) {
        line found = {0};
        uint64_t position = framing->window.offset;
        tgr_status status = next_line(framing, &found, error);
        if (status != TGR_OK || !found.found) {
            return status;
        }
        framing->line++;
        if (!found.too_large && is_blank(&found)) {
            continue;
        }
        frame->found = true;
        frame->position = position;
        frame->line = framing->line;
        status = found.too_large ? tgr_fault_set(&frame->fault, TGR_BAD_TOO_LARGE,
                                                 "larger than the largest record allowed")
                                 : tgr_json_parse(framing->json, found.text, found.length,
                                                  &framing->tape, &frame->fault);
        return tgr_frame_parsed(frame, status, error);
    }
}

tgr_status tgr_frame_parsed(tgr_frame *frame, tgr_status parsed, tgr_error *error)
{
    if (parsed == TGR_ERR_NOMEM) {
        return tgr_fail_memory(error, "a record");
    }
    frame->bad = parsed != TGR_OK;
    return TGR_OK;
}
