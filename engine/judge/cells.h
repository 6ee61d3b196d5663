/* cells.h - a joint distribution of two float32 numbers in bounded memory.
 *
 * Pairs are counted by value while their distinct values fit; beyond that both numbers lose their
 * lowest bits, as few as make the distinct ones fit. How many these are depends on the pairs alone:
 * a part of them never needs more than all, so neither order nor threads matter.
 */
#ifndef TGR_JUDGE_CELLS_H
#define TGR_JUDGE_CELLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tagroute/run.h>
#include <tagroute/status.h>

/* Equal values; sorted by the key. */
typedef struct tgr_cell {
    uint64_t key;   /* x above y, each as tgr_order_of_float shifted right by the cut */
    uint64_t count; /* by weight, where pairs have any */
    union {
        uint64_t rows; /* how many pairs */
        uint64_t rank; /* later, for whoever works on them */
    } as;
} tgr_cell;

typedef struct tgr_cells {
    tgr_cell *cells;
    size_t count, capacity;
    size_t most; /* distinct pairs kept */
    unsigned cut;
    tgr_cell *spare; /* of a merge */
    size_t spare_capacity;
} tgr_cells;

#define TGR_CELL_NOTHING UINT64_MAX /* the key of no pair */
#define TGR_CELL_NO_Y    0          /* below that of every number */

/* The key of a pair, not cut; y NaN: TGR_CELL_NO_Y. x is no NaN. */
uint64_t tgr_cell_key(float x, float y);

/* Takes keys with their counts, those of nothing left out; `items` is sorted in place. */
tgr_status tgr_cells_add(tgr_cells *cells, tgr_cell *items, size_t count, tgr_error *error);
/* Takes cells whose keys are cut by some bits, no more than those there are; those of no pairs left
 * out. `items` is changed. */
tgr_status tgr_cells_merge(tgr_cells *cells, tgr_cell *items, size_t count, unsigned cut,
                           tgr_error *error);
void tgr_cells_free(tgr_cells *cells);

/* The cells of all processes, at each; alone, nothing happens. */
tgr_status tgr_cells_unite(tgr_cells *cells, const tgr_run *run, tgr_error *error);

/* The key, cut by more bits. */
static inline uint64_t tgr_cell_cut(uint64_t key, unsigned bits)
{
    return key >> 32 >> bits << 32 | (uint32_t)key >> bits;
}

/* The parts of a cell, as numbers: the least that are cut to it. */
float tgr_cell_x(const tgr_cells *cells, const tgr_cell *cell);
float tgr_cell_y(const tgr_cells *cells, const tgr_cell *cell); /* NaN: none */

#endif
