/* word_table.h - words by their bytes: one cache line a look-up, and hardly a branch.
 *
 * A word of up to 16 bytes is its own key, two numbers, so that comparing it takes no loop and its
 * hash no case by length. Two stand in a line of the cache, with what is to be known of them. The
 * few longer ones go by XXH3 (strings.h). Not changed once it is filled.
 */
#ifndef TGR_TAGGER_WORD_TABLE_H
#define TGR_TAGGER_WORD_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/strings.h"
#include "engine/tagger/tokens.h"

#define TGR_PHRASE_NONE UINT32_MAX

/* Where a phrase stands after some of its words. */
typedef struct tgr_place {
    uint32_t number; /* with the marks that follow */
    uint32_t phrase; /* that ends here, or TGR_PHRASE_NONE */
} tgr_place;

#define TGR_PLACE_LEADS     ((uint32_t)1 << 31) /* some phrase goes on from here */
#define TGR_PLACE_CONTINUES ((uint32_t)1 << 30) /* a word that some phrase goes on with */
#define TGR_PLACE_NUMBER    (TGR_PLACE_CONTINUES - 1)
#define TGR_PLACE_NOWHERE   TGR_PLACE_NUMBER /* no word of a phrase */

typedef struct tgr_word_pair {
    uint64_t low[2], high[2]; /* bytes 0 to 7 and 8 to 15, zeros behind the word's last */
    tgr_place places[3];      /* the third: nowhere */
    uint32_t held;            /* 0 to 2 */
    uint32_t more; /* a bit of its hash for each word that belongs here and is in a line behind */
} tgr_word_pair;

/* Starts zeroed. */
typedef struct tgr_word_table {
    tgr_word_pair *pairs;
    size_t mask;
    tgr_strings *long_words;
    tgr_place *long_places;
    size_t long_capacity;
} tgr_word_table;

/* Room for `most` words; false where memory is short. */
bool tgr_word_table_open(tgr_word_table *table, size_t most);
void tgr_word_table_close(tgr_word_table *table); /* harmless on a zeroed structure */

/* The place of a word, nowhere where it is new; until the next new word is added. NULL where memory
 * is short. */
tgr_place *tgr_word_table_add(tgr_word_table *table, const char *word, size_t length);

/* The place of a word, or nowhere. */
tgr_place tgr_word_table_find(const tgr_word_table *table, const char *word, size_t length);

/* The same for up to TGR_TOKENS words of tgr_tokens, behind whose bytes there are others. */
void tgr_word_table_find_all(const tgr_word_table *table, const tgr_token *tokens, size_t count,
                             tgr_place *places);

#endif
