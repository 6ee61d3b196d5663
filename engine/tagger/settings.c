/* settings.c - names and numbers of settings, checked. */
#include "engine/tagger/settings.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <libstemmer.h>

#include "engine/base/error.h"
#include "engine/tagger/stop_words.h"

void tgr_tagger_settings_init(tgr_tagger_settings *settings)
{
    *settings = (tgr_tagger_settings){2, "none", "english"};
}

/* "arabic, basque, ..." */
static void list_languages(char *text, size_t size)
{
    const char **names = sb_stemmer_list();
    size_t length = 0;
    text[0] = '\0';
    for (size_t i = 0; names[i] != NULL && length < size; i++) {
        length +=
            (size_t)snprintf(text + length, size - length, "%s%s", i > 0 ? ", " : "", names[i]);
    }
}

/* By its full name: libstemmer takes "en" for "english", and there is to be one name a setting. */
static bool is_language(const char *language)
{
    const char **names = sb_stemmer_list();
    for (size_t i = 0; names[i] != NULL; i++) {
        if (strcmp(names[i], language) == 0) {
            return strlen(language) < TGR_LANGUAGE_SIZE;
        }
    }
    return false;
}

tgr_status tgr_tagger_set_stemming(tgr_tagger_settings *settings, const char *language,
                                   tgr_error *error)
{
    char all[512];
    if (language == NULL) {
        return TGR_OK;
    }
    if (strcmp(language, "none") != 0 && !is_language(language)) {
        list_languages(all, sizeof all);
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "words cannot be stemmed as '%.40s'; it is none or one of: %s", language,
                        all);
    }
    snprintf(settings->stemming, sizeof settings->stemming, "%s", language);
    return TGR_OK;
}

tgr_status tgr_tagger_set_stop_words(tgr_tagger_settings *settings, const char *list,
                                     tgr_error *error)
{
    if (list == NULL) {
        return TGR_OK;
    }
    if (!tgr_stop_words_known(list)) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "there are no stop words '%.40s'; it is none or english", list);
    }
    snprintf(settings->stop_words, sizeof settings->stop_words, "%s", list);
    return TGR_OK;
}

tgr_status tgr_tagger_set_ngrams(tgr_tagger_settings *settings, uint64_t ngrams, tgr_error *error)
{
    if (ngrams < 1 || ngrams > TGR_NGRAMS_MAX) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "a phrase has from 1 to %d words at most, not %" PRIu64, TGR_NGRAMS_MAX,
                        ngrams);
    }
    settings->ngrams = (unsigned)ngrams;
    return TGR_OK;
}
