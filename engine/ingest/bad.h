/* bad.h - the bad records of a part, accounted for. */
#ifndef TGR_INGEST_BAD_H
#define TGR_INGEST_BAD_H

#include "engine/ingest/part.h"
#include "engine/log/bad.h"

/* Counts the bad records of a part; the first of each reason is kept with its place. name: the
 * log's; lines: of it before the part. */
void tgr_bad_add(tgr_ingest_report *report, const char *name, uint64_t lines, const tgr_part *part);

#endif
