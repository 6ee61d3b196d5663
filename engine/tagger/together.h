/* together.h - on how many queries a phrase and a tag stand together.
 *
 * Bounded as counts of phrases are (learn.h): where there are too many pairs, the rarest are
 * forgotten, and `floor` says by how much a count may be too small.
 */
#ifndef TGR_TAGGER_TOGETHER_H
#define TGR_TAGGER_TOGETHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct tgr_together_pair { /* empty where `queries` is 0 */
    uint32_t phrase, tag;
    uint64_t queries;
} tgr_together_pair;

/* Starts zeroed. */
typedef struct tgr_together {
    tgr_together_pair *slots;
    size_t mask, count, limit;
    uint64_t floor;
} tgr_together;

bool tgr_together_open(tgr_together *pairs, size_t limit); /* false where memory is short */
void tgr_together_close(tgr_together *pairs);              /* harmless on a zeroed structure */

/* Counts one query; false where memory is short. */
bool tgr_together_add(tgr_together *pairs, uint32_t phrase, uint32_t tag);

/* Forgets the rarest pairs where the limit is exceeded. To be called at places that depend on the
 * queries alone. */
bool tgr_together_bound(tgr_together *pairs);

/* Makes the slots a list of the pairs, by phrase, of one phrase the most frequent first, then by
 * tag. Nothing can be added any more. */
void tgr_together_sort(tgr_together *pairs);

#endif
