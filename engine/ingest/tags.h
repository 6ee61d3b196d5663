/* tags.h - the tags of a run: their names, and how often each was seen. */
#ifndef TGR_INGEST_TAGS_H
#define TGR_INGEST_TAGS_H

#include <stdbool.h>
#include <stdint.h>

#include <tagroute/router.h>

#include "engine/base/exact.h"
#include "engine/base/strings.h"

typedef struct tgr_tag {
    tgr_sum total;    /* occurrences, in units of 2^-40 */
    uint64_t queries; /* that have the tag */
    uint32_t slot;    /* row.c: where the row at hand has it, if it has */
} tgr_tag;

/* Starts zeroed. */
typedef struct tgr_tag_table {
    tgr_strings *names;
    tgr_tag *tags; /* as many as names */
    size_t capacity;
    uint32_t numbered; /* tags of a router, numbered first: these keep number and column */
} tgr_tag_table;

/* router: NULL, or whose tags come first, in its order. False where memory is short. */
bool tgr_tag_table_open(tgr_tag_table *table, const tgr_router *router);
void tgr_tag_table_free(tgr_tag_table *table);

/* The number of a tag, new or known; TGR_STRING_NONE where memory is short. */
uint32_t tgr_tag_table_intern(tgr_tag_table *table, const char *text, size_t length);

/* Counts one query that has the tag with this value. */
void tgr_tag_table_count(tgr_tag_table *table, uint32_t tag, float value);

/* How often a tag was seen, all its values added up. */
double tgr_tag_occurrences(const tgr_tag *tag);

#endif
