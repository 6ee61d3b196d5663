/* mapping.h - which tag stands for which: every known tag, and the canonical one that it becomes.
 *
 * As text it is a table to be read and edited by hand, a line a tag: the tag, a tab, its canonical
 * tag (itself; nothing where it is dropped), and whatever further columns there are, which are for
 * the reader: how often the tag was seen. A line that begins with # says nothing. Within a tag,
 * tabs, line breaks and backslashes are written \t, \n, \r, \\, and a # that begins one \#.
 */
#ifndef TGR_TAGGER_MAPPING_H
#define TGR_TAGGER_MAPPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tagroute/status.h>

#include "engine/base/buffer.h"
#include "engine/base/strings.h"

#define TGR_DROPPED UINT32_MAX /* in place of a canonical tag */

typedef struct tgr_mapping {
    tgr_strings *tags;
    uint32_t *canonical; /* of each tag: the number of another one, its own, or TGR_DROPPED */
    size_t capacity;
} tgr_mapping;

tgr_mapping *tgr_mapping_new(void);          /* NULL where memory is short */
void tgr_mapping_free(tgr_mapping *mapping); /* NULL allowed */

uint32_t tgr_mapping_count(const tgr_mapping *mapping);

/* Adds a tag that stands for itself so far; TGR_STRING_NONE where memory is short. A known tag is
 * left as it is, and its number returned. */
uint32_t tgr_mapping_add(tgr_mapping *mapping, const char *tag, size_t length);

/* How many tags stand for themselves, and how many are dropped. */
typedef struct tgr_mapping_counts {
    uint32_t canonical, dropped;
} tgr_mapping_counts;
tgr_mapping_counts tgr_mapping_tally(const tgr_mapping *mapping);

/* TGR_ERR_INPUT unless whatever stands for a tag stands for itself, too: a chain or a circle of
 * tags leads nowhere. The sentence names them. */
tgr_status tgr_mapping_check(const tgr_mapping *mapping, tgr_error *error);

/* Appends the table. seen: how often each tag was; NULL: no third column. */
void tgr_mapping_write(const tgr_mapping *mapping, const double *seen, tgr_buffer *text);

/* Reads a table and checks it; tags keep its order. TGR_ERR_INPUT with the line where it is wrong:
 * a tag twice, a canonical tag that has no line, a chain, text that is no UTF-8. */
tgr_status tgr_mapping_parse(const char *text, size_t length, tgr_mapping **mapping,
                             tgr_error *error);

#endif
