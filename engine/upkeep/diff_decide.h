/* diff_decide.h - every query decided by two routers. */
#ifndef TGR_UPKEEP_DIFF_DECIDE_H
#define TGR_UPKEEP_DIFF_DECIDE_H

#include <tagroute/upkeep.h>

#include "engine/base/exact.h"
#include "engine/router/router.h"

/* Queries that the first router sends to one model and the second to one. */
typedef struct tgr_both_cell {
    uint64_t queries;
    tgr_sum before, after;              /* expected costs, by each router's prices */
    bool before_unknown, after_unknown; /* some of them */
} tgr_both_cell;

typedef struct tgr_both {
    const tgr_router *first, *second;
    uint64_t queries;
    tgr_both_cell *cells; /* (first's models + 1) x (second's + 1), the last of each: undecided */
} tgr_both;

/* Freed with tgr_both_free in any case. */
tgr_status tgr_both_decide(tgr_both *both, const tgr_diff_options *options, const tgr_run *run,
                           tgr_error *error);
void tgr_both_free(tgr_both *both);

/* What a cell costs more with the second; NaN where some cost is not known. */
double tgr_both_cost(const tgr_both_cell *cell);

/* What all queries cost, with the first or the second. */
double tgr_both_sum(const tgr_both *both, bool second);

#endif
