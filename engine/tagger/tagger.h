/* tagger.h - texts to tags: what all threads share, and what each has of its own. */
#ifndef TGR_TAGGER_TAGGER_H
#define TGR_TAGGER_TAGGER_H

#include "engine/tagger/ngrams.h"

/* Not changed once it is made. */
typedef struct tgr_tagger {
    tgr_tagger_settings settings;
    tgr_unicode *unicode;
} tgr_tagger;

/* A tagger that makes every phrase of a text a tag. */
tgr_status tgr_tagger_new(const tgr_tagger_settings *settings, tgr_tagger **tagger,
                          tgr_error *error);
void tgr_tagger_free(tgr_tagger *tagger); /* NULL allowed */

/* One a thread. Starts zeroed. */
typedef struct tgr_tagging {
    const tgr_tagger *tagger;
    tgr_ngrams ngrams;
} tgr_tagging;

tgr_status tgr_tagging_open(tgr_tagging *tagging, const tgr_tagger *tagger, tgr_error *error);
void tgr_tagging_close(tgr_tagging *tagging); /* harmless on a zeroed structure */

/* Called for each tag of a text; a tag may come several times. False where memory is short. */
typedef bool (*tgr_tag_visit)(void *user, const char *tag, size_t length, double count);

/* False where memory is short. */
bool tgr_tagging_text(tgr_tagging *tagging, const char *text, size_t length, tgr_tag_visit visit,
                      void *user);

#endif
