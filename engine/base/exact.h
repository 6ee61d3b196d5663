/* exact.h - sums that do not depend on their order.
 *
 * Each term is rounded to a multiple of 2^-40 and added in 128-bit integers, so any grouping by
 * thread, block or shard gives the same bits. Terms are bounded to |x| <= 2^22, which makes a term
 * fit 63 bits and leaves room for 2^64 of them.
 */
#ifndef TGR_BASE_EXACT_H
#define TGR_BASE_EXACT_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

__extension__ typedef __int128 tgr_sum; /* in units of 2^-40 */

#define TGR_EXACT_LIMIT 4194304.0 /* 2^22 */

/* Whether a term may be added. NaN may not. */
static inline bool tgr_exact_fits(double term)
{
    return fabs(term) <= TGR_EXACT_LIMIT;
}

/* A term in units of 2^-40, to nearest, ties to even (the default rounding of the process): one
 * instruction, where nearbyint would be a call. */
static inline int64_t tgr_exact_term(double term)
{
    return (int64_t)llrint(term * 0x1p40);
}

/* The sum as a double, rounded once. */
static inline double tgr_exact_value(tgr_sum sum)
{
    return (double)sum * 0x1p-40;
}

#endif
