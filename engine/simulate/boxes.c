/* boxes.c - bounds of the metrics where moves are binned.
 *
 * The curve at the edges of bins is part of the curve of every threshold; the rest of that lies in
 * the boxes. Where a metric can only gain from more points, the corner of each box that is cheapest
 * and best gives its upper bound, and the edges its lower one.
 */
#include "engine/simulate/boxes.h"

#include <math.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/simulate/baselines.h"

tgr_status tgr_boxes_reserve(tgr_boxes *boxes, size_t count, tgr_error *error)
{
    boxes->boxes = tgr_mem_alloc(count, sizeof *boxes->boxes);
    return boxes->boxes == NULL ? tgr_fail_memory(error, "the points of the curve") : TGR_OK;
}

void tgr_boxes_free(tgr_boxes *boxes)
{
    tgr_mem_free(boxes->boxes);
    *boxes = (tgr_boxes){0};
}

/* sum / count over all sums and counts in a range. */
static void bound_ratio(double sum_low, double sum_high, double count_low, double count_high,
                        tgr_box *box)
{
    box->quality_low = box->quality_high = NAN;
    if (count_low > 0) {
        box->quality_low = sum_low / (sum_low >= 0 ? count_high : count_low);
        box->quality_high = sum_high / (sum_high >= 0 ? count_low : count_high);
    }
}

tgr_box tgr_box_of(const tgr_page *page, size_t bin, const tgr_tally *before, tgr_quality quality,
                   double unit)
{
    const tgr_bin_sums *sums = &page->sums[bin];
    const tgr_bin_known *known = &page->known[bin];
    tgr_box box = {
        .cost_low = tgr_tally_value(before->cost - sums->cost[1]),
        .cost_high = tgr_tally_value(before->cost + sums->cost[0]),
    };
    if (quality == TGR_QUALITY_SCORE) {
        bound_ratio(tgr_tally_value(before->score - sums->score[1]),
                    tgr_tally_value(before->score + sums->score[0]),
                    (double)(before->scored - known->scored[1]) * unit,
                    (double)(before->scored + known->scored[0]) * unit, &box);
    } else {
        const uint64_t *accepted = page->counts[bin].accepted;
        bound_ratio((double)(before->accepted - accepted[1]),
                    (double)(before->accepted + accepted[0]),
                    (double)(before->judged - known->judged[1]),
                    (double)(before->judged + known->judged[0]), &box);
    }
    return box;
}

/* ---- two models: the share of the reference -------------------------------------------------- */

static double above_zero(double value)
{
    return value > 0 ? value : 0;
}

/* The areas under each box, against the trapezoid between its edges, which lies in it. */
static void bound_areas(const tgr_boxes *boxes, double best_single, tgr_metrics *bound)
{
    double area = 0, above = 0;
    for (size_t i = 0; i < boxes->count; i++) {
        const tgr_box *box = &boxes->boxes[i];
        double width = fabs(box->share_to - box->share_from);
        area += width * (box->quality_high - box->quality_low);
        above += width * (above_zero(box->quality_high - best_single) -
                          above_zero(box->quality_low - best_single));
    }
    bound->auc = area;
    bound->pauc = above;
}

/* The crossing lies between the first box that may reach the level and the first edge that does. */
static double bound_crossing(const tgr_boxes *boxes, const tgr_curve *curve, double level,
                             double crossing)
{
    double low = crossing, high = 1;
    for (size_t i = 0; i < curve->count; i++) {
        if (curve->points[i].quality >= level && curve->points[i].reference >= crossing) {
            high = fmin(high, curve->points[i].reference);
        }
    }
    for (size_t i = 0; i < boxes->count; i++) {
        const tgr_box *box = &boxes->boxes[i];
        if (!(box->quality_high < level - 1e-12)) {
            low = fmin(low, fmin(box->share_from, box->share_to));
        }
    }
    return fmax(crossing - low, high - crossing);
}

static void bound_by_share(const tgr_boxes *boxes, const tgr_curve *curve, double best_single,
                           const tgr_metrics *metrics, tgr_metrics *bound)
{
    bound_areas(boxes, best_single, bound);
    double first, last;
    tgr_curve_ends(curve, &first, &last);
    bound->apgr = bound->auc / (last - first);
    bound->cpt50 = bound_crossing(boxes, curve, first + 0.5 * (last - first), metrics->cpt50);
    bound->cpt80 = bound_crossing(boxes, curve, first + 0.8 * (last - first), metrics->cpt80);
}

/* ---- any number of models -------------------------------------------------------------------- */

typedef struct extent {
    double cost_low, cost_high, quality_low, quality_high;
} extent;

static extent extent_of_curve(const tgr_curve *curve)
{
    extent all = {INFINITY, -INFINITY, INFINITY, -INFINITY};
    for (size_t i = 0; i < curve->count; i++) {
        double cost = tgr_curve_cost(&curve->points[i]), quality = curve->points[i].quality;
        all.cost_low = fmin(all.cost_low, cost);
        all.cost_high = fmax(all.cost_high, cost);
        all.quality_low = fmin(all.quality_low, quality);
        all.quality_high = fmax(all.quality_high, quality);
    }
    return all;
}

static extent extent_with_boxes(const tgr_boxes *boxes, extent all)
{
    for (size_t i = 0; i < boxes->count; i++) {
        const tgr_box *box = &boxes->boxes[i];
        all.cost_low = fmin(all.cost_low, box->cost_low);
        all.cost_high = fmax(all.cost_high, box->cost_high);
        all.quality_low = fmin(all.quality_low, box->quality_low);
        all.quality_high = fmax(all.quality_high, box->quality_high);
    }
    return all;
}

/* The mean height of the true hull over its range of cost. Over the edges' range it lies between
 * the hull of the edges and that of the corners; what the true range has beyond, on either side,
 * lies between the lowest and the highest quality. */
static double bound_hull(const tgr_boxes *boxes, const tgr_curve *curve, double height,
                         double upper)
{
    extent edges = extent_of_curve(curve), all = extent_with_boxes(boxes, edges);
    double range = edges.cost_high - edges.cost_low;
    double left = edges.cost_low - all.cost_low, right = all.cost_high - edges.cost_high;
    double corners = upper * (left + range) - left * all.quality_low; /* over the edges' range */
    double beyond = (left + right) / range * (all.quality_high - all.quality_low);
    return fmax(corners / range - height, 0) + beyond;
}

/* The curve with the cheapest and best corner of each box added. */
static tgr_status add_corners(const tgr_boxes *boxes, const tgr_curve *curve, tgr_curve *corners,
                              tgr_error *error)
{
    tgr_status status = tgr_curve_reserve(corners, curve->count + boxes->count, error);
    if (status != TGR_OK) {
        return status;
    }
    memcpy(corners->points, curve->points, curve->count * sizeof *curve->points);
    corners->count = curve->count;
    for (size_t i = 0; i < boxes->count; i++) {
        const tgr_box *box = &boxes->boxes[i];
        tgr_curve_add(corners, box->cost_low, box->quality_high, box->share_from);
    }
    return TGR_OK;
}

/* Where quality inside a bin is not bounded, nothing is. */
static bool all_bounded(const tgr_boxes *boxes)
{
    for (size_t i = 0; i < boxes->count; i++) {
        if (isnan(boxes->boxes[i].quality_low)) {
            return false;
        }
    }
    return true;
}

static void keep_nan(tgr_metrics *bound, const tgr_metrics *metrics)
{
    double *to[] = {&bound->auc,   &bound->apgr, &bound->pauc,      &bound->cpt50,
                    &bound->cpt80, &bound->aiq,  &bound->cost_save, &bound->perf_gain};
    const double from[] = {metrics->auc,   metrics->apgr, metrics->pauc,      metrics->cpt50,
                           metrics->cpt80, metrics->aiq,  metrics->cost_save, metrics->perf_gain};
    for (size_t i = 0; i < sizeof to / sizeof *to; i++) {
        *to[i] = isnan(from[i]) ? NAN : *to[i];
    }
    bound->uplift = isnan(metrics->uplift) ? NAN : 0; /* of a point, which is exact */
    bound->rank = isnan(metrics->rank) ? NAN : 0;
}

tgr_status tgr_boxes_bound(const tgr_boxes *boxes, const tgr_curve *curve,
                           const tgr_metrics_basis *basis, const tgr_metrics *metrics,
                           tgr_metrics *bound, tgr_error *error)
{
    tgr_curve corners = {0};
    tgr_metrics upper;
    tgr_metrics_basis unordered = *basis;
    unordered.by_share = false; /* corners are not on the way from share to share */
    *bound = (tgr_metrics){0};
    if (boxes->count > 0 && !all_bounded(boxes)) {
        *bound = (tgr_metrics){NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
    } else if (boxes->count > 0) {
        tgr_status status = add_corners(boxes, curve, &corners, error);
        if (status != TGR_OK) {
            return status;
        }
        tgr_metrics_of_curve(&corners, &unordered, &upper);
        tgr_curve_free(&corners);
        bound->cost_save = upper.cost_save - metrics->cost_save;
        bound->perf_gain = upper.perf_gain - metrics->perf_gain;
        bound->aiq = bound_hull(boxes, curve, metrics->aiq, upper.aiq);
        bound->auc = upper.auc - metrics->auc;
        bound->pauc = upper.pauc - metrics->pauc;
        bound->apgr = upper.apgr - metrics->apgr;
        bound->cpt50 = metrics->cpt50 - upper.cpt50;
        bound->cpt80 = metrics->cpt80 - upper.cpt80;
        if (basis->by_share) {
            const tgr_baseline *best = &basis->alone[basis->best_single];
            bound_by_share(boxes, curve, tgr_baseline_quality(best, basis->quality), metrics,
                           bound);
        }
    }
    keep_nan(bound, metrics);
    return TGR_OK;
}
