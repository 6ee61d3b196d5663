/* charts.h - the plots of a report. */
#ifndef TGR_REPORT_CHARTS_H
#define TGR_REPORT_CHARTS_H

#include <stdbool.h>

#include "engine/base/buffer.h"
#include "engine/report/front.h"
#include "engine/report/look.h"

/* Quality against cost (or share): the curve with its band, the front, models alone, oracle, chance
 * and the chosen point. narrow: for phones. */
void tgr_chart_curve(tgr_buffer *out, const tgr_look *look, const tgr_front *front, bool narrow);

/* Which models get the queries at each threshold. */
void tgr_chart_shares(tgr_buffer *out, const tgr_look *look);

/* How many queries change their model between thresholds. */
void tgr_chart_margins(tgr_buffer *out, const tgr_look *look);

/* Whether there is anything to draw. */
bool tgr_chart_curve_has(const tgr_look *look);

#endif
