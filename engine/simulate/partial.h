/* partial.h - the sums of a part of a log as a file, so that parts can be added elsewhere. */
#ifndef TGR_SIMULATE_PARTIAL_H
#define TGR_SIMULATE_PARTIAL_H

#include <tagroute/status.h>

#include "engine/base/buffer.h"
#include "engine/router/router.h"
#include "engine/simulate/simulating.h"

/* What parts must have in common, and which part this is. */
typedef struct tgr_part {
    tgr_router *router; /* names and reference alone */
    char *digest;       /* of the router */
    char *fallback, *split;
    tgr_policy policy;
    tgr_quality quality;
    size_t grid;
    uint64_t total; /* queries of all parts */
    uint64_t shard, shards;
    bool moving;
    tgr_weighing weighing;
    double *thresholds; /* NULL: a grid */
    size_t threshold_count;
} tgr_part;

void tgr_part_close(tgr_part *part); /* harmless on a zeroed structure */

/* Writes the sums of a finished walk. */
tgr_status tgr_partial_write(const tgr_simulating *work, const char *path, tgr_error *error);

/* Reads what a file is part of; its sums are still to be added. *bytes is the caller's. */
tgr_status tgr_partial_open(const char *path, tgr_part *part, char **bytes, size_t *length,
                            tgr_error *error);

/* Adds the sums of a file that tgr_partial_open has read to those of a simulation with the same
 * models and thresholds, which has bins. */
tgr_status tgr_partial_add(const char *path, const char *bytes, size_t length, tgr_simulating *work,
                           tgr_error *error);

/* Told of the sums of all parts before they become a simulation. */
typedef tgr_status tgr_merged_look(void *user, const tgr_simulating *work, tgr_error *error);

/* As tgr_simulate_merge. look: NULL, or somebody to be told. */
tgr_status tgr_simulate_merge_look(const char *const *inputs, size_t input_count,
                                   tgr_merged_look *look, void *user, tgr_simulation **simulation,
                                   const tgr_run *run, tgr_error *error);

#endif
