/* logs.h - the inputs of a run and what they are called. */
#ifndef TGR_INGEST_LOGS_H
#define TGR_INGEST_LOGS_H

#include <stddef.h>

#include <tagroute/ingest.h>

typedef struct tgr_log_name {
    const char *path; /* the caller's; "-" is standard input */
    const char *name; /* for messages: without its folder, or "stdin" */
    char *text;       /* the same as valid UTF-8, for the query file */
} tgr_log_name;

typedef struct tgr_logs {
    tgr_log_name *logs;
    size_t count;
} tgr_logs;

/* Starts zeroed. The options must outlive it. */
tgr_status tgr_logs_open(tgr_logs *logs, const tgr_ingest_options *options, tgr_error *error);
void tgr_logs_free(tgr_logs *logs);

#endif
