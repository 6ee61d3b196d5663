/* source.h - the bytes of a log: a file or standard input; plain, gzip or zstd, told by content. */
#ifndef TGR_LOG_SOURCE_H
#define TGR_LOG_SOURCE_H

#include <stdbool.h>
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

/* How far a log has been read, and what was read. */
typedef struct tgr_source_mark {
    uint64_t size;   /* bytes of the file as stored, 0 unknown */
    uint64_t begin;  /* where reading began */
    uint64_t stored; /* where it has come to */
    uint64_t hash;   /* XXH3-64 of the bytes between; 0 where the log is no file, or was not read */
    uint64_t length; /* bytes of the log, decompressed, as far as it is known; */
    uint64_t content; /* and the hash of identity.h over the blocks that were asked for */
} tgr_source_mark;

#define TGR_LENGTH_UNKNOWN UINT64_MAX /* of a log that was not read */

/* Asks for the hash of the blocks that begin in a range. Before any read. */
tgr_status tgr_source_identify(tgr_source *source, uint64_t begin, uint64_t end, tgr_error *error);

/* No more is read: takes in the rest of the last of these blocks. */
tgr_status tgr_source_end_identity(tgr_source *source, tgr_error *error);

tgr_source_mark tgr_source_marked(const tgr_source *source);

/* TGR_ERR_INPUT where the file is not what it was, as far as the mark goes. Before any read. */
tgr_status tgr_source_check(tgr_source *source, const tgr_source_mark *mark, tgr_error *error);

/* Goes on where an earlier reading of the same file stood. TGR_ERR_INPUT where the file is not what
 * it was, as far as the mark goes. `position` counts decompressed bytes. Called before any read. */
tgr_status tgr_source_continue(tgr_source *source, const tgr_source_mark *mark, uint64_t position,
                               tgr_error *error);

/* Whether the bytes are stored as they are, not compressed. */
bool tgr_source_is_plain(const tgr_source *source);

/* Begins to read a plain file at a byte. Only what is read from there on is marked. */
tgr_status tgr_source_begin_at(tgr_source *source, uint64_t offset, tgr_error *error);

/* The name for messages: the path's base name, or "stdin". Lives as long as the source. */
const char *tgr_source_name(const tgr_source *source);

/* Bytes read of the file as stored, and its size (0 where unknown), for progress. */
void tgr_source_progress(const tgr_source *source, uint64_t *done, uint64_t *total);

void tgr_source_close(tgr_source *source); /* NULL allowed */

#endif
