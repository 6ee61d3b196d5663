/* written.h - records written again, with the tags of their texts. */
#ifndef TGR_INGEST_WRITTEN_H
#define TGR_INGEST_WRITTEN_H

#include "engine/ingest/part.h"

/* Whether a record gets the tags of its text: it has one, and no tags or none that count. */
bool tgr_is_written_tagged(const tgr_record *record, tgr_text_use use);

/* Appends a record to what is written of the part: with the row's tags, or as it is where the row
 * is NULL. False where memory is short. */
bool tgr_part_write(tgr_part *part, tgr_log_format format, const tgr_log_item *item,
                    const tgr_row *row);

#endif
