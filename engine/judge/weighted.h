/* weighted.h - sums over decisions weighted by chances: exact, so that threads do not matter. */
#ifndef TGR_JUDGE_WEIGHTED_H
#define TGR_JUDGE_WEIGHTED_H

#include <stdbool.h>

#include <tagroute/details.h>

#include "engine/base/exact.h"

/* Larger measures are not weighted: their squares would not be summed exactly. */
#define TGR_WEIGHTED_LIMIT 1024.0
/* Nor are larger weights of queries over chances. */
#define TGR_WEIGHTED_MOST 0x1p28

/* What one query says of going to one model. */
typedef struct tgr_weighted_term {
    double weight;  /* 1 / chance where it was logged with that model and is judged, else 0 */
    uint64_t units; /* the query's weight in units of 2^-bits; 1 of 1 where queries have none */
    unsigned bits;
    double measured;  /* 0 where weight is 0 */
    double predicted; /* of the model, whether judged or not */
} tgr_weighted_term;

/* Sums of terms, or differences of such sums. */
typedef struct tgr_weighted {
    tgr_sum w, wy, ww, wwy, wwyy; /* weights and measures */
    tgr_sum robust, square;       /* of each query's doubly robust term */
    tgr_sum stands, twice,
        robust_twice; /* weights of queries, their squares, and these times terms */
    uint64_t matched, decided;
} tgr_weighted;

void tgr_weighted_add(tgr_weighted *into, const tgr_weighted_term *term);
void tgr_weighted_subtract(tgr_weighted *from, const tgr_weighted_term *term);
void tgr_weighted_merge(tgr_weighted *into, const tgr_weighted *from);

/* Everything but the threshold. weighed: queries have weights. */
void tgr_weighted_estimate(const tgr_weighted *sums, bool weighed, tgr_estimate *estimate);

#endif
