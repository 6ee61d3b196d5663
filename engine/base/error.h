/* error.h - setting the caller's tgr_error, and the one way out of a function that failed. */
#ifndef TGR_BASE_ERROR_H
#define TGR_BASE_ERROR_H

#include <tagroute/status.h>

/* Writes the sentence (line breaks and control characters, which may come from hostile names,
 * become
 * '?') and returns status, so that `return tgr_fail(...)` reads well. error may be NULL. */
tgr_status tgr_fail(tgr_error *error, tgr_status status, const char *format, ...) TGR_PRINTF(3, 4);

/* As tgr_fail with TGR_ERR_NOMEM; what: such as "the tag dictionary". */
tgr_status tgr_fail_memory(tgr_error *error, const char *what);

/* As tgr_fail with TGR_ERR_IO and the text of errno_value: "PATH: cannot WHAT: No space left". */
tgr_status tgr_fail_io(tgr_error *error, const char *path, const char *what, int errno_value);

/* Puts "PREFIX: " before the sentence already in error, for context added on the way up. */
void tgr_error_prefix(tgr_error *error, const char *format, ...) TGR_PRINTF(2, 3);

/* Evaluates a call that returns tgr_status; on failure jumps to `done` with `status` set. A
 * function that uses it declares `tgr_status status = TGR_OK;` and frees what it owns after the
 * label. */
#define TGR_TRY(call)                                                                              \
    do {                                                                                           \
        status = (call);                                                                           \
        if (status != TGR_OK) {                                                                    \
            goto done;                                                                             \
        }                                                                                          \
    } while (0)

#endif
