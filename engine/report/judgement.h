/* judgement.h - what quality rests on: how many decisions are judged, on what sample, what was
 * really done, where the threshold was chosen. */
#ifndef TGR_REPORT_JUDGEMENT_H
#define TGR_REPORT_JUDGEMENT_H

#include "engine/base/buffer.h"
#include "engine/report/look.h"

/* Each writes nothing where there is nothing to say. */
void tgr_coverage_put(tgr_buffer *out, const tgr_look *look);
void tgr_judged_put(tgr_buffer *out, const tgr_look *look);
void tgr_chosen_put(tgr_buffer *out, const tgr_look *look);
void tgr_logged_put(tgr_buffer *out, const tgr_look *look);

#endif
