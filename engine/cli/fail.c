/* fail.c - sentences into a tgr_error. */
#include "engine/cli/fail.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

tgr_status tgr_cli_fail(tgr_error *error, tgr_status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    error->status = status;
    vsnprintf(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
    return status;
}

tgr_status tgr_cli_fail_io(tgr_error *error, const char *path, const char *what, int errno_value)
{
    return tgr_cli_fail(error, TGR_ERR_IO, "%s: cannot %s: %s", path, what, strerror(errno_value));
}

void *tgr_cli_alloc(size_t count, size_t size, tgr_error *error)
{
    void *memory = calloc(count > 0 ? count : 1, size);
    if (memory == NULL) {
        tgr_cli_fail(error, TGR_ERR_NOMEM, "not enough memory");
    }
    return memory;
}
