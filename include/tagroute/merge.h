/* merge.h - what shards of a run wrote, joined; and query files of several runs. */
#ifndef TAGROUTE_MERGE_H
#define TAGROUTE_MERGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tagroute/export.h>
#include <tagroute/run.h>
#include <tagroute/status.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tgr_merge_options {
    size_t size;               /* sizeof(tgr_merge_options) */
    const char *const *inputs; /* decisions of shards, in any order; or query files */
    size_t input_count;
    const char *output; /* replaced atomically; not used with `check` */
    bool check;         /* only look whether they can be joined */
    bool compress;      /* query files: as tgr_ingest_options has it, likewise the next */
    bool compact;
} tgr_merge_options;

typedef struct tgr_merge_report {
    uint64_t queries;
    uint64_t shards;       /* that the run has; 0: query files that are no shards */
    uint64_t files;        /* that were given */
    bool of_queries;       /* query files were joined, not decisions */
    uint64_t tags, models; /* of query files, where they were joined */
} tgr_merge_report;

/* Defaults: nothing. */
TGR_API void tgr_merge_options_init(tgr_merge_options *options);

/* Joins the decisions of all shards of one run: options->output gets the bytes that the run would
 * have written without shards. All of one format; shards in JSON Lines and MessagePack are known by
 * the file .shard that tgr_route left beside each.
 *
 * Or joins query files, in two passes over them and in bounded memory. Shards of one run of
 * tgr_ingest give what that run would have written without shards, in whatever order they are
 * named. Of other files the rows come in the order given, and the result is what tgr_ingest would
 * have written of all their logs: tags, models and other names are united and numbered afresh, a
 * router's tags first where the same router numbered all files; values become as wide as they must.
 * Files of others take part: where they do not say what a query is from, it is the file and row.
 * Of their columns only those that ingest knows are taken. Files must have been tagged alike.
 *
 * TGR_ERR_INPUT where some shard is missing, is there twice, is damaged, or is of another run; the
 * sentence names it. With `check` each such finding is a message (a warning), the damage of
 * contents included, and the sentence counts them. `report` may be NULL. */
TGR_API tgr_status tgr_merge(const tgr_merge_options *options, tgr_merge_report *report,
                             const tgr_run *run, tgr_error *error);

#ifdef __cplusplus
}
#endif
#endif
