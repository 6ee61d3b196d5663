/* boxes.h - how far the points inside a bin may lie from its edges, and what that does to metrics.
 */
#ifndef TGR_SIMULATE_BOXES_H
#define TGR_SIMULATE_BOXES_H

#include <stddef.h>

#include <tagroute/status.h>

#include "engine/simulate/bins.h"
#include "engine/simulate/metrics.h"

/* Every point of the bin lies within; NaN where that is not known. */
typedef struct tgr_box {
    double cost_low, cost_high, quality_low, quality_high;
    double share_from, share_to; /* of the reference, at the edges */
} tgr_box;

typedef struct tgr_boxes {
    tgr_box *boxes;
    size_t count;
} tgr_boxes;

tgr_status tgr_boxes_reserve(tgr_boxes *boxes, size_t count, tgr_error *error);
void tgr_boxes_free(tgr_boxes *boxes);

/* Of a bin of the page. before: the sums at the lower edge. The shares are left 0.
 * unit: of counts. */
tgr_box tgr_box_of(const tgr_page *page, size_t bin, const tgr_tally *before, tgr_quality quality,
                   double unit);

/* How far each metric of the curve may be from that of all points; NaN where the metric is NaN, or
 * there is no bound. The curve is that of the edges, not consumed yet. */
tgr_status tgr_boxes_bound(const tgr_boxes *boxes, const tgr_curve *curve,
                           const tgr_metrics_basis *basis, const tgr_metrics *metrics,
                           tgr_metrics *bound, tgr_error *error);

#endif
