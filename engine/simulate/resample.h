/* resample.h - the Poisson bootstrap: how much figures would differ on another log like this one.
 *
 * Queries are dealt to groups by a hash of their number (each is a group of its own where there are
 * few), and each group keeps the sums that a simulation keeps. A replicate counts each group as
 * often as a Poisson variable of mean 1 says, which is drawn from the seed, the group and the
 * replicate alone: the same for any number of threads. As groups are random, resampling them varies
 * as much as resampling queries does, and a query costs one addition, not one a replicate.
 */
#ifndef TGR_SIMULATE_RESAMPLE_H
#define TGR_SIMULATE_RESAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tagroute/status.h>

#include "engine/simulate/baselines.h"
#include "engine/simulate/steps.h"
#include "engine/simulate/tally.h"

#define TGR_RESAMPLE_GROUPS 1024

/* What an observer sums, of one group or of a replicate. */
typedef struct tgr_group_sums {
    uint64_t lock;    /* atomic, for whoever shares sums among threads */
    uint64_t queries; /* by weight, where they have any */
    tgr_baselines baselines;
    tgr_decided *counts; /* as tgr_observer.counts */
} tgr_group_sums;

typedef struct tgr_resample {
    size_t models, asked;
    uint64_t seed;
    bool one_each; /* a query a group */
    tgr_group_sums *groups;
    void *sums; /* of all groups, one after another */
} tgr_resample;

/* Bytes that tgr_resample_open takes. */
uint64_t tgr_resample_bytes(size_t models, size_t asked);
tgr_status tgr_resample_open(tgr_resample *resample, size_t models, size_t asked, uint64_t seed,
                             bool one_each, tgr_error *error);
void tgr_resample_close(tgr_resample *resample); /* harmless on a zeroed structure */

/* Which group the query of this number is dealt to. */
size_t tgr_resample_group(const tgr_resample *resample, uint64_t number);

/* Room for the sums of a replicate; false where memory is short. */
bool tgr_group_sums_open(tgr_group_sums *sums, size_t models, size_t asked);
void tgr_group_sums_close(tgr_group_sums *sums);

/* Sums of replicate number `replicate`; SIZE_MAX: of every group once. */
void tgr_resample_draw(const tgr_resample *resample, size_t replicate, tgr_group_sums *sums);

#endif
