/* densely.h - the dense way of routing as something to be timed, whatever the planner would say. */
#ifndef TGR_BENCH_DENSELY_H
#define TGR_BENCH_DENSELY_H

#include "bench/entry.h"

/* Whether there is code for the sizes: made, checked and thrown away. */
bool tgr_bench_dense_there(const tgr_bench_run *run, const tgr_kernels *kernels);

/* Makes the entry's multiplication. Freed with tgr_bench_dense_close. */
tgr_status tgr_bench_dense_open(const tgr_bench_run *run, tgr_bench_entry *entry, tgr_error *error);
void tgr_bench_dense_close(tgr_bench_entry *entry);

tgr_team_time tgr_bench_dense_run(const tgr_bench_run *run, const tgr_bench_entry *entry);

#endif
