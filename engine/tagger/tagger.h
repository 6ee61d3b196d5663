/* tagger.h - texts to tags: what all threads share, and what each has of its own. */
#ifndef TGR_TAGGER_TAGGER_H
#define TGR_TAGGER_TAGGER_H

#include "engine/tagger/finder.h"
#include "engine/tagger/ngrams.h"

/* Not changed once it is made. */
typedef struct tgr_tagger {
    tgr_tagger_settings settings;
    tgr_unicode *unicode;
    bool learns;               /* every phrase of a text is a tag */
    tgr_vocabulary vocabulary; /* else only these */
    tgr_phrases phrases;
} tgr_tagger;

/* A tagger that makes every phrase of a text a tag. */
tgr_status tgr_tagger_new_learning(const tgr_tagger_settings *settings, tgr_tagger **tagger,
                                   tgr_error *error);

/* A tagger that makes the phrases of a vocabulary tags. The vocabulary becomes its own, and is
 * emptied, whatever the outcome. */
tgr_status tgr_tagger_new(tgr_vocabulary *vocabulary, tgr_tagger **tagger, tgr_error *error);
void tgr_tagger_free(tgr_tagger *tagger); /* NULL allowed */

/* How many tags it gives, and each; 0 where it learns. */
uint32_t tgr_tagger_tags(const tgr_tagger *tagger);
const char *tgr_tagger_tag(const tgr_tagger *tagger, uint32_t tag, size_t *length);

/* One a thread. Starts zeroed. */
typedef struct tgr_tagging {
    const tgr_tagger *tagger;
    tgr_ngrams ngrams;        /* where it learns */
    tgr_finder finder;        /* else */
    const tgr_text_tag *tags; /* of the text that was read last */
    size_t count;
    tgr_text_tag *meant; /* where phrases stand for tags: those; room for all */
    uint32_t *place;     /* of each tag in `meant`, where that has it there */
} tgr_tagging;

tgr_status tgr_tagging_open(tgr_tagging *tagging, const tgr_tagger *tagger, tgr_error *error);
void tgr_tagging_close(tgr_tagging *tagging); /* harmless on a zeroed structure */

/* Finds the tags of a text, where the tagger does not learn, in the order in which their first
 * phrases end. A phrase that is a tag counts as often as it stands there, a tag that phrases stand
 * for counts once. False where memory is short. */
bool tgr_tagging_read(tgr_tagging *tagging, const char *text, size_t length);

#endif
