/* entry.h - a record as it will be written, and its tags at its end. */
#ifndef TGR_ENDPOINT_ENTRY_H
#define TGR_ENDPOINT_ENTRY_H

#include <stdint.h>

#include "engine/endpoint/answer.h"
#include "engine/endpoint/window.h"
#include "engine/log/parser.h"

/* The record as it is. *lost counts values that the format cannot hold. */
void tgr_entry_whole(tgr_window_entry *entry, const tgr_log_item *item, tgr_log_format format,
                     uint64_t *lost);

/* The record without tags and without its end. */
void tgr_entry_begin(tgr_window_entry *entry, const tgr_log_item *item, tgr_log_format format,
                     uint64_t *lost);

/* Its tags and its end; tags may be NULL for none. */
void tgr_entry_end(tgr_window_entry *entry, const tgr_tags *tags, tgr_log_format format);

#endif
