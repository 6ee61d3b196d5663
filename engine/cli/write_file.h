/* write_file.h - texts to files that appear whole or not at all, and standard output checked. */
#ifndef TGR_CLI_WRITE_FILE_H
#define TGR_CLI_WRITE_FILE_H

#include <stddef.h>

#include <tagroute/status.h>

/* Replaces `path` atomically; "-" is standard output, which is flushed; what is no regular file (a
 * device, a pipe) is written to as it is. */
tgr_status tgr_cli_write_file(const char *path, const char *bytes, size_t length, tgr_error *error);

/* Flushes and closes standard output; TGR_ERR_IO where anything written to it was lost. */
tgr_status tgr_cli_close_stdout(tgr_error *error);

#endif
