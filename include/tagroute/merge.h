/* merge.h - the shards of a run, joined. */
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
    const char *const *inputs; /* decisions of shards, in any order */
    size_t input_count;
    const char *output; /* replaced atomically; not used with `check` */
    bool check;         /* only look whether they can be joined */
} tgr_merge_options;

typedef struct tgr_merge_report {
    uint64_t queries;
    uint64_t shards; /* that the run has */
} tgr_merge_report;

/* Defaults: nothing. */
TGR_API void tgr_merge_options_init(tgr_merge_options *options);

/* Joins the decisions of all shards of one run: options->output gets the bytes that the run would
 * have written without shards. All of one format; shards in JSON Lines and MessagePack are known by
 * the file .shard that tgr_route left beside each.
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
