/* window.h - the part of a log that is in memory: bytes not yet taken, refilled in large blocks. */
#ifndef TGR_LOG_WINDOW_H
#define TGR_LOG_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tagroute/status.h>

#include "engine/log/source.h"

/* Start zeroed but for the source; end with tgr_window_free, which leaves the source alone. */
typedef struct tgr_window {
    tgr_source *source;
    char *bytes;  /* TGR_JSON_PADDING bytes after `end` may always be read */
    size_t begin; /* first byte not yet taken */
    size_t end;
    size_t capacity; /* of bytes, padding included */
    uint64_t offset; /* in the decompressed log of the byte at `begin` */
    bool finished;   /* the log holds nothing after `end` */
} tgr_window;

/* Reads more after `end`, or sets `finished`. Bytes not yet taken are kept but may move. */
tgr_status tgr_window_fill(tgr_window *window, tgr_error *error);

static inline char *tgr_window_bytes(const tgr_window *window)
{
    return window->bytes + window->begin;
}

static inline size_t tgr_window_length(const tgr_window *window)
{
    return window->end - window->begin;
}

/* Bytes stay readable until the next fill. */
static inline void tgr_window_take(tgr_window *window, size_t count)
{
    window->begin += count;
    window->offset += count;
}

void tgr_window_free(tgr_window *window);

#endif
