/* histogram.c - edges first, then one look at every move or bin. */
#include "engine/simulate/histogram.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"

/* All but one in so many moves lie within the edges, on either side. */
#define BEYOND 200
/* From such a ratio of thresholds on, even steps would put most of them into one bin. */
#define WIDE        50.0
#define MOST_STEPS  40
#define PER_DECADE  8
#define MOST_DECADE 7.0

/* ---- edges ----------------------------------------------------------------------------------- */

static double step_for(double range)
{
    double power = pow(10, floor(log10(range / MOST_STEPS)));
    static const double factors[] = {1, 2, 5, 10};
    for (size_t i = 0; i < 4; i++) {
        if (range / (factors[i] * power) <= MOST_STEPS) {
            return factors[i] * power;
        }
    }
    return 10 * power;
}

/* The double that is written with these few digits. */
static double readable(double value, int digits)
{
    char text[40];
    snprintf(text, sizeof text, "%.*g", digits, value);
    return strtod(text, NULL); /* the same locale both ways */
}

static void append(tgr_histogram_room *room, size_t *edges, double edge)
{
    if (*edges <= TGR_HISTOGRAM_BINS && (*edges == 0 || edge > room->edges[*edges - 1])) {
        room->edges[(*edges)++] = edge;
    }
}

static void even_edges(tgr_histogram_room *room, size_t *edges, double low, double high)
{
    double step = high > low ? step_for(high - low) : 0;
    if (!(step > 0) || !isfinite(step)) { /* all at one threshold, or about */
        append(room, edges, nextafter(low, -INFINITY));
        append(room, edges, high);
        return;
    }
    double first = ceil(low / step) - 1;
    for (size_t i = 0; i <= MOST_STEPS + 2; i++) {
        double edge = readable((first + (double)i) * step, 12);
        append(room, edges, edge);
        if (edge >= high) {
            break;
        }
    }
}

static void growing_edges(tgr_histogram_room *room, size_t *edges, double low, double high)
{
    double first = fmax(floor(log10(low) * PER_DECADE),
                        ceil(log10(high) * PER_DECADE) - MOST_DECADE * PER_DECADE);
    for (size_t i = 0; i <= (size_t)MOST_DECADE * PER_DECADE + 2; i++) {
        double edge = readable(pow(10, (first + (double)i) / PER_DECADE), 3);
        append(room, edges, edge);
        if (edge >= high) {
            break;
        }
    }
}

/* Thresholds between low and high are most of them. Returns the number of edges. */
static size_t find_edges(tgr_histogram_room *room, tgr_policy policy, double low, double high)
{
    size_t edges = 0;
    low = fmax(low, -FLT_MAX);
    high = fmin(high, FLT_MAX);
    if (policy != TGR_POLICY_MARGIN && low > 0 && high / low > WIDE) {
        growing_edges(room, &edges, low, high);
    } else {
        even_edges(room, &edges, low, high);
    }
    return edges;
}

static tgr_status open_room(tgr_histogram_room *room, tgr_policy policy, tgr_error *error)
{
    room->single = policy != TGR_POLICY_UTILITY;
    room->edges = tgr_mem_zalloc(TGR_HISTOGRAM_BINS + 1, sizeof *room->edges);
    room->counts = tgr_mem_zalloc(TGR_HISTOGRAM_BINS, sizeof *room->counts);
    room->sums = tgr_mem_zalloc(TGR_HISTOGRAM_BINS + 2, sizeof *room->sums);
    return room->edges != NULL && room->counts != NULL && room->sums != NULL
               ? TGR_OK
               : tgr_fail_memory(error, "the histogram of margins");
}

void tgr_histogram_free(tgr_histogram_room *room)
{
    tgr_mem_free(room->edges);
    tgr_mem_free(room->counts);
    tgr_mem_free(room->sums);
    *room = (tgr_histogram_room){0};
}

/* ---- counts ---------------------------------------------------------------------------------- */

static double edge_of(const tgr_histogram_room *room, size_t i)
{
    return room->single ? (double)(float)room->edges[i] : room->edges[i];
}

/* Moves from a threshold of `at` on; called with rising ones, *bin where the last one went. */
static void count_at(const tgr_histogram *histogram, tgr_histogram_room *room, size_t *bin,
                     double at, uint64_t moves)
{
    if (at <= edge_of(room, 0)) {
        room->sums[histogram->bins] += moves;
        return;
    }
    while (*bin < histogram->bins && at > edge_of(room, *bin + 1)) {
        ++*bin;
    }
    room->sums[*bin < histogram->bins ? *bin : histogram->bins + 1] += moves;
}

/* The sums become counts of queries. */
static void settle(tgr_histogram *histogram, tgr_histogram_room *room, double unit)
{
    for (size_t i = 0; i < histogram->bins; i++) {
        room->counts[i] = (double)room->sums[i] * unit;
    }
    histogram->below = (double)room->sums[histogram->bins] * unit;
    histogram->above = (double)room->sums[histogram->bins + 1] * unit;
}

static void point_at(tgr_histogram *histogram, const tgr_histogram_room *room, size_t edges)
{
    *histogram = (tgr_histogram){
        .bins = edges > 0 ? edges - 1 : 0, .edges = room->edges, .counts = room->counts};
}

tgr_status tgr_histogram_of_moves(tgr_histogram *histogram, tgr_histogram_room *room,
                                  const tgr_moves *moves, tgr_policy policy, double unit,
                                  tgr_error *error)
{
    tgr_status status = open_room(room, policy, error);
    if (status != TGR_OK || moves->count == 0) {
        return status;
    }
    uint64_t total = tgr_moves_total(moves), aside = total / BEYOND;
    size_t bin = 0;
    double low = tgr_move_at(tgr_moves_at_place(moves, aside));
    double high = tgr_move_at(tgr_moves_at_place(moves, total - 1 - aside));
    point_at(histogram, room, find_edges(room, policy, low, high));
    for (size_t i = 0; i < moves->count; i++) {
        count_at(histogram, room, &bin, tgr_move_at(tgr_moves_get(moves, i)),
                 tgr_moves_weight(moves, i));
    }
    settle(histogram, room, unit);
    return TGR_OK;
}

/* ---- bins ------------------------------------------------------------------------------------ */

/* Calls back for each bin that holds moves, rising. */
static void each_bin(const tgr_bins *bins, void (*visit)(void *user, size_t bin, uint64_t moves),
                     void *user)
{
    for (size_t page = 0; page < TGR_PAGES; page++) {
        for (size_t i = 0; bins->pages[page] != NULL && i < TGR_PAGE_BINS; i++) {
            uint64_t moves = bins->pages[page]->counts[i].moves;
            if (moves > 0) {
                visit(user, page * TGR_PAGE_BINS + i, moves);
            }
        }
    }
}

typedef struct bin_range {
    uint64_t total, seen;
    double low, high; /* all but one in BEYOND lie between, on either side */
} bin_range;

static void add_total(void *user, size_t bin, uint64_t moves)
{
    (void)bin;
    ((bin_range *)user)->total += moves;
}

static void find_range(void *user, size_t bin, uint64_t moves)
{
    bin_range *range = user;
    uint64_t aside = range->total / BEYOND;
    if (range->seen <= aside) {
        range->low = tgr_bin_edge(bin);
    }
    if (range->seen < range->total - aside) {
        range->high = tgr_bin_edge(bin);
    }
    range->seen += moves;
}

typedef struct bin_count {
    tgr_histogram *histogram;
    tgr_histogram_room *room;
    size_t at;
} bin_count;

static void count_bin(void *user, size_t bin, uint64_t moves)
{
    bin_count *count = user;
    count_at(count->histogram, count->room, &count->at, tgr_bin_edge(bin), moves);
}

/* Sums are known at edges of bins alone. */
static size_t move_to_bins(tgr_histogram_room *room, size_t edges)
{
    size_t kept = 0;
    for (size_t i = 0; i < edges; i++) {
        double edge = tgr_bin_edge(tgr_bin_of(tgr_order_of_double(room->edges[i])));
        if (kept == 0 || edge > room->edges[kept - 1]) {
            room->edges[kept++] = edge;
        }
    }
    if (kept == 1) { /* all in one bin */
        room->edges[1] = room->edges[0];
        room->edges[0] = tgr_bin_edge(tgr_bin_of(tgr_order_of_double(room->edges[1])) - 1);
        kept = 2;
    }
    return kept;
}

tgr_status tgr_histogram_of_bins(tgr_histogram *histogram, tgr_histogram_room *room,
                                 const tgr_bins *bins, tgr_policy policy, double unit,
                                 tgr_error *error)
{
    bin_range range = {0};
    bin_count count = {histogram, room, 0};
    tgr_status status = open_room(room, policy, error);
    each_bin(bins, add_total, &range);
    if (status != TGR_OK || range.total == 0) {
        return status;
    }
    each_bin(bins, find_range, &range);
    point_at(histogram, room, move_to_bins(room, find_edges(room, policy, range.low, range.high)));
    each_bin(bins, count_bin, &count);
    settle(histogram, room, unit);
    return TGR_OK;
}
