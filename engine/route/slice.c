/* slice.c - parts of a batch, small enough that decisions for many thresholds stay in the
 * caches between deciding, counting and writing. */
#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/route/routing.h"

#define SLICE_BYTES ((size_t)1 << 20) /* of decisions, a thread */
#define LEAST_ROWS  512

size_t tgr_route_slice_rows(const tgr_routing *work)
{
    size_t each = work->options.threshold_count * (work->plan.margins ? 6 : 2);
    size_t rows = SLICE_BYTES / each * (size_t)work->decide.plan.threads;
    return rows > LEAST_ROWS ? rows : LEAST_ROWS;
}

static size_t value_width(tgr_value_type type)
{
    return type == TGR_U8 ? 1 : type == TGR_U16 ? 2 : 4;
}

tgr_status tgr_route_slice(tgr_routing *work, const tgr_batch *batch, size_t begin, size_t rows,
                           tgr_batch *slice, tgr_error *error)
{
    *slice = *batch;
    if (begin == 0 && rows == batch->rows) {
        return TGR_OK;
    }
    void *indptr = work->indptr;
    if (!tgr_mem_grow(&indptr, &work->indptr_capacity, rows + 1, sizeof *work->indptr)) {
        return tgr_fail_memory(error, "a block of queries");
    }
    work->indptr = indptr;
    int64_t base = batch->x.indptr[begin];
    for (size_t row = 0; row <= rows; row++) {
        work->indptr[row] = batch->x.indptr[begin + row] - base;
    }
    slice->first_row += begin;
    slice->rows = slice->x.rows = rows;
    slice->x.indptr = work->indptr;
    slice->x.indices = batch->x.indices + base;
    slice->x.values =
        (const char *)batch->x.values + (size_t)base * value_width(batch->x.value_type);
    slice->ids.offsets = batch->ids.offsets == NULL ? NULL : batch->ids.offsets + begin;
    slice->allow = batch->allow == NULL ? NULL : batch->allow + begin;
    slice->deny = batch->deny == NULL ? NULL : batch->deny + begin;
    slice->needs = batch->needs == NULL ? NULL : batch->needs + begin;
    slice->prompt_tokens = batch->prompt_tokens == NULL ? NULL : batch->prompt_tokens + begin;
    slice->cached_tokens = batch->cached_tokens == NULL ? NULL : batch->cached_tokens + begin;
    return TGR_OK;
}
