/* cutting.h - what finding the ends of lines and of objects share. */
#ifndef TGR_LOG_CUTTING_H
#define TGR_LOG_CUTTING_H

#include "engine/log/cutter.h"

struct tgr_log_cutter {
    tgr_source *source;
    tgr_log_format format;
    tgr_log_range range;
    size_t max_record;
    uint64_t position; /* in the decompressed log, of the next piece */
    char *kept;        /* read, but not of the last piece */
    size_t kept_length, kept_capacity;
    bool finished;     /* nothing is to be read any more */
    tgr_error failure; /* met while filling: told when all whole records before it were given */
};

/* Appends what was kept, then reads until the piece holds `want` bytes, or the log is at its end or
 * failed. */
void tgr_log_fill(tgr_log_cutter *cutter, tgr_log_piece *piece, size_t want);

/* Ends the piece at `length`; what was filled beyond is kept for the next. */
tgr_status tgr_log_cut(tgr_log_cutter *cutter, tgr_log_piece *piece, size_t length,
                       tgr_error *error);

/* How far to fill where `filled` bytes hold no end of a record. */
size_t tgr_log_want(const tgr_log_cutter *cutter, size_t filled);

static inline bool tgr_log_failed(const tgr_log_cutter *cutter)
{
    return cutter->failure.status != TGR_OK;
}

tgr_status tgr_log_failure(const tgr_log_cutter *cutter, tgr_error *error);

/* The two ways to cut. The piece is empty at the end of the log. */
tgr_status tgr_log_cut_lines(tgr_log_cutter *cutter, tgr_log_piece *piece, tgr_error *error);
tgr_status tgr_log_cut_objects(tgr_log_cutter *cutter, tgr_log_piece *piece, tgr_error *error);

#endif
