/* row_path.h - the path of one row of a batch, as scores, decisions made elsewhere or the fallback
 * have it. */
#ifndef TGR_SIMULATE_ROW_PATH_H
#define TGR_SIMULATE_ROW_PATH_H

#include "engine/decide.h"
#include "engine/simulate/path.h"

/* moving: as tgr_path_find. A decision made elsewhere is the same at every threshold. */
static inline void tgr_row_path(tgr_path *path, const tgr_decide *decide, const tgr_scored *scored,
                                size_t row, bool moving)
{
    size_t at = row - scored->begin;
    if (scored->chosen != NULL) {
        path->first = scored->chosen[at];
        path->count = 0;
    } else {
        path->row_costs = tgr_decide_row_costs(decide);
        tgr_path_find(path, scored->decider, scored->scores + at * scored->stride, row, moving);
    }
    if (tgr_decide_falls_back(decide, scored->x, row, path->first != TGR_UNDECIDED)) {
        path->first = decide->serve->place[decide->plan.fallback];
        path->count = 0;
    }
}

#endif
