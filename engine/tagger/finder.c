/* finder.c - a hundred words of a text at a time: their places, the steps between neighbours, the
 * phrases that end there. Each is a loop of its own, with few branches to be guessed wrongly. */
#include "engine/tagger/finder.h"

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/wide.h"

#ifdef TGR_BY_HAND_512
#include <immintrin.h>
#endif

#define STEMMED_MOST ((uint32_t)1 << 18) /* words whose stems are kept */

tgr_status tgr_finder_open(tgr_finder *finder, const tgr_phrases *phrases,
                           const tgr_unicode *unicode, const tgr_tagger_settings *settings,
                           tgr_error *error)
{
    *finder = (tgr_finder){.phrases = phrases, .unicode = unicode};
    finder->tokens = tgr_mem_alloc(1, sizeof *finder->tokens);
    finder->counts = tgr_mem_zalloc(phrases->count, sizeof *finder->counts);
    finder->found = tgr_mem_alloc((size_t)phrases->count + 1, sizeof *finder->found);
    finder->stemmed = tgr_strings_new();
    if (finder->tokens == NULL || finder->counts == NULL || finder->found == NULL ||
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
    tgr_mem_free(finder->counts);
    tgr_mem_free(finder->found);
    tgr_words_close(&finder->words);
    tgr_strings_free(finder->stemmed);
    tgr_mem_free(finder->stemmed_places);
    *finder = (tgr_finder){0};
}

static const tgr_place nowhere = {TGR_PLACE_NOWHERE, TGR_PHRASE_NONE};

/* ---- words --------------------------------------------------------------------------------------
 */

/* The place of a word that was not met before. */
static tgr_place stem_word(tgr_finder *finder, tgr_token token, bool *no_memory)
{
    return tgr_words_keep(&finder->words, &token, no_memory)
               ? tgr_word_table_find(&finder->phrases->words, token.bytes, token.length)
               : nowhere;
}

/* The same from memory, where it is. */
static tgr_place stemmed_word(tgr_finder *finder, const tgr_token *token, bool *no_memory)
{
    uint32_t number = tgr_strings_find(finder->stemmed, token->bytes, token->length);
    if (number != TGR_STRING_NONE) {
        return finder->stemmed_places[number];
    }
    if (tgr_strings_count(finder->stemmed) == STEMMED_MOST) {
        tgr_strings_clear(finder->stemmed);
    }
    number = tgr_strings_count(finder->stemmed);
    void *places = finder->stemmed_places;
    *no_memory = !tgr_mem_grow(&places, &finder->stemmed_capacity, (size_t)number + 1,
                               sizeof *finder->stemmed_places);
    finder->stemmed_places = places;
    if (*no_memory) {
        return nowhere;
    }
    tgr_place place = stem_word(finder, *token, no_memory);
    *no_memory |= tgr_strings_add(finder->stemmed, token->bytes, token->length) == TGR_STRING_NONE;
    finder->stemmed_places[number] = place;
    return place;
}

/* The places of the words at hand. */
static bool look_up(tgr_finder *finder, tgr_place *places)
{
    const tgr_tokens *tokens = finder->tokens;
    bool no_memory = false;
    if (!finder->stems) {
        tgr_word_table_find_all(&finder->phrases->words, tokens->tokens, tokens->count, places);
    }
    for (size_t i = 0; i < tokens->count && finder->stems && !no_memory; i++) {
        const tgr_token *token = &tokens->tokens[i];
        places[i] = token->kind == TGR_TOKEN_WORD
                        ? stemmed_word(finder, token, &no_memory)
                        : tgr_word_table_find(&finder->phrases->words, token->bytes, token->length);
    }
    for (size_t i = 0; i < tokens->count && tokens->mixed; i++) { /* no word: joins no neighbour */
        places[i].number &=
            tokens->tokens[i].kind == TGR_TOKEN_WORD ? UINT32_MAX : TGR_PLACE_NUMBER;
    }
    return !no_memory;
}

/* ---- phrases ------------------------------------------------------------------------------------
 */

/* Places of words in a row, behind the last of those before. By how many words lead there. */
typedef struct in_a_row {
    tgr_place places[TGR_NGRAMS_MAX][1 + TGR_TOKENS];
    uint32_t phrases[TGR_NGRAMS_MAX * TGR_TOKENS + 16]; /* and room for what is stored in vain */
} in_a_row;

/* The phrases that end at each word, longer ones first; how many. */
static size_t list_phrases(in_a_row *row, unsigned longest, size_t count)
{
    size_t listed = 0;
    for (size_t i = 1; i <= count; i++) {
        for (unsigned words = longest; words-- > 0;) {
            uint32_t phrase = row->places[words][i].phrase;
            row->phrases[listed] = phrase;
            listed += phrase != TGR_PHRASE_NONE;
        }
    }
    return listed;
}

#ifdef TGR_BY_HAND_512
/* The same for phrases of up to two words, eight words of the text at a time. */
TGR_BY_HAND_512 static size_t list_pairs_512(in_a_row *row, size_t count)
{
    const __m512i turns =
        _mm512_setr_epi32(1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31);
    const __m512i none = _mm512_set1_epi32((int)TGR_PHRASE_NONE);
    size_t listed = 0;
    for (size_t i = 0; i < count; i += 8) {
        __mmask8 there = count - i < 8 ? (__mmask8)((1u << (count - i)) - 1) : (__mmask8)0xff;
        __m512i pairs = _mm512_mask_loadu_epi64(none, there, row->places[1] + 1 + i);
        __m512i words = _mm512_mask_loadu_epi64(none, there, row->places[0] + 1 + i);
        __m512i phrases = _mm512_permutex2var_epi32(pairs, turns, words);
        __mmask16 known = _mm512_cmpneq_epi32_mask(phrases, none);
        _mm512_storeu_si512(row->phrases + listed, _mm512_maskz_compress_epi32(known, phrases));
        listed += (size_t)__builtin_popcount(known);
    }
    return listed;
}
#endif

static size_t list(in_a_row *row, unsigned longest, size_t count)
{
#ifdef TGR_BY_HAND_512
    if (longest == 2 && tgr_wide_level() == TGR_WIDE_AVX512) {
        return list_pairs_512(row, count);
    }
#endif
    return list_phrases(row, longest, count);
}

/* Without a branch: whether a phrase was there before is hard to guess. */
static void count_phrases(tgr_finder *finder, const uint32_t *phrases, size_t listed)
{
    uint32_t *counts = finder->counts;
    tgr_text_tag *found = finder->found + finder->found_count;
    for (size_t i = 0; i < listed; i++) {
        uint32_t before = counts[phrases[i]];
        counts[phrases[i]] = before + (before < UINT32_MAX);
        found->tag = phrases[i];
        found += before == 0;
    }
    finder->found_count = (size_t)(found - finder->found);
}

/* The counts go to what was found. */
static void hand_out(tgr_finder *finder)
{
    uint32_t *counts = finder->counts;
    for (size_t i = 0; i < finder->found_count; i++) {
        tgr_text_tag *found = &finder->found[i];
        found->count = counts[found->tag];
        counts[found->tag] = 0;
    }
}

/* The words at hand: their phrases are counted. */
static bool read_words(tgr_finder *finder, in_a_row *row)
{
    const tgr_phrases *phrases = finder->phrases;
    unsigned longest = phrases->longest;
    size_t count = finder->tokens->count;
    if (!look_up(finder, row->places[0] + 1)) {
        return false;
    }
    for (unsigned words = 1; words < longest; words++) {
        tgr_steps_follow(&phrases->steps, row->places[words - 1] + 1, row->places[0] + 1, count,
                         row->places[words] + 1);
    }
    count_phrases(finder, row->phrases, list(row, longest, count));
    for (unsigned words = 0; words < longest; words++) {
        row->places[words][0] = row->places[words][count];
    }
    return true;
}

bool tgr_finder_read(tgr_finder *finder, const char *text, size_t length)
{
    in_a_row row;
    bool complete = true;
    for (unsigned words = 0; words < TGR_NGRAMS_MAX; words++) {
        row.places[words][0] = nowhere;
    }
    finder->found_count = 0;
    tgr_tokens_begin(finder->tokens, finder->unicode, text, length);
    while (complete && tgr_tokens_fill(finder->tokens)) {
        complete = read_words(finder, &row);
    }
    hand_out(finder);
    return complete;
}
