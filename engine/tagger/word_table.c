/* word_table.c - lines of two words each, and the next line where one is full. */
#include "engine/tagger/word_table.h"

#include <string.h>

#include "engine/base/memory.h"
#include "engine/base/wide.h"

#ifdef TGR_BY_HAND_512
#include <immintrin.h>
#endif

#define SHORT     16 /* bytes */
#define LOW_BITS  0x9e3779b97f4a7c15u
#define HIGH_BITS 0xc2b2ae3d27d4eb4fu

_Static_assert(sizeof(tgr_word_pair) == 64, "a line of the cache");

typedef struct key {
    uint64_t low, high;
} key;

static const tgr_place nowhere = {TGR_PLACE_NOWHERE, TGR_PHRASE_NONE};

/* Any bytes, that end where they end. */
static inline key key_of(const char *word, size_t length)
{
    char bytes[SHORT] = {0};
    key made;
    memcpy(bytes, word, length);
    memcpy(&made.low, bytes, 8);
    memcpy(&made.high, bytes + 8, 8);
    return made;
}

/* The same with one load, where 16 bytes can be read. */
static inline key key_within(const char *word, size_t length)
{
    static const unsigned char ones_then_zeros[2 * SHORT] = {
        255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255};
    key bytes, mask;
    memcpy(&bytes, word, sizeof bytes);
    memcpy(&mask, ones_then_zeros + SHORT - length, sizeof mask);
    return (key){bytes.low & mask.low, bytes.high & mask.high};
}

/* One multiplication, both halves of whose product count. */
static inline uint64_t hash_of(key word)
{
    __extension__ typedef unsigned __int128 wide;
    wide product = (wide)(word.low ^ LOW_BITS) * (word.high ^ HIGH_BITS);
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

bool tgr_word_table_open(tgr_word_table *table, size_t most)
{
    size_t lines = 32;
    while (lines < most) {
        lines *= 2;
    }
    table->pairs = tgr_mem_aligned(lines, sizeof *table->pairs);
    table->mask = lines - 1;
    table->long_words = tgr_strings_new();
    for (size_t i = 0; table->pairs != NULL && i < lines; i++) {
        table->pairs[i] = (tgr_word_pair){.places = {nowhere, nowhere, nowhere}};
    }
    return table->pairs != NULL && table->long_words != NULL;
}

void tgr_word_table_close(tgr_word_table *table)
{
    tgr_mem_free_aligned(table->pairs);
    tgr_strings_free(table->long_words);
    tgr_mem_free(table->long_places);
    *table = (tgr_word_table){0};
}

static tgr_place *add_long(tgr_word_table *table, const char *word, size_t length)
{
    uint32_t number = tgr_strings_find(table->long_words, word, length);
    if (number == TGR_STRING_NONE) {
        number = tgr_strings_count(table->long_words);
        void *places = table->long_places;
        bool enough = tgr_mem_grow(&places, &table->long_capacity, (size_t)number + 1,
                                   sizeof *table->long_places);
        table->long_places = places;
        if (!enough || tgr_strings_add(table->long_words, word, length) == TGR_STRING_NONE) {
            return NULL;
        }
        table->long_places[number] = nowhere;
    }
    return &table->long_places[number];
}

/* The bit of a word in `more`. */
static inline uint32_t bit_of(uint64_t hash)
{
    return (uint32_t)1 << (hash >> 59);
}

/* Lines are at least as many as words, so that there is room. */
tgr_place *tgr_word_table_add(tgr_word_table *table, const char *word, size_t length)
{
    if (length > SHORT) {
        return add_long(table, word, length);
    }
    key one = key_of(word, length);
    uint64_t hash = hash_of(one);
    for (size_t at = hash & table->mask;; at = (at + 1) & table->mask) {
        tgr_word_pair *pair = &table->pairs[at];
        for (uint32_t i = 0; i < pair->held; i++) {
            if (pair->low[i] == one.low && pair->high[i] == one.high) {
                return &pair->places[i];
            }
        }
        if (pair->held < 2) {
            pair->low[pair->held] = one.low;
            pair->high[pair->held] = one.high;
            return &pair->places[pair->held++];
        }
        pair->more |= bit_of(hash);
    }
}

/* Which of two it is, or nowhere, without a branch: texts are hard to guess. A place is one number.
 */
static inline tgr_place choose(const tgr_word_pair *pair, bool first, bool second)
{
    uint64_t places[3], chosen, one = -(uint64_t)first, two = -(uint64_t)second;
    tgr_place place;
    memcpy(places, pair->places, sizeof places);
    chosen = (places[0] & one) | (places[1] & two) | (places[2] & ~(one | two));
    memcpy(&place, &chosen, sizeof place);
    return place;
}

/* A place that is empty has no bytes, and is nowhere: as is a word without bytes. */
static inline tgr_place find_short(const tgr_word_table *table, uint64_t hash, key word)
{
    const tgr_word_pair *pair = &table->pairs[hash & table->mask];
    for (;;) {
        bool first = ((pair->low[0] ^ word.low) | (pair->high[0] ^ word.high)) == 0;
        bool second = ((pair->low[1] ^ word.low) | (pair->high[1] ^ word.high)) == 0;
        if ((pair->more & bit_of(hash)) == 0 || first | second) { /* first what can be guessed */
            return choose(pair, first, second);
        }
        pair = pair == table->pairs + table->mask ? table->pairs : pair + 1;
    }
}

static tgr_place find_long(const tgr_word_table *table, const char *word, size_t length)
{
    uint32_t number = tgr_strings_find(table->long_words, word, length);
    return number == TGR_STRING_NONE ? nowhere : table->long_places[number];
}

tgr_place tgr_word_table_find(const tgr_word_table *table, const char *word, size_t length)
{
    if (length > SHORT) {
        return find_long(table, word, length);
    }
    key one = key_of(word, length);
    return find_short(table, hash_of(one), one);
}

/* Words of more bytes than a line holds, which are few; among the others they went for words
 * without bytes. */
static void find_long_ones(const tgr_word_table *table, const tgr_token *tokens, size_t count,
                           tgr_place *places)
{
    for (size_t i = 0; i < count; i++) {
        if (tokens[i].length > SHORT) {
            places[i] = find_long(table, tokens[i].bytes, tokens[i].length);
        }
    }
}

/* All lines are on their way before the first is looked at. Whether some words are long. */
static bool find_short_ones(const tgr_word_table *table, const tgr_token *tokens, size_t count,
                            tgr_place *places)
{
    key keys[TGR_TOKENS];
    uint64_t hashes[TGR_TOKENS];
    bool some_long = false;
    for (size_t i = 0; i < count; i++) {
        size_t length = tokens[i].length > SHORT ? 0 : tokens[i].length;
        some_long |= tokens[i].length > SHORT;
        keys[i] = key_within(tokens[i].bytes, length);
        hashes[i] = hash_of(keys[i]);
        __builtin_prefetch(&table->pairs[hashes[i] & table->mask]);
    }
    for (size_t i = 0; i < count; i++) {
        places[i] = find_short(table, hashes[i], keys[i]);
    }
    return some_long;
}

#ifdef TGR_BY_HAND_512
typedef struct sought { /* a word on its way */
    __m128i word;
    const tgr_word_pair *pair;
    uint32_t bit; /* bit_of its hash */
} sought;

/* Compares with both words of a line at once. */
TGR_BY_HAND_512 static inline tgr_place find_short_512(const tgr_word_table *table,
                                                       const sought *one)
{
    const tgr_word_pair *pair = one->pair;
    const __m256i twice = _mm256_permute4x64_epi64(_mm256_castsi128_si256(one->word), 0x50);
    for (;;) {
        __m256i both = _mm256_load_si256((const __m256i *)(const void *)pair->low);
        unsigned equal = _mm256_cmpeq_epi64_mask(both, twice);
        unsigned found = equal & equal >> 2;
        if ((pair->more & one->bit) == 0 || found != 0) { /* first what can be guessed */
            return pair->places[__builtin_ctz(found | 4)];
        }
        pair = pair == table->pairs + table->mask ? table->pairs : pair + 1;
    }
}

/* Sends for the lines of all words; whether some are long, or there are none. A function of its
 * own, for what it has at hand takes all registers. */
TGR_BY_HAND_512 __attribute__((noinline)) static bool
seek_512(const tgr_word_table *table, const tgr_token *tokens, size_t count, sought *one)
{
    const tgr_word_pair *pairs = table->pairs;
    size_t mask = table->mask;
    uint32_t lengths = 0; /* less one, all together */
    for (const tgr_token *end = tokens + count; tokens < end; one++, tokens++) {
        uint32_t length = tokens->length;
        lengths |= length - 1;
        __m128i word = _mm_maskz_loadu_epi8((__mmask16)_bzhi_u32(0xffff, length), tokens->bytes);
        unsigned long long high, low = (unsigned long long)_mm_cvtsi128_si64(word);
        low = _mulx_u64(low ^ LOW_BITS, (uint64_t)_mm_extract_epi64(word, 1) ^ HIGH_BITS, &high);
        uint64_t hash = low ^ high; /* as hash_of has it, without a detour through memory */
        const tgr_word_pair *pair = pairs + (hash & mask);
        __builtin_prefetch(pair);
        *one = (sought){word, pair, bit_of(hash)};
    }
    return lengths >= SHORT;
}

TGR_BY_HAND_512 static bool find_short_ones_512(const tgr_word_table *table,
                                                const tgr_token *tokens, size_t count,
                                                tgr_place *places)
{
    sought all[TGR_TOKENS];
    bool some_long = seek_512(table, tokens, count, all);
    for (size_t i = 0; i < count; i++) {
        places[i] = find_short_512(table, &all[i]);
    }
    return some_long;
}
#endif

void tgr_word_table_find_all(const tgr_word_table *table, const tgr_token *tokens, size_t count,
                             tgr_place *places)
{
    bool some_long;
#ifdef TGR_BY_HAND_512
    some_long = tgr_wide_level() == TGR_WIDE_AVX512
                    ? find_short_ones_512(table, tokens, count, places)
                    : find_short_ones(table, tokens, count, places);
#else
    some_long = find_short_ones(table, tokens, count, places);
#endif
    if (some_long) {
        find_long_ones(table, tokens, count, places);
    }
}
