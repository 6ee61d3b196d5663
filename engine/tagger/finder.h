/* finder.h - the phrases of a vocabulary that stand in a text, each with how often. */
#ifndef TGR_TAGGER_FINDER_H
#define TGR_TAGGER_FINDER_H

#include "engine/tagger/phrases.h"
#include "engine/tagger/words.h"

typedef struct tgr_text_tag { /* here the tag is a phrase */
    uint32_t tag;
    uint32_t count;
} tgr_text_tag;

/* One a thread. Starts zeroed. */
typedef struct tgr_finder {
    const tgr_phrases *phrases;
    const tgr_unicode *unicode;
    tgr_tokens *tokens;

    uint32_t *counts;    /* of each phrase in the text at hand; between texts 0 */
    tgr_text_tag *found; /* in the order of their first ends; room for all and one more */
    size_t found_count;

    bool stems;
    tgr_words words;
    tgr_strings *stemmed;      /* words met so far */
    tgr_place *stemmed_places; /* theirs in phrases */
    size_t stemmed_capacity;
} tgr_finder;

tgr_status tgr_finder_open(tgr_finder *finder, const tgr_phrases *phrases,
                           const tgr_unicode *unicode, const tgr_tagger_settings *settings,
                           tgr_error *error);
void tgr_finder_close(tgr_finder *finder); /* harmless on a zeroed structure */

/* Fills found; false where memory is short. */
bool tgr_finder_read(tgr_finder *finder, const char *text, size_t length);

#endif
