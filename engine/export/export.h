/* export.h - what an export holds while it runs. */
#ifndef TGR_EXPORT_EXPORT_H
#define TGR_EXPORT_EXPORT_H

#include <tagroute/batches.h>

#include "engine/export/body.h"
#include "engine/export/files.h"
#include "engine/export/left_out.h"
#include "engine/export/log_walk.h"
#include "engine/export/rows.h"
#include "engine/log/schema.h"

typedef struct tgr_export_log {
    char *name; /* as ingest names the log: its own, or with #2 and so on behind it */
    bool walked;
    uint64_t bytes, hash; /* once it was */
} tgr_export_log;

typedef struct tgr_export {
    tgr_export_options options;
    const tgr_batch_target *target;
    const tgr_run *run;
    tgr_router *router;
    tgr_export_rows rows;
    tgr_export_files files;
    tgr_left_out left_out;
    char *left_out_path;
    const char **called; /* the decisions' models, as the provider calls them */

    tgr_export_log *logs;
    size_t log; /* the one at hand; options.log_count: none */
    tgr_log_walk walk;
    char *source;       /* as the query file at hand names it */
    size_t source_file; /* and the file */
    int64_t source_bytes;
    uint64_t source_hash;

    tgr_schema_reader reader;
    tgr_record record;
    tgr_tape room; /* for messages of a request that are put together */
    tgr_buffer body;
} tgr_export;

/* manifest.c: what there is, as JSON; put in place at the very end. */
tgr_status tgr_export_manifest(tgr_export *at, tgr_error *error);

/* Fills in what the files say. */
void tgr_export_count(const tgr_export *at, tgr_export_report *report);

/* logs.c: the log that a row is of, at its record. */
tgr_status tgr_export_logs_open(tgr_export *at, tgr_error *error);
tgr_status tgr_export_find(tgr_export *at, const tgr_export_row *row, tgr_error *error);
tgr_status tgr_export_logs_finish(tgr_export *at, tgr_error *error);
void tgr_export_logs_close(tgr_export *at);

/* Reads the record at hand. *why: NULL, or why it is no request. */
tgr_status tgr_export_read(tgr_export *at, const char **why, tgr_error *error);

/* Lists the record at hand as left out. */
tgr_status tgr_export_leave_out(tgr_export *at, const char *why, tgr_error *error);

#endif
