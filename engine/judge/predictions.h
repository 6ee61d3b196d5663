/* predictions.h - scores against what was measured: rank correlations, deciles. */
#ifndef TGR_JUDGE_PREDICTIONS_H
#define TGR_JUDGE_PREDICTIONS_H

#include <tagroute/details.h>

#include "engine/judge/second_walk.h"
#include "engine/simulate/result.h"

typedef struct tgr_predicting tgr_predicting;

tgr_status tgr_predicting_open(tgr_second_walk *walk, tgr_quality quality,
                               tgr_predicting **predicting, tgr_visitor *visitor, tgr_error *error);
void tgr_predicting_close(tgr_predicting *predicting); /* NULL allowed */

/* Puts them into the details of a result. */
tgr_status tgr_predicting_finish(tgr_predicting *predicting, tgr_result *result, tgr_error *error);

#endif
