/* io.c - rounds over each file and each number of threads, every path once a round. */
#include "bench/io.h"

#include <string.h>
#include <time.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/runtime.h"

#define USUAL_QUERIES 2000000
#define USUAL_REPEATS 7
#define USUAL_SECONDS 60
#define LEAST_ROUNDS  3

static double clock_now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* Every path once, one after the other, so that whatever else the machine does falls on all. */
static tgr_status do_round(const tgr_io_bench *bench, const tgr_io_file *io, int threads,
                           tgr_io_time *times, tgr_error *error)
{
    tgr_status status = TGR_OK;
    for (int path = 0; status == TGR_OK && path < TGR_IO_PATHS; path++) {
        status = tgr_run_check(bench->run, error);
        if (status == TGR_OK) {
            status = tgr_io_do(io, (tgr_io_path)path, threads, &times[path], error);
        }
    }
    return status;
}

static tgr_status do_rounds(const tgr_io_bench *bench, const tgr_io_file *io, tgr_io_result *result,
                            tgr_io_time *times, tgr_error *error)
{
    const tgr_bench_options *options = bench->options;
    unsigned repeats = options->repeats > 0 ? options->repeats : USUAL_REPEATS;
    unsigned warmup = options->warmup > 0 ? options->warmup : 1;
    double budget = options->seconds > 0 ? options->seconds : USUAL_SECONDS, start = clock_now();
    tgr_status status = TGR_OK;
    for (unsigned i = 0; status == TGR_OK && i < warmup; i++) {
        status = do_round(bench, io, result->threads, times, error);
    }
    while (status == TGR_OK && result->rounds < repeats &&
           (result->rounds < LEAST_ROUNDS || clock_now() - start < budget)) {
        tgr_io_time *round = times + (size_t)result->rounds * TGR_IO_PATHS;
        status = do_round(bench, io, result->threads, round, error);
        result->rounds++;
        tgr_run_progress(bench->run, "measuring", "queries", result->rounds * io->file->rows,
                         repeats * io->file->rows, 0);
    }
    return status;
}

static tgr_status measure(const tgr_io_bench *bench, const tgr_io_file *io, int threads,
                          tgr_error *error)
{
    size_t most = bench->options->repeats > 0 ? bench->options->repeats : USUAL_REPEATS;
    tgr_io_time *times = tgr_mem_alloc(most * TGR_IO_PATHS, sizeof *times);
    double *room = tgr_mem_alloc(2 * most, sizeof *room);
    tgr_io_result result = {.io = io,
                            .threads = threads,
                            .processor_time = bench->options->processor_time,
                            .times = times,
                            .room = room};
    tgr_status status =
        times == NULL || room == NULL ? tgr_fail_memory(error, "the times") : TGR_OK;
    if (status == TGR_OK) {
        status = do_rounds(bench, io, &result, times, error);
    }
    if (status == TGR_OK) {
        tgr_io_text_result(bench->text, &result);
        tgr_io_json_result(bench->json, &result);
    }
    tgr_mem_free(times);
    tgr_mem_free(room);
    return status;
}

static tgr_status bench_file(const tgr_io_bench *bench, const char *path, const tgr_router *router,
                             const tgr_io_made *made, tgr_error *error)
{
    const char *slash = strrchr(path, '/');
    tgr_io_file io = {.path = path,
                      .name = slash != NULL ? slash + 1 : path,
                      .router = router,
                      .output = made->output,
                      .cancel = bench->run != NULL ? bench->run->cancel : NULL};
    tgr_status status = tgr_io_file_open(&io, error);
    if (status == TGR_OK) {
        tgr_io_text_file(bench->text, &io);
    }
    for (size_t i = 0; status == TGR_OK && i < bench->thread_count; i++) {
        status = measure(bench, &io, bench->threads[i], error);
    }
    tgr_io_file_close(&io);
    return status;
}

static tgr_status check_options(const tgr_bench_options *options, tgr_error *error)
{
    if (options->policy != NULL || options->thresholds > 0 || options->values != NULL ||
        options->index != NULL || options->isa != NULL || options->only != NULL ||
        options->dump != NULL) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "io decides as `tagroute route --theta 0`: policy, thresholds, values, "
                        "index, isa, only and dump are for the other presets");
    }
    bool shaped = options->queries > 0 || options->tags > 0 || options->models > 0 ||
                  options->min_tags > 0 || options->max_tags > 0 || options->zipf >= 0 ||
                  options->seed > 0;
    if (options->input_count > 0 && (shaped || options->router == NULL)) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        options->router == NULL
                            ? "query files need a router"
                            : "query files have a shape of their own: queries, tags, models, zipf "
                              "and seed are for made-up queries");
    }
    return TGR_OK;
}

tgr_status tgr_bench_io(const tgr_io_bench *bench, tgr_error *error)
{
    const tgr_bench_options *options = bench->options;
    tgr_io_made made = {0};
    tgr_status status = TGR_OK;
    TGR_TRY(check_options(options, error));
    uint64_t queries = options->queries > 0 ? options->queries : USUAL_QUERIES;
    TGR_TRY(tgr_io_make(&made, options, options->input_count > 0 ? 0 : queries, bench->run, error));
    for (size_t i = 0; i < options->input_count; i++) {
        TGR_TRY(bench_file(bench, options->inputs[i], options->router, &made, error));
    }
    if (options->input_count == 0) {
        TGR_TRY(bench_file(bench, made.plain, made.router, &made, error));
        TGR_TRY(bench_file(bench, made.compressed, made.router, &made, error));
    }
done:
    tgr_io_made_remove(&made);
    return status;
}
