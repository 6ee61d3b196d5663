/* columns.h - everything of the records read so far: spooled columns and the names behind codes. */
#ifndef TGR_INGEST_COLUMNS_H
#define TGR_INGEST_COLUMNS_H

#include <stdbool.h>
#include <stdint.h>

#include <tagroute/run.h>
#include <tagroute/status.h>

#include "engine/base/buffer.h"
#include "engine/ingest/row.h"
#include "engine/ingest/spool.h"
#include "engine/ingest/tags.h"
#include "engine/log/record.h"

/* Columns of codes into names. */
typedef enum tgr_coded {
    TGR_CODED_CATEGORY,
    TGR_CODED_SPLIT,
    TGR_CODED_ALLOW,
    TGR_CODED_DENY,
    TGR_CODED_NEEDS,
    TGR_CODED_COLUMNS
} tgr_coded;

#define TGR_CODED_MAX ((uint32_t)1 << 24) /* distinct names of one */

typedef struct tgr_coded_column {
    tgr_strings *names;
    tgr_spool codes; /* int32_t a row, -1 missing; empty while no row has a name */
    bool used;       /* some row has a name */
} tgr_coded_column;

typedef struct tgr_spooled_model { /* what one model did on one query */
    uint32_t model;
    float score, cost, completion_tokens;
    int32_t outcome;
} tgr_spooled_model;

typedef struct tgr_log_rows { /* rows of one input, in order */
    uint32_t source;
    uint64_t rows;
} tgr_log_rows;

typedef struct tgr_columns {
    bool keep_text;
    tgr_tag_table tags;
    tgr_strings *models;
    tgr_strings *sources; /* base names of the inputs */
    tgr_log_rows *logs;   /* inputs */
    size_t log_count, log_capacity;

    tgr_coded_column coded[TGR_CODED_COLUMNS];
    tgr_spool entries;       /* a row: uint32_t count, then tgr_row_entry */
    tgr_spool models_done;   /* a row: uint32_t count, then tgr_spooled_model; from the first on */
    tgr_spool ids;           /* a row: uint32_t length, then bytes; likewise texts */
    tgr_spool texts;         /* from the first row with a text on */
    tgr_spool positions;     /* a row: int64_t */
    tgr_spool prompt_tokens; /* a row: double; from the first known on */

    uint64_t rows, nonzeros, judged, untagged;
    uint64_t prompt_token_rows; /* rows that have one */
    bool prompt_token_parts;    /* some is not an integer */
    size_t longest_row;         /* entries */
    size_t id_width;
    bool weighted; /* some value is not an integer 1..65535 */
    float largest; /* value */
    bool has_text, has_models, has_score, has_outcome, has_cost, has_completion_tokens;

    tgr_buffer scratch;
} tgr_columns;

/* path: the output, beside which columns are spooled; it must outlive the columns. */
tgr_status tgr_columns_open(tgr_columns *columns, const char *path, bool keep_text,
                            const tgr_router *router, tgr_error *error);
void tgr_columns_free(tgr_columns *columns); /* harmless on a zeroed structure */

/* What follows comes from this log. Says so where another log has the same base name. */
tgr_status tgr_columns_begin_log(tgr_columns *columns, const char *name, const tgr_run *run,
                                 tgr_error *error);

/* Appends a record and the row made of it. TGR_ERR_INPUT where the run must end: the sentence lacks
 * only the place. Sorts the record's lists. */
tgr_status tgr_columns_add(tgr_columns *columns, tgr_record *record, const tgr_row *row,
                           const tgr_log_item *item, tgr_error *error);

#endif
