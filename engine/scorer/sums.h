/* sums.h - the counting loops of fit: exact sums over queries, the same in any order.
 *
 * They trust their arguments, as kernels do: columns lie in the tables given, outcomes are -1 to 2.
 */
#ifndef TGR_SCORER_SUMS_H
#define TGR_SCORER_SUMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/exact.h"
#include "kernels/kernels.h"

/* Adds the values of every entry (binary: 1) to its column's sum and marks the column as seen.
 * False, with *bad_row set, at a value that exact.h cannot take. */
bool tgr_count_columns(const tgr_csr *x, bool binary, tgr_sum *sums, bool *seen, size_t *bad_row);

/* Sums by tag, model and outcome. Each thread adds to a table of its own, as far as memory that is
 * worth it goes; integers make the total the same however rows fall to threads. */
typedef struct tgr_outcome_sums {
    size_t tags, models;
    size_t table_count;
    tgr_sum **tables; /* each tags x models x 3 */
} tgr_outcome_sums;

/* False where memory is short for even one table. To be freed in any case. */
bool tgr_outcome_sums_open(tgr_outcome_sums *sums, size_t tags, size_t models, int threads);
void tgr_outcome_sums_free(tgr_outcome_sums *sums);

/* Adds a batch. tag_of_column: the tag's number, or UINT32_MAX for a column that does not count;
 * outcomes: rows x models, -1 not judged, else 0 loss, 1 tie, 2 win. Values that tgr_count_columns
 * would refuse must not occur. */
void tgr_outcome_sums_add(tgr_outcome_sums *sums, const tgr_csr *x, const uint32_t *tag_of_column,
                          const int8_t *outcomes);

/* The total, tags x models x 3; belongs to `sums`. Nothing may be added after it. */
const tgr_sum *tgr_outcome_sums_total(tgr_outcome_sums *sums);

#endif
