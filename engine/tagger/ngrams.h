/* ngrams.h - every phrase of a text: its words, and its neighbouring words up to a number, joined
 * by spaces. Stop words and words that are too long keep their neighbours apart.
 */
#ifndef TGR_TAGGER_NGRAMS_H
#define TGR_TAGGER_NGRAMS_H

#include "engine/base/buffer.h"
#include "engine/tagger/words.h"

/* One a thread. Starts zeroed. */
typedef struct tgr_ngrams {
    unsigned ngrams;
    tgr_words words;
    tgr_tokens *tokens;
    tgr_buffer window;             /* the last words without a gap, joined by spaces */
    size_t begins[TGR_NGRAMS_MAX]; /* of these words in the window */
    unsigned held;
} tgr_ngrams;

tgr_status tgr_ngrams_open(tgr_ngrams *ngrams, const tgr_tagger_settings *settings,
                           tgr_error *error);
void tgr_ngrams_close(tgr_ngrams *ngrams); /* harmless on a zeroed structure */

/* Called for each phrase, in the order of their ends, longer ones first; it lasts for the call.
 * False ends the walk: memory is short. */
typedef bool (*tgr_ngram_visit)(void *user, const char *phrase, size_t length);

/* False where memory is short. */
bool tgr_ngrams_walk(tgr_ngrams *ngrams, const tgr_unicode *unicode, const char *text,
                     size_t length, tgr_ngram_visit visit, void *user);

#endif
