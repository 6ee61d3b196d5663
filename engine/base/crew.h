/* crew.h - what the processes of a run tell each other; alone, each of these does nothing. */
#ifndef TGR_BASE_CREW_H
#define TGR_BASE_CREW_H

#include <stddef.h>
#include <stdint.h>

#include <tagroute/run.h>
#include <tagroute/status.h>

#include "engine/base/exact.h"

/* NULL where the process is alone. */
const tgr_crew *tgr_run_crew(const tgr_run *run);

/* This process among all: 0 of 1 where it is alone. */
uint32_t tgr_crew_rank(const tgr_run *run);
uint32_t tgr_crew_ranks(const tgr_run *run);

/* Goes on where every process is well, else fails as the first that is not. */
tgr_status tgr_crew_meet(const tgr_run *run, tgr_status status, tgr_error *error);

/* Numbers become their sums over all processes. */
tgr_status tgr_crew_sum(const tgr_run *run, uint64_t *numbers, size_t count, tgr_error *error);
tgr_status tgr_crew_sum_wide(const tgr_run *run, tgr_sum *numbers, size_t count, tgr_error *error);

/* Numbers become the least, and the largest, of all processes'; a few of them. */
tgr_status tgr_crew_least(const tgr_run *run, uint64_t *numbers, size_t count, tgr_error *error);
tgr_status tgr_crew_most(const tgr_run *run, double *numbers, size_t count, tgr_error *error);

/* Bytes become those of process `rank`. */
tgr_status tgr_crew_tell(const tgr_run *run, uint32_t rank, void *bytes, size_t length,
                         tgr_error *error);

/* Everybody's bytes, one after another, freed with tgr_mem_free; those of this process alone. */
tgr_status tgr_crew_gather(const tgr_run *run, const void *own, size_t length, void **all,
                           tgr_error *error);

#endif
