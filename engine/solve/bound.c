/* bound.c - the least of the bounds. */
#include "engine/solve/bound.h"

#include <math.h>

#include "engine/simulate/tally.h"

static double bound_by(double lambda, const tgr_bound_sums *sums, double cost)
{
    return tgr_tally_value(sums->score) + lambda * (cost - tgr_tally_value(sums->cost));
}

double tgr_bound_at(const tgr_bound *bound, double cost)
{
    if (!bound->known) {
        return NAN;
    }
    tgr_bound_sums sums = bound->start;
    double least = bound_by(0, &sums, cost);
    size_t count = tgr_scan_bins(&bound->range);
    for (size_t bin = 0; bin < count; bin++) {
        sums.cost += bound->bins[bin].cost;
        sums.score += bound->bins[bin].score;
        double lambda = tgr_scan_threshold(TGR_POLICY_UTILITY, tgr_scan_last(&bound->range, bin));
        least = fmin(least, bound_by(lambda, &sums, cost));
    }
    return least;
}

/* Between two edges the bound is convex: above both of its tangents, which meet somewhere within.
 */
static double least_between(double low, const tgr_bound_sums *below, double high,
                            const tgr_bound_sums *above, double cost)
{
    double slope_below = cost - tgr_tally_value(below->cost);
    double slope_above = cost - tgr_tally_value(above->cost);
    double at_low = bound_by(low, below, cost), at_high = bound_by(high, above, cost);
    double turn = slope_above - slope_below;
    double meet =
        turn > 0 ? (at_low - at_high + slope_above * high - slope_below * low) / turn : low;
    meet = fmin(fmax(meet, low), high);
    return fmin(fmin(at_low, at_high), at_low + slope_below * (meet - low));
}

double tgr_bound_doubt(const tgr_bound *bound, double cost, size_t *bin, tgr_bound_sums *below)
{
    tgr_bound_sums above = bound->start;
    size_t count = tgr_scan_bins(&bound->range);
    for (*bin = 0; *bin < count; ++*bin) {
        *below = above;
        above.cost += bound->bins[*bin].cost;
        above.score += bound->bins[*bin].score;
        if (tgr_tally_value(above.cost) <= cost) {
            break;
        }
    }
    if (*bin == count) {
        return 0; /* every choice costs more, but for rounding */
    }
    uint64_t first = bound->range.low + ((uint64_t)*bin << bound->range.shift);
    double low = tgr_scan_threshold(TGR_POLICY_UTILITY, first - 1);
    double high = tgr_scan_threshold(TGR_POLICY_UTILITY, tgr_scan_last(&bound->range, *bin));
    double edges = fmin(bound_by(low, below, cost), bound_by(high, &above, cost));
    return edges - least_between(low, below, high, &above, cost);
}
