/* phrases.c - hash tables of words and of steps from word to word. */
#include "engine/tagger/phrases.h"

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/tagger/stop_words.h"

#define HEAD (sizeof(uint32_t) + 1) /* of a word */

/* ---- words --------------------------------------------------------------------------------------
 */

static inline bool same_short(const char *one, const char *other, size_t length)
{
    uint32_t a = 0, b = 0, c = 0, d = 0;
    if (length >= 4) {
        memcpy(&a, one, 4);
        memcpy(&b, other, 4);
        memcpy(&c, one + length - 4, 4);
        memcpy(&d, other + length - 4, 4);
        return ((a ^ b) | (c ^ d)) == 0;
    }
    return length == 0 || (one[0] == other[0] && one[length / 2] == other[length / 2] &&
                           one[length - 1] == other[length - 1]);
}

/* Most words have few bytes: two loads that overlap tell more quickly than memcmp. */
static inline bool same_bytes(const char *one, const char *other, size_t length)
{
    uint64_t a, b, c, d;
    if (length < 8 || length > 16) {
        return length < 8 ? same_short(one, other, length) : memcmp(one, other, length) == 0;
    }
    memcpy(&a, one, 8);
    memcpy(&b, other, 8);
    memcpy(&c, one + length - 8, 8);
    memcpy(&d, other + length - 8, 8);
    return ((a ^ b) | (c ^ d)) == 0;
}

static bool is_word(const tgr_phrases *phrases, const tgr_word_slot *slot, uint32_t hash,
                    const char *word, size_t length)
{
    const char *at = phrases->words + slot->at;
    return slot->hash == hash && (unsigned char)at[HEAD - 1] == length &&
           same_bytes(at + HEAD, word, length);
}

/* The slot of a word, or the empty one where it belongs. */
static size_t find_word(const tgr_phrases *phrases, const char *word, size_t length, uint64_t hash)
{
    size_t slot = (size_t)hash & phrases->slot_mask;
    while (phrases->slots[slot].at != 0 &&
           !is_word(phrases, &phrases->slots[slot], (uint32_t)(hash >> 32), word, length)) {
        slot = (slot + 1) & phrases->slot_mask;
    }
    return slot;
}

static uint32_t node_of(const tgr_phrases *phrases, const tgr_word_slot *slot)
{
    uint32_t node;
    memcpy(&node, phrases->words + slot->at, sizeof node);
    return node;
}

static inline uint32_t look_up(const tgr_phrases *phrases, const char *word, size_t length,
                               uint64_t hash)
{
    size_t slot = find_word(phrases, word, length, hash);
    return phrases->slots[slot].at == 0 ? TGR_WORD_NONE : node_of(phrases, &phrases->slots[slot]);
}

uint32_t tgr_phrases_word(const tgr_phrases *phrases, const char *word, size_t length)
{
    return look_up(phrases, word, length, XXH3_64bits(word, length));
}

/* All slots are on their way before the first is looked at. */
void tgr_phrases_words(const tgr_phrases *phrases, const tgr_token *tokens, size_t count,
                       uint32_t *nodes)
{
    uint64_t hashes[TGR_TOKENS];
    for (size_t i = 0; i < count; i++) {
        hashes[i] = XXH3_64bits(tokens[i].bytes, tokens[i].length);
        __builtin_prefetch(&phrases->slots[(size_t)hashes[i] & phrases->slot_mask]);
    }
    for (size_t i = 0; i < count; i++) {
        __builtin_prefetch(phrases->words +
                           phrases->slots[(size_t)hashes[i] & phrases->slot_mask].at);
    }
    for (size_t i = 0; i < count; i++) {
        nodes[i] = look_up(phrases, tokens[i].bytes, tokens[i].length, hashes[i]);
    }
}

static bool add_node(tgr_phrases *phrases)
{
    void *nodes = phrases->nodes;
    bool enough = tgr_mem_grow(&nodes, &phrases->node_capacity, phrases->node_count + 1,
                               sizeof *phrases->nodes);
    phrases->nodes = nodes;
    if (enough) {
        phrases->nodes[phrases->node_count++] = (tgr_node){TGR_PHRASE_NONE, false};
    }
    return enough;
}

/* Stores a word with its node, unless it is there. */
static bool add_word(tgr_phrases *phrases, const char *word, size_t length, uint32_t node)
{
    uint64_t hash = XXH3_64bits(word, length);
    tgr_word_slot *slot = &phrases->slots[find_word(phrases, word, length, hash)];
    if (slot->at != 0) {
        return true;
    }
    void *words = phrases->words;
    bool enough =
        tgr_mem_grow(&words, &phrases->word_capacity, phrases->word_bytes + HEAD + length, 1);
    phrases->words = words;
    if (!enough || phrases->word_bytes + HEAD + length > UINT32_MAX) {
        return false;
    }
    char *at = phrases->words + phrases->word_bytes;
    memcpy(at, &node, sizeof node);
    at[HEAD - 1] = (char)length;
    memcpy(at + HEAD, word, length);
    *slot = (tgr_word_slot){(uint32_t)(hash >> 32), (uint32_t)phrases->word_bytes};
    phrases->word_bytes += HEAD + length;
    if (node == phrases->word_count) {
        phrases->word_count++;
        return add_node(phrases);
    }
    return true;
}

/* A power of two, twice `count` at least. */
static size_t table_size(size_t count)
{
    size_t size = 64;
    while (size < 2 * count) {
        size *= 2;
    }
    return size;
}

static bool open_words(tgr_phrases *phrases, size_t most)
{
    size_t slots = table_size(most);
    phrases->slots = tgr_mem_zalloc(slots, sizeof *phrases->slots);
    phrases->slot_mask = slots - 1;
    phrases->words = tgr_mem_zalloc(HEAD, 1); /* so that no word is at 0 */
    phrases->word_capacity = phrases->word_bytes = HEAD;
    return phrases->slots != NULL && phrases->words != NULL;
}

/* ---- steps --------------------------------------------------------------------------------------
 */

static size_t find_edge(const tgr_phrases *phrases, uint32_t from, uint32_t word)
{
    uint64_t key = ((uint64_t)from << 32 | word) * 0x9e3779b97f4a7c15u;
    size_t slot = (size_t)(key >> 32) & phrases->edge_mask;
    while (phrases->edges[slot].to != 0 &&
           (phrases->edges[slot].from != from || phrases->edges[slot].word != word)) {
        slot = (slot + 1) & phrases->edge_mask;
    }
    return slot;
}

uint32_t tgr_phrases_step(const tgr_phrases *phrases, uint32_t from, uint32_t word)
{
    return phrases->edges[find_edge(phrases, from, word)].to;
}

/* Follows a step, or makes it; 0 where memory is short. */
static uint32_t make_step(tgr_phrases *phrases, uint32_t from, uint32_t word)
{
    tgr_edge *edge = &phrases->edges[find_edge(phrases, from, word)];
    if (edge->to == 0) {
        if (!add_node(phrases)) {
            return 0;
        }
        *edge = (tgr_edge){from, word, (uint32_t)(phrases->node_count - 1)};
        phrases->nodes[from].leads_on = true;
    }
    return edge->to;
}

/* ---- the whole ----------------------------------------------------------------------------------
 */

/* Goes from word to word of a phrase. */
typedef bool (*word_visit)(tgr_phrases *phrases, const char *word, size_t length, void *user);

static bool each_word(tgr_phrases *phrases, const char *phrase, size_t length, word_visit visit,
                      void *user)
{
    for (size_t begin = 0; begin <= length;) {
        const char *space = memchr(phrase + begin, ' ', length - begin);
        size_t end = space == NULL ? length : (size_t)(space - phrase);
        if (!visit(phrases, phrase + begin, end - begin, user)) {
            return false;
        }
        begin = end + 1;
    }
    return true;
}

static bool count_word(tgr_phrases *phrases, const char *word, size_t length, void *user)
{
    (void)phrases, (void)word, (void)length;
    ++*(size_t *)user;
    return true;
}

static bool store_word(tgr_phrases *phrases, const char *word, size_t length, void *user)
{
    (void)user;
    return add_word(phrases, word, length, phrases->word_count);
}

typedef struct path {
    bool begun;
    uint32_t at;
    unsigned words;
} path;

static bool go_on(tgr_phrases *phrases, const char *word, size_t length, void *user)
{
    path *way = user;
    uint32_t node = tgr_phrases_word(phrases, word, length);
    way->at = way->begun ? make_step(phrases, way->at, node) : node;
    bool made = !way->begun || way->at != 0;
    way->begun = true;
    way->words++;
    return made;
}

static bool each_phrase(tgr_phrases *phrases, const tgr_strings *all, word_visit visit, void *user)
{
    for (uint32_t number = 0; number < tgr_strings_count(all); number++) {
        size_t length;
        const char *phrase = tgr_strings_get(all, number, &length);
        if (!each_word(phrases, phrase, length, visit, user)) {
            return false;
        }
    }
    return true;
}

static bool store_phrases(tgr_phrases *phrases, const tgr_strings *all)
{
    for (uint32_t number = 0; number < tgr_strings_count(all); number++) {
        size_t length;
        const char *phrase = tgr_strings_get(all, number, &length);
        path way = {false, 0, 0};
        if (!each_word(phrases, phrase, length, go_on, &way)) {
            return false;
        }
        phrases->nodes[way.at].phrase = number;
        phrases->longest = way.words > phrases->longest ? way.words : phrases->longest;
    }
    return true;
}

/* Stop words come last: a word of a phrase is none of them. */
static bool store_stop_words(tgr_phrases *phrases, const tgr_strings *words)
{
    for (uint32_t number = 0; number < tgr_strings_count(words); number++) {
        size_t length;
        const char *word = tgr_strings_get(words, number, &length);
        if (!add_word(phrases, word, length, TGR_WORD_STOP)) {
            return false;
        }
    }
    return true;
}

static bool build(tgr_phrases *phrases, const tgr_vocabulary *vocabulary, tgr_strings *stop_words)
{
    size_t words = 0;
    bool plain = strcmp(vocabulary->settings.stemming, "none") == 0;
    phrases->count = tgr_strings_count(vocabulary->phrases);
    each_phrase(phrases, vocabulary->phrases, count_word, &words);
    if ((plain && !tgr_stop_words_add(vocabulary->settings.stop_words, stop_words)) ||
        !open_words(phrases, words + tgr_strings_count(stop_words))) {
        return false;
    }
    size_t edges = table_size(words - phrases->count);
    phrases->edges = tgr_mem_zalloc(edges, sizeof *phrases->edges);
    phrases->edge_mask = edges - 1;
    return phrases->edges != NULL && each_phrase(phrases, vocabulary->phrases, store_word, NULL) &&
           add_node(phrases) && /* so that no step leads to 0 */
           store_phrases(phrases, vocabulary->phrases) && store_stop_words(phrases, stop_words);
}

tgr_status tgr_phrases_open(tgr_phrases *phrases, const tgr_vocabulary *vocabulary,
                            tgr_error *error)
{
    tgr_strings *stop_words = tgr_strings_new();
    *phrases = (tgr_phrases){0};
    bool complete = stop_words != NULL && build(phrases, vocabulary, stop_words);
    tgr_strings_free(stop_words);
    if (!complete) {
        tgr_phrases_close(phrases);
        return tgr_fail_memory(error, "the vocabulary");
    }
    return TGR_OK;
}

void tgr_phrases_close(tgr_phrases *phrases)
{
    tgr_mem_free(phrases->slots);
    tgr_mem_free(phrases->words);
    tgr_mem_free(phrases->edges);
    tgr_mem_free(phrases->nodes);
    *phrases = (tgr_phrases){0};
}
