/* cut.h - rows cut into pieces of about the same work, which is entries rather than rows. */
#ifndef TGR_CUT_H
#define TGR_CUT_H

#include <stddef.h>
#include <stdint.h>

/* The most pieces that tgr_cut_rows may make: room for one more bound than this is needed. */
size_t tgr_cut_most(size_t rows, uint64_t entries, size_t max_rows, size_t max_entries);

/* Fills bounds[0 .. n]: piece i is rows [bounds[i], bounds[i + 1]), at least one row, at most
 * max_rows, and at most max_entries entries unless one row alone has more. Returns n. indptr: rows
 * + 1. */
size_t tgr_cut_rows(const int64_t *indptr, size_t rows, size_t max_rows, size_t max_entries,
                    size_t *bounds);

#endif
