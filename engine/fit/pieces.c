/* pieces.c - cutting a batch for fit. */
#include "engine/fit/pieces.h"

#include "engine/base/memory.h"
#include "engine/cut.h"

/* Of a piece: enough that taking one costs nothing, few enough that threads end together. */
#define MOST_ROWS       ((size_t)4096)
#define LEAST_ROWS      ((size_t)64)
#define MOST_ENTRIES    ((size_t)32768)
#define LEAST_ENTRIES   ((size_t)512)
#define PIECES_A_THREAD 4

static size_t within(size_t least, size_t value, size_t most)
{
    return value < least ? least : value > most ? most : value;
}

bool tgr_fit_pieces_cut(tgr_fit_pieces *pieces, const tgr_csr *x, size_t threads)
{
    size_t wanted = PIECES_A_THREAD * threads;
    size_t entries = (size_t)(x->indptr[x->rows] - x->indptr[0]);
    size_t piece_rows = within(LEAST_ROWS, x->rows / wanted, MOST_ROWS);
    size_t piece_entries = within(LEAST_ENTRIES, entries / wanted, MOST_ENTRIES);
    size_t most = tgr_cut_most(x->rows, entries, piece_rows, piece_entries);
    void *bounds = pieces->bounds;
    if (!tgr_mem_grow(&bounds, &pieces->capacity, most + 1, sizeof *pieces->bounds)) {
        return false;
    }
    pieces->bounds = bounds;
    pieces->count = tgr_cut_rows(x->indptr, x->rows, piece_rows, piece_entries, pieces->bounds);
    return true;
}

void tgr_fit_pieces_free(tgr_fit_pieces *pieces)
{
    tgr_mem_free(pieces->bounds);
    *pieces = (tgr_fit_pieces){0};
}
