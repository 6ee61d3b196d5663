/* prepare.h - a block made ready: entries widened, rows ordered by length. */

/* An instance for each pair of types: whole vectors, then what is left. Nothing here rounds: counts
 * up to 65535 are floats. */
#define WIDEN(NAME, COLUMN, LOAD_COLUMN, VALUE, LOAD_VALUE)                                        \
    static void NAME(tgr_entry *restrict entries, const COLUMN *restrict columns,                  \
                     const VALUE *restrict values, size_t count, uint32_t stride)                  \
    {                                                                                              \
        v_int strides = i_set((int32_t)stride);                                                    \
        size_t i = 0;                                                                              \
        for (; i + V_LANES <= count; i += V_LANES) {                                               \
            v_int offsets = i_multiply(LOAD_COLUMN(columns + i), strides);                         \
            v_store_entries(entries + i, offsets, LOAD_VALUE(values + i));                         \
        }                                                                                          \
        for (; i < count; i++) {                                                                   \
            entries[i].offset = columns[i] * stride;                                               \
            entries[i].value = (float)values[i];                                                   \
        }                                                                                          \
    }

WIDEN(widen_16_u8, uint16_t, i_load_u16, uint8_t, v_load_u8)
WIDEN(widen_16_u16, uint16_t, i_load_u16, uint16_t, v_load_u16)
WIDEN(widen_16_f32, uint16_t, i_load_u16, float, v_load)
WIDEN(widen_32_u8, uint32_t, i_load_u32, uint8_t, v_load_u8)
WIDEN(widen_32_u16, uint32_t, i_load_u32, uint16_t, v_load_u16)
WIDEN(widen_32_f32, uint32_t, i_load_u32, float, v_load)

static bool all_ones(const uint8_t *counts, size_t count)
{
    uint8_t other = 0;
    for (size_t i = 0; i < count; i++) {
        other |= counts[i] ^ 1;
    }
    return other == 0;
}

/* Fills the entries from `first` on; returns whether every count is one. */
static bool widen_entries(tgr_job *job, int64_t first, size_t count)
{
    const tgr_csr *x = job->x;
    tgr_entry *entries = job->entries;
    uint32_t stride = (uint32_t)job->row_stride;
    const uint8_t *bytes = (const uint8_t *)x->values + first;
    const uint16_t *shorts = (const uint16_t *)x->values + first;
    const float *floats = (const float *)x->values + first;
    if (x->narrow != NULL) {
        const uint16_t *columns = x->narrow + first;
        switch (x->value_type) {
        case TGR_U8:
            widen_16_u8(entries, columns, bytes, count, stride);
            return all_ones(bytes, count);
        case TGR_U16:
            widen_16_u16(entries, columns, shorts, count, stride);
            return false;
        case TGR_F32:
            widen_16_f32(entries, columns, floats, count, stride);
            return false;
        }
    }
    const uint32_t *columns = x->indices + first;
    switch (x->value_type) {
    case TGR_U8:
        widen_32_u8(entries, columns, bytes, count, stride);
        return all_ones(bytes, count);
    case TGR_U16:
        widen_32_u16(entries, columns, shorts, count, stride);
        return false;
    case TGR_F32:
        widen_32_f32(entries, columns, floats, count, stride);
    }
    return false;
}

/* The next block's memory is asked for while this one is worked on, a few lines with each tile:
 * rows are visited by length, which no hardware prefetcher follows, and asked for all at once,
 * lines would queue up. */
static void plan_ahead(tgr_job *job, int stream, const void *array, size_t size, size_t first,
                       size_t last)
{
    tgr_ahead *ahead = &job->ahead[stream];
    size_t tiles = (job->block_rows + TGR_TILE - 1) / TGR_TILE, bytes = (last - first) * size;
    ahead->next = (const char *)array + first * size;
    ahead->end = ahead->next + bytes;
    ahead->step = (bytes / tiles + 63) / 64 * 64;
}

static void plan_next_block(tgr_job *job, size_t end)
{
    static const size_t value_sizes[] = {[TGR_U8] = 1, [TGR_U16] = 2, [TGR_F32] = 4};
    const tgr_csr *x = job->x;
    const tgr_decider *decider = job->decider;
    size_t next = job->block_begin + job->block_rows;
    size_t after = next + job->block_rows < end ? next + job->block_rows : end;
    size_t first = (size_t)x->indptr[next], last = (size_t)x->indptr[after];
    bool narrow = x->narrow != NULL;
    if (last - first > TGR_BLOCK_ENTRIES) {
        last = first + TGR_BLOCK_ENTRIES;
    }
    plan_ahead(job, 0, x->values, value_sizes[x->value_type], first, last);
    plan_ahead(job, 1, narrow ? (const void *)x->narrow : (const void *)x->indices,
               narrow ? sizeof *x->narrow : sizeof *x->indices, first, last);
    plan_ahead(job, 2, x->indptr, sizeof *x->indptr, next, after + 1);
    job->ahead_count = 3;
    if (decider == NULL) { /* scores alone are wanted */
        return;
    }
    plan_ahead(job, job->ahead_count++, job->choice->model,
               decider->threshold_count * sizeof *job->choice->model, next, after);
    if (decider->eligible != NULL) {
        plan_ahead(job, job->ahead_count++, decider->eligible,
                   decider->mask_words * sizeof *decider->eligible, next, after);
    }
    if (decider->prompt_tokens != NULL) {
        plan_ahead(job, job->ahead_count++, decider->prompt_tokens, sizeof *decider->prompt_tokens,
                   next, after);
    }
}

TGR_INLINE void ask_ahead(tgr_job *job)
{
    for (int i = 0; i < job->ahead_count; i++) {
        tgr_ahead *ahead = &job->ahead[i];
        const char *end =
            ahead->next + ahead->step < ahead->end ? ahead->next + ahead->step : ahead->end;
        for (; ahead->next < end; ahead->next += 64) {
            __builtin_prefetch(ahead->next);
        }
    }
}

/* Rows by length, stable. Lengths from the last bucket on share it: loops over entries then run to
 * the shortest of four rows, and each row's rest follows. */
#define LENGTH_BUCKETS 64

static void order_rows_by_counting(tgr_job *job)
{
    uint32_t place[TGR_LENGTHS + 1] = {0};
    size_t rows = job->block_rows;
    for (size_t i = 0; i < rows; i++) {
        uint32_t length = job->length[i];
        place[length < TGR_LENGTHS ? length : TGR_LENGTHS]++;
    }
    uint32_t sum = 0;
    for (size_t bucket = 0; bucket <= TGR_LENGTHS; bucket++) {
        uint32_t here = place[bucket];
        place[bucket] = sum;
        sum += here;
    }
    for (size_t i = 0; i < rows; i++) {
        uint32_t length = job->length[i];
        job->order[place[length < TGR_LENGTHS ? length : TGR_LENGTHS]++] = (uint16_t)i;
    }
}

static void order_rows(tgr_job *job)
{
    const int64_t *indptr = job->x->indptr + job->block_begin;
    uint32_t *restrict start = job->start, *restrict length = job->length;
    int64_t first = indptr[0];
    uint32_t longest = 0;
    (void)longest;
    for (size_t i = 0; i < job->block_rows; i++) {
        start[i] = (uint32_t)(indptr[i] - first);
        length[i] = (uint32_t)(indptr[i + 1] - indptr[i]);
    }
    for (size_t i = 0; i < job->block_rows; i++) {
        longest = length[i] > longest ? length[i] : longest;
    }
#ifdef TGR_SHORT_ROW
    if (longest < TGR_SHORT_ROW) {
        order_short_rows(job, longest);
    } else {
        order_rows_by_counting(job);
    }
#else
    order_rows_by_counting(job);
#endif
    for (size_t i = 0; i < TGR_TILE; i++) {
        job->order[job->block_rows + i] = job->order[job->block_rows - 1];
    }
}
