/* widen.h - a block's entries made ready: columns to offsets into W, counts to floats. */

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
    size_t i = 0;
    for (uint8_t other = 0; other == 0 && i < count;) { /* a few at a time, then perhaps no more */
        size_t end = count - i < 256 ? count : i + 256;
        for (; i < end; i++) {
            other |= counts[i] ^ 1;
        }
        if (other != 0) {
            return false;
        }
    }
    return true;
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
