/* logged.h - what was really done: its cost and quality, and what it says of other decisions. */
#ifndef TGR_JUDGE_LOGGED_H
#define TGR_JUDGE_LOGGED_H

#include <tagroute/details.h>

#include "engine/judge/second_walk.h"
#include "engine/simulate/result.h"

typedef struct tgr_logging tgr_logging;

/* TGR_ERR_ARGUMENT where no file says which model was used. The simulation's curve is what is
 * estimated; its queries are those of the walk. */
tgr_status tgr_logging_open(tgr_second_walk *walk, const tgr_simulation *simulation,
                            tgr_logging **logging, tgr_visitor *visitor, tgr_error *error);
void tgr_logging_close(tgr_logging *logging); /* NULL allowed */

/* Puts it into the details of a result. */
tgr_status tgr_logging_finish(tgr_logging *logging, tgr_result *result, tgr_error *error);

#endif
