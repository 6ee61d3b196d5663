/* correlation.h - what a joint distribution says of how well x predicts y. */
#ifndef TGR_JUDGE_CORRELATION_H
#define TGR_JUDGE_CORRELATION_H

#include <tagroute/details.h>

#include "engine/judge/cells.h"

/* Fills all but the model; pairs without y do not count, and are dropped. */
tgr_status tgr_correlate(tgr_cells *cells, tgr_prediction *prediction, tgr_error *error);

#endif
