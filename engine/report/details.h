/* details.h - what a simulation says beyond its curve: by group of queries, and of money. */
#ifndef TGR_REPORT_DETAILS_H
#define TGR_REPORT_DETAILS_H

#include "engine/base/buffer.h"
#include "engine/report/look.h"

/* A section for each breakdown, and one for savings; nothing where none was asked for. */
void tgr_details_put(tgr_buffer *out, const tgr_look *look);

#endif
