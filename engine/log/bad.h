/* bad.h - records that were skipped: how many, why, where first, and whether that is too many. */
#ifndef TGR_LOG_BAD_H
#define TGR_LOG_BAD_H

#include <stdbool.h>

#include <tagroute/ingest.h>
#include <tagroute/run.h>

#include "engine/log/parser.h"

/* Counts `count` bad records of one reason, of which `first` is the first; that of the whole report
 * is kept with its place. name: the log's; lines: of it before those that `first` counts. */
void tgr_bad_count(tgr_ingest_report *report, const char *name, uint64_t lines, uint64_t count,
                   const tgr_log_item *first);

/* TGR_ERR_INPUT where no record is usable, or more than options->max_bad are bad. usable: records
 * read but for the bad ones. first: the reason of the very first bad record. */
tgr_status tgr_bad_judge(const tgr_ingest_report *report, const tgr_ingest_options *options,
                         uint64_t usable, tgr_bad_reason first, tgr_error *error);

/* A note on records that are no queries. */
void tgr_skip_tell(const tgr_ingest_report *report, const tgr_run *run);

/* A warning for each reason. */
void tgr_bad_warn(const tgr_ingest_report *report, uint64_t usable, const tgr_run *run);

#endif
