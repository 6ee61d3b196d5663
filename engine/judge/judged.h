/* judged.h - quality from a judged sample in place of a log's own. */
#ifndef TGR_JUDGE_JUDGED_H
#define TGR_JUDGE_JUDGED_H

#include <tagroute/details.h>

#include "engine/simulate/result.h"

/* Simulates the judged files at the thresholds of the log's simulation, takes their quality over
 * into it, and adds how alike the two are. */
tgr_status tgr_judged_add(const tgr_router *router, const tgr_simulate_options *options,
                          tgr_result *result, const tgr_run *run, tgr_error *error);

#endif
