/* stream.h - a log of many records, made by several threads, written in order. */
#ifndef TGR_GENERATE_STREAM_H
#define TGR_GENERATE_STREAM_H

#include <tagroute/run.h>
#include <tagroute/status.h>

#include "datasets/generate/write.h"

typedef struct tgr_gen_log {
    const char *path; /* "-": standard output; ".gz" and ".zst" compress */
    uint64_t queries;
    tgr_gen_parts parts;
    tgr_gen_writer writer;
    bool events;  /* each record as an event of Fluentd's; */
    bool msgpack; /* in what the writer writes */
} tgr_gen_log;

/* Writes records 0 .. queries - 1. The same world and log give the same bytes for any run->threads.
 * A file appears whole or not at all. *bytes (may be NULL): written, compressed. */
tgr_status tgr_gen_log_write(const tgr_gen_world *world, const tgr_gen_log *log, const tgr_run *run,
                             uint64_t *bytes, tgr_error *error);

/* What is known of all models on `queries` of a log's queries, drawn by the seed, as CSV for
 * `tagroute join`: id, model, outcome, score. */
tgr_status tgr_gen_outcomes_write(const tgr_gen_world *world, const char *path, uint64_t of,
                                  uint64_t queries, const tgr_run *run, tgr_error *error);

/* A price map in LiteLLM's layout with the world's models, for `tagroute fit --prices`. */
tgr_status tgr_gen_prices_write(const tgr_gen_world *world, const char *path, tgr_error *error);

#endif
