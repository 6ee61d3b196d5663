/* metrics.h - figures of merit of a curve; docs/metrics.md defines each. */
#ifndef TGR_SIMULATE_METRICS_H
#define TGR_SIMULATE_METRICS_H

#include <stdbool.h>
#include <stddef.h>

#include <tagroute/simulate.h>

#include "engine/simulate/curve.h"

typedef struct tgr_metrics_basis {
    size_t models;
    const tgr_baseline *alone; /* models */
    size_t best_single;        /* `models` where there is none */
    tgr_quality quality;       /* never AUTO */
    bool every_threshold;      /* the curve holds every point that some threshold reaches, in
                                  the order of thresholds, or enough of them */
    bool by_share;             /* areas are over the reference's share, not over cost */
} tgr_metrics_basis;

/* All but `uplift` and `rank`, which are left NaN. The curve's points are consumed: their order and
 * count change. */
void tgr_metrics_of_curve(tgr_curve *curve, const tgr_metrics_basis *basis, tgr_metrics *metrics);

/* Area, area above `floor`, and crossings of y over 0..1. Each is NaN where it is undefined. */
typedef struct tgr_areas {
    double auc, pauc, apgr, cpt50, cpt80;
} tgr_areas;

/* Two models: piecewise linear in the reference's share. Undefined where that both rises and falls
 * along the curve. */
tgr_areas tgr_areas_by_share(const tgr_curve *curve, double best_single);

/* Quality at the smallest and at the largest share of the reference; the curve is not empty. */
void tgr_curve_ends(const tgr_curve *curve, double *first, double *last);

/* More models: a staircase in scaled cost; the curve is sorted by cost. */
tgr_areas tgr_areas_by_cost(const tgr_curve *curve, const tgr_metrics_basis *basis);

/* Mean height of the non-decreasing convex hull over the range of cost. The curve is sorted by cost
 * and overwritten. */
double tgr_hull_height(tgr_curve *curve);

#endif
