/* scan.c - ranges of thresholds, and the bin where a goal begins to be met. */
#include "engine/solve/scan.h"

#include <float.h>
#include <math.h>

#include "engine/simulate/order.h"

/* Next to a crossing, rounding says which model utility takes; nothing is gained by looking closer
 * than this many doubles. */
#define FINE_SHIFT 15

uint64_t tgr_scan_number(tgr_policy policy, double threshold)
{
    return policy == TGR_POLICY_UTILITY ? tgr_order_of_double(threshold)
                                        : tgr_order_of_float((float)threshold);
}

double tgr_scan_threshold(tgr_policy policy, uint64_t number)
{
    return policy == TGR_POLICY_UTILITY ? tgr_double_of_order(number)
                                        : (double)tgr_float_of_order((uint32_t)number);
}

tgr_scan_range tgr_scan_within(tgr_policy policy, uint64_t low, uint64_t high)
{
    tgr_scan_range range = {policy, low, high, 0};
    while (tgr_scan_bins(&range) > TGR_SCAN_BINS) {
        range.shift++;
    }
    return range;
}

tgr_scan_range tgr_scan_everything(tgr_policy policy)
{
    double lowest = policy == TGR_POLICY_MARGIN ? -INFINITY : 0;
    double highest = policy == TGR_POLICY_MARGIN ? INFINITY : FLT_MAX;
    return tgr_scan_within(policy, tgr_scan_number(policy, lowest),
                           tgr_scan_number(policy, highest));
}

uint64_t tgr_scan_last(const tgr_scan_range *range, size_t bin)
{
    uint64_t first = range->low + ((uint64_t)bin << range->shift);
    uint64_t span = (UINT64_C(1) << range->shift) - 1;
    return range->high - first < span ? range->high : first + span;
}

bool tgr_scan_is_fine(const tgr_scan_range *range)
{
    return range->shift <= (range->policy == TGR_POLICY_UTILITY ? FINE_SHIFT : 0);
}

/* Takes note of an amount; whether it meets the goal. */
static bool look_at(tgr_crossing *crossing, const tgr_aim *aim, tgr_amount amount, uint64_t queries)
{
    double value = tgr_aim_value(aim, amount, queries);
    if (tgr_aim_is_nearer(aim, value, crossing->nearest)) {
        crossing->nearest = value;
    }
    return tgr_aim_is_met(aim, amount);
}

static void cross_upwards(tgr_crossing *crossing, const tgr_amount *bins, size_t count,
                          const tgr_aim *aim, uint64_t queries)
{
    for (size_t bin = 0; bin < count; bin++) {
        tgr_amount above = crossing->below;
        tgr_amount_add(&above, bins[bin]);
        if (look_at(crossing, aim, above, queries)) {
            crossing->found = true;
            crossing->bin = bin;
            return;
        }
        crossing->below = above;
    }
}

static void cross_downwards(tgr_crossing *crossing, const tgr_amount *bins, size_t count,
                            const tgr_aim *aim, uint64_t queries)
{
    for (size_t bin = count; bin-- > 0;) {
        crossing->below = tgr_amount_less(crossing->below, bins[bin]);
        if (look_at(crossing, aim, crossing->below, queries)) {
            crossing->found = true;
            crossing->bin = bin;
            return;
        }
    }
}

tgr_crossing tgr_scan_cross(const tgr_scan_range *range, const tgr_amount *bins, tgr_amount below,
                            const tgr_aim *aim, uint64_t queries)
{
    tgr_crossing crossing = {.below = below, .nearest = NAN};
    size_t count = tgr_scan_bins(range);
    for (size_t bin = 0; bin < count && aim->from_top; bin++) {
        tgr_amount_add(&crossing.below, bins[bin]);
    }
    if (look_at(&crossing, aim, crossing.below, queries)) {
        crossing.at_once = true;
    } else if (aim->from_top) {
        cross_downwards(&crossing, bins, count, aim, queries);
    } else {
        cross_upwards(&crossing, bins, count, aim, queries);
    }
    return crossing;
}
