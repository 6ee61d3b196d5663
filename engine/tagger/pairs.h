/* pairs.h - on how many queries a phrase and a tag stand together.
 *
 * Bounded as counts of phrases are (learn.h): where there are too many pairs, the rarest are
 * forgotten, and `floor` says by how much a count may be too small.
 */
#ifndef TGR_TAGGER_PAIRS_H
#define TGR_TAGGER_PAIRS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct tgr_pair { /* empty where `queries` is 0 */
    uint32_t phrase, tag;
    uint64_t queries;
} tgr_pair;

/* Starts zeroed. */
typedef struct tgr_pairs {
    tgr_pair *slots;
    size_t mask, count, limit;
    uint64_t floor;
} tgr_pairs;

bool tgr_pairs_open(tgr_pairs *pairs, size_t limit); /* false where memory is short */
void tgr_pairs_close(tgr_pairs *pairs);              /* harmless on a zeroed structure */

/* Counts one query; false where memory is short. */
bool tgr_pairs_add(tgr_pairs *pairs, uint32_t phrase, uint32_t tag);

/* Forgets the rarest pairs where the limit is exceeded. To be called at places that depend on the
 * queries alone. */
bool tgr_pairs_bound(tgr_pairs *pairs);

/* Makes the slots a list of the pairs, by phrase, of one phrase the most frequent first, then by
 * tag. Nothing can be added any more. */
void tgr_pairs_sort(tgr_pairs *pairs);

#endif
