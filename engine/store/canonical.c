/* canonical.c - makes a block of CSR what every batch promises. */
#include "engine/store/canonical.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/wide.h"

/* Rows [begin, end) of a block, whose entries one thread looks at while they are in its cache. */
typedef struct span {
    size_t begin, end;   /* rows */
    size_t first, after; /* entries */
} span;

#define SPAN_ENTRIES ((size_t)4 * 1024)  /* the first-level cache's */
#define ALONE        ((size_t)64 * 1024) /* so few entries are not worth waking other threads */

/* Counts every step that does not ascend, and finds the largest column: a plain loop over all
 * entries, as signed numbers, which all instruction sets can compare. A column beyond them is taken
 * for one out of bounds. */
TGR_WIDE(uint32_t, count_falls,
         (const uint32_t *indices, size_t count, uint32_t columns, bool *bad),
         (indices, count, columns, bad))
{
    uint32_t falls = 0, beyond = indices[0] >= columns;
    for (size_t i = 1; i < count; i++) {
        falls += (int32_t)indices[i] <= (int32_t)indices[i - 1];
        beyond |= indices[i] >= columns;
    }
    *bad = beyond != 0;
    return falls;
}

TGR_WIDE(size_t, count_empty, (const int64_t *indptr, size_t rows), (indptr, rows))
{
    size_t empty = 0;
    for (size_t row = 0; row < rows; row++) {
        empty += indptr[row] == indptr[row + 1];
    }
    return empty;
}

/* How many of the rows that start at `starts` fall below the entry before. */
static uint32_t count_between(const uint32_t *indices, const int64_t *starts, size_t rows)
{
    uint32_t falls = 0;
    for (size_t row = 0; row < rows; row++) {
        const uint32_t *start = indices + starts[row];
        falls += (int32_t)start[0] <= (int32_t)start[-1];
    }
    return falls;
}

/* The same where some rows are empty: these have no first entry, the one before it stands in and is
 * not counted. */
static uint32_t count_between_some(const uint32_t *indices, const int64_t *starts, size_t rows)
{
    uint32_t falls = 0;
    for (size_t row = 0; row < rows; row++) {
        size_t start = (size_t)starts[row];
        uint32_t filled = starts[row + 1] > starts[row];
        falls += filled & ((int32_t)indices[start - !filled] <= (int32_t)indices[start - 1]);
    }
    return falls;
}

/* Whether the only falls are from one row to the next. */
static bool rows_ascend(const tgr_canonical_block *block, const span *at)
{
    const uint32_t *indices = block->indices;
    const int64_t *indptr = block->indptr;
    if (at->after == at->first) {
        return true;
    }
    if (at->after - at->first > INT32_MAX || block->columns > INT32_MAX) {
        return false;
    }
    bool bad;
    uint32_t falls = count_falls(indices + at->first, at->after - at->first, block->columns, &bad);
    size_t row = at->begin;
    while ((size_t)indptr[row + 1] == at->first) {
        row++; /* empty, so that nothing lies before the rows behind it either */
    }
    row++;
    size_t rows = at->end - row;
    const int64_t *starts = indptr + row;
    bool empty = count_empty(starts, rows) > 0;
    return !bad && falls == (empty ? count_between_some(indices, starts, rows)
                                   : count_between(indices, starts, rows));
}

TGR_WIDE(bool, bytes_not_zero, (const uint8_t *values, size_t count), (values, count))
{
    unsigned zero = 0;
    for (size_t i = 0; i < count; i++) {
        zero |= values[i] == 0;
    }
    return !zero;
}

TGR_WIDE(bool, shorts_not_zero, (const uint16_t *values, size_t count), (values, count))
{
    unsigned zero = 0;
    for (size_t i = 0; i < count; i++) {
        zero |= values[i] == 0;
    }
    return !zero;
}

TGR_WIDE(bool, floats_finite_not_zero, (const float *values, size_t count), (values, count))
{
    unsigned bad = 0;
    for (size_t i = 0; i < count; i++) {
        bad |= !(fabsf(values[i]) <= 0x1.fffffep127f) | (values[i] == 0.0f);
    }
    return !bad;
}

static bool values_fit(const tgr_canonical_block *block, size_t first, size_t count)
{
    switch (block->value_type) {
    case TGR_U8:
        return bytes_not_zero((const uint8_t *)block->values + first, count);
    case TGR_U16:
        return shorts_not_zero((const uint16_t *)block->values + first, count);
    case TGR_F32:
        return floats_finite_not_zero((const float *)block->values + first, count);
    }
    return false;
}

static bool span_is_canonical(const tgr_canonical_block *block, const span *at)
{
    size_t count = at->after - at->first;
    return values_fit(block, at->first, count) && rows_ascend(block, at);
}

/* The first row boundary behind `begin` that has a span's entries before it, or `end`: searched for
 * in steps that double, then halve. */
static size_t span_end(const int64_t *indptr, size_t begin, size_t end)
{
    int64_t wanted = indptr[begin] + (int64_t)SPAN_ENTRIES;
    size_t low = begin, step = SPAN_ENTRIES / 16; /* below it for sure */
    while (low + step < end && indptr[low + step] < wanted) {
        low += step;
        step *= 2;
    }
    size_t high = low + step < end ? low + step : end;
    while (low + 1 < high) {
        size_t middle = low + (high - low) / 2;
        if (indptr[middle] < wanted) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return high;
}

/* Rows [begin, end), a span at a time. */
static bool rows_are_canonical(const tgr_canonical_block *block, size_t begin, size_t end)
{
    const int64_t *indptr = block->indptr;
    while (begin < end) {
        span at = {.begin = begin, .end = span_end(indptr, begin, end)};
        at.first = (size_t)indptr[at.begin];
        at.after = (size_t)indptr[at.end];
        if (!span_is_canonical(block, &at)) {
            return false;
        }
        begin = at.end;
    }
    return true;
}

bool tgr_canonical_is(const tgr_canonical_block *block)
{
    size_t rows = block->rows;
    int threads = (size_t)(block->indptr[rows] - block->indptr[0]) < ALONE || block->threads < 1
                      ? 1
                      : block->threads;
    if (threads == 1) {
        return rows_are_canonical(block, 0, rows);
    }
    int bad = 0;
#pragma omp parallel for num_threads(threads) reduction(| : bad)
    for (int part = 0; part < threads; part++) {
        size_t begin = rows * (size_t)part / (size_t)threads;
        size_t end = rows * ((size_t)part + 1) / (size_t)threads;
        bad |= !rows_are_canonical(block, begin, end);
    }
    return !bad;
}

static double get(const tgr_canonical_block *block, size_t at)
{
    switch (block->value_type) {
    case TGR_U8:
        return ((const uint8_t *)block->values)[at];
    case TGR_U16:
        return ((const uint16_t *)block->values)[at];
    case TGR_F32:
        break;
    }
    return ((const float *)block->values)[at];
}

/* False, and nothing written, where the value does not fit. */
static bool put(const tgr_canonical_block *block, size_t at, double value)
{
    switch (block->value_type) {
    case TGR_U8:
        if (value > UINT8_MAX) {
            return false;
        }
        ((uint8_t *)block->values)[at] = (uint8_t)value;
        return true;
    case TGR_U16:
        if (value > UINT16_MAX) {
            return false;
        }
        ((uint16_t *)block->values)[at] = (uint16_t)value;
        return true;
    case TGR_F32:
        break;
    }
    if (!(fabs(value) < 0x1.ffffffp127)) { /* beyond what rounds to a finite float */
        return false;
    }
    ((float *)block->values)[at] = (float)value;
    return true;
}

static void sift_down(uint64_t *keys, size_t at, size_t count)
{
    uint64_t key = keys[at];
    for (size_t child = 2 * at + 1; child < count; child = 2 * at + 1) {
        if (child + 1 < count && keys[child + 1] > keys[child]) {
            child++;
        }
        if (keys[child] <= key) {
            break;
        }
        keys[at] = keys[child];
        at = child;
    }
    keys[at] = key;
}

/* Heap sort: no memory, no bad case. The keys are distinct, so stability is no question. */
static void sort(uint64_t *keys, size_t count)
{
    for (size_t at = count / 2; at-- > 0;) {
        sift_down(keys, at, count);
    }
    for (size_t end = count; end-- > 1;) {
        uint64_t largest = keys[0];
        keys[0] = keys[end];
        keys[end] = largest;
        sift_down(keys, 0, end);
    }
}

static tgr_status bad_row(const tgr_canonical_block *block, size_t row, const char *why,
                          tgr_error *error)
{
    return tgr_fail(error, TGR_ERR_INPUT, "%s: row %" PRIu64 " of /X %s", block->path,
                    block->first_row + row, why);
}

/* Copies a row aside as keys (column, then position) and values. */
static tgr_status load_row(const tgr_canonical_block *block, size_t row, size_t begin, size_t count,
                           tgr_canonical_scratch *scratch, tgr_error *error)
{
    void *keys = scratch->keys, *values = scratch->values;
    bool grown = count <= UINT32_MAX &&
                 tgr_mem_grow(&keys, &scratch->key_capacity, count, sizeof(uint64_t)) &&
                 tgr_mem_grow(&values, &scratch->value_capacity, count, sizeof(double));
    scratch->keys = keys;
    scratch->values = values;
    if (!grown) {
        return tgr_fail_memory(error, "a row of /X");
    }
    bool ascending = true;
    for (size_t i = 0; i < count; i++) {
        uint32_t column = block->indices[begin + i];
        if (column >= block->columns) {
            return bad_row(block, row, "has a column index out of bounds", error);
        }
        scratch->values[i] = get(block, begin + i);
        if (!isfinite(scratch->values[i])) {
            return bad_row(block, row, "holds a value that is not finite as a 32-bit float", error);
        }
        scratch->keys[i] = (uint64_t)column << 32 | i;
        ascending = ascending && (i == 0 || scratch->keys[i - 1] < scratch->keys[i]);
    }
    if (!ascending) {
        sort(scratch->keys, count);
    }
    return TGR_OK;
}

/* Writes what was loaded to `out`, duplicates summed in the order stored; *out moves on. */
static tgr_status store_row(const tgr_canonical_block *block, size_t row, size_t count,
                            const tgr_canonical_scratch *scratch, size_t *out, tgr_error *error)
{
    for (size_t i = 0; i < count;) {
        uint32_t column = (uint32_t)(scratch->keys[i] >> 32);
        double sum = 0;
        for (; i < count && scratch->keys[i] >> 32 == column; i++) {
            sum += scratch->values[(uint32_t)scratch->keys[i]];
        }
        if (!put(block, *out, sum)) {
            return bad_row(block, row, "repeats a column, and the values sum to more than fits",
                           error);
        }
        block->indices[*out] = column;
        *out += get(block, *out) != 0;
    }
    return TGR_OK;
}

static tgr_status rewrite(const tgr_canonical_block *block, tgr_canonical_scratch *scratch,
                          tgr_error *error)
{
    size_t begin = 0, out = 0;
    for (size_t row = 0; row < block->rows; row++) {
        size_t end = (size_t)block->indptr[row + 1];
        tgr_status status = load_row(block, row, begin, end - begin, scratch, error);
        if (status == TGR_OK) {
            status = store_row(block, row, end - begin, scratch, &out, error);
        }
        if (status != TGR_OK) {
            return status;
        }
        block->indptr[row + 1] = (int64_t)out;
        begin = end;
    }
    return TGR_OK;
}

tgr_status tgr_canonical(const tgr_canonical_block *block, tgr_canonical_scratch *scratch,
                         tgr_error *error)
{
    if (tgr_canonical_is(block)) {
        return TGR_OK;
    }
    return rewrite(block, scratch, error);
}

void tgr_canonical_scratch_free(tgr_canonical_scratch *scratch)
{
    tgr_mem_free(scratch->keys);
    tgr_mem_free(scratch->values);
    *scratch = (tgr_canonical_scratch){0};
}
