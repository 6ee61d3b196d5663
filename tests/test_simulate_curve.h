/* test_simulate_curve.h - metrics over every threshold, by plain but slow means. */
#ifndef TGR_TESTS_SIMULATE_CURVE_H
#define TGR_TESTS_SIMULATE_CURVE_H

#include "tests/test_simulate_plain.h"
#include "tests/test_simulate_run.h"

typedef struct plain_curve {
    plain_point *points; /* from the most queries at the reference to the fewest */
    double *x, *y;       /* share at the reference, quality */
    size_t count;
} plain_curve;

/* One threshold of each that makes a difference, rising. */
static inline size_t telling_thresholds(const world *w, tgr_rule rule, double *at)
{
    size_t count = every_crossing(w, rule, at), kept = 0;
    double *crossings = some(count, sizeof *crossings);
    memcpy(crossings, at, count * sizeof *at);
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && crossings[i] == crossings[i - 1]) {
            continue;
        }
        if (rule == TGR_RULE_UTILITY) { /* below a crossing, not on it */
            double before = i == 0 ? 0 : crossings[i - 1];
            if (crossings[i] - before > 1e-9 * crossings[i]) {
                at[kept++] = before + (crossings[i] - before) / 2;
            }
        } else {
            at[kept++] = crossings[i];
        }
    }
    at[kept++] = count == 0 ? 0 : nextafterf((float)crossings[count - 1], INFINITY) * 1.5 + 1;
    free(crossings);
    return kept;
}

static inline plain_curve every_point(const world *w, const setting *set, tgr_rule rule,
                                      bool by_score)
{
    double *at = some(w->queries * w->models * w->models + 3, sizeof *at);
    at[0] = 0;
    size_t first = rule == TGR_RULE_UTILITY;
    size_t count = telling_thresholds(w, rule, at + first) + first;
    plain_curve curve = {some(count, sizeof *curve.points), some(count, sizeof(double)),
                         some(count, sizeof(double)), count};
    bool by_falling = false;
    for (int turn = 0; turn < 2; turn++) {
        for (size_t i = 0; i < count; i++) {
            size_t to = by_falling ? i : count - 1 - i;
            curve.points[to] = plain_simulate(w, rule, at[i], set->fallback, by_score);
            curve.x[to] = curve.points[to].share[w->reference];
            curve.y[to] = quality_at(&curve.points[to], by_score);
        }
        if (curve.x[0] >= curve.x[count - 1]) {
            break;
        }
        by_falling = true;
    }
    free(at);
    return curve;
}

static inline void curve_free(plain_curve *curve)
{
    free(curve->points);
    free(curve->x);
    free(curve->y);
}

static inline double interpolate(const plain_curve *curve, double x)
{
    if (x >= curve->x[0]) {
        return curve->y[0];
    }
    for (size_t i = 1; i < curve->count; i++) {
        if (x >= curve->x[i]) {
            double part = (x - curve->x[i]) / (curve->x[i - 1] - curve->x[i]);
            return curve->y[i] * (1 - part) + curve->y[i - 1] * part;
        }
    }
    return curve->y[curve->count - 1];
}

/* Best quality at a cost up to x of the way from the cheapest to the dearest model. */
static inline double stairs(const plain_curve *curve, double base, double width, double lowest,
                            double x)
{
    double best = lowest;
    for (size_t i = 0; i < curve->count; i++) {
        if (curve->points[i].cost <= base + x * width) {
            best = fmax(best, curve->y[i]);
        }
    }
    return best;
}

enum { STEPS = 4000 };

/* Where sampled heights first reach a level; a peak between two samples counts as well. */
static inline double first_reached(const double *y, const plain_curve *peaks, double level)
{
    double x = NAN;
    for (int i = STEPS - 1; i >= 0; i--) {
        x = y[i] >= level - 1e-12 ? (i + 0.5) / STEPS : x;
    }
    for (size_t i = 0; peaks != NULL && i < peaks->count; i++) {
        x = peaks->y[i] >= level - 1e-12 ? fmin(x, peaks->x[i]) : x;
    }
    return x;
}

/* y: heights at STEPS places. peaks: corners of the curve, or NULL for a staircase. */
static inline void check_areas(const tgr_metrics *got, const double *y, const plain_curve *peaks,
                               double best_single, double first, double last)
{
    double auc = 0, pauc = 0, cpt50, cpt80;
    for (int i = 0; i < STEPS; i++) {
        auc += y[i] / STEPS;
        pauc += fmax(y[i] - best_single, 0) / STEPS;
    }
    assert_about(got->auc, auc, 1e-3, "auc");
    assert_about(got->pauc, pauc, 1e-3, "pauc");
    if (!(last > first)) {
        assert_true(isnan(got->apgr) && isnan(got->cpt50) && isnan(got->cpt80));
        return;
    }
    assert_same(got->apgr, (got->auc - first) / (last - first), "apgr");
    cpt50 = first_reached(y, peaks, first + 0.5 * (last - first));
    cpt80 = first_reached(y, peaks, first + 0.8 * (last - first));
    if (!isnan(cpt50)) { /* else it is reached at the dearest model, if at all */
        assert_about(got->cpt50, cpt50, 1e-3, "cpt50");
    }
    if (!isnan(cpt80)) {
        assert_about(got->cpt80, cpt80, 1e-3, "cpt80");
    }
}

static inline void check_areas_of(const world *w, const tgr_simulation *got,
                                  const plain_curve *curve, const plain_point *alone, size_t best)
{
    bool by_score = got->quality == TGR_QUALITY_SCORE, defined = best < w->models;
    double y[STEPS], first = curve->y[curve->count - 1], last = curve->y[0];
    size_t cheapest = 0, dearest = 0;
    for (size_t i = 0; i < curve->count; i++) {
        defined = defined && !(w->models == 2 && isnan(curve->y[i])) &&
                  !(w->models == 2 && i > 0 && curve->x[i] > curve->x[i - 1] + 1e-12) &&
                  !(w->models > 2 && isnan(curve->points[i].cost));
    }
    for (size_t model = 0; model < w->models; model++) {
        cheapest = alone[model].cost < alone[cheapest].cost ? model : cheapest;
        dearest = alone[model].cost > alone[dearest].cost ? model : dearest;
        defined = defined && !(w->models > 2 && isnan(alone[model].cost));
    }
    double base = alone[cheapest].cost, width = alone[dearest].cost - base;
    if (w->models > 2 && defined) {
        first = quality_at(&alone[cheapest], by_score);
        last = quality_at(&alone[best], by_score);
        defined = width > 0 && !isnan(first);
    }
    if (!defined || w->models == 1) {
        assert_true(isnan(got->metrics.auc) && isnan(got->metrics.pauc));
        assert_true(isnan(got->metrics.apgr) && isnan(got->metrics.cpt50));
        return;
    }
    for (int i = 0; i < STEPS; i++) {
        double x = (i + 0.5) / STEPS;
        y[i] = w->models == 2 ? interpolate(curve, x) : stairs(curve, base, width, first, x);
    }
    check_areas(&got->metrics, y, w->models == 2 ? curve : NULL, quality_at(&alone[best], by_score),
                first, last);
}

/* The hull by wrapping: always along the steepest rise. */
static inline double wrapped_height(const plain_curve *curve)
{
    double lowest = INFINITY, highest = -INFINITY, quality = -INFINITY, area = 0;
    for (size_t i = 0; i < curve->count; i++) {
        double cost = curve->points[i].cost;
        if (isnan(cost)) {
            return NAN;
        }
        if (isnan(curve->y[i])) {
            continue;
        }
        quality = cost < lowest    ? curve->y[i]
                  : cost == lowest ? fmax(quality, curve->y[i])
                                   : quality;
        lowest = fmin(lowest, cost);
        highest = fmax(highest, cost);
    }
    if (!(highest - lowest > 1e-13)) {
        return NAN;
    }
    for (double at = lowest, steepest = 1; steepest > 0;) {
        double next = highest, next_quality = quality;
        steepest = 0;
        for (size_t i = 0; i < curve->count; i++) {
            double run = curve->points[i].cost - at;
            if (run > 1e-13 && (curve->y[i] - quality) / run > steepest) {
                steepest = (curve->y[i] - quality) / run;
                next = curve->points[i].cost;
                next_quality = curve->y[i];
            }
        }
        area += (next - at) * (quality + next_quality) / 2;
        at = next;
        quality = next_quality;
    }
    return area / (highest - lowest);
}

static inline void check_gains(const tgr_simulation *got, const plain_curve *curve)
{
    bool by_score = got->quality == TGR_QUALITY_SCORE;
    double base = by_score ? got->best_single.mean_score : got->best_single.accept_rate;
    double best = NAN, cheapest = NAN, base_cost = got->best_single.cost;
    for (size_t i = 0; i < curve->count; i++) {
        best = fmax(best, curve->y[i]);
        if (curve->y[i] >= base - 1e-13) {
            cheapest = fmin(cheapest, curve->points[i].cost);
        }
    }
    assert_about(got->metrics.perf_gain, base > 0 ? best / base - 1 : NAN, 1e-12, "perf_gain");
    assert_about(got->metrics.cost_save, base_cost > 0 ? 1 - cheapest / base_cost : NAN, 1e-12,
                 "cost_save");
}

/* By every threshold, where those are few enough to be tried one by one and, for utility, do not
 * lie on top of each other. */
static inline void check_metrics(const world *w, const setting *set, const tgr_simulation *got,
                                 const plain_point *alone, size_t best, bool ties)
{
    static const tgr_rule of_policy[] = {TGR_RULE_MARGIN, TGR_RULE_UTILITY, TGR_RULE_SLACK};
    bool by_score = got->quality == TGR_QUALITY_SCORE;
    bool zero = set->policy == TGR_POLICY_UTILITY && set->threshold_count == 1 &&
                set->thresholds[0] == 0; /* costs are no matter, nor is any other threshold */
    if (zero ||
        (set->policy != TGR_POLICY_MARGIN && (w->queries * w->models * w->models > 3000 ||
                                              (ties && set->policy == TGR_POLICY_UTILITY)))) {
        return;
    }
    plain_curve curve = every_point(w, set, of_policy[set->policy], by_score);
    check_areas_of(w, got, &curve, alone, best);
    assert_about(got->metrics.aiq, wrapped_height(&curve), 1e-9, "aiq");
    check_gains(got, &curve);
    curve_free(&curve);
}

#endif
