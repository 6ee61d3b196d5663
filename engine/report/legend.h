/* legend.h - which colour is which model's. */
#ifndef TGR_REPORT_LEGEND_H
#define TGR_REPORT_LEGEND_H

#include "engine/base/buffer.h"
#include "engine/report/look.h"

void tgr_legend_models(tgr_buffer *out, const tgr_look *look);

#endif
