/* curve.c - an array of points. */
#include "engine/simulate/curve.h"

#include <math.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"

double tgr_curve_cost(const tgr_curve_point *point)
{
    return point->cost_order == TGR_CURVE_NO_COST ? NAN : tgr_double_of_order(point->cost_order);
}

tgr_status tgr_curve_reserve(tgr_curve *curve, size_t points, tgr_error *error)
{
    curve->points = tgr_mem_alloc(points, sizeof *curve->points);
    curve->capacity = curve->points == NULL ? 0 : points;
    return curve->points == NULL ? tgr_fail_memory(error, "the points of the curve") : TGR_OK;
}

void tgr_curve_add(tgr_curve *curve, double cost, double quality, double reference)
{
    curve->points[curve->count++] = (tgr_curve_point){
        .cost_order = isnan(cost) ? TGR_CURVE_NO_COST : tgr_order_of_double(cost),
        .quality = quality,
        .reference = reference,
    };
}

void tgr_curve_free(tgr_curve *curve)
{
    tgr_mem_free(curve->points);
    *curve = (tgr_curve){0};
}
