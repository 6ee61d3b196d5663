/* fit_pieces.c - cutting a batch for fit. */
#include "engine/fit_pieces.h"

#include "engine/base/memory.h"
#include "engine/cut.h"

#define PIECE_ROWS    ((size_t)4096)
#define PIECE_ENTRIES ((size_t)32768)

bool tgr_fit_pieces_cut(tgr_fit_pieces *pieces, const tgr_csr *x)
{
    uint64_t entries = (uint64_t)(x->indptr[x->rows] - x->indptr[0]);
    size_t most = tgr_cut_most(x->rows, entries, PIECE_ROWS, PIECE_ENTRIES);
    void *bounds = pieces->bounds;
    if (!tgr_mem_grow(&bounds, &pieces->capacity, most + 1, sizeof *pieces->bounds)) {
        return false;
    }
    pieces->bounds = bounds;
    pieces->count = tgr_cut_rows(x->indptr, x->rows, PIECE_ROWS, PIECE_ENTRIES, pieces->bounds);
    return true;
}

void tgr_fit_pieces_free(tgr_fit_pieces *pieces)
{
    tgr_mem_free(pieces->bounds);
    *pieces = (tgr_fit_pieces){0};
}
