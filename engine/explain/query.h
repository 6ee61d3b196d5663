/* query.h - the one query that is to be explained: a row of a file, one in memory, or a text with
 * its tags. */
#ifndef TGR_EXPLAIN_QUERY_H
#define TGR_EXPLAIN_QUERY_H

#include <tagroute/explain.h>

#include "engine/rows/view.h"
#include "engine/store/query_read.h"

/* Starts zeroed. */
typedef struct tgr_one_query {
    const tgr_query_file *file; /* what the batch is to be decided as part of */
    tgr_query_file *opened;     /* NULL where the query is not of a file */
    tgr_batch batch;            /* the query alone */
    uint64_t row;

    /* of a text: its tags as a file of one row */
    tgr_query_file made;
    uint32_t *columns;
    float *values;
    int64_t ends[2];
    double prompt_tokens;

    tgr_rows_view view; /* of a row in memory */
} tgr_one_query;

/* Opens the file and finds the row by number or id; nothing is read into the batch yet. */
tgr_status tgr_one_query_find(tgr_one_query *query, const tgr_explain_options *options,
                              const tgr_run *run, tgr_error *error);

/* Reads the row. want: TGR_WANT_*; ids come where there are any. */
tgr_status tgr_one_query_read(tgr_one_query *query, unsigned want, tgr_error *error);

/* The query is the text of the options, tagged as the router says; its batch is there at once. */
tgr_status tgr_one_query_of_text(tgr_one_query *query, const tgr_explain_options *options,
                                 const tgr_router *router, tgr_error *error);

/* The query is a row of options->rows; its batch is there at once. */
tgr_status tgr_one_query_of_rows(tgr_one_query *query, const tgr_explain_options *options,
                                 const tgr_router *router, tgr_error *error);

void tgr_one_query_close(tgr_one_query *query); /* harmless on a zeroed structure */

#endif
