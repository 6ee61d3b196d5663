/* words.h - tokens as the words of phrases: stop words left out, the others stemmed. */
#ifndef TGR_TAGGER_WORDS_H
#define TGR_TAGGER_WORDS_H

#include <stdbool.h>

#include "engine/base/strings.h"
#include "engine/tagger/settings.h"
#include "engine/tagger/tokens.h"

struct sb_stemmer;

/* One a thread, as stemming keeps state. */
typedef struct tgr_words {
    tgr_strings *stop_words;
    struct sb_stemmer *stemmer; /* NULL: words are as they are */
} tgr_words;

/* The settings have been checked. */
tgr_status tgr_words_open(tgr_words *words, const tgr_tagger_settings *settings, tgr_error *error);
void tgr_words_close(tgr_words *words); /* harmless on a zeroed structure */

/* Whether a token is a word of phrases. Its stem takes its place, until the next call. Sets
 * *no_memory where that is short. */
bool tgr_words_keep(const tgr_words *words, tgr_token *token, bool *no_memory);

#endif
