/* x_foreign.c - /X in layouts that are not rows of sparse values: dense arrays, and CSC transposed.
 */
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/store/x.h"

#define DENSE_BYTES (4u << 20) /* of a dense array read at once, unless a row is larger */
#define PIECE       65536      /* entries of CSC read at once */

/* ---- dense ----------------------------------------------------------------------------- */

/* Appends what is not zero in one dense row (NaN is kept, and refused later with its row). */
static size_t gather_row(const tgr_x *x, const void *dense, size_t row, tgr_x_block *block,
                         size_t at)
{
    for (size_t column = 0; column < x->columns; column++) {
        size_t from = row * x->columns + column;
        if (x->value_type == TGR_F32) {
            float value = ((const float *)dense)[from];
            ((float *)block->values)[at] = value;
            block->indices[at] = (uint32_t)column;
            at += value != 0;
        } else {
            uint16_t value = ((const uint16_t *)dense)[from];
            ((uint16_t *)block->values)[at] = value;
            block->indices[at] = (uint32_t)column;
            at += value != 0;
        }
    }
    return at;
}

tgr_status tgr_x_read_dense(const tgr_x *x, uint64_t first, size_t max_nonzeros, tgr_x_block *block,
                            tgr_error *error)
{
    size_t wanted = block->rows;
    size_t row_bytes = (size_t)x->columns * tgr_x_value_size(x->value_type);
    size_t piece =
        row_bytes == 0 || DENSE_BYTES / row_bytes > wanted ? wanted : DENSE_BYTES / row_bytes;
    piece = piece ? piece : 1;
    bool grown = tgr_mem_grow(&block->dense, &block->dense_capacity, piece * row_bytes, 1);
    if (!grown) {
        return tgr_fail_memory(error, "rows of a dense /X");
    }
    size_t at = 0;
    for (size_t done = 0; done < wanted;) {
        size_t now = wanted - done < piece ? wanted - done : piece;
        tgr_status status = tgr_x_read_values(x, first + done, now, block->dense, error);
        for (size_t row = 0; status == TGR_OK && row < now; row++) {
            status = tgr_x_reserve(x, block, at + x->columns, error);
            if (status != TGR_OK) {
                break;
            }
            size_t end = gather_row(x, block->dense, row, block, at);
            if (end > max_nonzeros && done + row > 0) {
                block->rows = done + row;
                return TGR_OK;
            }
            block->indptr[done + row + 1] = (int64_t)end;
            at = end;
        }
        if (status != TGR_OK) {
            return status;
        }
        done += now;
    }
    return TGR_OK;
}

/* ---- CSC ------------------------------------------------------------------------------- */

typedef struct transposition {
    int64_t *column_starts;
    int64_t *next; /* where a row's next entry goes */
    uint32_t rows[PIECE];
    float values[PIECE]; /* or uint16_t */
} transposition;

static tgr_status read_column_starts(const tgr_x *x, transposition *work, tgr_error *error)
{
    size_t columns = x->columns;
    tgr_status status =
        tgr_array_read_int64(&x->indptr, 0, columns + 1, work->column_starts, error);
    for (size_t column = 0; status == TGR_OK && column < columns; column++) {
        if (work->column_starts[column + 1] < work->column_starts[column]) {
            return tgr_fail(error, TGR_ERR_INPUT, "%s: indptr of /X falls at column %zu",
                            x->file->path, column);
        }
    }
    return status;
}

/* Counts each row's entries and turns the counts into starts. */
static tgr_status count_rows(tgr_x *x, transposition *work, tgr_error *error)
{
    for (uint64_t done = 0; done < x->nonzeros;) {
        uint64_t now = x->nonzeros - done < PIECE ? x->nonzeros - done : PIECE;
        tgr_status status = tgr_array_read_uint32(&x->indices, done, now, work->rows, error);
        if (status != TGR_OK) {
            return status;
        }
        for (uint64_t i = 0; i < now; i++) {
            if (work->rows[i] >= x->rows) {
                return tgr_fail(error, TGR_ERR_INPUT, "%s: /X has a row index out of bounds",
                                x->file->path);
            }
            x->row_starts[work->rows[i] + 1]++;
        }
        done += now;
    }
    for (uint64_t row = 0; row < x->rows; row++) {
        x->row_starts[row + 1] += x->row_starts[row];
    }
    memcpy(work->next, x->row_starts, (size_t)x->rows * sizeof(*work->next));
    return TGR_OK;
}

/* Column after column, so that each row's columns come out ascending. */
static tgr_status place(tgr_x *x, transposition *work, tgr_error *error)
{
    uint32_t column = 0;
    for (uint64_t done = 0; done < x->nonzeros;) {
        uint64_t now = x->nonzeros - done < PIECE ? x->nonzeros - done : PIECE;
        tgr_status status = tgr_array_read_uint32(&x->indices, done, now, work->rows, error);
        if (status == TGR_OK) {
            status = tgr_x_read_values(x, done, now, work->values, error);
        }
        if (status != TGR_OK) {
            return status;
        }
        for (uint64_t i = 0; i < now; i++) {
            while ((uint64_t)work->column_starts[column + 1] <= done + i) {
                column++;
            }
            uint32_t row = work->rows[i];
            /* The file may be changed by others between the two passes. */
            if (row >= x->rows || work->next[row] >= x->row_starts[row + 1]) {
                return tgr_fail(error, TGR_ERR_INPUT, "%s: /X changed while it was read",
                                x->file->path);
            }
            size_t to = (size_t)work->next[row]++;
            size_t size = tgr_x_value_size(x->value_type);
            x->columns_by_row[to] = column;
            memcpy((char *)x->values_by_row + to * size, (char *)work->values + i * size, size);
        }
        done += now;
    }
    return TGR_OK;
}

tgr_status tgr_x_transpose(tgr_x *x, tgr_error *error)
{
    if (x->rows >= UINT32_MAX || x->nonzeros > SIZE_MAX / sizeof(uint64_t)) {
        return tgr_fail(error, TGR_ERR_INPUT,
                        "%s: /X is too large to transpose; store it as csr_matrix", x->file->path);
    }
    tgr_status status = TGR_OK;
    x->row_starts = tgr_mem_zalloc((size_t)x->rows + 1, sizeof(*x->row_starts));
    x->columns_by_row = tgr_mem_alloc((size_t)x->nonzeros, sizeof(*x->columns_by_row));
    x->values_by_row = tgr_mem_alloc((size_t)x->nonzeros, tgr_x_value_size(x->value_type));
    transposition *work = tgr_mem_zalloc(1, sizeof(*work));
    if (work) {
        work->column_starts = tgr_mem_alloc((size_t)x->columns + 1, sizeof(*work->column_starts));
        work->next = tgr_mem_alloc((size_t)x->rows + 1, sizeof(*work->next));
    }
    if (!x->row_starts || !x->columns_by_row || !x->values_by_row || !work ||
        !work->column_starts || !work->next) {
        status = tgr_fail_memory(
            error, "a transposed /X; store it as csr_matrix to read it block by block");
        goto done;
    }
    TGR_TRY(read_column_starts(x, work, error));
    TGR_TRY(count_rows(x, work, error));
    TGR_TRY(place(x, work, error));
done:
    if (work) {
        tgr_mem_free(work->column_starts);
        tgr_mem_free(work->next);
    }
    tgr_mem_free(work);
    return status;
}
