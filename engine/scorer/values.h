/* values.h - exact sums of what models scored, by tag and model, each fold's apart: all that
 * scorers learn from that count once. */
#ifndef TGR_SCORER_VALUES_H
#define TGR_SCORER_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/exact.h"
#include "engine/base/weight.h"
#include "kernels/kernels.h"

typedef struct tgr_value_sums {
    size_t folds, tags, models;
    tgr_sum *x;      /* folds x tags x models: of x over the judged queries, n_tk */
    tgr_sum *xy;     /* likewise: of x y */
    tgr_sum *y;      /* folds x models */
    tgr_sum *judged; /* folds x models: queries, each by its weight */
} tgr_value_sums;

/* False where memory is short. Freed in any case. */
bool tgr_value_sums_open(tgr_value_sums *sums, size_t folds, size_t tags, size_t models);
void tgr_value_sums_free(tgr_value_sums *sums);
size_t tgr_value_sums_bytes(size_t folds, size_t tags, size_t models);

/* Adds rows [begin, end). slots: of each column, the tag's number, or `tags` where it does not
 * count; y: rows x models, NaN not judged; folds: rows, NULL where there is one; weights: rows,
 * NULL where each is 1. False, with *bad_row set, at a value whose product with y exact.h cannot
 * take.
 */
bool tgr_value_sums_add(tgr_value_sums *sums, const tgr_csr *x, const uint32_t *slots,
                        const float *y, const uint8_t *folds, const tgr_weight *weights,
                        size_t begin, size_t end, size_t *bad_row);

/* into += from, of the same shape. */
void tgr_value_sums_merge(tgr_value_sums *into, const tgr_value_sums *from);

/* The sums of all folds but one (-1: of all), as one fold; to be freed. False where memory is
 * short. */
bool tgr_value_sums_without(const tgr_value_sums *sums, int fold, tgr_value_sums *rest);

/* A model's mean; NaN where it is never judged. Of sums of one fold. */
double tgr_value_mean(const tgr_value_sums *sums, size_t model);

#endif
