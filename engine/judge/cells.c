/* cells.c - sorted cells, merged with what comes, and cut where they become too many. */
#include "engine/judge/cells.h"

#include <math.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/simulate/order.h"

uint64_t tgr_cell_key(float x, float y)
{
    uint64_t low = isnan(y) ? TGR_CELL_NO_Y : tgr_order_of_float(y);
    return (uint64_t)tgr_order_of_float(x) << 32 | low;
}

float tgr_cell_x(const tgr_cells *cells, const tgr_cell *cell)
{
    return tgr_float_of_order((uint32_t)(cell->key >> 32) << cells->cut);
}

/* No number's order is 0, and none of a usual size is cut down to it. */
float tgr_cell_y(const tgr_cells *cells, const tgr_cell *cell)
{
    uint32_t order = (uint32_t)cell->key << cells->cut;
    return order == TGR_CELL_NO_Y ? NAN : tgr_float_of_order(order);
}

static size_t unite_equal(tgr_cell *cells, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (kept > 0 && cells[kept - 1].key == cells[i].key) {
            cells[kept - 1].count += cells[i].count;
            cells[kept - 1].as.rows += cells[i].as.rows;
        } else {
            cells[kept++] = cells[i];
        }
    }
    return kept;
}

/* As many bits as it takes, and no more. */
static void cut_to_fit(tgr_cells *cells)
{
    while (cells->count > cells->most && cells->cut < 23) {
        for (size_t i = 0; i < cells->count; i++) {
            cells->cells[i].key = tgr_cell_cut(cells->cells[i].key, 1);
        }
        cells->cut++;
        tgr_order_sort_24(cells->cells, cells->count); /* y of what became one x */
        cells->count = unite_equal(cells->cells, cells->count);
    }
}

static size_t merge_sorted(tgr_cell *into, const tgr_cell *a, size_t m, const tgr_cell *b, size_t n)
{
    size_t count = 0, i = 0, j = 0;
    while (i < m || j < n) {
        const tgr_cell *next = j == n || (i < m && a[i].key <= b[j].key) ? &a[i++] : &b[j++];
        if (count > 0 && into[count - 1].key == next->key) {
            into[count - 1].count += next->count;
            into[count - 1].as.rows += next->as.rows;
        } else {
            into[count++] = *next;
        }
    }
    return count;
}

/* Items that are sorted, and of one key each. */
static tgr_status take_sorted(tgr_cells *cells, const tgr_cell *items, size_t count,
                              tgr_error *error)
{
    void *spare = cells->spare;
    bool grown =
        tgr_mem_grow(&spare, &cells->spare_capacity, cells->count + count, sizeof *cells->spare);
    cells->spare = spare;
    if (!grown) {
        return tgr_fail_memory(error, "how well scores predict");
    }
    size_t merged = merge_sorted(cells->spare, cells->cells, cells->count, items, count);
    tgr_cell *old = cells->cells;
    size_t capacity = cells->capacity;
    cells->cells = cells->spare;
    cells->capacity = cells->spare_capacity;
    cells->spare = old;
    cells->spare_capacity = capacity;
    cells->count = merged;
    cut_to_fit(cells);
    return TGR_OK;
}

tgr_status tgr_cells_merge(tgr_cells *cells, tgr_cell *items, size_t count, unsigned cut,
                           tgr_error *error)
{
    size_t taken = 0;
    for (size_t i = 0; i < count; i++) {
        if (items[i].count > 0) {
            items[taken] = items[i];
            items[taken++].key = tgr_cell_cut(items[i].key, cells->cut - cut);
        }
    }
    if (taken == 0) {
        return TGR_OK;
    }
    tgr_order_sort_24(items, taken);
    return take_sorted(cells, items, unite_equal(items, taken), error);
}

tgr_status tgr_cells_add(tgr_cells *cells, tgr_cell *items, size_t count, tgr_error *error)
{
    for (size_t i = 0; i < count; i++) {
        items[i].count = items[i].key != TGR_CELL_NOTHING ? items[i].count : 0;
        items[i].as.rows = 1;
    }
    return tgr_cells_merge(cells, items, count, 0, error);
}

void tgr_cells_free(tgr_cells *cells)
{
    tgr_mem_free(cells->cells);
    tgr_mem_free(cells->spare);
    *cells = (tgr_cells){0};
}
