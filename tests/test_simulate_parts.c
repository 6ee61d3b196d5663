/* test_simulate_parts.c - the sort, areas, hull and JSON of a simulation, each against a plain
 * answer. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/simulate/curve.h"
#include "engine/simulate/metrics.h"
#include "engine/simulate/moves.h"
#include "engine/simulate/order.h"
#include "tests/cmocka_all.h"

static uint64_t random_state = 20250607;

static uint64_t draw(void)
{
    random_state += 0x9e3779b97f4a7c15u;
    uint64_t z = random_state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static void assert_near(double got, double expected, double tolerance, const char *what)
{
    if (isnan(got) != isnan(expected) || fabs(got - expected) > tolerance) {
        fail_msg("%s: %.17g, expected %.17g", what, got, expected);
    }
}

/* ---- order ----------------------------------------------------------------------------------- */

typedef struct item_24 {
    uint64_t key, a, b;
} item_24;

typedef struct item_40 {
    uint64_t key, a, b, c, d;
} item_40;

static uint64_t draw_key(int kind)
{
    switch (kind) {
    case 0:
        return draw();
    case 1:
        return draw() % 3;
    case 2:
        return draw() & UINT64_C(0xff000000000000ff);
    case 3:
        return 77;
    default:
        return UINT64_MAX - draw() % 1000;
    }
}

static int compare_keys(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void check_sort(size_t count, int kind)
{
    item_24 *small = malloc((count + 1) * sizeof *small);
    item_40 *large = malloc((count + 1) * sizeof *large);
    uint64_t *keys = malloc((count + 1) * sizeof *keys);
    assert_true(small != NULL && large != NULL && keys != NULL);
    uint64_t total = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t key = keys[i] = draw_key(kind);
        small[i] = (item_24){key, i, ~key};
        large[i] = (item_40){key, i, ~key, key * 3, i * 7};
        total += i * (key | 1);
    }
    qsort(keys, count, sizeof *keys, compare_keys);
    tgr_order_sort_24(small, count);
    tgr_order_sort_40(large, count, kind % 2 == 0 ? 1 : 3);
    uint64_t small_total = 0, large_total = 0;
    for (size_t i = 0; i < count; i++) {
        assert_true(small[i].key == keys[i] && large[i].key == keys[i]);
        assert_true(small[i].b == ~keys[i] && large[i].b == ~keys[i]);
        assert_true(large[i].c == keys[i] * 3 && large[i].d == large[i].a * 7);
        small_total += small[i].a * (small[i].key | 1);
        large_total += large[i].a * (large[i].key | 1);
    }
    assert_true(small_total == total && large_total == total);
    free(small);
    free(large);
    free(keys);
}

static void test_sort(void **state)
{
    (void)state;
    static const size_t counts[] = {0, 1, 2, 3, 23, 24, 25, 26, 255, 1000, 20000, 140000};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        for (int kind = 0; kind < 5; kind++) {
            check_sort(counts[i], kind);
        }
    }
}

/* Moves of whole weights against each as often as its weight says. */
static void check_weighed_moves(size_t count, int threads)
{
    tgr_moves weighed = {.weighed = true}, each = {0};
    tgr_decided *a = tgr_decided_new(1, 3), *b = tgr_decided_new(1, 3);
    tgr_error error;
    for (size_t i = 0; i < count; i++) {
        tgr_answer from = {.model = (uint16_t)(draw() % 3)}, to = {.model = (uint16_t)(draw() % 3)};
        tgr_answer_set(&from, (double)(draw() % 1000) / 7, (float)(draw() % 9) / 3,
                       (int)(draw() % 4) - 1);
        tgr_answer_set(&to, (double)(draw() % 1000) / 7, NAN, (int)(draw() % 4) - 1);
        from.score_rank = 1;
        uint64_t key = draw() % (count / 2 + 1), weight = 1 + (draw() % 4);
        assert_true(tgr_moves_keep(&weighed, key, &from, &to, weight));
        for (uint64_t copy = 0; copy < weight; copy++) {
            assert_true(tgr_moves_keep(&each, key, &from, &to, 1));
        }
    }
    tgr_moves more = {.weighed = true}; /* of none, which changes nothing */
    assert_int_equal(tgr_moves_append(&weighed, &more, &error), TGR_OK);
    tgr_moves_sort(&weighed, threads);
    tgr_moves_sort(&each, threads);
    assert_int_equal(tgr_moves_total(&weighed), each.count);
    assert_int_equal(tgr_moves_distinct(&weighed), tgr_moves_distinct(&each));
    for (size_t i = 0; i < each.count; i += 1 + each.count / 5000) {
        assert_true(tgr_moves_at_place(&weighed, i)->key == tgr_moves_at_place(&each, i)->key);
    }
    for (size_t i = 0, j = 0; i < weighed.count;) {
        i = tgr_moves_step(&weighed, i, a);
        j = tgr_moves_step(&each, j, b);
        assert_memory_equal(&a->tally, &b->tally, sizeof a->tally);
        assert_memory_equal(a->chosen, b->chosen, 3 * sizeof *a->chosen);
        assert_true((i == weighed.count) == (j == each.count));
    }
    tgr_moves_free(&weighed);
    tgr_moves_free(&each);
    tgr_mem_free(a);
    tgr_mem_free(b);
}

static void test_weighed_moves(void **state)
{
    (void)state;
    check_weighed_moves(1, 1);
    check_weighed_moves(100, 1);
    check_weighed_moves(70000, 3); /* sorted by several threads */
}

/* Products, a bit of the weight at a time; the largest there are. */
static void test_weighed_terms(void **state)
{
    (void)state;
    for (int i = 0; i < 2000; i++) {
        unsigned bits = (unsigned)(draw() % 41);
        uint64_t weight = 1 + draw() % (UINT64_C(1) << (1 + draw() % (20 + bits)));
        tgr_sum term = (tgr_sum)(draw() >> 2) << draw() % 24, high = 0, low = 0;
        term = (draw() % 2) ? -term : term;
        tgr_sum half = bits > 0 ? (tgr_sum)1 << (bits - 1) : 0;
        for (unsigned bit = 0; bit < 61; bit++) { /* weighed = high + low / 2^bits */
            tgr_sum part = (weight >> bit & 1) != 0 ? term : 0;
            if (bit >= bits) {
                high += part * ((tgr_sum)1 << (bit - bits));
            } else {
                low += part * ((tgr_sum)1 << bit);
            }
        }
        tgr_sum one = (tgr_sum)1 << bits, rest = ((low + half) % one + one) % one;
        assert_true(tgr_weigh_term(term, weight, bits) == high + (low + half - rest) / one);
    }
    const tgr_sum most = (tgr_sum)1 << 86;
    assert_true(tgr_weigh_term(most, UINT64_C(1) << 60, 40) == (tgr_sum)1 << 106);
    assert_true(tgr_weigh_term(-most, (UINT64_C(1) << 40) - 1, 40) == -(most - ((tgr_sum)1 << 46)));
    assert_true(tgr_weigh_term(1, 1, 1) == 1 && tgr_weigh_term(-1, 1, 1) == 0);
}

static void test_order_of_numbers(void **state)
{
    (void)state;
    static const float numbers[] = {-INFINITY, -3e38f, -2, -1.5f,   -1e-40f, 0,
                                    1e-45f,    1e-40f, 1,  1.0001f, 3e38f,   INFINITY};
    size_t count = sizeof numbers / sizeof numbers[0];
    for (size_t i = 0; i < count; i++) {
        assert_true(tgr_float_of_order(tgr_order_of_float(numbers[i])) == numbers[i]);
        assert_true(tgr_double_of_order(tgr_order_of_double(numbers[i])) == numbers[i]);
        for (size_t j = 0; j < i; j++) {
            assert_true(tgr_order_of_float(numbers[j]) < tgr_order_of_float(numbers[i]));
            assert_true(tgr_order_of_double(numbers[j]) < tgr_order_of_double(numbers[i]));
        }
    }
    assert_true(tgr_order_of_float(-0.0f) == tgr_order_of_float(0.0f));
    assert_true(tgr_order_of_double(-0.0) == tgr_order_of_double(0.0));
}

/* ---- areas of two models --------------------------------------------------------------------- */

/* y(x) by looking the segment up; flat beyond the ends. xs falls. */
static double interpolate(const tgr_curve *curve, double x)
{
    const tgr_curve_point *points = curve->points;
    if (x >= points[0].reference) {
        return points[0].quality;
    }
    for (size_t i = 1; i < curve->count; i++) {
        double high = points[i - 1].reference, low = points[i].reference;
        if (x >= low) {
            double part = (x - low) / (high - low);
            return points[i].quality * (1 - part) + points[i - 1].quality * part;
        }
    }
    return points[curve->count - 1].quality;
}

static void random_curve(tgr_curve *curve, size_t count, double low, double high)
{
    tgr_error error;
    assert_int_equal(tgr_curve_reserve(curve, count, &error), TGR_OK);
    double x = high;
    for (size_t i = 0; i < count; i++) {
        double y = (double)(draw() % 1000) / 1000 + 0.5 * x;
        tgr_curve_add(curve, (double)(draw() % 50), y, x);
        x -= (high - low) / (double)(count - 1);
    }
    curve->points[count - 1].reference = low;
    curve->points[0].quality += 1; /* so that there is something to gain */
}

static void test_areas_by_share(void **state)
{
    (void)state;
    enum { STEPS = 20000 };
    for (size_t count = 2; count < 12; count++) {
        double low = count % 3 == 0 ? 0.125 : 0, high = count % 2 == 0 ? 1 : 0.75;
        tgr_curve curve = {0};
        random_curve(&curve, count, low, high);
        double base = 0.75, area = 0, above = 0;
        double first = curve.points[count - 1].quality, last = curve.points[0].quality;
        double cpt50 = NAN, cpt80 = NAN;
        for (int i = 0; i < STEPS; i++) {
            double x = (i + 0.5) / STEPS, y = interpolate(&curve, x);
            area += y / STEPS;
            above += fmax(y - base, 0) / STEPS;
            cpt50 = isnan(cpt50) && y >= first + 0.5 * (last - first) ? x : cpt50;
            cpt80 = isnan(cpt80) && y >= first + 0.8 * (last - first) ? x : cpt80;
        }
        tgr_areas areas = tgr_areas_by_share(&curve, base);
        assert_near(areas.auc, area, 1e-5, "auc");
        assert_near(areas.pauc, above, 1e-5, "pauc");
        assert_near(areas.apgr, (areas.auc - first) / (last - first), 1e-12, "apgr");
        assert_near(areas.cpt50, cpt50, 1e-4, "cpt50");
        assert_near(areas.cpt80, cpt80, 1e-4, "cpt80");
        tgr_curve_free(&curve);
    }
}

/* A peak that rounding left a hair below the level counts as reaching it; a real gap does not. */
static void test_crossing_at_a_peak(void **state)
{
    (void)state;
    static const double peaks[] = {0.5 - 1e-13, 0.5 - 1e-9}, expected[] = {0.25, 0.5};
    for (size_t i = 0; i < 2; i++) {
        tgr_error error;
        tgr_curve curve = {0};
        assert_int_equal(tgr_curve_reserve(&curve, 5, &error), TGR_OK);
        tgr_curve_add(&curve, 0, 1, 1);
        tgr_curve_add(&curve, 0, 0.5, 0.5);
        tgr_curve_add(&curve, 0, 0.25, 0.375);
        tgr_curve_add(&curve, 0, peaks[i], 0.25);
        tgr_curve_add(&curve, 0, 0, 0);
        assert_near(tgr_areas_by_share(&curve, 1).cpt50, expected[i], 1e-6, "cpt50");
        tgr_curve_free(&curve);
    }
}

static void test_areas_undefined(void **state)
{
    (void)state;
    tgr_error error;
    tgr_curve curve = {0};
    assert_int_equal(tgr_curve_reserve(&curve, 2, &error), TGR_OK);
    tgr_curve_add(&curve, 1, 0.5, 1);
    tgr_curve_add(&curve, 1, 0.75, 0); /* the reference is the worse */
    tgr_areas areas = tgr_areas_by_share(&curve, 0.5);
    assert_near(areas.auc, 0.625, 1e-15, "auc");
    assert_near(areas.pauc, 0.125, 1e-15, "pauc");
    assert_true(isnan(areas.apgr) && isnan(areas.cpt50) && isnan(areas.cpt80));
    curve.points[1].quality = NAN;
    areas = tgr_areas_by_share(&curve, 0.5);
    assert_true(isnan(areas.auc) && isnan(areas.pauc) && isnan(areas.apgr));
    tgr_curve_free(&curve);
}

/* ---- areas of more models -------------------------------------------------------------------- */

static void test_areas_by_cost(void **state)
{
    (void)state;
    /* Single models: (10, .2), (20, .8), (30, .6). x = (cost - 10) / 20. The staircase of the
     * points: .3, which is reached below the cheapest model's cost, to x = .1, .4 to x = .25, .7 to
     * x = .75, .9 to 1; the point at cost 32 is beyond. */
    static const double points[][2] = {{6, 0.3},  {12, 0.4}, {15, 0.7},
                                       {20, 0.5}, {25, 0.9}, {32, 1.5}};
    const tgr_baseline alone[3] = {
        {10, NAN, 0.2, 1, NULL}, {20, NAN, 0.8, 1, NULL}, {30, NAN, 0.6, 1, NULL}};
    tgr_metrics_basis basis = {3, alone, 1, TGR_QUALITY_SCORE, true, false};
    tgr_error error;
    tgr_curve curve = {0};
    assert_int_equal(tgr_curve_reserve(&curve, 6, &error), TGR_OK);
    for (size_t i = 0; i < 6; i++) {
        tgr_curve_add(&curve, points[i][0], points[i][1], 0);
    }
    double auc = 0.1 * 0.3 + 0.15 * 0.4 + 0.5 * 0.7 + 0.25 * 0.9;
    tgr_areas areas = tgr_areas_by_cost(&curve, &basis);
    assert_near(areas.auc, auc, 1e-15, "auc");
    assert_near(areas.pauc, 0.25 * 0.1, 1e-15, "pauc");
    assert_near(areas.apgr, (auc - 0.2) / 0.6, 1e-15, "apgr");
    assert_near(areas.cpt50, 0.25, 1e-15, "cpt50"); /* level .5 */
    assert_near(areas.cpt80, 0.25, 1e-15, "cpt80"); /* level .68 */
    tgr_curve_free(&curve);
}

/* ---- hull ------------------------------------------------------------------------------------ */

/* Wraps the points as a gift: from the cheapest, always along the steepest rise. */
static double wrapped_height(const tgr_curve *curve)
{
    double lowest = INFINITY, highest = -INFINITY, at_cost, at_quality = -INFINITY, area = 0;
    for (size_t i = 0; i < curve->count; i++) {
        double cost = tgr_curve_cost(&curve->points[i]);
        lowest = fmin(lowest, cost);
        highest = fmax(highest, cost);
    }
    for (size_t i = 0; i < curve->count; i++) {
        if (tgr_curve_cost(&curve->points[i]) == lowest) {
            at_quality = fmax(at_quality, curve->points[i].quality);
        }
    }
    at_cost = lowest;
    for (;;) {
        double steepest = 0, next_cost = highest, next_quality = at_quality;
        for (size_t i = 0; i < curve->count; i++) {
            double cost = tgr_curve_cost(&curve->points[i]), quality = curve->points[i].quality;
            double slope = cost > at_cost ? (quality - at_quality) / (cost - at_cost) : 0;
            if (slope > steepest) {
                steepest = slope;
                next_cost = cost;
                next_quality = quality;
            }
        }
        area += (next_cost - at_cost) * (at_quality + next_quality) / 2;
        at_cost = next_cost;
        at_quality = next_quality;
        if (steepest <= 0) {
            return area / (highest - lowest);
        }
    }
}

static void test_hull(void **state)
{
    (void)state;
    for (size_t count = 2; count < 200; count = count * 3 / 2 + 1) {
        tgr_curve curve = {0};
        random_curve(&curve, count, 0, 1);
        curve.points[0].cost_order = tgr_order_of_double(-3); /* a range, whatever was drawn */
        double expected = wrapped_height(&curve);
        tgr_order_sort_24(curve.points, curve.count);
        assert_near(tgr_hull_height(&curve), expected, 1e-12, "aiq");
        tgr_curve_free(&curve);
    }
}

static void test_metrics_need_costs(void **state)
{
    (void)state;
    tgr_error error;
    tgr_curve curve = {0};
    const tgr_baseline alone[2] = {{10, NAN, 0.5, 1, NULL}, {NAN, NAN, 1, 1, NULL}};
    const tgr_metrics_basis basis = {2, alone, 1, TGR_QUALITY_SCORE, true, true};
    assert_int_equal(tgr_curve_reserve(&curve, 2, &error), TGR_OK);
    tgr_curve_add(&curve, NAN, 1, 1);
    tgr_curve_add(&curve, 10, 0.5, 0);
    tgr_metrics metrics;
    tgr_metrics_of_curve(&curve, &basis, &metrics);
    assert_near(metrics.auc, 0.75, 1e-15, "auc");
    assert_near(metrics.perf_gain, 0, 1e-15, "perf_gain");
    assert_true(isnan(metrics.aiq) && isnan(metrics.cost_save));
    assert_true(isnan(metrics.uplift) && isnan(metrics.rank));
    tgr_curve_free(&curve);
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static const char expected_json[] = "{\n"
                                    "  \"queries\": 4,\n"
                                    "  \"undecided\": 1,\n"
                                    "  \"models\": [\n"
                                    "    \"a \\\"b\\\"\"\n"
                                    "  ],\n"
                                    "  \"reference\": \"a \\\"b\\\"\",\n"
                                    "  \"policy\": \"slack\",\n"
                                    "  \"quality\": \"accept\",\n"
                                    "  \"best_threshold\": null,\n"
                                    "  \"curve\": [\n"
                                    "    {\n"
                                    "      \"threshold\": 0.1,\n"
                                    "      \"cost\": null,\n"
                                    "      \"accept_rate\": 0.5,\n"
                                    "      \"mean_score\": null,\n"
                                    "      \"coverage\": 0,\n"
                                    "      \"share\": {\n"
                                    "        \"a \\\"b\\\"\": 0.75\n"
                                    "      }\n"
                                    "    }\n"
                                    "  ],\n"
                                    "  \"metrics\": {\n"
                                    "    \"auc\": 1,\n"
                                    "    \"apgr\": 2,\n"
                                    "    \"pauc\": 3,\n"
                                    "    \"cpt50\": 4,\n"
                                    "    \"cpt80\": 5,\n"
                                    "    \"aiq\": 6,\n"
                                    "    \"cost_save\": 7,\n"
                                    "    \"perf_gain\": 8,\n"
                                    "    \"uplift\": 9,\n"
                                    "    \"rank\": null\n"
                                    "  },\n"
                                    "  \"binned\": false,\n"
                                    "  \"error_bound\": {\n"
                                    "    \"auc\": 0,\n"
                                    "    \"apgr\": 0,\n"
                                    "    \"pauc\": 0,\n"
                                    "    \"cpt50\": 0,\n"
                                    "    \"cpt80\": 0,\n"
                                    "    \"aiq\": 0,\n"
                                    "    \"cost_save\": 0,\n"
                                    "    \"perf_gain\": 0,\n"
                                    "    \"uplift\": 0,\n"
                                    "    \"rank\": 0\n"
                                    "  },\n"
                                    "  \"baselines\": {\n"
                                    "    \"best_single\": {\n"
                                    "      \"model\": null,\n"
                                    "      \"cost\": 1,\n"
                                    "      \"accept_rate\": 2,\n"
                                    "      \"mean_score\": 3,\n"
                                    "      \"coverage\": 4\n"
                                    "    },\n"
                                    "    \"oracle\": {\n"
                                    "      \"cost\": 5,\n"
                                    "      \"accept_rate\": 6,\n"
                                    "      \"mean_score\": 7,\n"
                                    "      \"coverage\": 8\n"
                                    "    },\n"
                                    "    \"random\": {\n"
                                    "      \"cost\": 9,\n"
                                    "      \"accept_rate\": 10,\n"
                                    "      \"mean_score\": 11,\n"
                                    "      \"coverage\": 12\n"
                                    "    },\n"
                                    "    \"cost_matched_random\": {\n"
                                    "      \"cost\": 13,\n"
                                    "      \"accept_rate\": 14,\n"
                                    "      \"mean_score\": 15,\n"
                                    "      \"coverage\": 16\n"
                                    "    }\n"
                                    "  },\n"
                                    "  \"alone\": [\n"
                                    "    {\n"
                                    "      \"model\": \"a \\\"b\\\"\",\n"
                                    "      \"cost\": 17,\n"
                                    "      \"accept_rate\": 18,\n"
                                    "      \"mean_score\": 19,\n"
                                    "      \"coverage\": 20\n"
                                    "    }\n"
                                    "  ],\n"
                                    "  \"margins\": {\n"
                                    "    \"edges\": [\n"
                                    "      -1,\n"
                                    "      0.5\n"
                                    "    ],\n"
                                    "    \"counts\": [\n"
                                    "      21\n"
                                    "    ],\n"
                                    "    \"below\": 22,\n"
                                    "    \"above\": 23\n"
                                    "  },\n"
                                    "  \"origin\": {\n"
                                    "    \"router\": \"0123\",\n"
                                    "    \"scorer\": \"paper\",\n"
                                    "    \"counts\": null,\n"
                                    "    \"tags\": 24,\n"
                                    "    \"split\": null,\n"
                                    "    \"fallback\": null,\n"
                                    "    \"files\": [\n"
                                    "      null\n"
                                    "    ],\n"
                                    "    \"prices\": [\n"
                                    "      {\n"
                                    "        \"model\": \"a \\\"b\\\"\",\n"
                                    "        \"input_cost_per_token\": 25,\n"
                                    "        \"output_cost_per_token\": 26,\n"
                                    "        \"completion_tokens\": 27,\n"
                                    "        \"mean_cost\": 28,\n"
                                    "        \"flat_cost\": null,\n"
                                    "        \"cache_read_input_token_cost\": 29,\n"
                                    "        \"token_ratio\": 1.5,\n"
                                    "        \"tier\": \"batch\",\n"
                                    "        \"price_entry\": \"a/b\",\n"
                                    "        \"price_map\": null,\n"
                                    "        \"levels\": [\n"
                                    "          {\n"
                                    "            \"tier\": \"batch\",\n"
                                    "            \"above\": 0,\n"
                                    "            \"in_use\": true,\n"
                                    "            \"input_cost_per_token\": 25,\n"
                                    "            \"cache_read_input_token_cost\": null,\n"
                                    "            \"output_cost_per_token\": 26\n"
                                    "          },\n"
                                    "          {\n"
                                    "            \"tier\": \"flex\",\n"
                                    "            \"above\": 200000,\n"
                                    "            \"in_use\": false,\n"
                                    "            \"input_cost_per_token\": null,\n"
                                    "            \"cache_read_input_token_cost\": 31,\n"
                                    "            \"output_cost_per_token\": null\n"
                                    "          }\n"
                                    "        ]\n"
                                    "      }\n"
                                    "    ]\n"
                                    "  }\n"
                                    "}\n";

static void test_json(void **state)
{
    (void)state;
    const char *const names[] = {"a \"b\""};
    const double share = 0.75;
    const tgr_point point = {0.1, NAN, 0.5, NAN, 0, &share};
    const tgr_baseline alone = {17, 18, 19, 20, names[0]};
    const double edges[] = {-1, 0.5};
    const double counts[] = {21};
    const char *const digests[] = {NULL};
    const tgr_price_level levels[] = {{"batch", 0, true, 25, 26, NAN},
                                      {"flex", 200000, false, NAN, NAN, 31}};
    const tgr_price price = {.input = 25,
                             .output = 26,
                             .completion_tokens = 27,
                             .mean = 28,
                             .flat = NAN,
                             .cached = 29,
                             .token_ratio = 1.5,
                             .tier = "batch",
                             .entry = "a/b",
                             .levels = levels,
                             .level_count = 2};
    const tgr_simulation simulation = {
        .queries = 4,
        .undecided = 1,
        .models = 1,
        .model_names = names,
        .policy = TGR_POLICY_SLACK,
        .quality = TGR_QUALITY_ACCEPT,
        .points = 1,
        .curve = &point,
        .best = 1,
        .metrics = {1, 2, 3, 4, 5, 6, 7, 8, 9, NAN},
        .alone = &alone,
        .best_single = {1, 2, 3, 4, NULL},
        .oracle = {5, 6, 7, 8, NULL},
        .random = {9, 10, 11, 12, NULL},
        .cost_matched_random = {13, 14, 15, 16, NULL},
        .margins = {1, edges, counts, 22, 23},
        .origin = {.router = "0123",
                   .scorer = "paper",
                   .tags = 24,
                   .files = 1,
                   .file_digests = digests,
                   .prices = &price},
    };
    char *text;
    size_t length;
    tgr_error error;
    assert_int_equal(tgr_simulation_json(&simulation, &text, &length, &error), TGR_OK);
    assert_string_equal(text, expected_json);
    assert_int_equal(length, strlen(expected_json));
    tgr_mem_free(text);
    for (long fail = 0;; fail++) {
        tgr_mem_fail_after(fail);
        tgr_status status = tgr_simulation_json(&simulation, &text, NULL, &error);
        tgr_mem_fail_after(-1);
        if (status == TGR_OK) {
            tgr_mem_free(text);
            assert_true(fail > 0);
            break;
        }
        assert_int_equal(status, TGR_ERR_NOMEM);
    }
    assert_int_equal(tgr_mem_live(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sort),
        cmocka_unit_test(test_weighed_moves),
        cmocka_unit_test(test_weighed_terms),
        cmocka_unit_test(test_order_of_numbers),
        cmocka_unit_test(test_areas_by_share),
        cmocka_unit_test(test_crossing_at_a_peak),
        cmocka_unit_test(test_areas_undefined),
        cmocka_unit_test(test_areas_by_cost),
        cmocka_unit_test(test_hull),
        cmocka_unit_test(test_metrics_need_costs),
        cmocka_unit_test(test_json),
    };
    printf("seed %llu\n", (unsigned long long)random_state);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
