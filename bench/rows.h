/* rows.h - made-up rows: each thread's part of the arrays, written by that thread. */
#ifndef TGR_BENCH_ROWS_H
#define TGR_BENCH_ROWS_H

#include "bench/data.h"

/* Fills indptr, indices, narrow, values. data->rows, columns and value_type are set. */
tgr_status tgr_bench_rows_make(tgr_bench_data *data, const tgr_bench_shape *shape,
                               const tgr_team *team, tgr_error *error);

/* Fills the arrays of row data that are there: prompt_tokens, eligible, outcomes. */
void tgr_bench_rows_fill(tgr_bench_data *data, uint64_t seed, const tgr_team *team);

#endif
