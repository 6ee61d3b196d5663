/* writer.h - a log in the other direction: bytes of records to a file; plain, gzip or zstd. */
#ifndef TGR_LOG_WRITER_H
#define TGR_LOG_WRITER_H

#include <stdbool.h>
#include <stddef.h>

#include <tagroute/ingest.h>
#include <tagroute/status.h>

#include "engine/log/decoder.h"

/* What a file's name says: .jsonl or .msgpack, and behind it .gz or .zst. */
typedef struct tgr_log_shape {
    tgr_log_format format; /* never TGR_LOG_AUTO */
    tgr_codec codec;
} tgr_log_shape;

/* TGR_ERR_ARGUMENT where it says nothing. */
tgr_status tgr_log_shape_of(const char *path, tgr_log_shape *shape, tgr_error *error);

typedef struct tgr_log_writer tgr_log_writer;

/* fd: the caller's, open for writing; path: for messages, to outlive the writer. */
tgr_status tgr_log_writer_open(int fd, const char *path, tgr_codec codec, tgr_log_writer **writer,
                               tgr_error *error);
tgr_status tgr_log_writer_add(tgr_log_writer *writer, const void *bytes, size_t length,
                              tgr_error *error);

/* Writes what is still in memory and ends the compression. */
tgr_status tgr_log_writer_finish(tgr_log_writer *writer, tgr_error *error);
void tgr_log_writer_free(tgr_log_writer *writer); /* NULL allowed */

#endif
