/* columns.h - everything of the records read so far: spooled columns and the names behind codes.
 *
 * Parts come in the order of the log; their names get the numbers of the run, one look-up each.
 */
#ifndef TGR_INGEST_COLUMNS_H
#define TGR_INGEST_COLUMNS_H

#include <stdbool.h>
#include <stdint.h>

#include <tagroute/run.h>
#include <tagroute/status.h>

#include "engine/ingest/part.h"
#include "engine/ingest/spool.h"
#include "engine/log/source.h"

#define TGR_CODED_MAX ((uint32_t)1 << 24) /* distinct names of one coded column */

typedef struct tgr_coded_column {
    tgr_strings *names;
    tgr_spool codes; /* int32_t a row, -1 missing; empty while no row has a name */
    bool used;       /* some row has a name */
} tgr_coded_column;

typedef struct tgr_log_rows { /* rows of one input, in order */
    uint32_t source;
    uint64_t rows;
    tgr_source_mark mark; /* how far it was read */
} tgr_log_rows;

#define TGR_SPOOLS (TGR_CODED_COLUMNS + 10)

typedef struct tgr_columns {
    tgr_tag_table tags;
    tgr_strings *models;
    tgr_strings *sources; /* names of the inputs as text */
    tgr_log_rows *logs;   /* inputs begun */
    size_t log_count, log_capacity;
    bool named; /* all inputs have been, before the first was begun */

    tgr_coded_column coded[TGR_CODED_COLUMNS];
    tgr_spool entries;     /* spooled_row.h, from the first row on */
    tgr_spool models_done; /* empty while no row has one; likewise texts and prompt tokens */
    tgr_spool ids;
    tgr_spool texts;
    tgr_spool places;
    tgr_spool prompt_tokens;
    tgr_spool cached_tokens;
    tgr_spool logged_costs;
    tgr_spool weights;
    tgr_spool names; /* new ones since the last checkpoint are appended with the next */
    uint32_t names_saved[TGR_CODED_COLUMNS + 2]; /* of the columns of codes, models, tags */
    tgr_facts facts;

    uint32_t *kept; /* numbers of the run for the tags that parts keep; TGR_STRING_NONE not yet */
    uint32_t kept_count;
    uint32_t *numbers; /* of the run, for those of the part at hand */
    size_t number_capacity;
    char *packed; /* rows of the part at hand, as they are spooled */
    size_t packed_capacity;
} tgr_columns;

/* path: the output, beside which columns are spooled; it must outlive the columns. */
tgr_status tgr_columns_open(tgr_columns *columns, const char *path, const tgr_router *router,
                            tgr_error *error);
void tgr_columns_free(tgr_columns *columns); /* harmless on a zeroed structure */

/* All spools, in a fixed order; and what a file of each is called. */
void tgr_columns_spools(tgr_columns *columns, tgr_spool *spools[TGR_SPOOLS]);
extern const char *const tgr_spool_names[TGR_SPOOLS];

/* The dictionaries, in the order of names_saved. */
void tgr_columns_dictionaries(const tgr_columns *columns,
                              tgr_strings *dictionaries[TGR_CODED_COLUMNS + 2]);

/* Numbers the name of an input, which no other has. */
tgr_status tgr_columns_name_log(tgr_columns *columns, const char *source, tgr_error *error);

/* What follows comes from this log, which gets a number unless all have theirs. */
tgr_status tgr_columns_begin_log(tgr_columns *columns, const char *source, tgr_error *error);

/* Appends the rows of a part, whose names are renumbered in place. TGR_ERR_INPUT where the run must
 * end: the sentence lacks only the place, which is that of *row in the part. */
tgr_status tgr_columns_add(tgr_columns *columns, tgr_part *part, uint64_t *row, tgr_error *error);

#endif
