/* ngrams.c - a window over the last words of a text. */
#include "engine/tagger/ngrams.h"

#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"

tgr_status tgr_ngrams_open(tgr_ngrams *ngrams, const tgr_tagger_settings *settings,
                           tgr_error *error)
{
    *ngrams =
        (tgr_ngrams){.ngrams = settings->ngrams, .tokens = tgr_mem_alloc(1, sizeof(tgr_tokens))};
    if (ngrams->tokens == NULL) {
        return tgr_fail_memory(error, "the words of a text");
    }
    return tgr_words_open(&ngrams->words, settings, error);
}

void tgr_ngrams_close(tgr_ngrams *ngrams)
{
    tgr_words_close(&ngrams->words);
    tgr_mem_free(ngrams->tokens);
    tgr_buffer_free(&ngrams->window);
    *ngrams = (tgr_ngrams){0};
}

static void forget(tgr_ngrams *ngrams)
{
    tgr_buffer_clear(&ngrams->window);
    ngrams->held = 0;
}

/* Drops the oldest word where as many are held as a phrase may have. */
static void make_room(tgr_ngrams *ngrams)
{
    if (ngrams->held < ngrams->ngrams) {
        return;
    }
    size_t gone = ngrams->held > 1 ? ngrams->begins[1] : ngrams->window.length;
    memmove(ngrams->window.bytes, ngrams->window.bytes + gone, ngrams->window.length - gone);
    ngrams->window.length -= gone;
    for (unsigned i = 1; i < ngrams->held; i++) {
        ngrams->begins[i - 1] = ngrams->begins[i] - gone;
    }
    ngrams->held--;
}

/* Adds a word and visits all phrases that end with it. */
static bool add_word(tgr_ngrams *ngrams, const tgr_token *word, tgr_ngram_visit visit, void *user)
{
    make_room(ngrams);
    if (ngrams->held > 0) {
        tgr_buffer_add(&ngrams->window, " ", 1);
    }
    ngrams->begins[ngrams->held++] = ngrams->window.length;
    tgr_buffer_add(&ngrams->window, word->bytes, word->length);
    if (ngrams->window.failed) {
        return false;
    }
    for (unsigned i = 0; i < ngrams->held; i++) {
        size_t begin = ngrams->begins[i];
        if (!visit(user, ngrams->window.bytes + begin, ngrams->window.length - begin)) {
            return false;
        }
    }
    return true;
}

static bool take(tgr_ngrams *ngrams, tgr_token token, tgr_ngram_visit visit, void *user)
{
    bool no_memory = false;
    bool kept = tgr_words_keep(&ngrams->words, &token, &no_memory);
    if (!kept || token.kind == TGR_TOKEN_PAIR) {
        forget(ngrams);
    }
    if (kept && !add_word(ngrams, &token, visit, user)) {
        return false;
    }
    if (token.kind == TGR_TOKEN_PAIR) {
        forget(ngrams);
    }
    return !no_memory;
}

bool tgr_ngrams_walk(tgr_ngrams *ngrams, const tgr_unicode *unicode, const char *text,
                     size_t length, tgr_ngram_visit visit, void *user)
{
    forget(ngrams);
    tgr_tokens_begin(ngrams->tokens, unicode, text, length);
    while (tgr_tokens_fill(ngrams->tokens)) {
        for (size_t i = 0; i < ngrams->tokens->count; i++) {
            if (!take(ngrams, ngrams->tokens->tokens[i], visit, user)) {
                return false;
            }
        }
    }
    return true;
}
