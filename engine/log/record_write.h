/* record_write.h - a record as it is written to a log again, with tags that were found for it. */
#ifndef TGR_LOG_RECORD_WRITE_H
#define TGR_LOG_RECORD_WRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/buffer.h"
#include "engine/log/parser.h"

/* A record under way. */
typedef struct tgr_record_write {
    tgr_buffer *bytes;     /* it is appended there; failures stay there */
    tgr_log_format format; /* never TGR_LOG_AUTO */
    bool filled;           /* some key stands before the tags */
} tgr_record_write;

/* The record as it is. *lost counts values that the format cannot hold. */
void tgr_record_write_whole(tgr_record_write *to, const tgr_log_item *item, uint64_t *lost);

/* The record without its tags and without its end. */
void tgr_record_write_begin(tgr_record_write *to, const tgr_log_item *item, uint64_t *lost);

/* So many tags follow: with counts, or as a list. */
void tgr_record_write_tags(tgr_record_write *to, uint32_t count, bool counted);

/* One of them. first: none stands before it. */
void tgr_record_write_tag(tgr_record_write *to, bool first, const char *tag, size_t length);
void tgr_record_write_counted(tgr_record_write *to, bool first, const char *tag, size_t length,
                              uint32_t count);

/* The end, of the tags and of the record. */
void tgr_record_write_end(tgr_record_write *to, bool counted);

#endif
