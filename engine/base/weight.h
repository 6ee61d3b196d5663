/* weight.h - how many queries a query stands for, in fixed point.
 *
 * Weights are multiples of 2^-40, and so are weighted terms of exact sums: a whole weight n adds
 * exactly what the term adds n times, and any weight adds the same for every order and thread.
 */
#ifndef TGR_BASE_WEIGHT_H
#define TGR_BASE_WEIGHT_H

#include <math.h>
#include <stdint.h>

#include "engine/base/exact.h"

/* Weights, and chances to divide by, that sums stay exact with. */
#define TGR_WEIGHT_LEAST 0x1p-20
#define TGR_WEIGHT_MOST  0x1p20
#define TGR_CHANCE_LEAST 0x1p-20

typedef int64_t tgr_weight; /* in units of 2^-40 */

#define TGR_WEIGHT_ONE ((tgr_weight)1 << 40)

/* NaN, where none is said, is 1. */
static inline tgr_weight tgr_weight_of(double weight)
{
    return isnan(weight) ? TGR_WEIGHT_ONE : (tgr_weight)llrint(weight * 0x1p40);
}

/* A term in units of 2^-40, weighted: below 2^122 before it is rounded. */
static inline tgr_sum tgr_weigh(tgr_weight weight, int64_t term)
{
    return ((tgr_sum)weight * term + ((tgr_sum)1 << 39)) >> 40;
}

/* A sum's term, weighted in units of 2^-bits (at most 40) and rounded; below 2^86, as costs and
 * scores are in units of 2^-64, it stays below 2^106. */
static inline tgr_sum tgr_weigh_term(tgr_sum term, uint64_t weight, unsigned bits)
{
    tgr_sum whole = (tgr_sum)(weight >> bits), rest = (tgr_sum)(weight - (weight >> bits << bits));
    return term * whole + ((term * rest + (((tgr_sum)1 << bits) >> 1)) >> bits);
}

#endif
