/* settings.h - how texts become phrases: what a vocabulary is learnt and applied with. */
#ifndef TGR_TAGGER_SETTINGS_H
#define TGR_TAGGER_SETTINGS_H

#include <stdint.h>

#include <tagroute/status.h>

#define TGR_NGRAMS_MAX    3
#define TGR_LANGUAGE_SIZE 24 /* bytes of a language's or list's name, with its NUL */

typedef struct tgr_tagger_settings {
    unsigned ngrams;                    /* words of a phrase at most, 1 to TGR_NGRAMS_MAX */
    char stemming[TGR_LANGUAGE_SIZE];   /* a Snowball language, or "none" */
    char stop_words[TGR_LANGUAGE_SIZE]; /* a list of stop_words.h */
} tgr_tagger_settings;

/* Up to two words, no stemming, English stop words. */
void tgr_tagger_settings_init(tgr_tagger_settings *settings);

/* Puts a name into a setting and checks it; NULL leaves it. TGR_ERR_ARGUMENT that lists what there
 * is. */
tgr_status tgr_tagger_set_stemming(tgr_tagger_settings *settings, const char *language,
                                   tgr_error *error);
tgr_status tgr_tagger_set_stop_words(tgr_tagger_settings *settings, const char *list,
                                     tgr_error *error);
tgr_status tgr_tagger_set_ngrams(tgr_tagger_settings *settings, uint64_t ngrams, tgr_error *error);

#endif
