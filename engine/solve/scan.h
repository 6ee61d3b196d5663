/* scan.h - sums of what changes by threshold, in bins that are narrowed down round by round.
 *
 * Thresholds are numbered in their order (float32 ones for margin and slack, doubles for utility),
 * and a scan divides a range of these numbers evenly. One round over the queries finds the bin in
 * which the goal is met; the next divides that bin. So memory stays the same however many queries
 * there are, and after a few rounds a bin is one threshold, or a span as narrow as rounding.
 */
#ifndef TGR_SOLVE_SCAN_H
#define TGR_SOLVE_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tagroute/policy.h>

#include "engine/solve/goal.h"

#define TGR_SCAN_BINS ((size_t)1 << 16)

/* The numbers of thresholds from `low` to `high`, 2^shift a bin. */
typedef struct tgr_scan_range {
    tgr_policy policy;
    uint64_t low, high;
    unsigned shift;
} tgr_scan_range;

/* All thresholds of a policy. */
tgr_scan_range tgr_scan_everything(tgr_policy policy);

/* The range from low to high, divided as finely as bins allow. */
tgr_scan_range tgr_scan_within(tgr_policy policy, uint64_t low, uint64_t high);

uint64_t tgr_scan_number(tgr_policy policy, double threshold);
double tgr_scan_threshold(tgr_policy policy, uint64_t number);

static inline bool tgr_scan_holds(const tgr_scan_range *range, uint64_t number)
{
    return number >= range->low && number <= range->high;
}

static inline size_t tgr_scan_bin(const tgr_scan_range *range, uint64_t number)
{
    return (size_t)((number - range->low) >> range->shift);
}

static inline size_t tgr_scan_bins(const tgr_scan_range *range)
{
    return tgr_scan_bin(range, range->high) + 1;
}

/* The last number of a bin. */
uint64_t tgr_scan_last(const tgr_scan_range *range, size_t bin);

/* Whether bins are as narrow as they need to be. */
bool tgr_scan_is_fine(const tgr_scan_range *range);

/* Between which two numbers the goal begins to be met. */
typedef struct tgr_crossing {
    bool at_once;     /* it is met at the end that thresholds are tried from; no bin */
    bool found;       /* else `nearest` is what comes nearest */
    size_t bin;       /* of which one edge meets the goal, and the other does not */
    tgr_amount below; /* the amount below that bin */
    double nearest;   /* in the goal's terms */
} tgr_crossing;

/* below: the amount below the range. */
tgr_crossing tgr_scan_cross(const tgr_scan_range *range, const tgr_amount *bins, tgr_amount below,
                            const tgr_aim *aim, uint64_t queries);

#endif
