/* window.c - a ring of records that counts their bytes. */
#include "engine/endpoint/window.h"

#include "engine/base/error.h"
#include "engine/base/memory.h"

#define KEPT_CAPACITY ((size_t)1 << 14) /* memory of larger records is given back */

tgr_status tgr_window_open(tgr_window *window, size_t capacity, size_t bytes, tgr_error *error)
{
    *window = (tgr_window){.capacity = capacity, .most_bytes = bytes};
    window->entries = tgr_mem_zalloc(capacity, sizeof *window->entries);
    return window->entries != NULL ? TGR_OK : tgr_fail_memory(error, "a window of records");
}

void tgr_window_close(tgr_window *window)
{
    for (size_t i = 0; window->entries != NULL && i < window->capacity; i++) {
        tgr_buffer_free(&window->entries[i].bytes);
    }
    tgr_mem_free(window->entries);
    *window = (tgr_window){0};
}

bool tgr_window_has_room(const tgr_window *window)
{
    return window->count == 0 ||
           (window->count < window->capacity && window->bytes < window->most_bytes);
}

tgr_window_entry *tgr_window_next(tgr_window *window)
{
    tgr_window_entry *entry = &window->entries[(window->first + window->count) % window->capacity];
    tgr_buffer_clear(&entry->bytes);
    entry->waits = entry->filled = false;
    return entry;
}

void tgr_window_push(tgr_window *window, size_t more)
{
    tgr_window_entry *entry = &window->entries[(window->first + window->count) % window->capacity];
    entry->counted = entry->bytes.length + more;
    window->bytes += entry->counted;
    window->count++;
}

tgr_window_entry *tgr_window_front(tgr_window *window)
{
    return window->count > 0 ? &window->entries[window->first] : NULL;
}

void tgr_window_pop(tgr_window *window)
{
    tgr_window_entry *entry = &window->entries[window->first];
    tgr_buffer *bytes = &entry->bytes;
    window->bytes -= entry->counted;
    if (bytes->capacity > KEPT_CAPACITY) {
        tgr_buffer_free(bytes);
    }
    window->first = (window->first + 1) % window->capacity;
    window->count--;
}
