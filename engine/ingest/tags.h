/* tags.h - the tags of a run: their names, and how often each was seen. */
#ifndef TGR_INGEST_TAGS_H
#define TGR_INGEST_TAGS_H

#include <stdbool.h>
#include <stdint.h>

#include <tagroute/router.h>

#include "engine/base/exact.h"
#include "engine/base/strings.h"
#include "engine/tagger/normalisation.h"
#include "engine/tagger/tagger.h"

typedef struct tgr_tag {
    tgr_sum total;    /* occurrences, in units of 2^-40 */
    uint64_t queries; /* that have the tag */
    uint32_t slot;    /* row.c: where the row at hand has it, if it has */
} tgr_tag;

/* A tag as a record has it: what stands for it. */
typedef struct tgr_raw_tag {
    uint32_t number; /* in the table; TGR_TAG_DROPPED */
    tgr_alignment how;
} tgr_raw_tag;

#define TGR_TAG_DROPPED (UINT32_MAX - 1) /* no table has so many tags */

/* Starts zeroed. */
typedef struct tgr_tag_table {
    tgr_strings *names;
    tgr_tag *tags; /* as many as names */
    uint32_t count;
    size_t capacity;
    uint32_t kept; /* tags that stay when it is cleared: all of a tagger's, as it numbers them */
    uint64_t *few; /* of each kept tag, what rows of counts have added and `tags` does not hold yet:
                    * queries in the upper 24 bits, occurrences below. A quarter of the memory */
    uint32_t few_rows; /* so far; bounded, so that neither overflows */
    bool many;         /* some kept tag was counted in `tags`, too */
    uint32_t numbered; /* tags of a router, numbered first: these keep number and column */

    tgr_strings *raw_names; /* where tags are normalised: those met so far; NULL until then */
    tgr_raw_tag *raws;      /* as many */
    size_t raw_capacity;
} tgr_tag_table;

/* router: NULL, or whose tags come first, in its order. False where memory is short. */
bool tgr_tag_table_open(tgr_tag_table *table, const tgr_router *router);
void tgr_tag_table_free(tgr_tag_table *table);
void tgr_tag_table_clear(tgr_tag_table *table); /* memory is kept */

/* Adds the tags of a tagger to an empty table, where they stay. False where memory is short. */
bool tgr_tag_table_keep(tgr_tag_table *table, const tgr_tagger *tagger);

/* The number of a tag, new or known; TGR_STRING_NONE where memory is short. */
uint32_t tgr_tag_table_intern(tgr_tag_table *table, const char *text, size_t length);

/* What stands for a tag as a record has it; false where memory is short. */
bool tgr_tag_table_normalise(tgr_tag_table *table, const tgr_normalisation *normalisation,
                             const char *text, size_t length, tgr_raw_tag *found);

/* A value in units of 2^-40; those beyond 2^62 count as that, so that they fit the sum. */
tgr_sum tgr_tag_term(float value);

#define TGR_TAG_TOTAL_LARGEST ((tgr_sum)1 << 126) /* a total that would overflow stays here */

/* Moves what tgr_tag_few has counted to the tags. */
void tgr_tag_table_settle(tgr_tag_table *table);

/* Keeps a total where it may still be added to. */
static inline void tgr_tag_bound(tgr_tag *tag)
{
    if (tag->total > TGR_TAG_TOTAL_LARGEST) {
        tag->total = TGR_TAG_TOTAL_LARGEST;
    }
    if (tag->total < -TGR_TAG_TOTAL_LARGEST) {
        tag->total = -TGR_TAG_TOTAL_LARGEST;
    }
}

/* Counts one query that has the tag with this value. */
static inline void tgr_tag_count(tgr_tag *tag, float value)
{
    tag->queries++;
    if (value >= 1 && value < 65536 && (float)(int32_t)value == value) { /* by far the most */
        tag->total += (tgr_sum)(int32_t)value << 40;
    } else {
        tag->total += tgr_tag_term(value);
    }
    tgr_tag_bound(tag);
}

#define TGR_FEW_BITS 40
#define TGR_FEW_ROWS (((uint32_t)1 << 24) - 1)

/* Announces a row whose tags tgr_tag_few counts, each once. */
static inline void tgr_tag_few_row(tgr_tag_table *table)
{
    if (table->few_rows == TGR_FEW_ROWS) {
        tgr_tag_table_settle(table);
    }
    table->few_rows++;
}

static inline tgr_tag tgr_tag_of_few(uint64_t few)
{
    return (tgr_tag){.queries = few >> TGR_FEW_BITS,
                     .total = (tgr_sum)(few & (((uint64_t)1 << TGR_FEW_BITS) - 1)) << 40};
}

/* Counts one query that has a kept tag that often (up to 65535 times). */
static inline void tgr_tag_few(tgr_tag_table *table, uint32_t number, uint32_t count)
{
    table->few[number] += ((uint64_t)1 << TGR_FEW_BITS) + count;
}

/* How often a tag was seen, all its values added up. */
double tgr_tag_occurrences(const tgr_tag *tag);

#endif
