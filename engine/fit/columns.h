/* columns.h - how often each column of a file occurs, counted by several threads. */
#ifndef TGR_FIT_COLUMNS_H
#define TGR_FIT_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/fit/pieces.h"
#include "engine/scorer/sums.h"

/* Threads' tables, for one file at a time. */
typedef struct tgr_fit_columns {
    size_t table_count; /* 0 between files */
    tgr_column_sums *tables;
    tgr_fit_pieces pieces;
} tgr_fit_columns;

/* Makes ready for a file. False where memory is short for even one table. To be freed in any case.
 */
bool tgr_fit_columns_open(tgr_fit_columns *work, uint32_t columns, bool reals, int threads);
void tgr_fit_columns_free(tgr_fit_columns *work);

/* Adds a batch, in parallel; `reals` as given before unless `binary`, and where there are weights
 * (NULL: none). False where memory is short,
 * or, with *bad_row set to less than x->rows, at the first row with a value that exact.h cannot
 * take. */
bool tgr_fit_columns_add(tgr_fit_columns *work, const tgr_csr *x, bool binary,
                         const tgr_weight *weights, size_t *bad_row);

/* Adds up the tables into sums and marks the columns seen. */
void tgr_fit_columns_merge(const tgr_fit_columns *work, tgr_sum *sums, bool *seen);

#endif
