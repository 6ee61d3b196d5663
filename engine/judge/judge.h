/* judge.h - a simulation with its details, whoever scores or decides. */
#ifndef TGR_JUDGE_JUDGE_H
#define TGR_JUDGE_JUDGE_H

#include "engine/simulate/simulating.h"

/* As tgr_simulate. source NULL: the router scores. */
tgr_status tgr_judge(const tgr_router *router, const tgr_simulate_source *source,
                     const tgr_simulate_options *options, tgr_simulation **simulation,
                     const tgr_run *run, tgr_error *error);

#endif
