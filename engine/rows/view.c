/* view.c - what callers give, checked, and cut into blocks. */
#include "engine/rows/view.h"

#include <math.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/options.h"
#include "engine/base/wide.h"
#include "engine/router/schema.h"
#include "engine/rows/numbers.h"

#define BLOCK_ROWS    ((uint64_t)1 << 17)
#define BLOCK_ENTRIES ((uint64_t)1 << 20)

static bool is_integer(tgr_number_type type)
{
    return tgr_number_size(type) != 0 && type != TGR_NUMBER_F32 && type != TGR_NUMBER_F64;
}

static tgr_status check_array(const tgr_numbers *numbers, const char *name, uint64_t needed,
                              bool integers, tgr_error *error)
{
    size_t size = tgr_number_size(numbers->type);
    if (size == 0 || (integers && !is_integer(numbers->type))) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "%s: its numbers must be %s", name,
                        integers ? "integers" : "of a known type");
    }
    if (numbers->count < needed || (needed > 0 && numbers->data == NULL)) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "%s: %llu numbers, and %llu are needed", name,
                        (unsigned long long)numbers->count, (unsigned long long)needed);
    }
    if ((uintptr_t)numbers->data % size != 0) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "%s: not aligned to its numbers' size", name);
    }
    return TGR_OK;
}

TGR_WIDE(bool, ints_fall, (const int32_t *numbers, size_t count), (numbers, count))
{
    unsigned falls = 0;
    for (size_t i = 0; i < count; i++) {
        falls |= numbers[i + 1] < numbers[i];
    }
    return falls != 0;
}

TGR_WIDE(bool, longs_fall, (const int64_t *numbers, size_t count), (numbers, count))
{
    unsigned falls = 0;
    for (size_t i = 0; i < count; i++) {
        falls |= numbers[i + 1] < numbers[i];
    }
    return falls != 0;
}

/* The usual case: it starts at 0 and never falls. Of other types, it is not known. */
static bool indptr_rises(const tgr_numbers *indptr, uint64_t rows)
{
    const void *data = indptr->data;
    switch (indptr->type) {
    case TGR_NUMBER_I32:
        return *(const int32_t *)data == 0 && !ints_fall(data, (size_t)rows);
    case TGR_NUMBER_I64:
        return *(const int64_t *)data == 0 && !longs_fall(data, (size_t)rows);
    default:
        return false;
    }
}

/* indptr of a few rows at a time, checked to start at 0 and never to fall. */
static tgr_status check_indptr_slowly(const tgr_numbers *indptr, uint64_t rows, tgr_error *error)
{
    enum { STEP = 1024 };
    int64_t some[STEP], before = 0;
    for (uint64_t row = 0; row <= rows; row += STEP) {
        size_t count = rows + 1 - row < STEP ? (size_t)(rows + 1 - row) : STEP;
        bool good = tgr_numbers_to_i64(indptr, row, count, some);
        good = good && (row > 0 || some[0] == 0);
        for (size_t i = 0; good && i < count; i++) {
            if (some[i] < before) {
                return tgr_fail(error, TGR_ERR_INPUT,
                                "indptr: entry %llu is less than the one before",
                                (unsigned long long)(row + i));
            }
            before = some[i];
        }
        if (!good) {
            return tgr_fail(error, TGR_ERR_INPUT,
                            "indptr: it has to start at 0, with numbers below 2^63");
        }
    }
    return TGR_OK;
}

static tgr_status check_indptr(const tgr_numbers *indptr, uint64_t rows, int64_t *last,
                               tgr_error *error)
{
    tgr_status status =
        indptr_rises(indptr, rows) ? TGR_OK : check_indptr_slowly(indptr, rows, error);
    if (status == TGR_OK) {
        tgr_numbers_to_i64(indptr, rows, 1, last);
    }
    return status;
}

static tgr_status take_tags(tgr_rows_view *view, tgr_strings *router_tags, tgr_error *error)
{
    const tgr_rows *rows = &view->rows;
    if (rows->tags == NULL) {
        if (router_tags == NULL || rows->columns != tgr_strings_count(router_tags)) {
            return tgr_fail(
                error, TGR_ERR_ARGUMENT,
                "%lu columns without names, and the router has %lu tags; name the columns",
                (unsigned long)rows->columns,
                (unsigned long)(router_tags == NULL ? 0 : tgr_strings_count(router_tags)));
        }
        view->file.tags = router_tags;
        return TGR_OK;
    }
    view->own_tags = tgr_strings_new();
    view->file.tags = view->own_tags;
    bool memory = view->own_tags != NULL;
    for (uint32_t column = 0; memory && column < rows->columns; column++) {
        const char *tag = rows->tags[column];
        if (tag == NULL || !tgr_name_is_text(tag, strlen(tag))) {
            return tgr_fail(error, TGR_ERR_ARGUMENT, "tag %lu is no UTF-8", (unsigned long)column);
        }
        uint32_t number = tgr_strings_add(view->own_tags, tag, strlen(tag));
        memory = number != TGR_STRING_NONE;
        if (memory && number != column) {
            return tgr_fail(error, TGR_ERR_ARGUMENT, "tags %lu and %lu have the same name",
                            (unsigned long)number, (unsigned long)column);
        }
    }
    return memory ? TGR_OK : tgr_fail_memory(error, "the tags");
}

static tgr_value_type value_type(tgr_number_type type)
{
    return type == TGR_NUMBER_U8 ? TGR_U8 : type == TGR_NUMBER_U16 ? TGR_U16 : TGR_F32;
}

static tgr_status check_arrays(tgr_rows_view *view, tgr_error *error)
{
    const tgr_rows *rows = &view->rows;
    int64_t entries = 0;
    tgr_status status = TGR_OK;
    if (rows->rows >= INT64_MAX || rows->columns > INT32_MAX) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "more rows or columns than there can be");
    }
    TGR_TRY(check_array(&rows->indptr, "indptr", rows->rows + 1, true, error));
    TGR_TRY(check_indptr(&rows->indptr, rows->rows, &entries, error));
    TGR_TRY(check_array(&rows->indices, "indices", (uint64_t)entries, true, error));
    TGR_TRY(check_array(&rows->counts, "counts", (uint64_t)entries, false, error));
    view->nonzeros = (uint64_t)entries;
    view->value_type = value_type(rows->counts.type);
done:
    return status;
}

static tgr_status open_prompt_tokens(tgr_rows_view *view, tgr_error *error)
{
    if (!view->file.has_prompt_tokens) {
        return TGR_OK;
    }
    view->prompt_tokens = tgr_mem_alloc(view->block_rows, sizeof *view->prompt_tokens);
    return view->prompt_tokens == NULL ? tgr_fail_memory(error, "prompt tokens") : TGR_OK;
}

tgr_status tgr_rows_view_open(tgr_rows_view *view, const tgr_rows *rows, tgr_strings *router_tags,
                              int threads, tgr_error *error)
{
    *view = (tgr_rows_view){
        .threads = threads, .block_rows = BLOCK_ROWS, .block_entries = BLOCK_ENTRIES};
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_options_copy(&view->rows, sizeof view->rows, rows, error));
    TGR_TRY(check_arrays(view, error));
    TGR_TRY(take_tags(view, router_tags, error));
    view->file.path = (char *)"the rows given";
    view->file.rows = view->rows.rows;
    view->file.columns = view->rows.columns;
    view->file.nonzeros = view->nonzeros;
    view->file.value_type = view->value_type;
    view->file.has_prompt_tokens = view->rows.prompt_tokens != NULL;
    view->file.has_eligible = view->rows.eligible != NULL;
    status = open_prompt_tokens(view, error);
done:
    return status;
}

tgr_status tgr_rows_view_beside(tgr_rows_view *view, const tgr_rows_view *first, tgr_error *error)
{
    *view = (tgr_rows_view){
        .rows = first->rows,
        .threads = 1,
        .copies = first->copies,
        .block_rows = first->block_rows,
        .block_entries = first->block_entries,
        .nonzeros = first->nonzeros,
        .value_type = first->value_type,
        .file = first->file,
    };
    return open_prompt_tokens(view, error);
}

void tgr_rows_view_close(tgr_rows_view *view)
{
    tgr_strings_free(view->own_tags);
    tgr_mem_free(view->indptr);
    tgr_mem_free(view->indices);
    tgr_mem_free(view->values);
    tgr_mem_free(view->prompt_tokens);
    tgr_canonical_scratch_free(&view->scratch);
    *view = (tgr_rows_view){0};
}

/* ---- blocks ---------------------------------------------------------------------------------- */

static int64_t indptr_at(const tgr_rows_view *view, uint64_t row)
{
    int64_t value = 0;
    tgr_numbers_to_i64(&view->rows.indptr, row, 1, &value);
    return value;
}

/* Rows from `first` on that hold as many entries as a block or less together, or one. */
size_t tgr_rows_view_count(const tgr_rows_view *view, uint64_t first)
{
    uint64_t left = view->rows.rows - first, low = 1;
    uint64_t high = left < view->block_rows ? left : view->block_rows;
    int64_t begin = indptr_at(view, first);
    while (low < high) {
        uint64_t middle = high - (high - low) / 2;
        if ((uint64_t)(indptr_at(view, first + middle) - begin) <= view->block_entries) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    return (size_t)low;
}

static bool readable_in_place(const tgr_rows_view *view)
{
    const tgr_rows *rows = &view->rows;
    bool indices = rows->indices.type == TGR_NUMBER_I32 || rows->indices.type == TGR_NUMBER_U32;
    bool counts = rows->counts.type == TGR_NUMBER_U8 || rows->counts.type == TGR_NUMBER_U16 ||
                  rows->counts.type == TGR_NUMBER_F32;
    return !view->copies && indices && counts;
}

/* indptr of the block as int64, where it lies or converted. */
static tgr_status block_indptr(tgr_rows_view *view, uint64_t first, size_t rows, bool own,
                               const int64_t **indptr, tgr_error *error)
{
    if (!own && view->rows.indptr.type == TGR_NUMBER_I64) {
        *indptr = (const int64_t *)view->rows.indptr.data + first;
        return TGR_OK;
    }
    void *memory = view->indptr;
    if (!tgr_mem_grow(&memory, &view->indptr_capacity, rows + 1, sizeof *view->indptr)) {
        return tgr_fail_memory(error, "a block of rows");
    }
    view->indptr = memory;
    *indptr = view->indptr;
    size_t pieces = (size_t)view->threads;
#pragma omp parallel for num_threads(view->threads)
    for (size_t piece = 0; piece < pieces; piece++) {
        size_t begin = (rows + 1) * piece / pieces, end = (rows + 1) * (piece + 1) / pieces;
        tgr_numbers_to_i64(&view->rows.indptr, first + begin, end - begin, view->indptr + begin);
    }
    return TGR_OK;
}

static bool block_in_place(tgr_rows_view *view, uint64_t first, const int64_t *indptr)
{
    tgr_batch *batch = &view->batch;
    const tgr_canonical_block block = {
        .rows = batch->rows,
        .indptr = (int64_t *)indptr, /* only looked at, as are the next two */
        .indices = (uint32_t *)view->rows.indices.data,
        .values = (void *)view->rows.counts.data,
        .value_type = view->value_type,
        .columns = view->rows.columns,
        .first_row = first,
        .path = view->file.path,
        .threads = view->threads,
    };
    batch->x = (tgr_csr){.rows = batch->rows,
                         .indptr = indptr,
                         .indices = block.indices,
                         .values = block.values,
                         .value_type = view->value_type};
    return tgr_canonical_is(&block);
}

static void convert_counts(const tgr_rows_view *view, uint64_t first, size_t count)
{
    const tgr_numbers *counts = &view->rows.counts;
    if (view->value_type == TGR_F32) {
        tgr_numbers_to_f32(counts, first, count, view->values);
        return;
    }
    size_t size = tgr_number_size(counts->type);
    if (count == 0) {
        return; /* there may be no memory for none */
    }
    memcpy(view->values, (const char *)counts->data + first * size, count * size);
}

static tgr_status copy_entries(tgr_rows_view *view, uint64_t first, size_t count, tgr_error *error)
{
    void *indices = view->indices, *values = view->values;
    bool grown = tgr_mem_grow(&indices, &view->index_capacity, count, sizeof *view->indices) &&
                 tgr_mem_grow(&values, &view->value_capacity, count, sizeof(float));
    view->indices = indices;
    view->values = values;
    if (!grown) {
        return tgr_fail_memory(error, "a block of rows");
    }
    if (!tgr_numbers_to_u32(&view->rows.indices, first, count, view->indices)) {
        return tgr_fail(error, TGR_ERR_INPUT, "indices: a column below 0 or far too large");
    }
    convert_counts(view, first, count);
    return TGR_OK;
}

static tgr_status block_as_copy(tgr_rows_view *view, uint64_t first, tgr_error *error)
{
    tgr_batch *batch = &view->batch;
    const int64_t *indptr = NULL;
    tgr_status status = block_indptr(view, first, batch->rows, true, &indptr, error);
    if (status != TGR_OK) {
        return status;
    }
    int64_t base = indptr[0];
    status = copy_entries(view, (uint64_t)base, (size_t)(indptr[batch->rows] - base), error);
    if (status != TGR_OK) {
        return status;
    }
    for (size_t row = 0; row <= batch->rows; row++) {
        view->indptr[row] -= base;
    }
    const tgr_canonical_block block = {
        batch->rows,        view->indptr, view->indices,   view->values,  view->value_type,
        view->rows.columns, first,        view->file.path, view->threads,
    };
    batch->x = (tgr_csr){.rows = batch->rows,
                         .indptr = view->indptr,
                         .indices = view->indices,
                         .values = view->values,
                         .value_type = view->value_type};
    return tgr_canonical(&block, &view->scratch, error);
}

static tgr_status take_prompt_tokens(tgr_rows_view *view, uint64_t first, tgr_error *error)
{
    if (view->prompt_tokens == NULL) {
        return TGR_OK;
    }
    const double *from = view->rows.prompt_tokens + first;
    for (size_t row = 0; row < view->batch.rows; row++) {
        if (from[row] < 0 || isinf(from[row])) {
            return tgr_fail(error, TGR_ERR_INPUT,
                            "prompt_tokens: row %llu has %g; at least 0, or NaN where not known",
                            (unsigned long long)(first + row), from[row]);
        }
        view->prompt_tokens[row] = from[row];
    }
    view->batch.prompt_tokens = view->prompt_tokens;
    return TGR_OK;
}

tgr_status tgr_rows_view_block(tgr_rows_view *view, uint64_t first, tgr_error *error)
{
    tgr_status status = TGR_OK;
    bool in_place = false;
    view->batch = (tgr_batch){.first_row = first, .rows = tgr_rows_view_count(view, first)};
    if (readable_in_place(view)) {
        const int64_t *indptr = NULL;
        TGR_TRY(block_indptr(view, first, view->batch.rows, false, &indptr, error));
        in_place = block_in_place(view, first, indptr);
    }
    if (!in_place) {
        TGR_TRY(block_as_copy(view, first, error));
    }
    TGR_TRY(take_prompt_tokens(view, first, error));
done:
    return status;
}
