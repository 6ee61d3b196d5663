/* buffer.c - growable bytes. */
#include "engine/base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/memory.h"

/* Room for `length` more bytes and the final NUL. */
static bool reserve(tgr_buffer *buffer, size_t length)
{
    size_t need;
    if (buffer->failed || __builtin_add_overflow(buffer->length, length, &need) ||
        __builtin_add_overflow(need, 1, &need)) {
        buffer->failed = true;
        return false;
    }
    void *bytes = buffer->bytes;
    if (!tgr_mem_grow(&bytes, &buffer->capacity, need, 1)) {
        buffer->failed = true;
        return false;
    }
    buffer->bytes = bytes;
    return true;
}

void tgr_buffer_add_growing(tgr_buffer *buffer, const void *bytes, size_t length)
{
    if (!reserve(buffer, length)) {
        return;
    }
    if (length > 0) {
        memcpy(buffer->bytes + buffer->length, bytes, length);
    }
    buffer->length += length;
    buffer->bytes[buffer->length] = '\0';
}

void tgr_buffer_text(tgr_buffer *buffer, const char *text)
{
    tgr_buffer_add(buffer, text, strlen(text));
}

void tgr_buffer_format(tgr_buffer *buffer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length >= 0 && reserve(buffer, (size_t)length)) {
        vsnprintf(buffer->bytes + buffer->length, (size_t)length + 1, format, again);
        buffer->length += (size_t)length;
    }
    va_end(again);
}

void tgr_buffer_clear(tgr_buffer *buffer)
{
    buffer->length = 0;
    if (buffer->bytes != NULL) {
        buffer->bytes[0] = '\0';
    }
}

void tgr_buffer_free(tgr_buffer *buffer)
{
    tgr_mem_free(buffer->bytes);
    *buffer = (tgr_buffer){0};
}
