/* fail.h - failing with a sentence, and the memory of a program that runs one command. */
#ifndef TGR_CLI_FAIL_H
#define TGR_CLI_FAIL_H

#include <stddef.h>

#include <tagroute/status.h>

/* Fills the error and returns its status. */
tgr_status tgr_cli_fail(tgr_error *error, tgr_status status, const char *format, ...)
    TGR_PRINTF(3, 4);

/* TGR_ERR_IO: "PATH: cannot WHAT: why". */
tgr_status tgr_cli_fail_io(tgr_error *error, const char *path, const char *what, int errno_value);

/* Zeroed memory for count elements; NULL with the error set where it is short. A count of 0 gives
 * memory too. */
void *tgr_cli_alloc(size_t count, size_t size, tgr_error *error);

#endif
