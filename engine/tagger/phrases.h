/* phrases.h - a vocabulary made ready for looking up: words, and phrases word by word.
 *
 * A phrase is a path: its first word is a place, and each further word leads by a step to the next.
 * Not changed once it is made.
 */
#ifndef TGR_TAGGER_PHRASES_H
#define TGR_TAGGER_PHRASES_H

#include <tagroute/status.h>

#include "engine/tagger/steps.h"
#include "engine/tagger/vocabulary.h"

typedef struct tgr_phrases {
    uint32_t count;       /* phrases */
    unsigned longest;     /* words of one */
    tgr_word_table words; /* stop words are in no phrase, and so not there */
    tgr_steps steps;
    uint32_t places; /* so far */
} tgr_phrases;

tgr_status tgr_phrases_open(tgr_phrases *phrases, const tgr_vocabulary *vocabulary,
                            tgr_error *error);
void tgr_phrases_close(tgr_phrases *phrases); /* harmless on a zeroed structure */

#endif
