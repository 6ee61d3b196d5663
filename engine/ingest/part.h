/* part.h - the columns of one piece of a log, in memory; names are numbered within the piece, in
 * order of arrival.
 *
 * A column that no record of the piece has stays empty: the rows before its first value are made up
 * for when that comes.
 */
#ifndef TGR_INGEST_PART_H
#define TGR_INGEST_PART_H

#include <stdbool.h>
#include <stdint.h>

#include <tagroute/status.h>

#include "engine/base/buffer.h"
#include "engine/ingest/facts.h"
#include "engine/ingest/row.h"
#include "engine/ingest/tags.h"
#include "engine/log/record.h"

/* Columns of codes into names. */
typedef enum tgr_coded {
    TGR_CODED_CATEGORY,
    TGR_CODED_SPLIT,
    TGR_CODED_ALLOW,
    TGR_CODED_DENY,
    TGR_CODED_NEEDS,
    TGR_CODED_TOKENS_FROM, /* "estimate" where prompt tokens were not logged */
    TGR_CODED_LOGGED_MODEL,
    TGR_CODED_KEPT, /* the first of TGR_KEEP_MAX fields that were asked for */
    TGR_CODED_COLUMNS = TGR_CODED_KEPT + TGR_KEEP_MAX
} tgr_coded;

/* What the text of a record is for, beside its tags. */
typedef struct tgr_text_uses {
    bool kept;      /* in the query file */
    bool estimated; /* prompt tokens, where they were not logged */
} tgr_text_uses;

typedef struct tgr_part_codes {
    tgr_strings *names;
    tgr_buffer codes; /* int32_t a row, -1 missing */
    bool used;        /* some row has a name */
} tgr_part_codes;

typedef struct tgr_spooled_model { /* what one model did on one query */
    uint32_t model;
    float score, cost, completion_tokens, propensity;
    int32_t outcome;
} tgr_spooled_model;

typedef struct tgr_spooled_place { /* of a row, in its log */
    int64_t position;
    uint32_t length; /* of a record, which is shorter than 2^32 bytes */
    uint32_t part;
} tgr_spooled_place;

/* Starts zeroed; memory is reused from piece to piece. */
typedef struct tgr_part {
    tgr_tag_table tags;
    tgr_strings *models;
    tgr_part_codes coded[TGR_CODED_COLUMNS];
    tgr_buffer entries;     /* a row: uint32_t count, then tgr_row_entry */
    tgr_buffer models_done; /* a row: uint32_t count, then tgr_spooled_model */
    tgr_buffer ids;         /* a row: uint32_t length, then bytes; likewise texts */
    tgr_buffer texts;
    tgr_buffer places;        /* a row: tgr_spooled_place */
    tgr_buffer prompt_tokens; /* a row: double; likewise the next three */
    tgr_buffer cached_tokens;
    tgr_buffer logged_costs;
    tgr_buffer weights;
    tgr_buffer line_numbers; /* a row: uint32_t, in the piece; MessagePack: 0 */
    tgr_facts facts;

    uint64_t bad; /* records skipped */
    uint64_t bad_by_reason[TGR_BAD_REASONS];
    tgr_log_item first_bad[TGR_BAD_REASONS];
    tgr_bad_reason very_first_bad;
    uint64_t skipped_by_reason[TGR_SKIP_REASONS]; /* records of other schemas, no queries */
    uint64_t lines;                               /* of the piece */

    /* where records are written again (written.h) in place of columns */
    tgr_buffer written;
    uint64_t kept; /* records that are written as they came */
    uint64_t lost; /* values that the format cannot hold */

    tgr_buffer scratch;
} tgr_part;

/* tagger: NULL, or whose tags are numbered as it does. False where memory is short. */
bool tgr_part_open(tgr_part *part, const tgr_tagger *tagger);
void tgr_part_clear(tgr_part *part);
void tgr_part_free(tgr_part *part); /* harmless on a zeroed structure */

/* Appends a record and the row made of it with the part's tags. source: what ids are made of where
 * the record has none. keep: of its text. Sorts the record's lists. False where memory is short. */
bool tgr_part_add(tgr_part *part, tgr_record *record, const tgr_row *row, const tgr_log_item *item,
                  const char *source, const tgr_text_uses *keep);

/* Counts how a row's tags came to be those of a mapping, which tgr_part_add does, too. */
void tgr_part_count_tags(tgr_part *part, const tgr_row *row);

/* Counts a bad record. */
void tgr_part_skip(tgr_part *part, const tgr_log_item *item);

#endif
