/* meanings.h - which tags each phrase of a vocabulary stands for, where it does not stand for
 * itself. */
#ifndef TGR_TAGGER_MEANINGS_H
#define TGR_TAGGER_MEANINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/strings.h"

/* Starts zeroed, which says that every phrase stands for itself. */
typedef struct tgr_meanings {
    tgr_strings *tags;
    uint32_t *ends; /* of each phrase's tags in `list` */
    size_t phrases, end_capacity;
    uint32_t *list; /* numbers of tags */
    size_t count, capacity;
} tgr_meanings;

bool tgr_meanings_open(tgr_meanings *meanings);  /* false where memory is short */
void tgr_meanings_close(tgr_meanings *meanings); /* harmless on a zeroed structure */

/* Adds a tag to the phrase at hand, which then ends; false where memory is short. */
bool tgr_meanings_add(tgr_meanings *meanings, const char *tag, size_t length);
bool tgr_meanings_end(tgr_meanings *meanings);

/* The tags of a phrase. */
static inline const uint32_t *tgr_meanings_of(const tgr_meanings *meanings, uint32_t phrase,
                                              uint32_t *count)
{
    uint32_t begin = phrase == 0 ? 0 : meanings->ends[phrase - 1];
    *count = meanings->ends[phrase] - begin;
    return meanings->list + begin;
}

#endif
