/* put.h - appending a few bytes to a buffer, in line. */
#ifndef TGR_INGEST_PUT_H
#define TGR_INGEST_PUT_H

#include <string.h>

#include "engine/base/buffer.h"

static inline void tgr_put(tgr_buffer *buffer, const void *bytes, size_t length)
{
    if (length >= buffer->capacity - buffer->length) { /* room for a final NUL, too */
        tgr_buffer_add(buffer, bytes, length);
        return;
    }
    memcpy(buffer->bytes + buffer->length, bytes, length);
    buffer->length += length;
}

#endif
