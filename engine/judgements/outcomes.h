/* outcomes.h - files of judgements: JSON Lines, MessagePack or CSV. */
#ifndef TGR_JUDGEMENTS_OUTCOMES_H
#define TGR_JUDGEMENTS_OUTCOMES_H

#include <tagroute/run.h>
#include <tagroute/status.h>

#include "engine/judgements/judgements.h"

/* Adds the judgements of a file. TGR_ERR_INPUT, with the line, where one is not as it should be. */
tgr_status tgr_outcomes_read(const char *path, tgr_judgements *judged, const tgr_run *run,
                             tgr_error *error);

#endif
