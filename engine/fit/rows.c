/* rows.c - blocks of rows, kept or passing. */
#include "engine/fit/rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/runtime.h"

enum { INDPTR, TAGS, VALUES, Y, FOLDS, WEIGHTS };

static tgr_status walk_rows(void *user, tgr_row_visitor visit, void *visitor, tgr_error *error);

static void free_block(tgr_fit_block *block)
{
    tgr_mem_free(block->indptr);
    tgr_mem_free(block->tags);
    tgr_mem_free(block->values);
    tgr_mem_free(block->y);
    tgr_mem_free(block->folds);
    tgr_mem_free(block->weights);
    *block = (tgr_fit_block){0};
}

static void free_blocks(tgr_fit_rows *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        free_block(&rows->blocks[i]);
    }
    tgr_mem_free(rows->blocks);
    rows->blocks = NULL;
    rows->count = rows->capacity = 0;
}

void tgr_fit_rows_close(tgr_fit_rows *rows)
{
    free_blocks(rows);
    free_block(&rows->passing);
    tgr_mem_free(rows->order);
    *rows = (tgr_fit_rows){0};
}

#define GROW(BLOCK, WHICH, ARRAY, NEED)                                                            \
    grow_array((void **)(void *)&(BLOCK)->ARRAY, &(BLOCK)->capacity[WHICH], NEED,                  \
               sizeof *(BLOCK)->ARRAY)

static bool grow_array(void **array, size_t *capacity, size_t need, size_t size)
{
    void *memory = *array;
    bool enough = tgr_mem_grow(&memory, capacity, need, size);
    *array = memory;
    return enough;
}

static uint64_t block_bytes(uint64_t rows, size_t models, size_t entries, bool ones)
{
    return rows * (sizeof(int64_t) + models * sizeof(float) + 1) +
           (uint64_t)entries * (ones ? 4 : 8);
}

/* What cannot fit is not held until that shows. */
void tgr_fit_rows_open(tgr_fit_rows *rows, const tgr_fit_source *source, uint64_t least_rows,
                       uint64_t most_bytes)
{
    *rows = (tgr_fit_rows){.source = source, .most_bytes = most_bytes};
    rows->public = (tgr_row_source){.walk = walk_rows, .rows = rows};
    rows->streamed = block_bytes(least_rows, source->router->model_count, 0, true) > most_bytes;
}

static int by_number(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

/* Puts the entries [begin, end) of a row in the order of their tags. */
static bool sort_row(tgr_fit_rows *rows, tgr_fit_block *block, int64_t begin, int64_t end)
{
    size_t count = (size_t)(end - begin);
    uint32_t *tags = block->tags + begin;
    size_t falls = 0;
    for (size_t i = 1; i < count; i++) {
        falls += tags[i] < tags[i - 1];
    }
    if (falls == 0) {
        return true;
    }
    /* the tag above the value's bits: a row holds a tag once, so that values decide nothing */
    if (!grow_array((void **)(void *)&rows->order, &rows->order_capacity, count,
                    sizeof *rows->order)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        uint32_t bits = 0;
        if (block->values != NULL) {
            memcpy(&bits, &block->values[begin + (int64_t)i], sizeof bits);
        }
        rows->order[i] = (uint64_t)tags[i] << 32 | bits;
    }
    qsort(rows->order, count, sizeof *rows->order, by_number);
    for (size_t i = 0; i < count; i++) {
        uint32_t bits = (uint32_t)rows->order[i];
        tags[i] = (uint32_t)(rows->order[i] >> 32);
        if (block->values != NULL) {
            memcpy(&block->values[begin + (int64_t)i], &bits, sizeof bits);
        }
    }
    return true;
}

static float value_at(const tgr_csr *x, int64_t entry)
{
    return x->value_type == TGR_F32  ? ((const float *)x->values)[entry]
           : x->value_type == TGR_U8 ? (float)((const uint8_t *)x->values)[entry]
                                     : (float)((const uint16_t *)x->values)[entry];
}

/* Copies the kept entries, and notes the largest of them. */
static bool fill_entries(tgr_fit_rows *rows, tgr_fit_block *block, const tgr_csr *x,
                         const uint32_t *tag_of, size_t tag_count)
{
    int64_t at = block->indptr[0] = 0;
    for (size_t row = 0; row < x->rows; row++) {
        double length = 0;
        for (int64_t entry = x->indptr[row]; entry < x->indptr[row + 1]; entry++) {
            uint32_t tag = tag_of[tgr_csr_column(x, entry)];
            if (tag >= tag_count) {
                continue;
            }
            block->tags[at] = tag;
            double size = 1;
            if (block->values != NULL) {
                block->values[at] = value_at(x, entry);
                size = fabs((double)block->values[at]);
            }
            length += size;
            rows->public.largest_x = fmax(rows->public.largest_x, size);
            at++;
        }
        if (!sort_row(rows, block, block->indptr[row], at)) {
            return false;
        }
        block->indptr[row + 1] = at;
        rows->public.longest = fmax(rows->public.longest, length);
    }
    return true;
}

static bool fill_block(tgr_fit_rows *rows, tgr_fit_block *block, const tgr_fit_judging *judging)
{
    const tgr_fit_source *source = rows->source;
    const tgr_csr *x = &judging->batch->x;
    size_t models = source->router->model_count, count = x->rows;
    size_t entries = (size_t)(x->indptr[count] - x->indptr[0]);
    const tgr_weight *weights = source->walk->weights;
    bool ones = source->router->count == TGR_COUNT_BINARY;
    if (!GROW(block, INDPTR, indptr, count + 1) || !GROW(block, TAGS, tags, entries) ||
        (!ones && !GROW(block, VALUES, values, entries)) || !GROW(block, Y, y, count * models) ||
        !GROW(block, FOLDS, folds, count) ||
        (weights != NULL && !GROW(block, WEIGHTS, weights, count))) {
        return false;
    }
    block->rows = count;
    block->weighted = weights != NULL;
    if (block->weighted) {
        memcpy(block->weights, weights, count * sizeof *weights);
    }
    memcpy(block->y, judging->y, count * models * sizeof *block->y);
    if (source->walk->folds != NULL) {
        memcpy(block->folds, source->walk->batch_folds, count);
    } else {
        memset(block->folds, 0, count);
    }
    for (size_t i = 0; i < count * models; i++) {
        if (!isnan(block->y[i])) {
            rows->public.largest_y = fmax(rows->public.largest_y, fabs((double)block->y[i]));
        }
    }
    return fill_entries(rows, block, x, source->tags->files[judging->file].tag,
                        tgr_strings_count(source->router->tags));
}

static void add_weights(tgr_fit_rows *rows, size_t count)
{
    const tgr_weight *weights = rows->source->walk->weights;
    for (size_t i = 0; weights != NULL && i < count; i++) {
        rows->weight += weights[i];
    }
    rows->weight += weights == NULL ? (tgr_sum)count << 40 : 0;
    rows->bytes += weights == NULL ? 0 : count * sizeof *weights;
    rows->public.count = tgr_exact_value(rows->weight);
}

tgr_status tgr_fit_rows_add(tgr_fit_rows *rows, const tgr_fit_judging *judging, tgr_error *error)
{
    const tgr_csr *x = &judging->batch->x;
    size_t entries = (size_t)(x->indptr[x->rows] - x->indptr[0]);
    add_weights(rows, x->rows);
    rows->bytes += block_bytes(x->rows, rows->source->router->model_count, entries,
                               rows->source->router->count == TGR_COUNT_BINARY);
    if (rows->bytes > rows->most_bytes && !rows->streamed) {
        rows->streamed = true;
        free_blocks(rows);
    }
    tgr_fit_block *block = &rows->passing; /* even where it is not kept, to see the largest x */
    if (!rows->streamed) {
        if (!grow_array((void **)(void *)&rows->blocks, &rows->capacity, rows->count + 1,
                        sizeof *rows->blocks)) {
            return tgr_fail_memory(error, "the training queries");
        }
        block = &rows->blocks[rows->count++];
        *block = (tgr_fit_block){0};
    }
    return fill_block(rows, block, judging) ? TGR_OK
                                            : tgr_fail_memory(error, "the training queries");
}

static void visit_block(const tgr_fit_block *block, tgr_row_visitor visit, void *visitor)
{
    const tgr_row_block view = {block->rows,
                                block->indptr,
                                block->tags,
                                block->values,
                                block->y,
                                block->folds,
                                block->weighted ? block->weights : NULL};
    visit(visitor, &view);
}

static tgr_status stream_rows(tgr_fit_rows *rows, tgr_row_visitor visit, void *visitor,
                              tgr_error *error)
{
    tgr_fit_judging judging;
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_fit_judging_open(&judging, rows->source, true, error));
    for (;;) {
        TGR_TRY(tgr_fit_judging_next(&judging, "learning", error));
        if (judging.batch == NULL) {
            break;
        }
#pragma omp parallel for num_threads((int)judging.judge_count) schedule(static, 1)
        for (size_t thread = 0; thread < judging.judge_count; thread++) {
            size_t all = judging.batch->rows, parts = judging.judge_count;
            tgr_fit_judge_rows(&judging, thread, all * thread / parts, all * (thread + 1) / parts);
        }
        if (!fill_block(rows, &rows->passing, &judging)) {
            status = tgr_fail_memory(error, "the training queries");
            goto done;
        }
        visit_block(&rows->passing, visit, visitor);
    }
done:
    tgr_fit_judging_close(&judging);
    return status;
}

static tgr_status walk_rows(void *user, tgr_row_visitor visit, void *visitor, tgr_error *error)
{
    tgr_fit_rows *rows = user;
    if (rows->streamed) {
        return stream_rows(rows, visit, visitor, error);
    }
    for (size_t i = 0; i < rows->count; i++) {
        tgr_status status = tgr_run_check(rows->source->run, error);
        if (status != TGR_OK) {
            return status;
        }
        visit_block(&rows->blocks[i], visit, visitor);
    }
    return TGR_OK;
}
