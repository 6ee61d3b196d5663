/* breakdown.h - a simulation by the values of a column: each value's queries by themselves. */
#ifndef TGR_JUDGE_BREAKDOWN_H
#define TGR_JUDGE_BREAKDOWN_H

#include <tagroute/details.h>

#include "engine/judge/second_walk.h"
#include "engine/simulate/result.h"

typedef struct tgr_breakdowns tgr_breakdowns;

/* TGR_ERR_ARGUMENT where no file has one of the columns that the options name. */
tgr_status tgr_breakdowns_check(const tgr_simulate_options *options, tgr_error *error);

/* Opens the columns that the options name in every file of the walk. *visitor is then ready to be
 * shown the queries. */
tgr_status tgr_breakdowns_open(tgr_second_walk *walk, tgr_breakdowns **breakdowns,
                               tgr_visitor *visitor, tgr_error *error);
void tgr_breakdowns_close(tgr_breakdowns *breakdowns); /* NULL allowed */

/* Puts them into the details of a result, whose measure of quality they share. */
tgr_status tgr_breakdowns_finish(tgr_breakdowns *breakdowns, tgr_result *result, tgr_error *error);

#endif
