/* logs.h - the inputs of a run and what they are called. */
#ifndef TGR_INGEST_LOGS_H
#define TGR_INGEST_LOGS_H

#include <stddef.h>

#include <tagroute/ingest.h>

#include "engine/log/cutter.h"

typedef struct tgr_log_name {
    const char *path;    /* the caller's; "-" is standard input */
    const char *name;    /* for messages: without its folder, or "stdin" */
    char *text;          /* the same as valid UTF-8, for the query file, where no two are alike */
    bool renamed;        /* as an earlier log has that name, too */
    tgr_log_range range; /* of the records that are wanted */
    uint64_t size;       /* bytes as stored; 0 where a part is not asked for */
} tgr_log_name;

typedef struct tgr_logs {
    tgr_log_name *logs;
    size_t count;
    uint64_t begin, end; /* of the shard, in the bytes of all logs; 0, 0: there are no shards */
} tgr_logs;

/* Whether none of a log is wanted. */
static inline bool tgr_log_is_left_out(const tgr_log_name *log)
{
    return log->range.end == 0;
}

/* Starts zeroed. The options must outlive it. */
tgr_status tgr_logs_open(tgr_logs *logs, const tgr_ingest_options *options, tgr_error *error);
void tgr_logs_free(tgr_logs *logs);

#endif
