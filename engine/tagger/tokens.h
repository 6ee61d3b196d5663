/* tokens.h - a text as a sequence of folded words.
 *
 * A word is a run of letters and digits in any script, with the marks that go with them and with
 * apostrophes between its letters; 's at its end is dropped. Case and compatible forms are folded
 * (unicode.h). Scripts without spaces give each two neighbouring characters as a word. Words of
 * more than 64 characters, or 255 bytes when folded, are no words: they only keep their neighbours
 * apart.
 */
#ifndef TGR_TAGGER_TOKENS_H
#define TGR_TAGGER_TOKENS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/tagger/unicode.h"

#define TGR_WORD_MAX 255 /* bytes of a folded word */

typedef enum tgr_token_kind {
    TGR_TOKEN_WORD,
    TGR_TOKEN_PAIR, /* of characters: joins no neighbour */
    TGR_TOKEN_LONG  /* what stood here was too long to be a word */
} tgr_token_kind;

typedef struct tgr_token {
    const char *bytes;
    uint32_t length;
    uint32_t kind;
} tgr_token;

#define TGR_TOKENS 160 /* handed out at once, at most */

/* Where a text is being read. Large: one a thread. */
typedef struct tgr_tokens {
    const tgr_unicode *unicode;
    const char *at, *end;

    uint32_t run; /* characters of the unspaced run at hand, 0 outside of one; 2 for any more */
    char previous[TGR_WORD_MAX]; /* the last of them */
    uint32_t previous_length;

    unsigned patience; /* words that go by characters before a block is looked at again */

    size_t count;
    bool mixed; /* some of them are no words */
    tgr_token tokens[TGR_TOKENS];
    size_t used;
    char bytes[TGR_TOKENS * 64 + 4 * TGR_WORD_MAX];
} tgr_tokens;

/* The text must stay while it is read; the tables as long as the tokens. */
void tgr_tokens_begin(tgr_tokens *tokens, const tgr_unicode *unicode, const char *text,
                      size_t length);

/* Puts the next words into tokens->tokens, as many as tokens->count; false at the end of the text.
 * They last until the next call. */
bool tgr_tokens_fill(tgr_tokens *tokens);

#endif
