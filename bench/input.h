/* input.h - the arrays of a run from a query file and a router, in place of made-up ones. */
#ifndef TGR_BENCH_INPUT_H
#define TGR_BENCH_INPUT_H

#include <tagroute/router.h>
#include <tagroute/run.h>

#include "bench/data.h"

/* Reads all of a query file: tag counts as the router transforms them, token counts and masks where
 * they would matter, weights in the file's order. Sets the shape's tags, models and values.
 * tgr_bench_data_finish is still to come; freed with tgr_bench_data_free in any case. */
tgr_status tgr_bench_input_read(tgr_bench_data *data, tgr_bench_shape *shape, const char *path,
                                const tgr_router *router, const tgr_team *team, const tgr_run *run,
                                tgr_error *error);

#endif
