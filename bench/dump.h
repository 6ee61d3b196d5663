/* dump.h - a run's arrays as raw files, so that other programs can be timed on the same queries. */
#ifndef TGR_BENCH_DUMP_H
#define TGR_BENCH_DUMP_H

#include "bench/entry.h"

/* Writes into a folder, made where it is missing: shape.json; indptr.i64, indices.u32, values.f32,
 * weights.f32 (tags x models), bias.f32; and decisions.i16, as the reference decides the first
 * question. Numbers are little-endian as they lie in memory. */
tgr_status tgr_bench_dump(tgr_bench_run *run, const char *folder, tgr_error *error);

#endif
