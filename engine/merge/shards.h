/* shards.h - what is known of the shards to be joined, and whether they belong together. */
#ifndef TGR_MERGE_SHARDS_H
#define TGR_MERGE_SHARDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tagroute/merge.h>

#include "engine/route/sidecar.h"
#include "engine/store/decisions.h"

typedef struct tgr_shard {
    const char *path;
    bool readable;                /* else a finding was made of it, and the rest is not known */
    bool text;                    /* not HDF5 */
    tgr_sidecar note;             /* of HDF5 files as well */
    tgr_decisions_summary header; /* HDF5 only */
    size_t id_width;
    bool wrong; /* a finding was made of it */
} tgr_shard;

typedef struct tgr_merging {
    tgr_merge_options options;
    const tgr_run *run;
    tgr_shard *shards;
    size_t count;
    uint64_t findings;
} tgr_merging;

/* What is wrong: the error, or with `check` a message, and TGR_OK. */
tgr_status tgr_merge_finding(tgr_merging *work, tgr_error *error, const char *format, ...)
    TGR_PRINTF(3, 4);

/* With `check`, at the end: TGR_ERR_INPUT with a sentence that counts the findings, if any. */
tgr_status tgr_merge_verdict(const tgr_merging *work, tgr_error *error);

/* Finds that shards from .. to - 1 are missing, where there are any. */
tgr_status tgr_merge_missing(tgr_merging *work, uint64_t from, uint64_t to, uint64_t shards,
                             tgr_error *error);

/* Reads what each input says of itself, sorts them, and compares. */
tgr_status tgr_shards_open(tgr_merging *work, tgr_error *error);
void tgr_shards_close(tgr_merging *work);

#endif
