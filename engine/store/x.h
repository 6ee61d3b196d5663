/* x.h - /X of an untrusted file, whichever of AnnData's layouts it has, as canonical blocks of CSR.
 */
#ifndef TGR_STORE_X_H
#define TGR_STORE_X_H

#include "engine/store/array.h"
#include "engine/store/canonical.h"

typedef enum tgr_x_layout {
    TGR_X_CSR,   /* read as stored */
    TGR_X_DENSE, /* rows read, what is not zero kept */
    TGR_X_MEMORY /* was CSC: transposed into memory when opened */
} tgr_x_layout;

typedef struct tgr_x {
    const tgr_h5_file *file;
    tgr_x_layout layout;
    uint64_t rows;
    uint32_t columns;
    uint64_t nonzeros; /* stored values */
    tgr_value_type value_type;
    tgr_array data, indices, indptr; /* dense: data alone */
    int64_t *row_starts;             /* in memory */
    uint32_t *columns_by_row;
    void *values_by_row;
} tgr_x;

/* A block of rows; starts zeroed, its memory is reused. */
typedef struct tgr_x_block {
    size_t rows;
    uint64_t start; /* sparse: where its values start in the file */
    int64_t *indptr;
    uint32_t *indices;
    void *values;
    size_t indptr_capacity, index_capacity, value_capacity;
    void *dense; /* rows of a dense array as read */
    size_t dense_capacity;
    tgr_canonical_scratch scratch;
} tgr_x_block;

/* own: written by tagroute, so that 8-bit counts are known to have no duplicates. */
tgr_status tgr_x_open(const tgr_h5_file *file, bool own, tgr_x *x, tgr_error *error);
/* The same of the group `matrix` of a 10x file: its columns, barcodes, are taken as rows. */
tgr_status tgr_x_open_10x(const tgr_h5_file *file, hid_t matrix, tgr_x *x, tgr_error *error);
void tgr_x_close(tgr_x *x);

/* Reads rows as tgr_query_read says, in two steps: first how many there are, in block->rows, which
 * the caller may make smaller; then these. Rows of a dense array may become fewer by the second. */
tgr_status tgr_x_measure(const tgr_x *x, uint64_t first, size_t max_rows, size_t max_nonzeros,
                         tgr_x_block *block, tgr_error *error);
tgr_status tgr_x_read(const tgr_x *x, uint64_t first, size_t max_nonzeros, tgr_x_block *block,
                      tgr_error *error);
void tgr_x_block_free(tgr_x_block *block);

/* How many values are stored before a row; of a dense array, how many it has room for. A file that
 * lies is not found out here. */
tgr_status tgr_x_values_before(const tgr_x *x, uint64_t row, uint64_t *values, tgr_error *error);

/* Between the files of this idea. */

size_t tgr_x_value_size(tgr_value_type type);
tgr_status tgr_x_read_values(const tgr_x *x, uint64_t first, uint64_t count, void *values,
                             tgr_error *error);
tgr_status tgr_x_reserve(const tgr_x *x, tgr_x_block *block, size_t nonzeros, tgr_error *error);
tgr_status tgr_x_transpose(tgr_x *x, tgr_error *error);
tgr_status tgr_x_read_dense(const tgr_x *x, uint64_t first, size_t max_nonzeros, tgr_x_block *block,
                            tgr_error *error);

#endif
