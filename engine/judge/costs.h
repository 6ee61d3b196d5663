/* costs.h - how many of the costs in a simulation are recorded, and what is saved against a model
 * that everything would go to. */
#ifndef TGR_JUDGE_COSTS_H
#define TGR_JUDGE_COSTS_H

#include <tagroute/details.h>

#include "engine/judge/second_walk.h"
#include "engine/simulate/result.h"

typedef struct tgr_cost_counts tgr_cost_counts;

tgr_status tgr_cost_counts_open(tgr_second_walk *walk, tgr_cost_counts **counts,
                                tgr_visitor *visitor, tgr_error *error);
void tgr_cost_counts_close(tgr_cost_counts *counts); /* NULL allowed */

/* Puts the statement of savings into the details. baseline: a model of the router; SIZE_MAX: what
 * was logged, which is in the details already. */
tgr_status tgr_savings_finish(tgr_cost_counts *counts, size_t baseline, double scale,
                              tgr_result *result, tgr_error *error);

#endif
