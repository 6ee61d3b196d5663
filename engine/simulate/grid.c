/* grid.c - numbers that are easy to read and close to quantiles. */
#include "engine/simulate/grid.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/base/number.h"

static void append(double *thresholds, size_t *count, double threshold)
{
    if (*count == 0 || threshold > thresholds[*count - 1]) {
        thresholds[(*count)++] = threshold;
    }
}

/* How many of `total` the i-th of `points` even steps takes. */
static uint64_t quantile(size_t i, size_t points, uint64_t total)
{
    return (uint64_t)((double)i / (double)(points - 1) * (double)total + 0.5);
}

/* ---- margin: exactly the margins ------------------------------------------------------------- */

/* The double of fewest digits that rounds to this float32, brought into the range of thresholds. */
static double short_double(float value)
{
    char text[TGR_NUMBER_SIZE];
    double parsed = 0;
    value = fminf(fmaxf(value, -FLT_MAX), FLT_MAX);
    tgr_number_float(text, value);
    return tgr_number_parse(text, &parsed) && (float)parsed == value ? parsed : (double)value;
}

/* The largest threshold that leaves a query where it was: its margin. */
static double margin_of(const tgr_move *move)
{
    float at = (float)tgr_move_at(move);
    return short_double(nextafterf(at, -INFINITY));
}

static void fill_margins(const tgr_moves *moves, size_t points, double *thresholds, size_t *count)
{
    uint64_t total = tgr_moves_total(moves);
    for (size_t i = points - 1; i > 0; i--) {
        uint64_t left = quantile(i, points, total); /* at the other models */
        if (left > 0) {
            append(thresholds, count, margin_of(tgr_moves_at_place(moves, total - left)));
        }
    }
    double last = tgr_move_at(tgr_moves_get(moves, moves->count - 1));
    append(thresholds, count, short_double((float)last));
}

/* ---- utility and slack: numbers of few digits ------------------------------------------------ */

/* Nearer than this to a crossing, rounding may decide either way. */
#define NEAR 0x1p-26
/* Where scores tie, a cost matters from a lambda on that is lost in rounding: beside the largest
 * crossing these are tiny, and nothing is shown among them. */
#define TINY   0x1p-36
#define TRIES  24
#define DIGITS 9 /* at most */

/* A number of so many digits from `value` on. */
static double round_up(double value, int digits)
{
    char text[TGR_NUMBER_SIZE];
    snprintf(text, sizeof text, "%.*g", digits, value);
    double rounded = strtod(text, NULL); /* the same locale both ways */
    if (rounded < value) {
        snprintf(text, sizeof text, "%.*g", digits, value * (1 + pow(10, 1 - digits)));
        rounded = strtod(text, NULL);
    }
    return fmin(rounded, FLT_MAX);
}

/* The first sorted move from a threshold on. */
static size_t first_from(const tgr_moves *moves, double threshold)
{
    size_t low = 0, high = moves->count;
    uint64_t key = tgr_order_of_double(threshold);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (tgr_moves_get(moves, middle)->key < key) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static bool is_clear(const tgr_moves *moves, double threshold)
{
    return first_from(moves, threshold * (1 - NEAR)) == first_from(moves, threshold * (1 + NEAR));
}

/* The shortest number just above a move that no crossing is next to. */
static double threshold_above(const tgr_moves *moves, double at, tgr_policy policy)
{
    double largest = tgr_move_at(tgr_moves_get(moves, moves->count - 1));
    at = fmax(fmax(at, FLT_MIN), policy == TGR_POLICY_UTILITY ? largest * TINY : 0);
    double threshold = round_up(at, 3);
    if (policy != TGR_POLICY_UTILITY) {
        return threshold;
    }
    for (int i = 0; i < TRIES && !is_clear(moves, threshold); i++) {
        threshold = round_up(at * (1 + 0.0001 * i), 4 + i % (DIGITS - 3));
    }
    return threshold;
}

static void fill_steps(const tgr_moves *moves, tgr_policy policy, size_t points, double *thresholds,
                       size_t *count)
{
    append(thresholds, count, 0);
    for (size_t i = 1; i < points; i++) {
        uint64_t moved = quantile(i, points, tgr_moves_total(moves));
        if (moved > 0) {
            double at = tgr_move_at(tgr_moves_at_place(moves, moved - 1));
            append(thresholds, count, threshold_above(moves, at, policy));
        }
    }
}

void tgr_grid_of_moves(const tgr_moves *moves, tgr_policy policy, size_t points, double *thresholds,
                       size_t *count)
{
    *count = 0;
    if (moves->count == 0) {
        append(thresholds, count, 0); /* no threshold makes a difference */
    } else if (policy == TGR_POLICY_MARGIN) {
        fill_margins(moves, points, thresholds, count);
    } else {
        fill_steps(moves, policy, points, thresholds, count);
    }
}

/* ---- bins ------------------------------------------------------------------------------------ */

/* A threshold that the policy takes, and takes as it is. */
static bool is_usable(double edge, tgr_policy policy)
{
    return fabs(edge) <= FLT_MAX && (policy == TGR_POLICY_UTILITY || (double)(float)edge == edge);
}

static uint64_t count_moves(const tgr_bins *bins, double *largest)
{
    uint64_t moves = 0;
    *largest = 0;
    for (size_t page = 0; page < TGR_PAGES; page++) {
        for (size_t i = 0; bins->pages[page] != NULL && i < TGR_PAGE_GROUPS; i++) {
            uint64_t here = tgr_page_group(bins->pages[page], bins->models, i)->moves;
            size_t last = page * TGR_PAGE_BINS + (i + 1) * TGR_GROUP_BINS - 1;
            moves += here;
            *largest = here > 0 ? tgr_bin_edge(last) : *largest;
        }
    }
    return moves;
}

void tgr_grid_of_bins(const tgr_bins *bins, tgr_policy policy, size_t points, double *thresholds,
                      size_t *count)
{
    double largest;
    uint64_t total = count_moves(bins, &largest), seen = 0;
    double least = policy == TGR_POLICY_UTILITY ? largest * TINY : -INFINITY;
    size_t step = policy == TGR_POLICY_MARGIN ? 0 : 1;
    *count = 0;
    if (policy != TGR_POLICY_MARGIN) {
        append(thresholds, count, 0);
    }
    for (size_t group = 0; group < (size_t)TGR_PAGES * TGR_PAGE_GROUPS; group++) {
        tgr_page *page = bins->pages[group / TGR_PAGE_GROUPS];
        size_t number = group % TGR_PAGE_GROUPS;
        uint64_t moves = page == NULL ? 0 : tgr_page_group(page, bins->models, number)->moves;
        double below = tgr_bin_edge(group * TGR_GROUP_BINS - 1);
        double edge = tgr_bin_edge((group + 1) * TGR_GROUP_BINS - 1);
        if (moves == 0) {
            continue;
        }
        if (step == 0) { /* no query has moved */
            append(thresholds, count, fmax(below, -FLT_MAX));
            step = 1;
        }
        seen += moves;
        bool usable = is_usable(edge, policy) || edge > FLT_MAX;
        if (seen < quantile(step, points, total) || !usable || edge < least) {
            continue;
        }
        append(thresholds, count, fmin(edge, FLT_MAX));
        while (step < points && seen >= quantile(step, points, total)) {
            step++;
        }
    }
    if (*count == 0) {
        append(thresholds, count, 0);
    }
}
