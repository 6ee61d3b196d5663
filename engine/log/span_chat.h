/* span_chat.h - the messages of a span, which OpenTelemetry writes in parts, as a chat request. */
#ifndef TGR_LOG_SPAN_CHAT_H
#define TGR_LOG_SPAN_CHAT_H

#include "engine/log/schema.h"

/* Fills `to` with the messages of the span that the reader has read last, as OpenAI has them, and
 * with the parameters that were sent beside them; both are places on it. NULL, or why they cannot
 * be had (static text). *messages is 0 where the span has no list of messages. */
const char *tgr_span_chat(const tgr_schema_reader *reader, const tgr_log_item *item,
                          const tgr_record *record, tgr_tape *to, uint32_t *messages,
                          uint32_t *parameters, bool *no_memory);

#endif
