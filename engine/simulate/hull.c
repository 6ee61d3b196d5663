/* hull.c - the average improvement in quality of RouterBench: the non-decreasing convex hull. */
#include <math.h>

#include "engine/simulate/metrics.h"
#include "engine/simulate/tally.h"

typedef struct corner {
    double cost, quality;
} corner;

static corner corner_at(const tgr_curve *curve, size_t i)
{
    return (corner){tgr_curve_cost(&curve->points[i]), curve->points[i].quality};
}

/* Whether b lies on or below the line from a to c. */
static bool is_below(corner a, corner b, corner c)
{
    return (b.quality - a.quality) * (c.cost - a.cost) <=
           (c.quality - a.quality) * (b.cost - a.cost);
}

/* Leaves the corners of the upper hull at the beginning of the curve; returns how many. Quality
 * never falls along it: a point worse than a cheaper one stands for that one. */
static size_t build_hull(tgr_curve *curve)
{
    size_t corners = 0;
    double best = NAN;
    for (size_t i = 0; i < curve->count; i++) {
        corner next = corner_at(curve, i);
        if (isnan(next.quality)) {
            continue;
        }
        best = next.quality <= best ? best : next.quality;
        next.quality = best;
        while (corners > 0 && corner_at(curve, corners - 1).cost == next.cost) {
            corners--; /* a point as cheap, and no better */
        }
        while (corners > 1 &&
               is_below(corner_at(curve, corners - 2), corner_at(curve, corners - 1), next)) {
            corners--;
        }
        curve->points[corners].cost_order = curve->points[i].cost_order;
        curve->points[corners++].quality = next.quality;
    }
    return corners;
}

double tgr_hull_height(tgr_curve *curve)
{
    size_t corners = build_hull(curve);
    if (corners < 2) {
        return NAN;
    }
    double lowest = corner_at(curve, 0).cost;
    double range = corner_at(curve, corners - 1).cost - lowest;
    tgr_sum height = 0; /* area over the range, each part's share of the range being exact enough */
    for (size_t i = 1; i < corners; i++) {
        corner a = corner_at(curve, i - 1), b = corner_at(curve, i);
        height += tgr_tally_term((b.cost - a.cost) / range * ((a.quality + b.quality) / 2));
    }
    return tgr_tally_value(height);
}
