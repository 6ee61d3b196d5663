/* held_out.c - the curve of quality against the share of queries sent to the reference. */
#include "engine/fit/held_out.h"

#include <math.h>
#include <stdlib.h>

static int by_falling_margin(const void *left, const void *right)
{
    const tgr_held_out *a = left, *b = right;
    if (a->margin != b->margin) {
        return a->margin > b->margin ? -1 : 1;
    }
    return (a->number > b->number) - (a->number < b->number);
}

size_t tgr_held_out_sort(tgr_held_out *queries, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (!isnan(queries[i].margin) && !isnan(queries[i].other) && !isnan(queries[i].reference)) {
            queries[kept++] = queries[i];
        }
    }
    if (kept > 1) {
        qsort(queries, kept, sizeof *queries, by_falling_margin);
    }
    return kept;
}

static uint64_t mix(uint64_t z)
{
    z += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* How often a replicate draws a query: Poisson of mean 1, by the query's number alone. */
static unsigned drawn(unsigned replicate, uint32_t number)
{
    if (replicate == 0) {
        return 1;
    }
    double u = (double)(mix(mix(replicate) ^ number) >> 11) * 0x1p-53;
    double probability = exp(-1), below = probability;
    unsigned times = 0;
    while (u >= below && times < 20) {
        probability /= ++times;
        below += probability;
    }
    return times;
}

static tgr_sum weighted(const tgr_held_out *query, float quality)
{
    return tgr_weigh(query->weight, tgr_exact_term((double)quality));
}

/* From all at the reference (x = 1) to none (x = 0); queries of equal margin move together. Returns
 * the number of points, 0 where nothing was drawn. */
static size_t fill_points(const tgr_held_out *queries, size_t count, unsigned replicate, double *x,
                          double *y)
{
    tgr_sum total = 0, sum = 0;
    for (size_t i = 0; i < count; i++) {
        unsigned times = drawn(replicate, queries[i].number);
        total += (tgr_sum)queries[i].weight * times;
        sum += weighted(&queries[i], queries[i].reference) * times;
    }
    if (total == 0) {
        return 0;
    }
    size_t points = 0;
    tgr_sum left = total;
    double all = tgr_exact_value(total);
    x[points] = 1;
    y[points++] = tgr_exact_value(sum) / all;
    for (size_t i = 0; i < count; i++) {
        const tgr_held_out *query = &queries[i];
        unsigned times = drawn(replicate, query->number);
        left -= (tgr_sum)query->weight * times;
        sum += (weighted(query, query->other) - weighted(query, query->reference)) * times;
        if (i + 1 == count || queries[i + 1].margin != queries[i].margin) {
            x[points] = tgr_exact_value(left) / all;
            y[points++] = tgr_exact_value(sum) / all;
        }
    }
    return points;
}

/* The least x at which the curve, read from x = 0 up, first reaches a level. */
static double crossing(const double *x, const double *y, size_t points, double level)
{
    size_t i = points;
    while (i-- > 0 && y[i] < level - 1e-12) {
    }
    if (i == SIZE_MAX) {
        return NAN;
    }
    if (i + 1 == points || y[i] <= y[i + 1]) {
        return x[i];
    }
    return x[i + 1] + (x[i] - x[i + 1]) * (level - y[i + 1]) / (y[i] - y[i + 1]);
}

void tgr_held_out_figures(const tgr_held_out *queries, size_t count, unsigned replicate,
                          double *points, double figures[TGR_FIT_FIGURES])
{
    double *x = points, *y = points + count + 1, area = 0;
    size_t number = fill_points(queries, count, replicate, x, y);
    for (size_t i = 0; i < TGR_FIT_FIGURES; i++) {
        figures[i] = NAN;
    }
    if (number == 0) {
        return;
    }
    for (size_t i = 1; i < number; i++) {
        area += (x[i - 1] - x[i]) * (y[i - 1] + y[i]) / 2;
    }
    double low = y[number - 1], gain = y[0] - low;
    figures[TGR_FIT_AUC] = area;
    if (gain > 0) {
        figures[TGR_FIT_APGR] = (area - low) / gain;
        figures[TGR_FIT_CPT50] = crossing(x, y, number, low + 0.5 * gain);
        figures[TGR_FIT_CPT80] = crossing(x, y, number, low + 0.8 * gain);
    }
}
