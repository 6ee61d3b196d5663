/* window.h - records between reading and writing, in their order: those at the front wait for
 * answers while those behind are asked for. */
#ifndef TGR_ENDPOINT_WINDOW_H
#define TGR_ENDPOINT_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xxhash.h>

#include <tagroute/status.h>

#include "engine/base/buffer.h"

typedef struct tgr_window_entry {
    tgr_buffer bytes;  /* as written; without its end where it waits */
    bool waits;        /* for the answer to: */
    XXH128_hash_t key; /* what was asked */
    bool filled;       /* some key stands before the tags */
    size_t counted;    /* bytes of it, and of its question */
    uint64_t done;     /* where it stands in the logs, for progress */
} tgr_window_entry;

/* Starts zeroed. */
typedef struct tgr_window {
    tgr_window_entry *entries; /* a ring */
    size_t capacity, first, count;
    size_t bytes, most_bytes;
} tgr_window;

/* Room for so many records, and about so many bytes of them. */
tgr_status tgr_window_open(tgr_window *window, size_t capacity, size_t bytes, tgr_error *error);
void tgr_window_close(tgr_window *window);

/* One record, however large, always finds room. */
bool tgr_window_has_room(const tgr_window *window);

/* The entry for the next record, empty; it counts once it is pushed, with so many bytes more. */
tgr_window_entry *tgr_window_next(tgr_window *window);
void tgr_window_push(tgr_window *window, size_t more);

/* The first entry, NULL where there is none; popped, it is not to be used any more. */
tgr_window_entry *tgr_window_front(tgr_window *window);
void tgr_window_pop(tgr_window *window);

#endif
