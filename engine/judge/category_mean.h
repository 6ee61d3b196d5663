/* category_mean.h - a router that knows a query's category alone. */
#ifndef TGR_JUDGE_CATEGORY_MEAN_H
#define TGR_JUDGE_CATEGORY_MEAN_H

#include <tagroute/details.h>

#include "engine/simulate/result.h"

/* Learns each category's mean quality and simulates that as scores; into the details of the
 * router's own simulation. TGR_ERR_ARGUMENT where no query has a category. */
tgr_status tgr_category_mean_add(const tgr_router *router, const tgr_simulate_options *options,
                                 tgr_result *result, const tgr_run *run, tgr_error *error);

#endif
