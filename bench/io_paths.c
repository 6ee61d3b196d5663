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
#include "engine/pass.h"
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

static tgr_status decide_all(const tgr_io_file *io, tgr_decide *decide, tgr_error *error)
{
    tgr_status status = TGR_OK;
    for (size_t i = 0; status == TGR_OK && i < io->batch_count; i++) {
        tgr_batch batch = io->batches[i]; /* deciding may put transformed values in its place */
        status = tgr_decide_batch(decide, &batch, error);
    }
    return status;
}

static tgr_status do_kernel(const tgr_io_file *io, int threads, tgr_io_time *time, tgr_error *error)
{
    const tgr_decide_plan plan = {.router = io->router,
                                  .policy = TGR_POLICY_MARGIN,
                                  .thresholds = &threshold,
                                  .threshold_count = 1,
                                  .fallback = -1,
                                  .threads = threads};
    tgr_decide decide;
    tgr_status status = tgr_decide_open(&decide, &plan, error);
    if (status == TGR_OK) {
        status = tgr_decide_file(&decide, io->file, error);
    }
    if (status == TGR_OK) { /* grows its memory before the time is taken */
        tgr_batch first = io->batches[0];
        status = tgr_decide_batch(&decide, &first, error);
    }
    if (status == TGR_OK) {
        begin(time);
        status = decide_all(io, &decide, error);
        end(time);
    }
    tgr_decide_close(&decide);
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
