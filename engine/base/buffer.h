/* buffer.h - a growable run of bytes whose failures are sticky, so that writers need check once. */
#ifndef TGR_BASE_BUFFER_H
#define TGR_BASE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <tagroute/export.h>

typedef struct tgr_buffer {
    char *bytes; /* NUL after `length` once something was added */
    size_t length;
    size_t capacity;
    bool failed; /* an allocation failed: what was added since is lost */
} tgr_buffer;

/* The same as tgr_buffer_add, where there may be no room yet. */
void tgr_buffer_add_growing(tgr_buffer *buffer, const void *bytes, size_t length);

static inline void tgr_buffer_add(tgr_buffer *buffer, const void *bytes, size_t length)
{
    if (buffer->failed || length == 0 || length >= buffer->capacity - buffer->length) {
        tgr_buffer_add_growing(buffer, bytes, length);
        return;
    }
    memcpy(buffer->bytes + buffer->length, bytes, length);
    buffer->length += length;
    buffer->bytes[buffer->length] = '\0';
}

void tgr_buffer_text(tgr_buffer *buffer, const char *text);
void tgr_buffer_format(tgr_buffer *buffer, const char *format, ...) TGR_PRINTF(2, 3);
void tgr_buffer_clear(tgr_buffer *buffer); /* length 0, memory and failure kept */
void tgr_buffer_free(tgr_buffer *buffer);  /* back to {0} */

#endif
