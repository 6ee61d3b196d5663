/* text_result.h - a finished text, handed to the caller. */
#ifndef TGR_REPORT_TEXT_RESULT_H
#define TGR_REPORT_TEXT_RESULT_H

#include "engine/base/buffer.h"
#include "engine/base/error.h"

/* Gives the buffer's bytes away, or frees them and fails where memory ran short. what: as
 * tgr_fail_memory takes it. length may be NULL. */
static inline tgr_status tgr_text_result(tgr_buffer *buffer, char **text, size_t *length,
                                         const char *what, tgr_error *error)
{
    tgr_buffer_text(buffer, ""); /* so that there are bytes, and a NUL behind them */
    if (buffer->failed) {
        tgr_buffer_free(buffer);
        return tgr_fail_memory(error, what);
    }
    *text = buffer->bytes;
    if (length != NULL) {
        *length = buffer->length;
    }
    return TGR_OK;
}

#endif
