/* weighing.h - how many queries each query of some files stands for, as a whole number of one unit.
 *
 * Counts are sums of weights, and have 64 bits. So weights are counted in units of 2^-bits: of as
 * few bits as say every weight exactly, none where all are whole numbers, and no more than keep the
 * sum of all weights well within 64 bits; weights that need more are rounded to the nearest unit.
 * The unit follows from the weights of all queries alone: neither from threads nor from processes
 * or shards.
 */
#ifndef TGR_WEIGHING_H
#define TGR_WEIGHING_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/weight.h"
#include "engine/pass.h"

typedef struct tgr_weighing {
    bool weighed; /* some query has a weight other than 1; else all that follows is of no use */
    unsigned bits;
} tgr_weighing;

/* Looks at the weights of the queries of the split, this process at those of its own rows. The pass
 * is not walking. models: how many a query may be counted for at once. TGR_ERR_INPUT where the
 * weights add up to more than is summed exactly. */
tgr_status tgr_weighing_find(tgr_weighing *weighing, const tgr_pass *pass, size_t models,
                             const tgr_run *run, tgr_error *error);

/* What a walk wants beside what it wants without weights. */
static inline unsigned tgr_weighing_wants(const tgr_weighing *weighing)
{
    return weighing->weighed ? TGR_WANT_WEIGHT : 0;
}

/* Units of 2^-bits, at least one; 1 where no query has a weight. */
static inline uint64_t tgr_weighing_of(const tgr_weighing *weighing, const tgr_batch *batch,
                                       size_t row)
{
    if (!weighing->weighed) {
        return 1;
    }
    tgr_weight exact = batch->weight == NULL ? TGR_WEIGHT_ONE : tgr_weight_of(batch->weight[row]);
    unsigned left_out = 40 - weighing->bits;
    uint64_t units = ((uint64_t)exact + ((UINT64_C(1) << left_out) >> 1)) >> left_out;
    return units > 0 ? units : 1;
}

/* What a unit is of a query. */
static inline double tgr_weighing_unit(const tgr_weighing *weighing)
{
    return weighing->weighed ? ldexp(1, -(int)weighing->bits) : 1;
}

#endif
