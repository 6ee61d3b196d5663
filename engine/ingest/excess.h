/* excess.h - more distinct names than a query file is meant for: told with the first row that has
 * one too many.
 */
#ifndef TGR_INGEST_EXCESS_H
#define TGR_INGEST_EXCESS_H

#include "engine/ingest/columns.h"

/* TGR_OK where a part's names fit beside those of the run; else TGR_ERR_INPUT, and *row is the row
 * of the part. */
tgr_status tgr_excess_check(const tgr_columns *columns, const tgr_part *part, uint64_t *row,
                            tgr_error *error);

#endif
