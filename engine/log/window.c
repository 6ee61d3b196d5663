/* window.c - moving what is left to the front, growing only for records larger than a block. */
#include "engine/log/window.h"

#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/log/json.h"

#define BLOCK ((size_t)1 << 20) /* read at once, or half of it where a record is carried over */

tgr_status tgr_window_fill(tgr_window *window, tgr_error *error)
{
    size_t kept = tgr_window_length(window);
    if (window->begin > 0) {
        memmove(window->bytes, tgr_window_bytes(window), kept);
        window->begin = 0;
        window->end = kept;
    }
    void *bytes = window->bytes;
    size_t need = kept + (kept > 0 ? BLOCK / 2 : BLOCK) + TGR_JSON_PADDING;
    bool fits = tgr_mem_grow(&bytes, &window->capacity, need, 1);
    window->bytes = bytes;
    if (!fits) {
        return tgr_fail_memory(error, "a log's buffer");
    }
    size_t got = 0;
    size_t room = window->capacity - kept - TGR_JSON_PADDING;
    tgr_status status = tgr_source_read(window->source, window->bytes + kept, room, &got, error);
    if (status != TGR_OK) {
        return status;
    }
    window->end += got;
    window->finished = got == 0;
    return TGR_OK;
}

void tgr_window_free(tgr_window *window)
{
    tgr_mem_free(window->bytes);
    memset(window, 0, sizeof(*window));
}
