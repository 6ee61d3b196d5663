/* measure.c - rounds in which every entry runs once, so that what else the machine does falls on
 * all of them alike. Every second round goes backwards, which cancels a steady drift. */
#include <string.h>
#include <time.h>

#include "bench/count.h"
#include "bench/densely.h"
#include "bench/entry.h"
#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/runtime.h"

#define LEAST_ROUNDS 3
#define SHORTEST     0.02 /* seconds: what is timed takes as long at least */
#define MOST_PASSES  1000

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* Decisions that no entry leaves behind. */
static void forget_decisions(const tgr_bench_run *run, const tgr_bench_entry *entry)
{
    const tgr_bench_data *data = &run->data;
    size_t thresholds = run->questions[entry->question].threshold_count;
    size_t rows = data->rows > data->limit_rows ? data->rows : data->limit_rows;
    memset(data->model, 0x55, rows * thresholds * sizeof *data->model);
}

static tgr_status run_checked(tgr_bench_run *run, tgr_bench_entry *entry, tgr_error *error)
{
    forget_decisions(run, entry);
    double seconds = tgr_bench_execute(run, entry).seconds;
    double passes = SHORTEST / (seconds > 1e-9 ? seconds : 1e-9);
    entry->passes = passes < 1 ? 1 : passes < MOST_PASSES ? (unsigned)passes + 1 : MOST_PASSES;
    return tgr_bench_check(run, entry, error);
}

static tgr_status warm_up(tgr_bench_run *run, const tgr_run *caller, tgr_error *error)
{
    tgr_status status = TGR_OK;
    for (unsigned i = 0; i < run->warmup && status == TGR_OK; i++) {
        for (size_t j = 0; j < run->entry_count && status == TGR_OK; j++) {
            status = tgr_run_check(caller, error);
            if (status == TGR_OK && i == 0) {
                status = run_checked(run, &run->entries[j], error);
            } else if (status == TGR_OK) {
                tgr_bench_execute(run, &run->entries[j]);
            }
            tgr_run_progress(caller, "warming up", "steps", i * run->entry_count + j + 1,
                             run->warmup * run->entry_count, 0);
        }
    }
    return status;
}

static tgr_status time_round(tgr_bench_run *run, unsigned round, const tgr_run *caller,
                             tgr_error *error)
{
    for (size_t i = 0; i < run->entry_count; i++) {
        size_t number = round % 2 == 0 ? i : run->entry_count - 1 - i;
        tgr_bench_entry *entry = &run->entries[number];
        tgr_status status = tgr_run_check(caller, error);
        if (status != TGR_OK) {
            return status;
        }
        tgr_team_time time = {0};
        for (unsigned pass = 0; pass < entry->passes; pass++) {
            tgr_team_time one = tgr_bench_execute(run, entry);
            time.seconds += one.seconds / entry->passes;
            time.busy += one.busy / entry->passes / entry->threads;
        }
        entry->busy[round] = time.busy;
        entry->seconds[round] = run->processor_time ? time.busy : time.seconds;
        tgr_run_progress(caller, "timing", "steps", round * run->entry_count + i + 1,
                         run->repeats * run->entry_count, 0);
    }
    return TGR_OK;
}

static tgr_status open_entry(const tgr_bench_run *run, tgr_bench_entry *entry, tgr_error *error)
{
    entry->seconds = tgr_mem_zalloc(run->repeats, sizeof(double));
    entry->busy = tgr_mem_zalloc(run->repeats, sizeof(double));
    if (entry->seconds == NULL || entry->busy == NULL) {
        return tgr_fail_memory(error, "the times");
    }
    switch (entry->kind) {
    case TGR_BENCH_COUNT:
        return tgr_bench_count_open(run, entry, error);
    case TGR_BENCH_DENSELY:
        return tgr_bench_dense_open(run, entry, error);
    default:
        return TGR_OK;
    }
}

static tgr_status open_entries(tgr_bench_run *run, tgr_error *error)
{
    tgr_status status = TGR_OK;
    for (size_t i = 0; i < run->entry_count && status == TGR_OK; i++) {
        status = open_entry(run, &run->entries[i], error);
    }
    return status;
}

tgr_status tgr_bench_measure(tgr_bench_run *run, const tgr_run *caller, tgr_error *error)
{
    tgr_status status = open_entries(run, error);
    if (status == TGR_OK) {
        status = tgr_bench_check_prepare(run, error);
    }
    if (status == TGR_OK) {
        status = warm_up(run, caller, error);
    }
    double start = now();
    unsigned round = 0;
    while (status == TGR_OK && round < run->repeats &&
           (round < LEAST_ROUNDS || now() - start < run->budget)) {
        status = time_round(run, round++, caller, error);
    }
    run->repeats = round;
    /* Once more after all that was timed. */
    for (size_t i = 0; i < run->entry_count && status == TGR_OK; i++) {
        status = run_checked(run, &run->entries[i], error);
    }
    return status;
}
