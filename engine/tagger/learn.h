/* learn.h - a vocabulary by counting: how many texts have each phrase, and which phrases matter.
 *
 * Counting is lossy where there are more phrases than memory may hold (Manku and Motwani): whenever
 * the limit is reached, the rarest are dropped, and what is counted of a phrase that comes again
 * starts anew. Counts are then too small by at most `floor`.
 */
#ifndef TGR_TAGGER_LEARN_H
#define TGR_TAGGER_LEARN_H

#include "engine/tagger/vocabulary.h"

/* Starts zeroed. */
typedef struct tgr_counting {
    tgr_strings *phrases;
    uint64_t *queries; /* that have the phrase */
    size_t capacity;
    uint32_t limit; /* phrases held at most */
    uint64_t floor;
} tgr_counting;

typedef struct tgr_learn_rule {
    uint64_t min_queries; /* a phrase is in at least so many texts */
    double max_share;     /* and in at most this share of them */
    double association;   /* words stand together so many times as often as by chance */
    uint64_t most;        /* phrases, the most frequent ones; 0: all */
} tgr_learn_rule;

tgr_status tgr_counting_open(tgr_counting *counting, uint32_t limit, tgr_error *error);
void tgr_counting_close(tgr_counting *counting); /* harmless on a zeroed structure */

/* Adds to a phrase's texts; false where memory is short. */
bool tgr_counting_add(tgr_counting *counting, const char *phrase, size_t length, uint64_t queries);

/* Drops the rarest phrases where the limit is exceeded. To be called at places that depend on the
 * texts alone. False where memory is short. */
bool tgr_counting_bound(tgr_counting *counting);

/* The phrases that matter of `queries` texts, into an empty vocabulary. */
tgr_status tgr_counting_choose(const tgr_counting *counting, const tgr_learn_rule *rule,
                               uint64_t queries, tgr_vocabulary *vocabulary, tgr_error *error);

#endif
