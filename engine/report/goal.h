/* goal.h - the threshold that meets a goal, and how near it comes to the best possible. */
#ifndef TGR_REPORT_GOAL_H
#define TGR_REPORT_GOAL_H

#include "engine/base/buffer.h"
#include "engine/report/look.h"

/* A section; nothing where there was no goal. */
void tgr_goal_put(tgr_buffer *out, const tgr_look *look);

#endif
