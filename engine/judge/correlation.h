/* correlation.h - what a joint distribution says of how well x predicts y. */
#ifndef TGR_JUDGE_CORRELATION_H
#define TGR_JUDGE_CORRELATION_H

#include <tagroute/details.h>

#include "engine/judge/cells.h"
#include "engine/weighing.h"

/* Fills all but the model; pairs without y do not count, and are dropped. weighing: what pairs are
 * counted by. */
void tgr_correlate(tgr_cells *cells, const tgr_weighing *weighing, tgr_prediction *prediction);

#endif
