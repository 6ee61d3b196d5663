/* metrics.c - which figure is taken from which view of the curve. */
#include "engine/simulate/metrics.h"

#include <math.h>

#include "engine/simulate/baselines.h"

/* 1 - cost / base_cost at the cheapest point no worse than the best single model. */
static double cost_save(const tgr_curve *curve, double base_quality, double base_cost)
{
    double cheapest = NAN;
    for (size_t i = 0; i < curve->count; i++) {
        const tgr_curve_point *point = &curve->points[i];
        double cost = tgr_curve_cost(point);
        if (point->quality >= base_quality && !(cost >= cheapest)) {
            cheapest = isnan(cost) ? cheapest : cost;
        }
    }
    return base_cost > 0 ? 1 - cheapest / base_cost : NAN;
}

static double performance_gain(const tgr_curve *curve, double base_quality)
{
    double best = NAN;
    for (size_t i = 0; i < curve->count; i++) {
        double quality = curve->points[i].quality;
        if (!isnan(quality) && !(quality <= best)) {
            best = quality;
        }
    }
    return base_quality > 0 ? best / base_quality - 1 : NAN;
}

static bool costs_are_known(const tgr_curve *curve)
{
    for (size_t i = 0; i < curve->count; i++) {
        if (curve->points[i].cost_order == TGR_CURVE_NO_COST) {
            return false;
        }
    }
    return curve->count > 0;
}

void tgr_metrics_of_curve(tgr_curve *curve, const tgr_metrics_basis *basis, tgr_metrics *metrics)
{
    *metrics = (tgr_metrics){NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
    double base_quality = NAN;
    if (basis->best_single < basis->models) {
        const tgr_baseline *best = &basis->alone[basis->best_single];
        base_quality = tgr_baseline_quality(best, basis->quality);
        metrics->cost_save = cost_save(curve, base_quality, best->cost);
        metrics->perf_gain = performance_gain(curve, base_quality);
    }
    if (!basis->every_threshold) {
        return;
    }
    tgr_areas areas = {NAN, NAN, NAN, NAN, NAN};
    if (basis->by_share) {
        areas = tgr_areas_by_share(curve, base_quality);
    }
    if (costs_are_known(curve)) {
        tgr_order_sort_24(curve->points, curve->count);
        if (!basis->by_share && basis->models > 1) {
            areas = tgr_areas_by_cost(curve, basis);
        }
        metrics->aiq = tgr_hull_height(curve);
    }
    metrics->auc = areas.auc;
    metrics->pauc = areas.pauc;
    metrics->apgr = areas.apgr;
    metrics->cpt50 = areas.cpt50;
    metrics->cpt80 = areas.cpt80;
}
