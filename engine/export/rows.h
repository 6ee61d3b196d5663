/* rows.h - the queries of several query files one after another, each with its model and the place
 * of its record in a log. */
#ifndef TGR_EXPORT_ROWS_H
#define TGR_EXPORT_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include <tagroute/router.h>
#include <tagroute/run.h>
#include <tagroute/status.h>

#include "engine/decide.h"
#include "engine/log/record.h"
#include "engine/store/decisions.h"
#include "engine/store/query_read.h"

typedef struct tgr_export_row {
    uint64_t number;    /* over all files */
    tgr_text id;        /* bytes NULL: the file has none */
    int model;          /* of the decisions, -1: undecided */
    const char *source; /* the log, as the query file names it; NULL: not known */
    int64_t source_bytes;
    uint64_t source_hash; /* both 0 or less where not known */
    int64_t position, part;
    double cost; /* expected, USD; NaN: not known */
} tgr_export_row;

/* Starts zeroed. */
typedef struct tgr_export_rows {
    const char *const *paths;
    size_t path_count;
    bool with_places;         /* what the caller wants of rows */
    const tgr_router *router; /* NULL, or for costs */
    const tgr_run *run;
    tgr_decisions_file decisions;
    bool decisions_open;
    uint64_t total; /* rows of all files */

    size_t opened; /* files so far */
    tgr_query_file *file;
    tgr_batch batch;
    uint64_t read; /* rows of the file that batches held so far */
    size_t at;     /* in the batch */
    uint64_t number;
    void *codes; /* of the batch's rows, as they are stored */
    size_t code_capacity;
    tgr_decide decide;
    bool deciding;
    int *router_models; /* the decisions' models in the router */
} tgr_export_rows;

/* Opens the decisions and looks at every query file. Closed in any case. */
tgr_status tgr_export_rows_open(tgr_export_rows *rows, const char *decisions, tgr_error *error);
void tgr_export_rows_close(tgr_export_rows *rows);

/* The next row; *more is false behind the last. It lives until the next call. */
tgr_status tgr_export_rows_next(tgr_export_rows *rows, tgr_export_row *row, bool *more,
                                tgr_error *error);

#endif
