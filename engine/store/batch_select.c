/* batch_select.c - keeps some rows of a batch, in place. */
#include <string.h>

#include "engine/store/query_read.h"
#include "engine/store/x.h"

/* Moves the kept rows of one column to the front; NULL columns are left alone. */
static void select_rows(void *values, size_t row_bytes, const bool *keep, size_t rows)
{
    char *to = values;
    for (size_t row = 0; values && row < rows; row++) {
        if (keep[row]) {
            memmove(to, (char *)values + row * row_bytes, row_bytes);
            to += row_bytes;
        }
    }
}

static void select_texts(tgr_texts *texts, const bool *keep, size_t rows)
{
    if (!texts->offsets) {
        return;
    }
    size_t kept = 0;
    uint64_t at = texts->offsets[0], begin = at;
    for (size_t row = 0; row < rows; row++) {
        uint64_t end = texts->offsets[row + 1];
        if (keep[row]) {
            memmove(texts->bytes + at, texts->bytes + begin, (size_t)(end - begin));
            at += end - begin;
            texts->offsets[++kept] = at;
        }
        begin = end;
    }
}

/* The arrays are the batch's own; the view of them that kernels get is const. */
static size_t select_x(tgr_csr *x, const bool *keep)
{
    int64_t *indptr = (int64_t *)(uintptr_t)x->indptr;
    uint32_t *indices = (uint32_t *)(uintptr_t)x->indices;
    char *values = (char *)(uintptr_t)x->values;
    size_t size = tgr_x_value_size(x->value_type), kept = 0;
    int64_t at = indptr[0], begin = at;
    for (size_t row = 0; row < x->rows; row++) {
        int64_t end = indptr[row + 1];
        if (keep[row]) {
            size_t count = (size_t)(end - begin);
            memmove(indices + at, indices + begin, count * sizeof(*indices));
            memmove(values + (size_t)at * size, values + (size_t)begin * size, count * size);
            at += end - begin;
            indptr[++kept] = at;
        }
        begin = end;
    }
    x->rows = kept;
    return kept;
}

void tgr_batch_select(tgr_batch *batch, size_t file_models, const bool *keep)
{
    size_t rows = batch->rows;
    if (rows == 0) {
        return;
    }
    select_texts(&batch->ids, keep, rows);
    select_rows(batch->split, sizeof(int32_t), keep, rows);
    select_rows(batch->category, sizeof(int32_t), keep, rows);
    select_rows(batch->allow, sizeof(int32_t), keep, rows);
    select_rows(batch->deny, sizeof(int32_t), keep, rows);
    select_rows(batch->needs, sizeof(int32_t), keep, rows);
    select_rows(batch->prompt_tokens, sizeof(double), keep, rows);
    select_rows(batch->cached_tokens, sizeof(double), keep, rows);
    select_rows(batch->tokens_from, sizeof(int32_t), keep, rows);
    select_rows(batch->source, sizeof(int32_t), keep, rows);
    select_rows(batch->position, sizeof(int64_t), keep, rows);
    select_rows(batch->record_bytes, sizeof(int64_t), keep, rows);
    select_rows(batch->record_part, sizeof(int64_t), keep, rows);
    for (size_t i = 0; i < TGR_MORE_COLUMNS; i++) {
        select_rows(batch->more[i], sizeof(int32_t), keep, rows);
    }
    select_rows(batch->logged_model, sizeof(int32_t), keep, rows);
    select_rows(batch->logged_cost, sizeof(double), keep, rows);
    select_rows(batch->propensity, sizeof(double), keep, rows);
    select_rows(batch->weight, sizeof(double), keep, rows);
    select_texts(&batch->text, keep, rows);
    select_rows(batch->score, file_models * sizeof(float), keep, rows);
    select_rows(batch->cost, file_models * sizeof(float), keep, rows);
    select_rows(batch->completion_tokens, file_models * sizeof(float), keep, rows);
    select_rows(batch->outcome, file_models, keep, rows);
    select_rows(batch->propensities, file_models * sizeof(float), keep, rows);
    batch->rows = select_x(&batch->x, keep);
}
