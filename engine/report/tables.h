/* tables.h - every figure of a simulation as text. */
#ifndef TGR_REPORT_TABLES_H
#define TGR_REPORT_TABLES_H

#include "engine/base/buffer.h"
#include "engine/report/front.h"
#include "engine/report/look.h"

/* Models alone, the chosen point and the baselines, side by side. */
void tgr_tables_comparison(tgr_buffer *out, const tgr_look *look);

/* Every point, or an even choice of so many that the page stays small; returns how many. */
size_t tgr_tables_curve(tgr_buffer *out, const tgr_look *look, const tgr_front *front);

void tgr_tables_metrics(tgr_buffer *out, const tgr_look *look);
void tgr_tables_margins(tgr_buffer *out, const tgr_look *look);

#endif
