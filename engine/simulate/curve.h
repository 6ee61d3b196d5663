/* curve.h - what decisions cost and achieve at many thresholds: all that the metrics see. */
#ifndef TGR_SIMULATE_CURVE_H
#define TGR_SIMULATE_CURVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tagroute/status.h>

#include "engine/simulate/order.h"

typedef struct tgr_curve_point {
    uint64_t cost_order; /* tgr_order_of_double of the cost, so that points sort by it */
    double quality;      /* NaN where nothing is measured */
    double reference;    /* share of the queries sent to the reference */
} tgr_curve_point;

_Static_assert(sizeof(tgr_curve_point) == 24, "sorted as items of 24 bytes");

#define TGR_CURVE_NO_COST UINT64_MAX

typedef struct tgr_curve {
    tgr_curve_point *points;
    size_t count, capacity;
} tgr_curve;

/* A point's cost; NaN where it is not known. */
double tgr_curve_cost(const tgr_curve_point *point);

tgr_status tgr_curve_reserve(tgr_curve *curve, size_t points, tgr_error *error);
void tgr_curve_add(tgr_curve *curve, double cost, double quality, double reference); /* has room */
void tgr_curve_free(tgr_curve *curve);

#endif
