/* decisions_sink.c - the thread that writes, and the two batches between it and its caller. */
#include "engine/store/decisions_sink.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/output.h"
#include "engine/base/xxh3.h"

#define OPEN_END    (UINT64_C(1) << 60) /* bytes of a region whose length is not known: one block */
#define RECALL_SIZE (1u << 20)
#define BEGIN_BYTES (UINT64_C(8) << 20)   /* that the disk begins with in one go */
#define BEGIN_MOST  (UINT64_C(128) << 20) /* of a region where it is told to */

/* ---- regions --------------------------------------------------------------------------- */

tgr_status tgr_sink_region_add(tgr_sink *sink, uint64_t offset, uint64_t rows, uint64_t row_bytes,
                               tgr_error *error)
{
    tgr_sink_region *region = &sink->regions[sink->region_count++];
    *region = (tgr_sink_region){.offset = offset};
    region->length = row_bytes > 0 ? rows * row_bytes : OPEN_END;
    return row_bytes > 0 ? tgr_block_hasher_open(&region->hasher, rows, row_bytes, error)
                         : tgr_block_hasher_open(&region->hasher, OPEN_END, 1, error);
}

tgr_status tgr_sink_region_add_part(tgr_sink *sink, uint64_t offset, uint64_t rows,
                                    uint64_t row_bytes, uint64_t first, uint64_t part_rows,
                                    tgr_error *error)
{
    tgr_sink_region *region = &sink->regions[sink->region_count++];
    *region =
        (tgr_sink_region){.offset = offset + first * row_bytes, .length = part_rows * row_bytes};
    return tgr_block_hasher_open_part(&region->hasher, rows, row_bytes, first, error);
}

/* One number for all that a region holds: of its whole blocks, and of the one at hand. Where the
 * length is not known all bytes are one block, and the number is their XXH3-64. */
static uint64_t region_hash(const tgr_sink_region *region)
{
    const tgr_block_hasher *hasher = &region->hasher;
    if (region->length == OPEN_END) {
        return XXH3_64bits_digest(hasher->state);
    }
    uint64_t parts[2] = {tgr_block_total(hasher->sums, hasher->done),
                         XXH3_64bits_digest(hasher->state)};
    return tgr_block_total(parts, 2);
}

void tgr_sink_mark(const tgr_sink *sink, tgr_decisions_mark *mark)
{
    *mark = (tgr_decisions_mark){.regions = sink->region_count};
    for (int i = 0; i < sink->region_count; i++) {
        mark->bytes[i] = sink->regions[i].done;
        mark->hash[i] = region_hash(&sink->regions[i]);
    }
}

static tgr_status recall_region(tgr_sink *sink, tgr_sink_region *region, uint64_t bytes,
                                char *buffer, tgr_error *error)
{
    while (region->done < bytes) {
        uint64_t left = bytes - region->done;
        size_t now = left < RECALL_SIZE ? (size_t)left : RECALL_SIZE;
        ssize_t got = pread(sink->fd, buffer, now, (off_t)(region->offset + region->done));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return tgr_fail_io(error, sink->path, "read what is done so far", errno);
        }
        if (got == 0) {
            break;
        }
        tgr_block_hasher_add(&region->hasher, buffer, (size_t)got);
        region->done += (uint64_t)got;
    }
    return TGR_OK;
}

tgr_status tgr_sink_recall(tgr_sink *sink, const tgr_decisions_mark *mark, tgr_error *error)
{
    char *buffer = tgr_mem_alloc(RECALL_SIZE, 1);
    tgr_status status = buffer ? TGR_OK : tgr_fail_memory(error, "reading what is done so far");
    bool whole = mark->regions == sink->region_count;
    for (int i = 0; status == TGR_OK && whole && i < sink->region_count; i++) {
        tgr_sink_region *region = &sink->regions[i];
        whole = mark->bytes[i] <= region->length;
        if (whole) {
            status = recall_region(sink, region, mark->bytes[i], buffer, error);
        }
        whole = whole && region->done == mark->bytes[i] && region_hash(region) == mark->hash[i];
    }
    tgr_mem_free(buffer);
    if (status == TGR_OK && !whole) {
        status = tgr_fail(error, TGR_ERR_INPUT,
                          "%s: the decisions kept from the run before are damaged; leave --resume "
                          "out to start afresh",
                          sink->path);
    }
    return status;
}

/* ---- the thread ------------------------------------------------------------------------ */

/* What is written in less than a few seconds the system would not put on the disk before it is
 * synced. Of more it begins with some by itself, and is better left alone. */
static void begin_disk(const tgr_sink *sink, tgr_sink_region *region)
{
    uint64_t bytes = region->done - region->begun;
    if (sink->positioned && region->length <= BEGIN_MOST && bytes >= BEGIN_BYTES) {
        tgr_write_begin(sink->fd, region->offset + region->begun, (size_t)bytes);
        region->begun = region->done;
    }
}

static tgr_status write_chunk(tgr_sink *sink, const tgr_sink_chunk *chunk, tgr_error *error)
{
    tgr_sink_region *region = &sink->regions[chunk->region];
    size_t length = chunk->bytes.length;
    if (chunk->bytes.failed) {
        return tgr_fail_memory(error, "a block of decisions");
    }
    if (length > region->length - region->done) {
        return tgr_fail(error, TGR_ERR_INTERNAL, "%s: more decisions than were planned",
                        sink->path);
    }
    tgr_block_hasher_add(&region->hasher, chunk->bytes.bytes, length);
    tgr_status status =
        sink->positioned ? tgr_write_all_at(sink->fd, chunk->bytes.bytes, length,
                                            region->offset + region->done, sink->path, error)
                         : tgr_write_all(sink->fd, chunk->bytes.bytes, length, sink->path, error);
    region->done += length;
    begin_disk(sink, region);
    return status;
}

static tgr_status write_batch(tgr_sink *sink, const tgr_sink_batch *batch, tgr_error *error)
{
    tgr_status status = TGR_OK;
    for (size_t i = 0; status == TGR_OK && i < batch->count; i++) {
        status = write_chunk(sink, &batch->chunks[i], error);
    }
    if (status != TGR_OK || !batch->mark) {
        return status;
    }
    if (batch->state.failed) {
        return tgr_fail_memory(error, "a checkpoint");
    }
    if (fdatasync(sink->fd) != 0) {
        return tgr_fail_io(error, sink->path, "write", errno);
    }
    tgr_decisions_mark mark;
    tgr_sink_mark(sink, &mark);
    return sink->save(sink->save_user, &mark, &batch->state, error);
}

static void *write_all(void *data)
{
    tgr_sink *sink = data;
    pthread_mutex_lock(&sink->mutex);
    for (;;) {
        while (sink->taken == sink->given && !sink->ending) {
            pthread_cond_wait(&sink->changed, &sink->mutex);
        }
        if (sink->taken == sink->given) {
            break;
        }
        const tgr_sink_batch *batch = &sink->batches[sink->taken % TGR_SINK_BATCHES];
        bool skip = sink->status != TGR_OK;
        pthread_mutex_unlock(&sink->mutex);
        tgr_error error;
        tgr_status status = skip ? TGR_OK : write_batch(sink, batch, &error);
        pthread_mutex_lock(&sink->mutex);
        if (status != TGR_OK) {
            sink->status = status;
            sink->error = error;
        }
        sink->taken++;
        pthread_cond_broadcast(&sink->changed);
    }
    pthread_mutex_unlock(&sink->mutex);
    return NULL;
}

/* Signals that ask the program to stop are for the threads that it knows of; those that a write
 * itself raises must reach it. */
static void block_signals(sigset_t *before)
{
    sigset_t blocked;
    sigfillset(&blocked);
    sigdelset(&blocked, SIGPIPE);
    sigdelset(&blocked, SIGXFSZ);
    pthread_sigmask(SIG_BLOCK, &blocked, before);
}

tgr_status tgr_sink_start(tgr_sink *sink, tgr_error *error)
{
    sigset_t before;
    pthread_mutex_init(&sink->mutex, NULL);
    pthread_cond_init(&sink->changed, NULL);
    block_signals(&before);
    int reason = pthread_create(&sink->thread, NULL, write_all, sink);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (reason != 0) {
        pthread_cond_destroy(&sink->changed);
        pthread_mutex_destroy(&sink->mutex);
        return tgr_fail_io(error, sink->path, "start a thread that writes", reason);
    }
    sink->running = true;
    return TGR_OK;
}

/* ---- its caller ------------------------------------------------------------------------ */

static tgr_status wait_for(tgr_sink *sink, uint64_t open, tgr_error *error)
{
    pthread_mutex_lock(&sink->mutex);
    while (sink->status == TGR_OK && sink->given - sink->taken > open) {
        pthread_cond_wait(&sink->changed, &sink->mutex);
    }
    tgr_status status = sink->status;
    if (status != TGR_OK && error) {
        *error = sink->error;
    }
    pthread_mutex_unlock(&sink->mutex);
    return status;
}

tgr_status tgr_sink_take(tgr_sink *sink, tgr_sink_batch **batch, tgr_error *error)
{
    tgr_status status = wait_for(sink, TGR_SINK_BATCHES - 1, error);
    *batch = &sink->batches[sink->given % TGR_SINK_BATCHES];
    if (status == TGR_OK) {
        (*batch)->count = 0;
        (*batch)->mark = false;
        tgr_buffer_clear(&(*batch)->state);
    }
    return status;
}

void tgr_sink_give(tgr_sink *sink)
{
    pthread_mutex_lock(&sink->mutex);
    sink->given++;
    pthread_cond_broadcast(&sink->changed);
    pthread_mutex_unlock(&sink->mutex);
}

tgr_sink_chunk *tgr_sink_chunk_add(tgr_sink_batch *batch, int region, size_t length)
{
    size_t before = batch->capacity;
    void *chunks = batch->chunks;
    if (!tgr_mem_grow(&chunks, &batch->capacity, batch->count + 1, sizeof(*batch->chunks))) {
        return NULL;
    }
    batch->chunks = chunks;
    memset(batch->chunks + before, 0, (batch->capacity - before) * sizeof(*batch->chunks));
    tgr_sink_chunk *chunk = &batch->chunks[batch->count];
    void *bytes = chunk->bytes.bytes;
    if (length > 0 && !tgr_mem_grow(&bytes, &chunk->bytes.capacity, length, 1)) {
        return NULL;
    }
    chunk->bytes.bytes = bytes;
    chunk->bytes.failed = false;
    chunk->bytes.length = length;
    chunk->region = region;
    batch->count++;
    return chunk;
}

static void end_thread(tgr_sink *sink)
{
    if (!sink->running) {
        return;
    }
    pthread_mutex_lock(&sink->mutex);
    sink->ending = true;
    pthread_cond_broadcast(&sink->changed);
    pthread_mutex_unlock(&sink->mutex);
    pthread_join(sink->thread, NULL);
    pthread_cond_destroy(&sink->changed);
    pthread_mutex_destroy(&sink->mutex);
    sink->running = false;
}

tgr_status tgr_sink_finish(tgr_sink *sink, tgr_error *error)
{
    end_thread(sink);
    if (sink->status != TGR_OK && error) {
        *error = sink->error;
    }
    return sink->status;
}

void tgr_sink_close(tgr_sink *sink)
{
    if (sink->running) { /* what still waits is of no use any more */
        pthread_mutex_lock(&sink->mutex);
        sink->status = sink->status == TGR_OK ? TGR_ERR_CANCELLED : sink->status;
        pthread_mutex_unlock(&sink->mutex);
        end_thread(sink);
    }
    for (int i = 0; i < sink->region_count; i++) {
        tgr_block_hasher_free(&sink->regions[i].hasher);
    }
    for (size_t i = 0; i < TGR_SINK_BATCHES; i++) {
        tgr_sink_batch *batch = &sink->batches[i];
        for (size_t at = 0; at < batch->capacity; at++) {
            tgr_buffer_free(&batch->chunks[at].bytes);
        }
        tgr_mem_free(batch->chunks);
        tgr_buffer_free(&batch->state);
    }
    *sink = (tgr_sink){0};
}
