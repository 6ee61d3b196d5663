/* decisions_sink.h - bytes to the places of a file where they belong, by a thread of its own.
 *
 * A sink has regions, each filled in order and summed block by block. Its caller fills one batch
 * while the thread writes the one before; there are two, so whoever is faster waits. The first
 * failure ends all writing and is told at the next call.
 */
#ifndef TGR_STORE_DECISIONS_SINK_H
#define TGR_STORE_DECISIONS_SINK_H

#include <pthread.h>

#include "engine/base/buffer.h"
#include "engine/store/block_sums.h"
#include "engine/store/decisions.h"

#define TGR_SINK_BATCHES 2

typedef struct tgr_sink_region {
    uint64_t offset; /* in the file */
    uint64_t length; /* bytes that it will hold */
    uint64_t done;
    uint64_t begun; /* of what is done, so much the disk has been asked to begin with */
    tgr_block_hasher hasher;
} tgr_sink_region;

typedef struct tgr_sink_chunk {
    int region;
    tgr_buffer bytes;
} tgr_sink_chunk;

typedef struct tgr_sink_batch {
    tgr_sink_chunk *chunks; /* those behind `count` keep their memory */
    size_t count, capacity;
    bool mark; /* sync what came so far, then hand `state` to the plan's save */
    tgr_buffer state;
} tgr_sink_batch;

typedef struct tgr_sink {
    const char *path;
    int fd;
    bool positioned; /* false: a stream such as standard output, which knows no places */
    tgr_sink_region regions[TGR_DECISIONS_REGIONS];
    int region_count;
    tgr_decisions_save save;
    void *save_user;

    pthread_t thread;
    bool running;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    tgr_sink_batch batches[TGR_SINK_BATCHES]; /* taken in turn */
    uint64_t given, taken;                    /* batches handed over; those that are done with */
    bool ending;
    tgr_status status; /* of the thread */
    tgr_error error;
} tgr_sink;

/* Announces a region; before tgr_sink_start. row_bytes 0: as many bytes as come, from `offset` on.
 */
tgr_status tgr_sink_region_add(tgr_sink *sink, uint64_t offset, uint64_t rows, uint64_t row_bytes,
                               tgr_error *error);

/* Of an array of `rows` rows at `offset`, `part_rows` of which, from `first` on, are this sink's.
 */
tgr_status tgr_sink_region_add_part(tgr_sink *sink, uint64_t offset, uint64_t rows,
                                    uint64_t row_bytes, uint64_t first, uint64_t part_rows,
                                    tgr_error *error);

/* Reads again what an earlier run wrote. TGR_ERR_INPUT where that is not what the mark vouches for.
 */
tgr_status tgr_sink_recall(tgr_sink *sink, const tgr_decisions_mark *mark, tgr_error *error);

tgr_status tgr_sink_start(tgr_sink *sink, tgr_error *error);

/* A batch to fill, empty but for its memory; and its handing over. */
tgr_status tgr_sink_take(tgr_sink *sink, tgr_sink_batch **batch, tgr_error *error);
void tgr_sink_give(tgr_sink *sink);

/* One more chunk of a batch, of `length` bytes to be filled in (0: a buffer to add to); NULL where
 * memory is short. Chunks move when one is added. */
tgr_sink_chunk *tgr_sink_chunk_add(tgr_sink_batch *batch, int region, size_t length);

/* What has been written; while no thread runs. */
void tgr_sink_mark(const tgr_sink *sink, tgr_decisions_mark *mark);

/* Waits until everything is written and ends the thread. */
tgr_status tgr_sink_finish(tgr_sink *sink, tgr_error *error);

/* Ends the thread, whatever it does, and frees what the sink owns. */
void tgr_sink_close(tgr_sink *sink);

#endif
