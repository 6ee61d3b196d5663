/* parts.h - do partial fits belong together, and is any missing? */
#ifndef TGR_FIT_PARTS_H
#define TGR_FIT_PARTS_H

#include <tagroute/run.h>

#include "engine/fit/partial.h"

/* TGR_ERR_INPUT where they do not. findings NULL: the sentence names the first thing that is wrong;
 * else each is a message and counted. */
tgr_status tgr_fit_parts_check(const tgr_partial *parts, const char *const *paths, size_t count,
                               uint64_t *findings, const tgr_run *run, tgr_error *error);

#endif
