/* words.c - stop words and stems. */
#include "engine/tagger/words.h"

#include <string.h>

#include <libstemmer.h>

#include "engine/base/error.h"
#include "engine/tagger/stop_words.h"

tgr_status tgr_words_open(tgr_words *words, const tgr_tagger_settings *settings, tgr_error *error)
{
    *words = (tgr_words){.stop_words = tgr_strings_new()};
    bool complete =
        words->stop_words != NULL && tgr_stop_words_add(settings->stop_words, words->stop_words);
    if (complete && strcmp(settings->stemming, "none") != 0) {
        words->stemmer = sb_stemmer_new(settings->stemming, "UTF_8");
        complete = words->stemmer != NULL;
    }
    if (!complete) {
        tgr_words_close(words);
        return tgr_fail_memory(error, "the stop words");
    }
    return TGR_OK;
}

void tgr_words_close(tgr_words *words)
{
    tgr_strings_free(words->stop_words);
    sb_stemmer_delete(words->stemmer);
    *words = (tgr_words){0};
}

bool tgr_words_keep(const tgr_words *words, tgr_token *token, bool *no_memory)
{
    if (token->kind != TGR_TOKEN_WORD) {
        return token->kind == TGR_TOKEN_PAIR;
    }
    if (tgr_strings_find(words->stop_words, token->bytes, token->length) != TGR_STRING_NONE) {
        return false;
    }
    if (words->stemmer != NULL) {
        const sb_symbol *stem =
            sb_stemmer_stem(words->stemmer, (const sb_symbol *)token->bytes, (int)token->length);
        if (stem == NULL) {
            *no_memory = true;
            return false;
        }
        token->bytes = (const char *)stem;
        token->length = (uint32_t)sb_stemmer_length(words->stemmer);
    }
    return token->length > 0 && token->length <= TGR_WORD_MAX;
}
