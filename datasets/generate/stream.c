/* stream.c - blocks of records: made and packed in parallel, appended in order. */
#include "datasets/generate/stream.h"

#include <omp.h>
#include <stdatomic.h>

#include "datasets/generate/sink.h"
#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/runtime.h"

enum {
    BLOCK_RECORDS = 2048, /* fixed: gzip's bytes depend on it */
    ROUND_BLOCKS = 1024
};

/* What the threads of one call share. */
typedef struct shared_work {
    const tgr_gen_world *world;
    const tgr_gen_log *log;
    const tgr_run *run;
    tgr_gen_sink *sink;
    size_t record_bytes;
    atomic_int status; /* the first failure, which alone writes `error` */
    tgr_error *error;
} shared_work;

static bool stopped(const shared_work *job)
{
    return atomic_load(&job->status) != TGR_OK;
}

static void stop(shared_work *job, tgr_status status, const tgr_error *error)
{
    int none = TGR_OK;
    if (atomic_compare_exchange_strong(&job->status, &none, status) && job->error != NULL) {
        *job->error = *error;
    }
}

static char *write_record(const shared_work *job, const tgr_gen_record *record, char *at)
{
    const tgr_gen_log *log = job->log;
    if (!log->events) {
        return log->writer(job->world, record, log->parts, at);
    }
    at = tgr_gen_event_begin(log->msgpack, at);
    return tgr_gen_event_end(log->msgpack, log->writer(job->world, record, log->parts, at));
}

static tgr_status fill_block(const shared_work *job, uint64_t begin, uint64_t end,
                             tgr_gen_block *block, tgr_error *error)
{
    tgr_gen_record record;
    block->length = 0;
    for (uint64_t index = begin; index < end; index++) {
        void *bytes = block->bytes;
        if (!tgr_mem_grow(&bytes, &block->capacity, block->length + job->record_bytes, 1)) {
            return tgr_fail_memory(error, "a block of records");
        }
        block->bytes = bytes;
        tgr_gen_draw(job->world, index, &record);
        char *at = block->bytes + block->length;
        block->length += (size_t)(write_record(job, &record, at) - at);
    }
    return TGR_OK;
}

static void make(shared_work *job, uint64_t begin, uint64_t end, tgr_gen_block *block)
{
    tgr_error error = {0};
    tgr_status status = TGR_OK;
    if (stopped(job)) {
        return;
    }
    TGR_TRY(fill_block(job, begin, end, block, &error));
    TGR_TRY(tgr_gen_sink_pack(job->sink, block, &error));
done:
    if (status != TGR_OK) {
        stop(job, status, &error);
    }
}

static void append(shared_work *job, uint64_t end, const tgr_gen_block *block)
{
    tgr_error error = {0};
    tgr_status status = TGR_OK;
    if (stopped(job)) {
        return;
    }
    TGR_TRY(tgr_run_check(job->run, &error));
    TGR_TRY(tgr_gen_sink_append(job->sink, block, &error));
    if (omp_get_thread_num() == 0) { /* the thread of the caller, whose callback it is */
        tgr_run_progress(job->run, "generating", "queries", end, job->log->queries, end);
    }
done:
    if (status != TGR_OK) {
        stop(job, status, &error);
    }
}

/* Blocks first .. last - 1. */
static void work(shared_work *job, uint64_t first, uint64_t last, int threads)
{
    uint64_t queries = job->log->queries;
#pragma omp parallel num_threads(threads)
    {
        tgr_gen_block block = {0};
#pragma omp for ordered schedule(static, 1)
        for (uint64_t b = first; b < last; b++) {
            uint64_t begin = b * BLOCK_RECORDS;
            uint64_t end = queries - begin < BLOCK_RECORDS ? queries : begin + BLOCK_RECORDS;
            make(job, begin, end, &block);
#pragma omp ordered
            append(job, end, &block);
        }
        tgr_gen_block_free(&block);
    }
}

/* Some blocks at a time: a loop of OpenMP cannot be left early. */
static void work_all(shared_work *job, int threads)
{
    uint64_t blocks = job->log->queries / BLOCK_RECORDS + (job->log->queries % BLOCK_RECORDS != 0);
    for (uint64_t first = 0; first < blocks && !stopped(job); first += ROUND_BLOCKS) {
        uint64_t last = blocks - first < ROUND_BLOCKS ? blocks : first + ROUND_BLOCKS;
        work(job, first, last, threads);
    }
}

tgr_status tgr_gen_log_write(const tgr_gen_world *world, const tgr_gen_log *log, const tgr_run *run,
                             uint64_t *bytes, tgr_error *error)
{
    tgr_status status = TGR_OK;
    int threads = tgr_run_threads(run);
    shared_work job = {.world = world, .log = log, .run = run, .error = error};
    job.record_bytes = tgr_gen_record_bytes(world);
    TGR_TRY(tgr_gen_sink_open(log->path, threads, &job.sink, error));
    work_all(&job, threads);
    TGR_TRY((tgr_status)atomic_load(&job.status));
    TGR_TRY(tgr_gen_sink_finish(job.sink, error));
    if (bytes != NULL) {
        *bytes = tgr_gen_sink_written(job.sink);
    }
done:
    tgr_gen_sink_close(job.sink);
    return status;
}
