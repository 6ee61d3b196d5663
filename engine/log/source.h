/* source.h - the bytes of a log: a file or standard input; plain, gzip or zstd, told by content. */
#ifndef TGR_LOG_SOURCE_H
#define TGR_LOG_SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include <tagroute/run.h>
#include <tagroute/status.h>

typedef struct tgr_source tgr_source;

/* `path` "-" is standard input. A signal that cancels the run (may be NULL) ends a read that waits.
 * Concatenated gzip members and zstd frames are read through. */
tgr_status tgr_source_open(const char *path, const tgr_run *run, tgr_source **source,
                           tgr_error *error);

/* Up to `size` decompressed bytes; *got is 0 only at the end. A truncated or damaged compressed log
 * is TGR_ERR_INPUT, named with the compressed byte offset. */
tgr_status tgr_source_read(tgr_source *source, void *bytes, size_t size, size_t *got,
                           tgr_error *error);

/* The name for messages: the path's base name, or "stdin". Lives as long as the source. */
const char *tgr_source_name(const tgr_source *source);

/* Bytes read of the file as stored, and its size (0 where unknown), for progress. */
void tgr_source_progress(const tgr_source *source, uint64_t *done, uint64_t *total);

void tgr_source_close(tgr_source *source); /* NULL allowed */

#endif
