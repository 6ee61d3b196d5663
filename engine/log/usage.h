/* usage.h - tokens as providers count them in the answer to a call. */
#ifndef TGR_LOG_USAGE_H
#define TGR_LOG_USAGE_H

#include "engine/log/schema.h"

/* Takes those of a prompt, of these the cached ones, and those of the completion from a usage map
 * of OpenAI's or Anthropic's kind. */
void tgr_usage_read(const tgr_tape *tape, uint32_t usage, tgr_call *call);

/* The cached ones alone; NaN where it does not say. */
double tgr_usage_cached(const tgr_tape *tape, uint32_t usage);

#endif
