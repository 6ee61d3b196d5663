/* areas.c - area under the curve and where it crosses a level, for two models and for more. */
#include <math.h>
#include <stdbool.h>

#include "engine/simulate/baselines.h"
#include "engine/simulate/metrics.h"
#include "engine/simulate/tally.h"

/* A level counts as reached this far below it, so that rounding does not hide a crossing. */
#define SLACK 1e-12

static const tgr_areas undefined = {NAN, NAN, NAN, NAN, NAN};

/* ---- two models ------------------------------------------------------------------------------ */

/* Point i counted from the one of the fewest queries sent to the reference. */
static const tgr_curve_point *from_fewest(const tgr_curve *curve, size_t i)
{
    bool falls = curve->points[0].reference > curve->points[curve->count - 1].reference;
    return &curve->points[falls ? curve->count - 1 - i : i];
}

void tgr_curve_ends(const tgr_curve *curve, double *first, double *last)
{
    *first = from_fewest(curve, 0)->quality;
    *last = from_fewest(curve, curve->count - 1)->quality;
}

/* Area of a trapezoid of heights a, b above zero. */
static double area_above_zero(double width, double a, double b)
{
    if (a >= 0 && b >= 0) {
        return width * (a + b) / 2;
    }
    double positive = a > b ? a : b;
    double negative = a > b ? b : a;
    return positive <= 0 ? 0 : width * positive * (positive / (positive - negative)) / 2;
}

static double first_crossing(const tgr_curve *curve, double level)
{
    const tgr_curve_point *before = NULL;
    for (size_t i = 0; i < curve->count; i++) {
        const tgr_curve_point *point = from_fewest(curve, i);
        if (!(point->quality >= level - SLACK)) {
            before = point;
            continue;
        }
        if (before == NULL || point->quality <= before->quality) {
            return point->reference;
        }
        double part = (level - before->quality) / (point->quality - before->quality);
        return before->reference + (point->reference - before->reference) * part;
    }
    return NAN;
}

tgr_areas tgr_areas_by_share(const tgr_curve *curve, double best_single)
{
    const tgr_curve_point *first = from_fewest(curve, 0);
    const tgr_curve_point *last = from_fewest(curve, curve->count - 1);
    tgr_sum area = 0, above = 0;
    for (size_t i = 0; i < curve->count; i++) {
        const tgr_curve_point *a = from_fewest(curve, i == 0 ? 0 : i - 1);
        const tgr_curve_point *b = from_fewest(curve, i);
        double from = i == 0 ? 0 : a->reference; /* flat beyond what thresholds reach */
        double width = b->reference - from;
        if (isnan(b->quality) || isnan(best_single) || width < 0) {
            return undefined;
        }
        area += tgr_tally_term(width * (a->quality + b->quality) / 2);
        above += tgr_tally_term(
            area_above_zero(width, a->quality - best_single, b->quality - best_single));
    }
    double rest = 1 - last->reference;
    area += tgr_tally_term(rest * last->quality);
    above += tgr_tally_term(
        area_above_zero(rest, last->quality - best_single, last->quality - best_single));
    tgr_areas areas = {tgr_tally_value(area), tgr_tally_value(above), NAN, NAN, NAN};
    double gain = last->quality - first->quality;
    if (gain > 0) {
        areas.apgr = (areas.auc - first->quality) / gain;
        areas.cpt50 = first_crossing(curve, first->quality + 0.5 * gain);
        areas.cpt80 = first_crossing(curve, first->quality + 0.8 * gain);
    }
    return areas;
}

/* ---- more models ----------------------------------------------------------------------------- */

typedef struct range_of_cost {
    size_t cheapest, dearest; /* models */
} range_of_cost;

/* False where a single model's cost is not known, or all cost the same. */
static bool find_range(const tgr_metrics_basis *basis, range_of_cost *range)
{
    *range = (range_of_cost){0, 0};
    for (size_t model = 0; model < basis->models; model++) {
        double cost = basis->alone[model].cost;
        if (isnan(cost)) {
            return false;
        }
        range->cheapest = cost < basis->alone[range->cheapest].cost ? model : range->cheapest;
        range->dearest = cost > basis->alone[range->dearest].cost ? model : range->dearest;
    }
    return basis->alone[range->dearest].cost > basis->alone[range->cheapest].cost;
}

/* A staircase that is climbed from x = 0. */
typedef struct staircase {
    double x, height;   /* where it stands */
    double best_single; /* what pauc counts from */
    double levels[2];   /* of cpt50, cpt80 */
    double crossed[2];  /* NaN: not yet */
    tgr_sum area, above;
} staircase;

static void walk_to(staircase *stairs, double x)
{
    double width = x - stairs->x;
    double above = stairs->height - stairs->best_single;
    stairs->area += tgr_tally_term(width * stairs->height);
    stairs->above += tgr_tally_term(above > 0 ? width * above : 0);
    stairs->x = x;
}

static void climb_to(staircase *stairs, double height)
{
    if (!(height <= stairs->height)) {
        stairs->height = height;
    }
    for (size_t i = 0; i < 2; i++) {
        if (isnan(stairs->crossed[i]) && stairs->height >= stairs->levels[i] - SLACK) {
            stairs->crossed[i] = stairs->x;
        }
    }
}

tgr_areas tgr_areas_by_cost(const tgr_curve *curve, const tgr_metrics_basis *basis)
{
    range_of_cost range;
    if (basis->best_single == basis->models || !find_range(basis, &range)) {
        return undefined;
    }
    const tgr_baseline *alone = basis->alone;
    double lowest = tgr_baseline_quality(&alone[range.cheapest], basis->quality);
    double best = tgr_baseline_quality(&alone[basis->best_single], basis->quality);
    double at_dearest = tgr_baseline_quality(&alone[range.dearest], basis->quality);
    if (isnan(lowest)) {
        return undefined;
    }
    double gain = best - lowest;
    staircase stairs = {.height = lowest,
                        .best_single = best,
                        .levels = {lowest + 0.5 * gain, lowest + 0.8 * gain},
                        .crossed = {NAN, NAN}};
    double base = alone[range.cheapest].cost, width = alone[range.dearest].cost - base;
    for (size_t i = 0; i < curve->count; i++) {
        double x = (tgr_curve_cost(&curve->points[i]) - base) / width;
        if (x > 1) {
            break;
        }
        walk_to(&stairs, x > 0 ? x : 0);
        if (!isnan(curve->points[i].quality)) {
            climb_to(&stairs, curve->points[i].quality);
        }
    }
    walk_to(&stairs, 1);
    if (!isnan(at_dearest)) {
        climb_to(&stairs, at_dearest);
    }
    double auc = tgr_tally_value(stairs.area), pauc = tgr_tally_value(stairs.above);
    if (!(gain > 0)) {
        return (tgr_areas){auc, pauc, NAN, NAN, NAN};
    }
    return (tgr_areas){auc, pauc, (auc - lowest) / gain, stairs.crossed[0], stairs.crossed[1]};
}
