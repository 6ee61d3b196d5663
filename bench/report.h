/* report.h - a measured run as tables for people and as JSON for programs. */
#ifndef TGR_BENCH_REPORT_H
#define TGR_BENCH_REPORT_H

#include "bench/entry.h"
#include "bench/machine.h"
#include "engine/base/buffer.h"
#include "engine/base/json_write.h"

/* What an entry's times amount to. Rates are in queries a second: of the limits' kernels, which
 * work on rows of one length, as many as have those entries. NaN where there is nothing to say. */
typedef struct tgr_bench_figures {
    double rate, least, most; /* median, least, most */
    double bytes_per_second;  /* columns, counts, row starts read and decisions written */
    double of_touch, of_ceiling, of_read; /* median of the rounds' shares */
    double busy; /* share of the time that threads were on a processor; below 1: disturbed */
} tgr_bench_figures;

/* room: places for a value of each round. */
tgr_bench_figures tgr_bench_figures_of(const tgr_bench_run *run, const tgr_bench_entry *entry,
                                       double *room);

/* How many times as fast, or for ratios of time as long. */
typedef struct tgr_bench_times {
    double median, least, most;
} tgr_bench_times;
tgr_bench_times tgr_bench_ratio_of(const tgr_bench_run *run, const tgr_bench_ratio *ratio,
                                   double *room);

void tgr_bench_text_machine(tgr_buffer *text, const tgr_machine *machine);
void tgr_bench_text_run(tgr_buffer *text, const tgr_bench_run *run, double *room);
void tgr_bench_json_machine(tgr_json *json, const tgr_machine *machine);
void tgr_bench_json_run(tgr_json *json, const tgr_bench_run *run, double *room);

#endif
