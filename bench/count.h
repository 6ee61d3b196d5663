/* count.h - fit's counting pass as something to be timed. */
#ifndef TGR_BENCH_COUNT_H
#define TGR_BENCH_COUNT_H

#include "bench/entry.h"

/* Sums of the entry's threads; every run adds to them. Freed with tgr_bench_count_close. */
tgr_status tgr_bench_count_open(const tgr_bench_run *run, tgr_bench_entry *entry, tgr_error *error);
void tgr_bench_count_close(tgr_bench_entry *entry);

tgr_team_time tgr_bench_count_run(const tgr_bench_run *run, const tgr_bench_entry *entry);

/* Counts everything once more and compares it with a plain loop. */
tgr_status tgr_bench_count_check(const tgr_bench_run *run, const tgr_bench_entry *entry,
                                 tgr_error *error);

#endif
