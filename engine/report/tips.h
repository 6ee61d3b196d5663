/* tips.h - what is said of a point or baseline that is pointed at: lines of text, escaped. */
#ifndef TGR_REPORT_TIPS_H
#define TGR_REPORT_TIPS_H

#include "engine/base/buffer.h"
#include "engine/report/look.h"

/* Threshold, cost, quality and its range, and the largest shares. */
void tgr_tip_point(tgr_buffer *out, const tgr_look *look, size_t point);

/* A name, cost and quality. */
void tgr_tip_baseline(tgr_buffer *out, const char *name, const tgr_baseline *baseline);

#endif
