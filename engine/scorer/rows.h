/* rows.h - the training queries themselves, for scorers that walk them more than once. */
#ifndef TGR_SCORER_ROWS_H
#define TGR_SCORER_ROWS_H

#include <stddef.h>
#include <stdint.h>

#include <tagroute/status.h>

#include "engine/base/weight.h"

/* Some consecutive queries: their kept tags in ascending order. */
typedef struct tgr_row_block {
    size_t rows;
    const int64_t *indptr; /* rows + 1, from 0 */
    const uint32_t *tags;
    const float *values;       /* NULL: all are 1 */
    const float *y;            /* rows x models, NaN not judged */
    const uint8_t *folds;      /* rows */
    const tgr_weight *weights; /* rows: how often each counts; NULL: once */
} tgr_row_block;

typedef void (*tgr_row_visitor)(void *user, const tgr_row_block *block);

/* Gives every query to the visitor, block by block, always in the same order. Blocks need not be
 * the same from walk to walk. */
typedef struct tgr_row_source {
    tgr_status (*walk)(void *rows, tgr_row_visitor visit, void *user, tgr_error *error);
    void *rows;
    double count;     /* of rows, by their weights */
    double longest;   /* the largest sum of |x| of a row */
    double largest_x; /* the largest |x| */
    double largest_y; /* the largest |y| */
} tgr_row_source;

#endif
