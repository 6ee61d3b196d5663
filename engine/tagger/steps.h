/* steps.h - from a place in a phrase over a word to the next place.
 *
 * Most neighbouring words of a text make no phrase: a bit a step, all of which stay in the nearest
 * cache, tells that of nearly all of them, before the table is looked at.
 */
#ifndef TGR_TAGGER_STEPS_H
#define TGR_TAGGER_STEPS_H

#include "engine/tagger/word_table.h"

typedef struct tgr_step { /* empty where `to` has the number 0 */
    uint32_t from, word;  /* numbers */
    tgr_place to;
} tgr_step;

/* Starts zeroed. */
typedef struct tgr_steps {
    tgr_step *steps;
    size_t mask;
    uint64_t *bits;
    size_t bit_mask;
} tgr_steps;

/* Room for `most` steps; false where memory is short. */
bool tgr_steps_open(tgr_steps *steps, size_t most);
void tgr_steps_close(tgr_steps *steps); /* harmless on a zeroed structure */

/* Where a word leads from a place, both without marks. A step that is new leads to the number
 * `next`, which is not 0, and no phrase. */
tgr_place *tgr_steps_add(tgr_steps *steps, uint32_t from, uint32_t word, uint32_t next);

/* to[i]: where words[i] leads from from[i - 1], for `count` (up to TGR_TOKENS) words in a row, or
 * nowhere. from[-1] is there. */
void tgr_steps_follow(const tgr_steps *steps, const tgr_place *from, const tgr_place *words,
                      size_t count, tgr_place *to);

#endif
