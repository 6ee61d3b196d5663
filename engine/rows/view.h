/* view.h - rows in the caller's memory as batches, which every pass of the engine works on.
 *
 * A block that is as a batch has to be is not copied: the batch points into the caller's arrays.
 * Any other block is converted, sorted and summed in memory of the view, block by block.
 */
#ifndef TGR_ROWS_VIEW_H
#define TGR_ROWS_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tagroute/rows.h>

#include "engine/store/canonical.h"
#include "engine/store/query_read.h"

typedef struct tgr_rows_view {
    tgr_rows rows;
    int threads;
    bool copies;                        /* whoever reads batches may write into their values */
    uint64_t block_rows, block_entries; /* of a block at most, but for one row */
    uint64_t nonzeros;
    tgr_value_type value_type; /* of every batch */
    tgr_query_file file;       /* stands for the rows where a file is expected */
    tgr_strings *own_tags;     /* NULL: the tags are the router's */

    tgr_batch batch; /* the one last made */

    /* of the block at hand, where it is converted */
    int64_t *indptr;
    uint32_t *indices;
    void *values;
    size_t indptr_capacity, index_capacity, value_capacity;
    double *prompt_tokens;
    tgr_canonical_scratch scratch;
} tgr_rows_view;

/* Checks types, lengths and indptr. router_tags: the names of columns where rows->tags is NULL.
 * `view` is closed in any case. */
tgr_status tgr_rows_view_open(tgr_rows_view *view, const tgr_rows *rows, tgr_strings *router_tags,
                              int threads, tgr_error *error);
void tgr_rows_view_close(tgr_rows_view *view);

/* Another view of the same rows, for another thread; it is closed before the first one. */
tgr_status tgr_rows_view_beside(tgr_rows_view *view, const tgr_rows_view *first, tgr_error *error);

/* How many rows the block has that starts at a row below rows.rows. */
size_t tgr_rows_view_count(const tgr_rows_view *view, uint64_t first);

/* The block that starts at a row below rows.rows: view->batch, valid until the next one. Checks
 * what it holds. */
tgr_status tgr_rows_view_block(tgr_rows_view *view, uint64_t first, tgr_error *error);

#endif
