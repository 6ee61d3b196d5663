/* margins.h - where the thresholds of a fitted router lie: margins of the training queries. */
#ifndef TGR_FIT_MARGINS_H
#define TGR_FIT_MARGINS_H

#include <stdint.h>

#include <tagroute/run.h>
#include <tagroute/status.h>

#include "engine/pass.h"
#include "engine/router/router.h"

/* Walks the pass, decides each of its `training` queries, and fills the router's margin quantiles,
 * for shares 0.1 to 0.9: quantile i is the ceil(share * n)-th largest of the n margins, so that at
 * least that share of them reaches it, each counting by its weight. Queries without a margin (no
 * other model may serve them, or not the reference) are left out. Exact up to 50 million queries,
 * with four bytes for each; of more, every s-th counts, s being the least that leaves no more than
 * those. None is filled where there is one model, or no margin. */
tgr_status tgr_fit_margins(tgr_router *router, tgr_pass *pass, uint64_t training,
                           const tgr_run *run, tgr_error *error);

/* The rank-th largest (from 1) of `count` finite values, found without changing their order. */
tgr_status tgr_rank_from_top(const float *values, size_t count, size_t rank, float *value,
                             tgr_error *error);

#endif
