/* fuzz_batches.h - every batch of a query file, held to what batches promise. */
#ifndef TGR_TESTS_FUZZ_BATCHES_H
#define TGR_TESTS_FUZZ_BATCHES_H

#include "tests/fuzz/fuzz_file.h"

#include <math.h>
#include <stdbool.h>

#include "engine/store/query_read.h"

#define FUZZ_WANT_ALL ((1u << 9) - 1)

static inline double fuzz_value(const tgr_csr *x, int64_t at)
{
    return x->value_type == TGR_U8    ? ((const uint8_t *)x->values)[at]
           : x->value_type == TGR_U16 ? ((const uint16_t *)x->values)[at]
                                      : (double)((const float *)x->values)[at];
}

static inline void fuzz_check_x(const tgr_batch *batch, uint32_t columns)
{
    const tgr_csr *x = &batch->x;
    fuzz_expect(x->rows == batch->rows && x->indptr[0] == 0);
    for (size_t row = 0; row < batch->rows; row++) {
        fuzz_expect(x->indptr[row] <= x->indptr[row + 1]);
        for (int64_t at = x->indptr[row]; at < x->indptr[row + 1]; at++) {
            double value = fuzz_value(x, at);
            fuzz_expect(x->indices[at] < columns && isfinite(value) && value != 0);
            fuzz_expect(at == x->indptr[row] || x->indices[at - 1] < x->indices[at]);
        }
    }
}

static inline void fuzz_check_codes(const int32_t *codes, size_t rows, const tgr_strings *names)
{
    for (size_t row = 0; codes != NULL && row < rows; row++) {
        fuzz_expect(codes[row] >= -1 && codes[row] < (int64_t)tgr_strings_count(names));
    }
}

static inline void fuzz_check_cells(const tgr_batch *batch, size_t models)
{
    for (size_t i = 0; i < batch->rows * models; i++) {
        fuzz_expect(batch->score == NULL || !isinf(batch->score[i]));
        fuzz_expect(batch->cost == NULL || isnan(batch->cost[i]) ||
                    (batch->cost[i] >= 0 && !isinf(batch->cost[i])));
        fuzz_expect(batch->completion_tokens == NULL || isnan(batch->completion_tokens[i]) ||
                    (batch->completion_tokens[i] >= 0 && !isinf(batch->completion_tokens[i])));
        fuzz_expect(batch->outcome == NULL || (batch->outcome[i] >= -1 && batch->outcome[i] <= 2));
    }
}

static inline void fuzz_check_batch(const tgr_query_file *file, const tgr_batch *batch)
{
    fuzz_check_x(batch, file->columns);
    fuzz_check_codes(batch->split, batch->rows, file->splits);
    fuzz_check_codes(batch->category, batch->rows, file->categories);
    fuzz_check_codes(batch->allow, batch->rows, file->allows);
    fuzz_check_codes(batch->deny, batch->rows, file->denies);
    fuzz_check_codes(batch->needs, batch->rows, file->needs);
    fuzz_check_cells(batch, tgr_strings_count(file->models));
    for (size_t row = 0; batch->prompt_tokens != NULL && row < batch->rows; row++) {
        fuzz_expect(isnan(batch->prompt_tokens[row]) || batch->prompt_tokens[row] >= 0);
    }
    for (size_t row = 0; batch->ids.bytes != NULL && row < batch->rows; row++) {
        fuzz_expect(batch->ids.offsets[row] <= batch->ids.offsets[row + 1]);
    }
}

/* A digest of all that a reader of the batch sees, the same however rows are cut into batches. */
static inline uint64_t fuzz_mix(uint64_t sum, const void *bytes, size_t length)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < length; i++) {
        sum = (sum ^ at[i]) * UINT64_C(0x100000001b3);
    }
    return sum;
}

static inline uint64_t fuzz_mix_cells(uint64_t sum, const void *cells, size_t bytes, size_t row)
{
    return cells == NULL ? sum : fuzz_mix(sum, (const char *)cells + row * bytes, bytes);
}

static inline uint64_t fuzz_mix_batch(uint64_t sum, const tgr_batch *batch, size_t models)
{
    for (size_t row = 0; row < batch->rows; row++) {
        for (int64_t at = batch->x.indptr[row]; at < batch->x.indptr[row + 1]; at++) {
            double value = fuzz_value(&batch->x, at);
            sum = fuzz_mix(sum, &batch->x.indices[at], sizeof batch->x.indices[at]);
            sum = fuzz_mix(sum, &value, sizeof value);
        }
        if (batch->ids.bytes != NULL) {
            uint64_t first = batch->ids.offsets[row];
            sum = fuzz_mix(sum, batch->ids.bytes + first, batch->ids.offsets[row + 1] - first);
        }
        const int32_t *codes[] = {batch->split, batch->category, batch->allow, batch->deny,
                                  batch->needs};
        for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
            sum = fuzz_mix_cells(sum, codes[i], sizeof(int32_t), row);
        }
        sum = fuzz_mix_cells(sum, batch->prompt_tokens, sizeof(double), row);
        sum = fuzz_mix_cells(sum, batch->score, models * sizeof(float), row);
        sum = fuzz_mix_cells(sum, batch->cost, models * sizeof(float), row);
        sum = fuzz_mix_cells(sum, batch->completion_tokens, models * sizeof(float), row);
        sum = fuzz_mix_cells(sum, batch->outcome, models, row);
        sum = fuzz_mix(sum, "", 1);
    }
    return sum;
}

/* Reads and checks all rows; *sum becomes the digest of what was read. */
static inline tgr_status fuzz_read_batches(tgr_query_file *file, size_t rows, size_t nonzeros,
                                           uint64_t *sum, tgr_error *error)
{
    tgr_batch batch = {0};
    tgr_status status = TGR_OK;
    *sum = UINT64_C(0xcbf29ce484222325);
    for (uint64_t row = 0; status == TGR_OK && row < file->rows; row += batch.rows) {
        status = tgr_query_read(file, row, rows, nonzeros, FUZZ_WANT_ALL, &batch, error);
        if (status == TGR_OK) {
            fuzz_expect(batch.rows > 0 && batch.rows <= rows && batch.first_row == row);
            fuzz_check_batch(file, &batch);
            *sum = fuzz_mix_batch(*sum, &batch, tgr_strings_count(file->models));
        }
    }
    tgr_batch_free(&batch);
    return status;
}

#endif
