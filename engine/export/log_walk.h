/* log_walk.h - the records of one log in order, and whether it is the log that was ingested. */
#ifndef TGR_EXPORT_LOG_WALK_H
#define TGR_EXPORT_LOG_WALK_H

#include <stdbool.h>
#include <stdint.h>

#include <tagroute/batches.h>

#include "engine/log/cutter.h"
#include "engine/log/parser.h"

/* Starts zeroed. */
typedef struct tgr_log_walk {
    tgr_log_cutter *cutter;
    tgr_log_parser *parser;
    tgr_log_piece piece;
    tgr_log_item item; /* the one at hand, where `has` */
    bool in_piece, has, ended;
    const tgr_run *run;
} tgr_log_walk;

tgr_status tgr_log_walk_open(tgr_log_walk *walk, const char *path, tgr_log_format format,
                             const tgr_run *run, tgr_error *error);
void tgr_log_walk_close(tgr_log_walk *walk);

/* Goes to the next record, good or bad; `has` is false at the end. */
tgr_status tgr_log_walk_next(tgr_log_walk *walk, tgr_error *error);

/* At the end: TGR_ERR_INPUT unless the log has this length and hash (-1 or 0: not known). */
tgr_status tgr_log_walk_check(const tgr_log_walk *walk, int64_t bytes, uint64_t hash,
                              tgr_error *error);

const char *tgr_log_walk_name(const tgr_log_walk *walk);

#endif
