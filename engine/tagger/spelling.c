/* spelling.c - counting hashed n-grams. */
#include "engine/tagger/spelling.h"

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
            counts[hash % TGR_SPELLING_COMPONENTS] += (hash >> 63) != 0 ? -1 : 1;
        }
    }
}

void tgr_spelling_count(const char *text, size_t length, tgr_spelling *spelling)
{
    char bytes[TGR_SPELLING_BYTES + 2];
    length = length < TGR_SPELLING_BYTES ? length : TGR_SPELLING_BYTES;
    bytes[0] = BEGIN_TEXT;
    memcpy(bytes + 1, text, length);
    bytes[length + 1] = END_TEXT;
    size_t total = length + 2;
    *spelling = (tgr_spelling){0};
    for (size_t at = 0; at < total; at += character(bytes + at, total - at)) {
        count_from(bytes + at, total - at, spelling->counts);
    }
    for (size_t i = 0; i < TGR_SPELLING_COMPONENTS; i++) {
        spelling->squares += (int64_t)spelling->counts[i] * spelling->counts[i];
    }
}
