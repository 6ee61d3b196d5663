/* predictions.h - how well scores predict, in the report. */
#ifndef TGR_REPORT_PREDICTIONS_H
#define TGR_REPORT_PREDICTIONS_H

#include "engine/base/buffer.h"
#include "engine/report/look.h"

/* Nothing where it was not asked for. */
void tgr_predictions_put(tgr_buffer *out, const tgr_look *look);

#endif
