/* records.h - the records of several logs, one after another. */
#ifndef TGR_ENDPOINT_RECORDS_H
#define TGR_ENDPOINT_RECORDS_H

#include <stdbool.h>
#include <stdint.h>

#include <tagroute/endpoint.h>

#include "engine/log/cutter.h"
#include "engine/log/parser.h"

/* Starts zeroed. */
typedef struct tgr_records {
    const tgr_endpoint_options *options; /* the logs; to outlive the records */
    const tgr_run *run;
    size_t opened; /* logs so far */
    tgr_log_cutter *cutter;
    tgr_log_parser *parser;
    tgr_log_piece piece;
    bool in_piece;
    bool may_wait;  /* some log is a pipe or the like: reading it may take any time */
    bool hold;      /* the caller's: give no record that is not in the piece at hand */
    uint64_t lines; /* of the log before the piece */
    uint64_t bytes; /* decompressed, before the piece */
    uint64_t stored_before, total; /* bytes of the logs as stored: before this one, and of all */
    uint64_t piece_from, piece_to; /* of these, where the piece begins and ends, about */
} tgr_records;

/* Looks at the logs, which are not to be the output. */
tgr_status tgr_records_open(tgr_records *records, const tgr_endpoint_options *options,
                            const tgr_run *run, tgr_error *error);
void tgr_records_close(tgr_records *records);

/* The next record, good or bad; *more is false at the end of the last log. On hold, and where
 * something would have to be read, the item has no tape. */
tgr_status tgr_records_next(tgr_records *records, tgr_log_item *item, bool *more, tgr_error *error);

/* The log's name for messages. */
const char *tgr_records_name(const tgr_records *records);

/* About where a record stands in the logs as stored, for progress. */
uint64_t tgr_records_done(const tgr_records *records, const tgr_log_item *item);

#endif
