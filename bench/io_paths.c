/* io_paths.c - each part of the way from a file to decisions, done once over a whole file. */
#include <errno.h>
#include <omp.h>
#include <time.h>
#include <unistd.h>

#include <libdeflate.h>
#include <xxhash.h>

#include <tagroute/route.h>

#include "bench/io.h"
#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/cut.h"
#include "engine/pass.h"
#include "engine/plan.h"
#include "engine/store/unshuffle.h"

static const double threshold; /* margin's: 0 */

/* ---- parts of the file ------------------------------------------------------------------------*/

typedef struct scratch { /* of a thread */
    unsigned char *from, *to;
    struct libdeflate_decompressor *inflater;
} scratch;

typedef bool part(const tgr_io_file *io, const tgr_io_piece *piece, scratch *own);

static bool read_piece(const tgr_io_file *io, const tgr_io_piece *piece, scratch *own)
{
    size_t done = 0;
    while (done < piece->stored) {
        ssize_t got = pread(io->fd, own->to + done, (size_t)piece->stored - done,
                            (off_t)(piece->offset + done));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return false;
        }
        done += (size_t)got;
    }
    return true;
}

static bool inflate_piece(const tgr_io_file *io, const tgr_io_piece *piece, scratch *own)
{
    (void)io;
    size_t length;
    return !piece->deflated ||
           libdeflate_zlib_decompress(own->inflater, piece->bytes, (size_t)piece->stored, own->to,
                                      piece->raw, &length) == LIBDEFLATE_SUCCESS;
}

static bool unshuffle_piece(const tgr_io_file *io, const tgr_io_piece *piece, scratch *own)
{
    (void)io;
    if (piece->shuffled) {
        tgr_unshuffle(own->from, piece->raw, piece->element, own->to);
    }
    return true;
}

static bool sum_piece(const tgr_io_file *io, const tgr_io_piece *piece, scratch *own)
{
    (void)io;
    own->to[0] ^= (unsigned char)XXH3_64bits(own->from, piece->raw);
    return true;
}

static void close_scratch(scratch *all, int threads)
{
    for (int i = 0; all != NULL && i < threads; i++) {
        tgr_mem_free_aligned(all[i].from);
        tgr_mem_free_aligned(all[i].to);
        libdeflate_free_decompressor(all[i].inflater);
    }
    tgr_mem_free(all);
}

static scratch *open_scratch(const tgr_io_file *io, int threads)
{
    scratch *all = tgr_mem_zalloc((size_t)threads, sizeof *all);
    bool opened = all != NULL;
    for (int i = 0; opened && i < threads; i++) {
        all[i].from = tgr_mem_aligned(io->most, 1);
        all[i].to = tgr_mem_aligned(io->most, 1);
        all[i].inflater = libdeflate_alloc_decompressor();
        opened = all[i].from != NULL && all[i].to != NULL && all[i].inflater != NULL;
        for (size_t at = 0; opened && at < io->most; at++) {
            all[i].from[at] = (unsigned char)at;
            all[i].to[at] = 0; /* so that no page is touched first while time is taken */
        }
    }
    if (!opened) {
        close_scratch(all, threads);
        return NULL;
    }
    return all;
}

/* ---- time -------------------------------------------------------------------------------------*/

static double now(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void begin(tgr_io_time *time)
{
    *time = (tgr_io_time){-now(CLOCK_MONOTONIC), -now(CLOCK_PROCESS_CPUTIME_ID)};
}

static void end(tgr_io_time *time)
{
    time->wall += now(CLOCK_MONOTONIC);
    time->processor += now(CLOCK_PROCESS_CPUTIME_ID);
}

static tgr_status do_part(const tgr_io_file *io, part *body, int threads, tgr_io_time *time,
                          tgr_error *error)
{
    scratch *all = open_scratch(io, threads);
    if (all == NULL) {
        return tgr_fail_memory(error, "the bench");
    }
    int failed = 0;
    begin(time);
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads) reduction(| : failed)
    for (size_t i = 0; i < io->piece_count; i++) {
        failed |= !body(io, &io->pieces[i], &all[omp_get_thread_num()]);
    }
    end(time);
    close_scratch(all, threads);
    return failed ? tgr_fail(error, TGR_ERR_IO, "%s: cannot be read or inflated", io->path)
                  : TGR_OK;
}

/* ---- the engine -------------------------------------------------------------------------------*/

static tgr_run run_of(const tgr_io_file *io, int threads)
{
    return (tgr_run){.size = sizeof(tgr_run), .threads = threads, .cancel = io->cancel};
}

/* Rows of a batch, for one thread at a time. */
typedef struct share {
    const tgr_batch *batch;
    size_t begin, end;
} share;

typedef struct kernel {
    tgr_plan plan;
    share *shares;
    size_t share_count, share_capacity;
    size_t *bounds;
    size_t bound_capacity;
    char *scratch; /* threads x the plan's */
} kernel;

static tgr_status add_shares(kernel *work, const tgr_batch *batch, tgr_error *error)
{
    const int64_t *indptr = batch->x.indptr;
    size_t rows = work->plan.piece_rows, entries = work->plan.piece_entries;
    size_t most = tgr_cut_most(batch->rows, (uint64_t)indptr[batch->rows], rows, entries);
    void *bounds = work->bounds, *shares = work->shares;
    bool grown = tgr_mem_grow(&bounds, &work->bound_capacity, most + 1, sizeof *work->bounds) &&
                 tgr_mem_grow(&shares, &work->share_capacity, work->share_count + most,
                              sizeof *work->shares);
    work->bounds = bounds;
    work->shares = shares;
    if (!grown) {
        return tgr_fail_memory(error, "the bench");
    }
    size_t count = tgr_cut_rows(indptr, batch->rows, rows, entries, work->bounds);
    for (size_t i = 0; i < count; i++) {
        work->shares[work->share_count++] = (share){batch, work->bounds[i], work->bounds[i + 1]};
    }
    return TGR_OK;
}

static tgr_status plan_kernel(const tgr_io_file *io, kernel *work, int threads, tgr_error *error)
{
    const tgr_serve *serve = io->serve;
    const tgr_query_file *file = io->file;
    const tgr_weights weights = {serve->models, serve->stride, serve->weights, serve->bias};
    const tgr_plan_work known = {file->rows, file->nonzeros, file->columns, serve->models,
                                 file->value_type};
    tgr_status status = tgr_plan_open(&work->plan, error);
    if (status == TGR_OK) {
        status = tgr_plan_make(&work->plan, &known, &weights, error);
    }
    for (size_t i = 0; status == TGR_OK && i < io->batch_count; i++) {
        status = add_shares(work, &io->batches[i], error);
    }
    if (status == TGR_OK) {
        work->scratch = tgr_mem_aligned((size_t)threads, (work->plan.scratch_bytes + 63) / 64 * 64);
        status = work->scratch == NULL ? tgr_fail_memory(error, "the kernels' scratch") : TGR_OK;
    }
    return status;
}

/* The way of routing without anything around it: rows of one file, all in memory. */
static tgr_status do_kernel(const tgr_io_file *io, int threads, tgr_io_time *time, tgr_error *error)
{
    kernel work = {.share_count = 0};
    const tgr_decider decider = {.rule = TGR_RULE_MARGIN,
                                 .models = io->serve->models,
                                 .reference = io->serve->reference,
                                 .thresholds = &threshold,
                                 .threshold_count = 1};
    tgr_status status = plan_kernel(io, &work, threads, error);
    if (status == TGR_OK) {
        size_t each = (work.plan.scratch_bytes + 63) / 64 * 64;
        begin(time);
#pragma omp parallel for schedule(dynamic, 4) num_threads(threads)
        for (size_t i = 0; i < work.share_count; i++) {
            const share *at = &work.shares[i];
            const tgr_choice choice = {io->model + at->batch->first_row, NULL};
            tgr_plan_route(&work.plan, &at->batch->x, &decider, at->begin, at->end,
                           work.scratch + each * (size_t)omp_get_thread_num(), &choice);
        }
        end(time);
    }
    tgr_plan_close(&work.plan);
    tgr_mem_free(work.shares);
    tgr_mem_free(work.bounds);
    tgr_mem_free_aligned(work.scratch);
    return status;
}

static tgr_status do_pass(const tgr_io_file *io, int threads, tgr_io_time *time, tgr_error *error)
{
    tgr_run run = run_of(io, threads);
    tgr_pass pass = {0};
    begin(time);
    tgr_status status = tgr_pass_open(&pass, &io->path, 1, NULL, error);
    tgr_batch *batch = NULL;
    do {
        size_t file;
        if (status == TGR_OK) {
            status = tgr_pass_next(&pass, io->want, "reading", &run, &batch, &file, error);
        }
    } while (status == TGR_OK && batch != NULL);
    tgr_pass_close(&pass);
    end(time);
    return status;
}

static tgr_status do_route(const tgr_io_file *io, int threads, tgr_io_time *time, tgr_error *error)
{
    tgr_run run = run_of(io, threads);
    tgr_route_options options;
    tgr_route_report report;
    tgr_route_options_init(&options);
    options.inputs = &io->path;
    options.input_count = 1;
    options.output = io->output;
    options.thresholds = &threshold;
    options.threshold_count = 1;
    begin(time);
    tgr_status status = tgr_route(io->router, &options, &report, &run, error);
    end(time);
    tgr_route_report_free(&report);
    return status;
}

tgr_status tgr_io_do(const tgr_io_file *io, tgr_io_path path, int threads, tgr_io_time *time,
                     tgr_error *error)
{
    *time = (tgr_io_time){0};
    switch (path) {
    case TGR_IO_READ:
        return do_part(io, read_piece, threads, time, error);
    case TGR_IO_INFLATE:
        return io->compressed ? do_part(io, inflate_piece, threads, time, error) : TGR_OK;
    case TGR_IO_UNSHUFFLE:
        return io->compressed ? do_part(io, unshuffle_piece, threads, time, error) : TGR_OK;
    case TGR_IO_CHECKSUM:
        return do_part(io, sum_piece, threads, time, error);
    case TGR_IO_KERNEL:
        return do_kernel(io, threads, time, error);
    case TGR_IO_PASS:
        return do_pass(io, threads, time, error);
    case TGR_IO_ROUTE:
    case TGR_IO_PATHS:
        break;
    }
    return do_route(io, threads, time, error);
}
