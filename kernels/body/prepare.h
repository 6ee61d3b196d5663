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

/* Asks for elements [first, last) of an array. */
static void prefetch(const void *array, size_t size, size_t first, size_t last)
{
    const char *bytes = array;
    for (size_t i = first * size; i < last * size; i += 64) {
        __builtin_prefetch(bytes + i);
    }
}

/* The next block's bytes are asked for while this one is worked on: rows are visited by length,
 * which no hardware prefetcher follows. */
static void prefetch_next_block(const tgr_job *job, size_t end)
{
    const tgr_csr *x = job->x;
    const tgr_decider *decider = job->decider;
    size_t next = job->block_begin + job->block_rows;
    size_t after = next + job->block_rows < end ? next + job->block_rows : end;
    size_t first = (size_t)x->indptr[next], last = (size_t)x->indptr[after];
    if (last - first > TGR_BLOCK_ENTRIES) {
        last = first + TGR_BLOCK_ENTRIES;
    }
    static const size_t value_sizes[] = {[TGR_U8] = 1, [TGR_U16] = 2, [TGR_F32] = 4};
    prefetch(x->values, value_sizes[x->value_type], first, last);
    if (x->narrow != NULL) {
        prefetch(x->narrow, sizeof *x->narrow, first, last);
    } else {
        prefetch(x->indices, sizeof *x->indices, first, last);
    }
    if (decider == NULL) {
        return;
    }
    if (decider->eligible != NULL) {
        prefetch(decider->eligible, decider->mask_words * sizeof *decider->eligible, next, after);
    }
    if (decider->prompt_tokens != NULL) {
        prefetch(decider->prompt_tokens, sizeof *decider->prompt_tokens, next, after);
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
