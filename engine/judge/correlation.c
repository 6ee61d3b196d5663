/* correlation.c - Spearman's rank correlation and deciles, from cells sorted by x. */
#include "engine/judge/correlation.h"

#include <math.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/simulate/order.h"
#include "engine/simulate/tally.h"

static void drop_without_y(tgr_cells *cells)
{
    size_t kept = 0;
    for (size_t i = 0; i < cells->count; i++) {
        if ((uint32_t)cells->cells[i].key != TGR_CELL_NO_Y) {
            cells->cells[kept++] = cells->cells[i];
        }
    }
    cells->count = kept;
}

static uint64_t count_pairs(const tgr_cells *cells)
{
    uint64_t all = 0;
    for (size_t i = 0; i < cells->count; i++) {
        all += cells->cells[i].count;
    }
    return all;
}

/* The end of the cells from `begin` on whose keys agree above `bits`. */
static size_t end_of_ties(const tgr_cell *cells, size_t count, size_t begin, unsigned bits,
                          uint64_t *pairs)
{
    size_t end = begin;
    *pairs = 0;
    while (end < count && cells[end].key >> bits == cells[begin].key >> bits) {
        *pairs += cells[end++].count;
    }
    return end;
}

/* Twice the mean rank of `pairs` ties that come after `before`, less twice the mean of all ranks: a
 * whole number, of mean 0. */
static int64_t centred_rank(uint64_t before, uint64_t pairs, uint64_t all)
{
    return (int64_t)(2 * before + pairs + 1) - (int64_t)(all + 1);
}

/* Leaves each cell's rank by y in it. Keys are turned around for a moment, and back. */
static void rank_by_y(tgr_cells *cells, uint64_t all)
{
    tgr_cell *own = cells->cells;
    for (size_t i = 0; i < cells->count; i++) {
        own[i].key = own[i].key << 32 | own[i].key >> 32;
    }
    tgr_order_sort_24(own, cells->count);
    uint64_t before = 0, pairs;
    for (size_t begin = 0, end; begin < cells->count; begin = end, before += pairs) {
        end = end_of_ties(own, cells->count, begin, 32, &pairs);
        for (size_t i = begin; i < end; i++) {
            own[i].as.rank = (uint64_t)centred_rank(before, pairs, all);
        }
    }
    for (size_t i = 0; i < cells->count; i++) {
        own[i].key = own[i].key << 32 | own[i].key >> 32;
    }
    tgr_order_sort_24(own, cells->count);
}

static double correlate_exactly(const tgr_cells *cells, uint64_t all)
{
    const tgr_cell *own = cells->cells;
    tgr_sum both = 0, of_x = 0, of_y = 0;
    uint64_t before = 0, pairs;
    for (size_t begin = 0, end; begin < cells->count; begin = end, before += pairs) {
        end = end_of_ties(own, cells->count, begin, 32, &pairs);
        tgr_sum x = centred_rank(before, pairs, all);
        for (size_t i = begin; i < end; i++) {
            tgr_sum y = (int64_t)own[i].as.rank, count = (tgr_sum)own[i].count;
            both += count * x * y;
            of_x += count * x * x;
            of_y += count * y * y;
        }
    }
    double scale = sqrt((double)of_x) * sqrt((double)of_y);
    return scale > 0 ? (double)both / scale : NAN;
}

/* Where products are too many for integers: one thread adds in the order of the cells. */
static double correlate_nearly(const tgr_cells *cells, uint64_t all)
{
    const tgr_cell *own = cells->cells;
    double both = 0, of_x = 0, of_y = 0;
    uint64_t before = 0, pairs;
    for (size_t begin = 0, end; begin < cells->count; begin = end, before += pairs) {
        end = end_of_ties(own, cells->count, begin, 32, &pairs);
        double x = (double)centred_rank(before, pairs, all);
        for (size_t i = begin; i < end; i++) {
            double y = (double)(int64_t)own[i].as.rank, count = (double)own[i].count;
            both += count * x * y;
            of_x += count * x * x;
            of_y += count * y * y;
        }
    }
    double scale = sqrt(of_x) * sqrt(of_y);
    return scale > 0 ? both / scale : NAN;
}

/* ---- deciles --------------------------------------------------------------------------------- */

/* Sums of some pairs. */
typedef struct sums {
    uint64_t pairs, rows;
    tgr_sum x, y;
    bool fits; /* no number is too large to be summed */
} sums;

static void add_cell(const tgr_cells *cells, const tgr_cell *cell, unsigned bits, sums *into)
{
    double x = tgr_cell_x(cells, cell), y = tgr_cell_y(cells, cell);
    into->pairs += cell->count;
    into->rows += cell->as.rows;
    into->fits &= fabs(x) <= TGR_EXACT_LIMIT && fabs(y) <= TGR_EXACT_LIMIT;
    if (into->fits) {
        into->x += tgr_weigh_term(tgr_tally_term(x), cell->count, bits);
        into->y += tgr_weigh_term(tgr_tally_term(y), cell->count, bits);
    }
}

static double mean_of(const sums *of, tgr_sum sum, double unit)
{
    return of->fits ? tgr_share(tgr_tally_value(sum), (double)of->pairs * unit) : NAN;
}

/* The tenth in which the middle of some ties lies. */
static size_t decile_of(uint64_t before, uint64_t pairs, uint64_t all)
{
    __extension__ typedef unsigned __int128 wide;
    size_t decile = (size_t)((wide)TGR_DECILES * (2 * (wide)before + pairs) / (2 * (wide)all));
    return decile < TGR_DECILES ? decile : TGR_DECILES - 1;
}

static void fill_deciles(const tgr_cells *cells, uint64_t all, const tgr_weighing *weighing,
                         tgr_prediction *into)
{
    unsigned bits = weighing->bits;
    double unit = tgr_weighing_unit(weighing);
    sums of[TGR_DECILES] = {0}, whole = {.fits = true};
    uint64_t before = 0, pairs;
    for (size_t i = 0; i < TGR_DECILES; i++) {
        of[i].fits = true;
        into->deciles[i] = (tgr_decile){0, NAN, NAN, NAN, NAN, 0};
    }
    for (size_t begin = 0, end; begin < cells->count; begin = end, before += pairs) {
        end = end_of_ties(cells->cells, cells->count, begin, 32, &pairs);
        size_t place = decile_of(before, pairs, all);
        tgr_decile *decile = &into->deciles[place];
        double x = tgr_cell_x(cells, &cells->cells[begin]);
        decile->from = of[place].pairs == 0 ? x : decile->from;
        decile->to = x;
        for (size_t i = begin; i < end; i++) {
            add_cell(cells, &cells->cells[i], bits, &of[place]);
            add_cell(cells, &cells->cells[i], bits, &whole);
        }
    }
    for (size_t i = 0; i < TGR_DECILES; i++) {
        into->deciles[i].queries = of[i].rows;
        into->deciles[i].weight = (double)of[i].pairs * unit;
        into->deciles[i].predicted = mean_of(&of[i], of[i].x, unit);
        into->deciles[i].measured = mean_of(&of[i], of[i].y, unit);
    }
    into->queries = whole.rows;
    into->weight = (double)whole.pairs * unit;
    into->predicted = mean_of(&whole, whole.x, unit);
    into->measured = mean_of(&whole, whole.y, unit);
}

void tgr_correlate(tgr_cells *cells, const tgr_weighing *weighing, tgr_prediction *prediction)
{
    drop_without_y(cells);
    uint64_t all = count_pairs(cells);
    fill_deciles(cells, all, weighing, prediction);
    rank_by_y(cells, all); /* in place of the numbers of rows */
    prediction->rank_correlation =
        all <= UINT64_C(1) << 40 ? correlate_exactly(cells, all) : correlate_nearly(cells, all);
}
