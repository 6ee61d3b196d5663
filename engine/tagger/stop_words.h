/* stop_words.h - words that say nothing of what a text is about. */
#ifndef TGR_TAGGER_STOP_WORDS_H
#define TGR_TAGGER_STOP_WORDS_H

#include <stdbool.h>

#include "engine/base/strings.h"

/* Whether there is a list of that name; "none" is one, and empty. */
bool tgr_stop_words_known(const char *list);

/* Adds a list's words, folded as tokens are; false where memory is short. */
bool tgr_stop_words_add(const char *list, tgr_strings *words);

#endif
