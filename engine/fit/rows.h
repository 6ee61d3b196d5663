/* rows.h - the training queries as scorers walk them: held in memory where they fit, else read
 * and judged anew each time. */
#ifndef TGR_FIT_ROWS_H
#define TGR_FIT_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tagroute/status.h>

#include "engine/fit/judge.h"
#include "engine/scorer/rows.h"

typedef struct tgr_fit_block { /* a tgr_row_block that owns its arrays */
    size_t rows;
    int64_t *indptr;
    uint32_t *tags;
    float *values;
    float *y;
    uint8_t *folds;
    tgr_weight *weights;
    bool weighted;      /* else there are no weights */
    size_t capacity[6]; /* of each array */
} tgr_fit_block;

typedef struct tgr_fit_rows {
    const tgr_fit_source *source;
    uint64_t most_bytes;
    bool streamed; /* they did not fit */
    uint64_t bytes;
    tgr_fit_block *blocks;
    size_t count, capacity;
    tgr_fit_block passing; /* the block at hand of streamed ones */
    uint64_t *order;       /* room to sort a row in */
    size_t order_capacity;
    tgr_sum weight; /* of all rows */
    tgr_row_source public;
} tgr_fit_rows;

/* Opens for at least so many rows (0: not known), which are kept up to most_bytes. */
void tgr_fit_rows_open(tgr_fit_rows *rows, const tgr_fit_source *source, uint64_t least_rows,
                       uint64_t most_bytes);
void tgr_fit_rows_close(tgr_fit_rows *rows); /* harmless on a zeroed structure */

/* Takes in a batch, all of whose rows are judged. */
tgr_status tgr_fit_rows_add(tgr_fit_rows *rows, const tgr_fit_judging *judging, tgr_error *error);

#endif
