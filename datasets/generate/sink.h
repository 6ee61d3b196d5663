/* sink.h - where blocks of a log go: a file or standard output; plain, gzip or zstd by the path's
 * ending.
 *
 * Blocks are packed by any thread and appended in order by one at a time. What arrives depends on
 * the blocks alone, not on how many threads packed them: gzip is one member whose blocks are
 * deflated apart, zstd one frame.
 */
#ifndef TGR_GENERATE_SINK_H
#define TGR_GENERATE_SINK_H

#include <stddef.h>
#include <stdint.h>

#include <tagroute/status.h>

#include "engine/base/buffer.h"

typedef struct tgr_gen_sink tgr_gen_sink;

/* One thread's block, zeroed at first and used again and again. */
typedef struct tgr_gen_block {
    char *bytes; /* the log as it is */
    size_t length, capacity;
    char *packed; /* gzip: deflated, up to a byte boundary */
    size_t packed_length, packed_capacity;
    uint32_t check; /* gzip: CRC-32 of bytes */
} tgr_gen_block;

void tgr_gen_block_free(tgr_gen_block *block);

/* `path` "-" is standard output, never compressed. Files appear under their name when finished. */
tgr_status tgr_gen_sink_open(const char *path, int threads, tgr_gen_sink **sink, tgr_error *error);

tgr_status tgr_gen_sink_pack(const tgr_gen_sink *sink, tgr_gen_block *block, tgr_error *error);
tgr_status tgr_gen_sink_append(tgr_gen_sink *sink, const tgr_gen_block *block, tgr_error *error);

/* Ends the stream and puts the file in place. */
tgr_status tgr_gen_sink_finish(tgr_gen_sink *sink, tgr_error *error);

/* Without tgr_gen_sink_finish before it, nothing is left. NULL allowed. */
void tgr_gen_sink_close(tgr_gen_sink *sink);

uint64_t tgr_gen_sink_written(const tgr_gen_sink *sink); /* bytes, compressed */

#endif
