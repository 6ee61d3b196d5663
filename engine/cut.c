/* cut.c - cutting rows by their entries. */
#include "engine/cut.h"

size_t tgr_cut_most(size_t rows, uint64_t entries, size_t max_rows, size_t max_entries)
{
    /* Two neighbouring pieces hold more than max_entries together, or the first has max_rows. */
    return rows / max_rows + 2 * (size_t)(entries / max_entries) + 2;
}

/* The last row up to which a piece from `begin` on may reach. */
static size_t end_of_piece(const int64_t *indptr, size_t begin, size_t rows, int64_t max_entries)
{
    size_t fits = begin + 1, past = rows + 1;
    while (past - fits > 1) {
        size_t middle = fits + (past - fits) / 2;
        if (indptr[middle] - indptr[begin] <= max_entries) {
            fits = middle;
        } else {
            past = middle;
        }
    }
    return fits;
}

size_t tgr_cut_rows(const int64_t *indptr, size_t rows, size_t max_rows, size_t max_entries,
                    size_t *bounds)
{
    size_t pieces = 0;
    bounds[0] = 0;
    while (bounds[pieces] < rows) {
        size_t begin = bounds[pieces];
        size_t limit = rows - begin < max_rows ? rows : begin + max_rows;
        bounds[++pieces] = end_of_piece(indptr, begin, limit, (int64_t)max_entries);
    }
    return pieces;
}
