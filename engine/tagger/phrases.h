/* phrases.h - a vocabulary made ready for looking up: words by XXH3, and phrases word by word.
 *
 * A phrase is a path: its first word is a node, and each further word leads over an edge to the
 * next. Not changed once it is made.
 */
#ifndef TGR_TAGGER_PHRASES_H
#define TGR_TAGGER_PHRASES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tagroute/status.h>

#include "engine/tagger/tokens.h"
#include "engine/tagger/vocabulary.h"

#define TGR_WORD_NONE   UINT32_MAX       /* no phrase has the word */
#define TGR_WORD_STOP   (UINT32_MAX - 1) /* a stop word */
#define TGR_PHRASE_NONE UINT32_MAX

typedef struct tgr_word_slot { /* empty where `at` is 0 */
    uint32_t hash;
    uint32_t at; /* of the word in `words` */
} tgr_word_slot;

typedef struct tgr_edge { /* empty where `to` is 0, which is a word's node */
    uint32_t from, word;
    uint32_t to;
} tgr_edge;

typedef struct tgr_node {
    uint32_t phrase; /* that ends here, or TGR_PHRASE_NONE */
    bool leads_on;   /* some edge leaves it */
} tgr_node;

typedef struct tgr_phrases {
    uint32_t count; /* phrases */
    unsigned longest;

    tgr_word_slot *slots;
    size_t slot_mask;
    char *words; /* each: uint32_t its node, uint8_t its length, its bytes */
    size_t word_bytes, word_capacity;
    uint32_t word_count;

    tgr_edge *edges;
    size_t edge_mask;

    tgr_node *nodes; /* first those of words */
    size_t node_count, node_capacity;
} tgr_phrases;

tgr_status tgr_phrases_open(tgr_phrases *phrases, const tgr_vocabulary *vocabulary,
                            tgr_error *error);
void tgr_phrases_close(tgr_phrases *phrases); /* harmless on a zeroed structure */

/* The node of a word as it stands in phrases, TGR_WORD_STOP or TGR_WORD_NONE. Where words are
 * stemmed, stop words are not found here. */
uint32_t tgr_phrases_word(const tgr_phrases *phrases, const char *word, size_t length);

/* The same for up to TGR_TOKENS words at once. */
void tgr_phrases_words(const tgr_phrases *phrases, const tgr_token *tokens, size_t count,
                       uint32_t *nodes);

/* Where a word leads from a node; 0: nowhere. */
uint32_t tgr_phrases_step(const tgr_phrases *phrases, uint32_t from, uint32_t word);

#endif
