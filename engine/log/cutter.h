/* cutter.h - a log cut into pieces: at newlines, or where MessagePack objects end. */
#ifndef TGR_LOG_CUTTER_H
#define TGR_LOG_CUTTER_H

#include <stdbool.h>
#include <stdint.h>

#include <tagroute/ingest.h>
#include <tagroute/run.h>
#include <tagroute/status.h>

#include "engine/log/piece.h"
#include "engine/log/source.h"

typedef struct tgr_log_cutter tgr_log_cutter;

/* The records that begin within these bytes. A compressed log, whose records stand nowhere in it,
 * counts as one record. */
typedef struct tgr_log_range {
    uint64_t begin, end;
} tgr_log_range;

static const tgr_log_range tgr_log_whole = {0, UINT64_MAX};

/* run may be NULL; it must outlive the cutter. Only files can be read from elsewhere than their
 * beginning. */
tgr_status tgr_log_cutter_open(const char *path, tgr_log_format format, tgr_log_range range,
                               size_t max_record, const tgr_run *run, tgr_log_cutter **cutter,
                               tgr_error *error);

/* Where an earlier run stood between two pieces. */
typedef struct tgr_log_stand {
    tgr_log_format format; /* never TGR_LOG_AUTO */
    uint64_t position;
    tgr_source_mark mark;
} tgr_log_stand;

/* The same from there on. TGR_ERR_INPUT where the log has changed. */
tgr_status tgr_log_cutter_continue(const char *path, const tgr_log_stand *stand,
                                   tgr_log_range range, size_t max_record, const tgr_run *run,
                                   tgr_log_cutter **cutter, tgr_error *error);

/* Fills a piece; *more is false, and the piece empty, at the end. A failure (TGR_ERR_INPUT where
 * the log cannot be read on: damaged compression, MessagePack that has lost its framing) comes
 * after the whole records before it; the sentence says what was left unread. */
tgr_status tgr_log_cutter_next(tgr_log_cutter *cutter, tgr_log_piece *piece, bool *more,
                               tgr_error *error);

tgr_source *tgr_log_cutter_source(const tgr_log_cutter *cutter);
void tgr_log_cutter_close(tgr_log_cutter *cutter); /* NULL allowed */

#endif
