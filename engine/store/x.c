/* x.c - /X opened and checked, and blocks of it read. */
#include "engine/store/x.h"

#include <inttypes.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/wide.h"
#include "engine/store/blocks.h"

size_t tgr_x_value_size(tgr_value_type type)
{
    return type == TGR_U8 ? 1 : type == TGR_U16 ? 2 : 4;
}

/* Counts stay integers where they fit 16 bits; a foreign file's 8-bit ones may sum to more. */
static tgr_value_type choose_value_type(const tgr_array *data, bool own)
{
    if (data->kind == TGR_ARRAY_BOOLEAN) {
        return TGR_U16;
    }
    if (data->kind == TGR_ARRAY_INTEGER && !data->is_signed && data->width <= 2) {
        return own && data->width == 1 ? TGR_U8 : TGR_U16;
    }
    return TGR_F32;
}

static tgr_status bad(const tgr_x *x, const char *why, tgr_error *error)
{
    return tgr_fail(error, TGR_ERR_INPUT, "%s: /X %s", x->file->path, why);
}

static tgr_status set_shape(tgr_x *x, int64_t rows, int64_t columns, tgr_error *error)
{
    if (rows < 0 || columns < 0 || columns >= UINT32_MAX || rows >= INT64_MAX) {
        return bad(x, "has a shape out of bounds", error);
    }
    x->rows = (uint64_t)rows;
    x->columns = (uint32_t)columns;
    return TGR_OK;
}

static tgr_status open_dense(tgr_x *x, tgr_error *error)
{
    const tgr_array *data = &x->data;
    if (data->rank != 2 || !tgr_array_is_number(data)) {
        return bad(x, "is not a matrix of numbers", error);
    }
    x->layout = TGR_X_DENSE;
    x->nonzeros = data->rows * data->columns;
    if (data->rows > INT64_MAX || data->columns > INT64_MAX) {
        return bad(x, "has a shape out of bounds", error);
    }
    return set_shape(x, (int64_t)data->rows, (int64_t)data->columns, error);
}

/* Reads the layout's name, in today's or AnnData's earlier spelling. */
static tgr_status read_layout(tgr_x *x, hid_t group, tgr_error *error)
{
    char *encoding = NULL;
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_h5_text_attribute(x->file, group, "encoding-type", &encoding, error));
    if (!encoding) {
        TGR_TRY(tgr_h5_text_attribute(x->file, group, "h5sparse_format", &encoding, error));
    }
    if (encoding && strncmp(encoding, "csr", 3) == 0) {
        x->layout = TGR_X_CSR;
    } else if (encoding && strncmp(encoding, "csc", 3) == 0) {
        x->layout = TGR_X_MEMORY;
    } else {
        status = bad(x, "is neither csr_matrix nor csc_matrix nor a dense array", error);
    }
done:
    tgr_mem_free(encoding);
    return status;
}

static tgr_status read_shape(tgr_x *x, hid_t group, tgr_error *error)
{
    bool found;
    int64_t shape[2];
    tgr_status status = tgr_h5_pair_attribute(x->file, group, "shape", &found, shape, error);
    if (status == TGR_OK && !found) {
        status = tgr_h5_pair_attribute(x->file, group, "h5sparse_shape", &found, shape, error);
    }
    if (status != TGR_OK) {
        return status;
    }
    return found ? set_shape(x, shape[0], shape[1], error) : bad(x, "has no shape", error);
}

/* The three arrays against each other and the shape. What lies between the ends of indptr is
 * checked as it is read. */
static tgr_status check_sparse(const tgr_x *x, tgr_error *error)
{
    const tgr_array *data = &x->data, *indices = &x->indices, *indptr = &x->indptr;
    if (!data->dataset || !indices->dataset || !indptr->dataset) {
        return bad(x, "lacks data, indices or indptr", error);
    }
    if (!tgr_array_is_number(data) || indices->kind != TGR_ARRAY_INTEGER ||
        indptr->kind != TGR_ARRAY_INTEGER) {
        return bad(x, "has data, indices or indptr of a type that is not numbers", error);
    }
    uint64_t major = x->layout == TGR_X_CSR ? x->rows : x->columns;
    tgr_status status = tgr_array_expect(indptr, 1, major + 1, error);
    if (status == TGR_OK) {
        status = tgr_array_expect(indices, 1, data->rows, error);
    }
    if (status == TGR_OK) {
        status = tgr_array_expect(data, 1, indices->rows, error);
    }
    int64_t ends[2];
    if (status == TGR_OK) {
        status = tgr_array_read_int64(indptr, 0, 1, &ends[0], error);
    }
    if (status == TGR_OK) {
        status = tgr_array_read_int64(indptr, major, 1, &ends[1], error);
    }
    if (status == TGR_OK && (ends[0] != 0 || ends[1] < 0 || (uint64_t)ends[1] != data->rows)) {
        /* What the checksums say of damage is the better sentence. */
        status = tgr_array_read_int64(indptr, 0, 1, &ends[0], error);
        if (status == TGR_OK) {
            status = tgr_blocks_settle(indptr, error);
        }
        return status != TGR_OK
                   ? status
                   : bad(x, "has an indptr that does not run from 0 to the number of values",
                         error);
    }
    return status;
}

static tgr_status open_parts(tgr_x *x, hid_t group, tgr_error *error)
{
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_array_open(x->file, group, "data", &x->data, error));
    TGR_TRY(tgr_array_open(x->file, group, "indices", &x->indices, error));
    TGR_TRY(tgr_array_open(x->file, group, "indptr", &x->indptr, error));
    TGR_TRY(check_sparse(x, error));
    x->nonzeros = x->data.rows;
done:
    return status;
}

static tgr_status open_sparse(tgr_x *x, hid_t group, tgr_error *error)
{
    tgr_status status = read_layout(x, group, error);
    if (status == TGR_OK) {
        status = read_shape(x, group, error);
    }
    return status == TGR_OK ? open_parts(x, group, error) : status;
}

/* A 10x matrix is features x barcodes by columns: the same arrays, read as rows, are barcodes x
 * features. */
tgr_status tgr_x_open_10x(const tgr_h5_file *file, hid_t matrix, tgr_x *x, tgr_error *error)
{
    *x = (tgr_x){.file = file, .layout = TGR_X_CSR};
    tgr_array shape = {0};
    int64_t sizes[2];
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_array_open(file, matrix, "shape", &shape, error));
    if (!shape.dataset || shape.kind != TGR_ARRAY_INTEGER || shape.rank != 1 || shape.rows != 2) {
        status = bad(x, "has no shape", error);
        goto done;
    }
    TGR_TRY(tgr_array_read_int64(&shape, 0, 2, sizes, error));
    TGR_TRY(set_shape(x, sizes[1], sizes[0], error));
    TGR_TRY(open_parts(x, matrix, error));
    x->value_type = choose_value_type(&x->data, false);
done:
    tgr_array_close(&shape);
    if (status != TGR_OK) {
        tgr_x_close(x);
    }
    return status;
}

tgr_status tgr_x_open(const tgr_h5_file *file, bool own, tgr_x *x, tgr_error *error)
{
    *x = (tgr_x){.file = file};
    hid_t object;
    tgr_status status = tgr_h5_child(file, file->id, "X", &object, error);
    if (status != TGR_OK) {
        return status;
    }
    if (object == 0) {
        return tgr_fail(error, TGR_ERR_INPUT, "%s: not an AnnData file: it has no /X", file->path);
    }
    if (H5Iget_type(object) == H5I_GROUP) {
        status = open_sparse(x, object, error);
        tgr_h5_close(object);
    } else {
        status = tgr_array_take(file, object, &x->data, error);
        if (status == TGR_OK) {
            status = open_dense(x, error);
        }
    }
    if (status == TGR_OK) {
        x->value_type = choose_value_type(&x->data, own);
    }
    if (status == TGR_OK && x->layout == TGR_X_MEMORY) {
        status = tgr_x_transpose(x, error);
    }
    if (status != TGR_OK) {
        tgr_x_close(x);
    }
    return status;
}

void tgr_x_close(tgr_x *x)
{
    tgr_array_close(&x->data);
    tgr_array_close(&x->indices);
    tgr_array_close(&x->indptr);
    tgr_mem_free(x->row_starts);
    tgr_mem_free(x->columns_by_row);
    tgr_mem_free(x->values_by_row);
    *x = (tgr_x){0};
}

tgr_status tgr_x_read_values(const tgr_x *x, uint64_t first, uint64_t count, void *values,
                             tgr_error *error)
{
    switch (x->value_type) {
    case TGR_U8:
        return tgr_array_read_raw(&x->data, first, count, values, error);
    case TGR_U16:
        return tgr_array_read_uint16(&x->data, first, count, values, error);
    case TGR_F32:
        break;
    }
    return tgr_array_read_float(&x->data, first, count, values, error);
}

tgr_status tgr_x_reserve(const tgr_x *x, tgr_x_block *block, size_t nonzeros, tgr_error *error)
{
    void *indices = block->indices, *values = block->values;
    size_t size = tgr_x_value_size(x->value_type);
    size_t bytes;
    bool grown = !__builtin_mul_overflow(nonzeros, size, &bytes) &&
                 tgr_mem_grow(&indices, &block->index_capacity, nonzeros, sizeof(uint32_t)) &&
                 tgr_mem_grow(&values, &block->value_capacity, bytes, 1);
    block->indices = indices;
    block->values = values;
    return grown ? TGR_OK : tgr_fail_memory(error, "a block of /X");
}

/* The sign of any number, or of a step between two that have none. */
TGR_WIDE(uint64_t, signs_of, (const int64_t *indptr, size_t rows), (indptr, rows))
{
    uint64_t signs = (uint64_t)indptr[0];
    for (size_t row = 0; row < rows; row++) {
        signs |= (uint64_t)indptr[row + 1] | ((uint64_t)indptr[row + 1] - (uint64_t)indptr[row]);
    }
    return signs >> 63;
}

TGR_WIDE(void, start_at_zero, (int64_t * indptr, size_t rows, int64_t start), (indptr, rows, start))
{
    for (size_t row = 0; row <= rows; row++) {
        indptr[row] -= start;
    }
}

/* Rows that may be taken: as many as hold at most max_nonzeros values, at least one. indptr is made
 * to start at 0; block->start is where it did. */
static tgr_status choose_rows(const tgr_x *x, uint64_t first, size_t max_nonzeros,
                              tgr_x_block *block, tgr_error *error)
{
    int64_t *indptr = block->indptr;
    const int64_t start = indptr[0];
    size_t rows = block->rows, taken = 1;
    if (signs_of(indptr, rows) || (uint64_t)indptr[rows] > x->nonzeros) {
        size_t row = 0;
        while (row + 1 < rows && indptr[row] >= 0 && indptr[row + 1] >= indptr[row] &&
               (uint64_t)indptr[row + 1] <= x->nonzeros) {
            row++;
        }
        return tgr_fail(error, TGR_ERR_INPUT, "%s: indptr of /X falls or runs over at row %" PRIu64,
                        x->file->path, first + row);
    }
    if ((uint64_t)(indptr[rows] - start) <= max_nonzeros) {
        taken = rows;
    }
    while (taken < rows && (uint64_t)(indptr[taken + 1] - start) <= max_nonzeros) {
        taken++;
    }
    start_at_zero(indptr, taken, start);
    block->rows = taken;
    block->start = (uint64_t)start;
    return TGR_OK;
}

tgr_status tgr_x_measure(const tgr_x *x, uint64_t first, size_t max_rows, size_t max_nonzeros,
                         tgr_x_block *block, tgr_error *error)
{
    uint64_t left = first < x->rows ? x->rows - first : 0;
    block->rows = left < max_rows ? (size_t)left : max_rows;
    void *indptr = block->indptr;
    bool grown = block->rows < SIZE_MAX &&
                 tgr_mem_grow(&indptr, &block->indptr_capacity, block->rows + 1, sizeof(int64_t));
    block->indptr = indptr;
    if (!grown) {
        return tgr_fail_memory(error, "a block of /X");
    }
    block->indptr[0] = 0;
    if (block->rows == 0 || x->layout == TGR_X_DENSE) {
        return TGR_OK;
    }
    if (x->layout == TGR_X_MEMORY) {
        memcpy(block->indptr, x->row_starts + first, (block->rows + 1) * sizeof(int64_t));
    } else {
        tgr_status status =
            tgr_array_read_int64(&x->indptr, first, block->rows + 1, block->indptr, error);
        if (status != TGR_OK) {
            return status;
        }
    }
    return choose_rows(x, first, max_nonzeros, block, error);
}

/* Columns and values in one go, so that all threads have enough to do. */
static tgr_status read_stored(const tgr_x *x, size_t count, const tgr_x_block *block,
                              tgr_error *error)
{
    static const tgr_as as[] = {
        [TGR_U8] = TGR_AS_STORED, [TGR_U16] = TGR_AS_U16, [TGR_F32] = TGR_AS_F32};
    /* Signed indices stay as they are: a negative one is beyond any column. */
    bool same_bits = x->indices.width == sizeof(uint32_t) && x->columns <= INT32_MAX;
    const tgr_as index = same_bits ? TGR_AS_STORED : TGR_AS_U32;
    const tgr_block_request requests[2] = {{.array = &x->indices,
                                            .first = block->start,
                                            .count = count,
                                            .as = index,
                                            .values = block->indices},
                                           {.array = &x->data,
                                            .first = block->start,
                                            .count = count,
                                            .as = as[x->value_type],
                                            .values = block->values}};
    if (block->start > x->nonzeros || count > x->nonzeros - block->start) {
        return bad(x, "is shorter than expected", error);
    }
    return tgr_blocks_read(requests, 2, error);
}

static tgr_status read_sparse(const tgr_x *x, tgr_x_block *block, tgr_error *error)
{
    size_t count = (size_t)block->indptr[block->rows];
    tgr_status status = tgr_x_reserve(x, block, count, error);
    if (status != TGR_OK || x->layout != TGR_X_MEMORY) {
        return status == TGR_OK ? read_stored(x, count, block, error) : status;
    }
    size_t size = tgr_x_value_size(x->value_type);
    memcpy(block->indices, x->columns_by_row + block->start, count * sizeof(uint32_t));
    memcpy(block->values, (const char *)x->values_by_row + block->start * size, count * size);
    return TGR_OK;
}

tgr_status tgr_x_read(const tgr_x *x, uint64_t first, size_t max_nonzeros, tgr_x_block *block,
                      tgr_error *error)
{
    tgr_status status = tgr_x_reserve(x, block, 0, error);
    if (status != TGR_OK || block->rows == 0) {
        return status;
    }
    status = x->layout == TGR_X_DENSE ? tgr_x_read_dense(x, first, max_nonzeros, block, error)
                                      : read_sparse(x, block, error);
    if (status != TGR_OK) {
        return status;
    }
    tgr_canonical_block canonical = {.rows = block->rows,
                                     .indptr = block->indptr,
                                     .indices = block->indices,
                                     .values = block->values,
                                     .value_type = x->value_type,
                                     .columns = x->columns,
                                     .first_row = first,
                                     .path = x->file->path,
                                     .threads = tgr_block_readers_threads(x->file->readers)};
    return tgr_canonical(&canonical, &block->scratch, error);
}

void tgr_x_block_free(tgr_x_block *block)
{
    tgr_mem_free(block->indptr);
    tgr_mem_free(block->indices);
    tgr_mem_free(block->values);
    tgr_mem_free(block->dense);
    tgr_canonical_scratch_free(&block->scratch);
    *block = (tgr_x_block){0};
}

tgr_status tgr_x_values_before(const tgr_x *x, uint64_t row, uint64_t *values, tgr_error *error)
{
    int64_t start = 0;
    if (x->layout == TGR_X_DENSE) {
        *values = row * x->columns;
        return TGR_OK;
    }
    if (x->layout == TGR_X_MEMORY) {
        *values = (uint64_t)x->row_starts[row];
        return TGR_OK;
    }
    tgr_status status = tgr_array_read_int64(&x->indptr, row, 1, &start, error);
    *values = start < 0 ? 0 : (uint64_t)start < x->nonzeros ? (uint64_t)start : x->nonzeros;
    return status;
}
