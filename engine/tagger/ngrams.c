/* ngrams.c - counting hashed n-grams. */
#include "engine/tagger/ngrams.h"

#include <string.h>

#include <xxhash.h>

#define SHORTEST   2
#define LONGEST    4
#define BEGIN_TEXT '\x02'
#define END_TEXT   '\x03'

/* Bytes of the character that begins here, as far as the text goes. */
static size_t character(const char *at, size_t left)
{
    unsigned char first = (unsigned char)at[0];
    size_t length = first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    return length < left ? length : left;
}

/* The n-grams that begin at `begin`, which `left` bytes follow. */
static void count_from(const char *begin, size_t left, int32_t *counts)
{
    size_t length = 0;
    for (int characters = 1; characters <= LONGEST && length < left; characters++) {
        length += character(begin + length, left - length);
        if (characters >= SHORTEST) {
            XXH64_hash_t hash = XXH3_64bits(begin, length);
            counts[hash % TGR_NGRAM_COMPONENTS] += (hash >> 63) != 0 ? -1 : 1;
        }
    }
}

void tgr_ngrams_count(const char *text, size_t length, tgr_ngrams *ngrams)
{
    char bytes[TGR_NGRAM_BYTES + 2];
    length = length < TGR_NGRAM_BYTES ? length : TGR_NGRAM_BYTES;
    bytes[0] = BEGIN_TEXT;
    memcpy(bytes + 1, text, length);
    bytes[length + 1] = END_TEXT;
    size_t total = length + 2;
    *ngrams = (tgr_ngrams){0};
    for (size_t at = 0; at < total; at += character(bytes + at, total - at)) {
        count_from(bytes + at, total - at, ngrams->counts);
    }
    for (size_t i = 0; i < TGR_NGRAM_COMPONENTS; i++) {
        ngrams->squares += (int64_t)ngrams->counts[i] * ngrams->counts[i];
    }
}
