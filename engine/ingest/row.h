/* row.h - one record's tags as a row of X: distinct, added up, checked. */
#ifndef TGR_INGEST_ROW_H
#define TGR_INGEST_ROW_H

#include <stdbool.h>
#include <stdint.h>

#include <tagroute/status.h>

#include "engine/base/buffer.h"
#include "engine/ingest/tags.h"
#include "engine/log/record.h"
#include "engine/tagger/tagger.h"

#define TGR_COUNT_LARGEST 65535.0

/* What is stored of a tag on a query. Tags are still numbered as they arrived. */
typedef struct tgr_row_entry {
    uint32_t tag;
    float value;
} tgr_row_entry;

typedef struct tgr_row_sum { /* while adding up */
    uint32_t tag;
    bool counts; /* only integers 1..65535 were added */
    double sum;
} tgr_row_sum;

/* Starts zeroed; memory is reused from record to record. */
typedef struct tgr_row {
    tgr_row_entry *entries;
    size_t count;
    bool weighted; /* some value is not an integer 1..65535 */
    float largest; /* value; 0 where there is none */

    size_t entry_capacity;
    tgr_row_sum *sums;
    size_t sum_count, sum_capacity;
    tgr_buffer scratch;
    uint64_t aligned[TGR_ALIGNMENTS]; /* how tags came to be those of a mapping; likewise dropped */
    uint64_t dropped;
} tgr_row;

/* Which texts are tagged. */
typedef enum tgr_text_use {
    TGR_TEXT_WITHOUT_TAGS, /* those of records without tags */
    TGR_TEXT_ALONE,        /* all, whatever tags the records have */
    TGR_TEXT_TAGGED,       /* those of records with tags, which count for nothing */
    TGR_TEXT_AND_TAGS      /* the same, and the tags count, too, after a mark */
} tgr_text_use;

#define TGR_GIVEN_MARK "=" /* no phrase of a text begins with it */

/* What makes the tags of a row. */
typedef struct tgr_row_source {
    bool category_tag;
    const tgr_normalisation *normalisation; /* NULL, or what tags go through */
    tgr_tagging *tagging;                   /* NULL, or what gives texts their tags */
    tgr_text_use use;
} tgr_row_source;

/* Fills the row, adding new tags to the table but counting nothing yet. TGR_ERR_INPUT with the
 * fault set for a bad record, TGR_ERR_NOMEM. */
tgr_status tgr_row_build(tgr_row *row, tgr_tag_table *table, const tgr_record *record,
                         const tgr_row_source *source, tgr_fault *fault);

void tgr_row_free(tgr_row *row);

#endif
