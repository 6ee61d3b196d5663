/* sums.h - the counting loops of fit: exact sums over queries, the same in any order.
 *
 * They trust their arguments, as kernels do: columns lie in the tables given, outcomes are -1 to 2,
 * values are not zero. Each thread counts in a table of its own; integers make the total the same
 * however rows fall to threads.
 */
#ifndef TGR_SCORER_SUMS_H
#define TGR_SCORER_SUMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/exact.h"
#include "engine/base/weight.h"
#include "kernels/kernels.h"

/* How many tables of so many bytes are worth having: one for each thread, as far as those beyond
 * the first take no more memory than this many bytes. */
#define TGR_SPARE_TABLES ((size_t)256 << 20)
size_t tgr_tables_worth_it(size_t table_bytes, int threads);

/* Sums by column. */
typedef struct tgr_column_sums {
    uint32_t columns;
    uint64_t *counts; /* columns: of integers */
    tgr_sum *terms;   /* columns: of real numbers, or NULL where none come */
    bool *seen;       /* columns: some real number was there; NULL with terms */
} tgr_column_sums;

/* False where memory is short. To be freed in any case. */
bool tgr_column_sums_open(tgr_column_sums *sums, uint32_t columns, bool reals);
void tgr_column_sums_free(tgr_column_sums *sums);

/* Adds the values of every entry of rows [begin, end) (binary: 1) to its column's sum. False, with
 * *bad_row set, at a value that exact.h cannot take. */
bool tgr_column_sums_add(tgr_column_sums *sums, const tgr_csr *x, bool binary, size_t begin,
                         size_t end, size_t *bad_row);

/* The same of rows that count as often as their weights say; the sums are open for reals. */
bool tgr_column_sums_add_weighted(tgr_column_sums *sums, const tgr_csr *x, bool binary,
                                  const tgr_weight *weights, size_t begin, size_t end,
                                  size_t *bad_row);

/* Adds the sums to those given, and marks the columns that occurred. */
void tgr_column_sums_merge(const tgr_column_sums *sums, tgr_sum *total, bool *seen);

/* One thread's counts, which wait here before they are moved to the total. */
typedef struct tgr_outcome_table {
    void *memory;
    void *lanes; /* tags + 1 slots, as kernels want them, in `memory` */
    size_t lane_size;
    uint64_t bound;   /* no lane of a tag is larger in size */
    uint64_t entries; /* since lanes were moved */
    bool roomy;       /* lanes of 2 bytes had to be moved too often */
} tgr_outcome_table;

/* Sums by tag, model and outcome. */
typedef struct tgr_outcome_sums {
    const tgr_kernels *kernels;
    size_t tags, models;
    tgr_sum *total; /* tags x models x 3 */
    size_t table_count;
    tgr_outcome_table *tables;
    uint64_t most[3]; /* what lanes of 2, 4 and 8 bytes may hold; tests make that less */
} tgr_outcome_sums;

/* reals: values may be TGR_F32. False where memory is short for even one table. To be freed in any
 * case. */
bool tgr_outcome_sums_open(tgr_outcome_sums *sums, const tgr_kernels *kernels, size_t tags,
                           size_t models, bool reals, int threads);
void tgr_outcome_sums_free(tgr_outcome_sums *sums);

/* Adds rows [begin, end), by way of a table that nobody else uses at the time; may be called from
 * several threads. slots: of each column, the tag's number, or `tags` where it does not count;
 * outcomes: rows x models, -1 not judged, else 0 loss, 1 tie, 2 win. Values that
 * tgr_column_sums_add would refuse must not occur. */
void tgr_outcome_sums_add(tgr_outcome_sums *sums, size_t table, const tgr_csr *x,
                          const uint32_t *slots, const int8_t *outcomes, size_t begin, size_t end);

/* The same of rows that count as often as their weights say: straight into the total, so that
 * threads wait for each other. */
void tgr_outcome_sums_add_weighted(tgr_outcome_sums *sums, const tgr_csr *x, const uint32_t *slots,
                                   const int8_t *outcomes, const tgr_weight *weights, size_t begin,
                                   size_t end);

/* The total, tags x models x 3; belongs to `sums`. Nothing may be added after it. */
const tgr_sum *tgr_outcome_sums_total(tgr_outcome_sums *sums);

#endif
