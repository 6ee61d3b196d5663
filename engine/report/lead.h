/* lead.h - what a simulation comes to: a headline, a sentence, and a few figures. */
#ifndef TGR_REPORT_LEAD_H
#define TGR_REPORT_LEAD_H

#include "engine/base/buffer.h"
#include "engine/report/look.h"

/* The headline alone, as escaped text; for the page's title too. */
void tgr_lead_headline(tgr_buffer *out, const tgr_look *look);

/* The page's header. */
void tgr_lead_put(tgr_buffer *out, const tgr_look *look);

#endif
