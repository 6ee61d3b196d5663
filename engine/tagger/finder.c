/* finder.c - from word to word of a text, along all phrases that are under way. */
#include "engine/tagger/finder.h"

#include "engine/base/error.h"
#include "engine/base/memory.h"

#define STEMMED_MOST ((uint32_t)1 << 18) /* words whose stems are kept */

tgr_status tgr_finder_open(tgr_finder *finder, const tgr_phrases *phrases,
                           const tgr_unicode *unicode, const tgr_tagger_settings *settings,
                           tgr_error *error)
{
    *finder = (tgr_finder){.phrases = phrases, .unicode = unicode};
    finder->tokens = tgr_mem_alloc(1, sizeof *finder->tokens);
    finder->place = tgr_mem_zalloc(phrases->count, sizeof *finder->place);
    finder->found = tgr_mem_alloc(phrases->count, sizeof *finder->found);
    finder->stemmed = tgr_strings_new();
    if (finder->tokens == NULL || finder->place == NULL || finder->found == NULL ||
        finder->stemmed == NULL) {
        tgr_finder_close(finder);
        return tgr_fail_memory(error, "the words of a text");
    }
    tgr_status status = tgr_words_open(&finder->words, settings, error);
    finder->stems = status == TGR_OK && finder->words.stemmer != NULL;
    return status;
}

void tgr_finder_close(tgr_finder *finder)
{
    tgr_mem_free(finder->tokens);
    tgr_mem_free(finder->place);
    tgr_mem_free(finder->found);
    tgr_words_close(&finder->words);
    tgr_strings_free(finder->stemmed);
    tgr_mem_free(finder->stemmed_nodes);
    *finder = (tgr_finder){0};
}

/* What a word that was not met before is in phrases. */
static uint32_t stem_word(tgr_finder *finder, tgr_token token, bool *no_memory)
{
    return tgr_words_keep(&finder->words, &token, no_memory)
               ? tgr_phrases_word(finder->phrases, token.bytes, token.length)
               : TGR_WORD_STOP;
}

/* The same from memory, where it is. */
static uint32_t stemmed_word(tgr_finder *finder, const tgr_token *token, bool *no_memory)
{
    uint32_t number = tgr_strings_find(finder->stemmed, token->bytes, token->length);
    if (number != TGR_STRING_NONE) {
        return finder->stemmed_nodes[number];
    }
    if (tgr_strings_count(finder->stemmed) == STEMMED_MOST) {
        tgr_strings_clear(finder->stemmed);
    }
    number = tgr_strings_count(finder->stemmed);
    void *nodes = finder->stemmed_nodes;
    *no_memory = !tgr_mem_grow(&nodes, &finder->stemmed_capacity, (size_t)number + 1,
                               sizeof *finder->stemmed_nodes);
    finder->stemmed_nodes = nodes;
    if (*no_memory) {
        return TGR_WORD_NONE;
    }
    uint32_t node = stem_word(finder, *token, no_memory);
    *no_memory |= tgr_strings_add(finder->stemmed, token->bytes, token->length) == TGR_STRING_NONE;
    finder->stemmed_nodes[number] = node;
    return node;
}

static void count_phrase(tgr_finder *finder, uint32_t phrase)
{
    uint32_t place = finder->place[phrase];
    if (place < finder->found_count && finder->found[place].phrase == phrase) {
        finder->found[place].count += finder->found[place].count < UINT32_MAX;
        return;
    }
    finder->place[phrase] = (uint32_t)finder->found_count;
    finder->found[finder->found_count++] = (tgr_found){phrase, 1};
}

/* Nodes that the last words lead to, and from which phrases may go on. */
typedef struct under_way {
    uint32_t nodes[TGR_NGRAMS_MAX];
    unsigned count;
} under_way;

static inline void arrive(tgr_finder *finder, under_way *next, uint32_t at)
{
    const tgr_node *node = &finder->phrases->nodes[at];
    if (node->phrase != TGR_PHRASE_NONE) {
        count_phrase(finder, node->phrase);
    }
    if (node->leads_on && next->count < TGR_NGRAMS_MAX) {
        next->nodes[next->count++] = at;
    }
}

static inline void take(tgr_finder *finder, under_way *way, uint32_t word, bool joins)
{
    under_way next = {.count = 0};
    if (word >= TGR_WORD_STOP) {
        way->count = 0;
        return;
    }
    for (unsigned i = 0; i < way->count && joins; i++) {
        uint32_t to = tgr_phrases_step(finder->phrases, way->nodes[i], word);
        if (to != 0) {
            arrive(finder, &next, to);
        }
    }
    arrive(finder, &next, word);
    *way = next;
    way->count = joins ? way->count : 0;
}

/* What the words at hand are in phrases. */
static bool look_up(tgr_finder *finder, uint32_t nodes[TGR_TOKENS])
{
    const tgr_tokens *tokens = finder->tokens;
    bool no_memory = false;
    if (!finder->stems) {
        tgr_phrases_words(finder->phrases, tokens->tokens, tokens->count, nodes);
        return true;
    }
    for (size_t i = 0; i < tokens->count && !no_memory; i++) {
        const tgr_token *token = &tokens->tokens[i];
        nodes[i] = token->kind == TGR_TOKEN_WORD
                       ? stemmed_word(finder, token, &no_memory)
                       : tgr_phrases_word(finder->phrases, token->bytes, token->length);
    }
    return !no_memory;
}

bool tgr_finder_read(tgr_finder *finder, const char *text, size_t length)
{
    uint32_t nodes[TGR_TOKENS];
    under_way way = {.count = 0};
    finder->found_count = 0;
    tgr_tokens_begin(finder->tokens, finder->unicode, text, length);
    while (tgr_tokens_fill(finder->tokens)) {
        if (!look_up(finder, nodes)) {
            return false;
        }
        for (size_t i = 0; i < finder->tokens->count;
             i++) { /* one too long has no bytes: no word */
            take(finder, &way, nodes[i], finder->tokens->tokens[i].kind == TGR_TOKEN_WORD);
        }
    }
    return true;
}
