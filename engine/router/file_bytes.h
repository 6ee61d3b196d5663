/* file_bytes.h - a whole file in memory. Not mapped: a file cut short while mapped kills the
 * process. */
#ifndef TGR_ROUTER_FILE_BYTES_H
#define TGR_ROUTER_FILE_BYTES_H

#include <stdbool.h>
#include <stddef.h>

#include <tagroute/status.h>

typedef struct tgr_file_bytes {
    char *bytes; /* `padding` zero bytes follow; free with tgr_mem_free */
    size_t length;
} tgr_file_bytes;

/* Judges the first bytes (64, or all that there are) before the rest is read; NULL accepts any. */
typedef tgr_status (*tgr_file_glance)(const char *bytes, size_t length, tgr_error *error);

/* Reads a regular file or a pipe of at most `limit` bytes; a larger one is TGR_ERR_INPUT. */
tgr_status tgr_file_bytes_read(const char *path, size_t limit, size_t padding,
                               tgr_file_glance glance, tgr_file_bytes *file, tgr_error *error);

#endif
