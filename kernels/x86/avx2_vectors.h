/* avx2_vectors.h - eight lanes, masks as vectors of all-ones lanes. See kernels/body/vectors.md. */
#include <immintrin.h>

#include "kernels/body/unroll.h"

#define V_LANES       8
#define V_KEY_COLUMNS 8
#define TGR_ROWS_16   4
#define TGR_ROWS_32   2
#define TGR_ROWS_64   1

typedef __m256 v_float;
typedef __m256i v_int;
typedef __m256 v_mask;
typedef struct v_pair {
    __m256d low, high;
} v_pair;

TGR_INLINE v_float v_load(const float *p)
{
    return _mm256_loadu_ps(p);
}

TGR_INLINE void v_store(float *p, v_float v)
{
    _mm256_storeu_ps(p, v);
}

TGR_INLINE v_float v_set(float x)
{
    return _mm256_set1_ps(x);
}

TGR_INLINE v_float v_sub(v_float a, v_float b)
{
    return _mm256_sub_ps(a, b);
}

TGR_INLINE v_float v_fma(v_float a, v_float b, v_float c)
{
    return _mm256_fmadd_ps(a, b, c);
}

TGR_INLINE v_float v_div(v_float a, v_float b)
{
    return _mm256_div_ps(a, b);
}

TGR_INLINE v_float v_max(v_float a, v_float b)
{
    return _mm256_max_ps(a, b);
}

TGR_INLINE v_float v_min(v_float a, v_float b)
{
    return _mm256_min_ps(a, b);
}

TGR_INLINE v_mask v_gt(v_float a, v_float b)
{
    return _mm256_cmp_ps(a, b, _CMP_GT_OQ);
}

TGR_INLINE v_mask v_ge(v_float a, v_float b)
{
    return _mm256_cmp_ps(a, b, _CMP_GE_OQ);
}

TGR_INLINE v_mask v_le(v_float a, v_float b)
{
    return _mm256_cmp_ps(a, b, _CMP_LE_OQ);
}

TGR_INLINE v_mask v_eq(v_float a, v_float b)
{
    return _mm256_cmp_ps(a, b, _CMP_EQ_OQ);
}

TGR_INLINE v_mask m_all(void)
{
    return _mm256_castsi256_ps(_mm256_set1_epi32(-1));
}

TGR_INLINE v_mask m_none(void)
{
    return _mm256_setzero_ps();
}

TGR_INLINE v_mask m_and(v_mask a, v_mask b)
{
    return _mm256_and_ps(a, b);
}

TGR_INLINE v_mask m_or(v_mask a, v_mask b)
{
    return _mm256_or_ps(a, b);
}

TGR_INLINE v_mask m_not(v_mask a)
{
    return _mm256_xor_ps(a, m_all());
}

/* b where not a */
TGR_INLINE v_mask m_andnot(v_mask a, v_mask b)
{
    return _mm256_andnot_ps(a, b);
}

TGR_INLINE v_float v_select(v_mask m, v_float yes, v_float no)
{
    return _mm256_blendv_ps(no, yes, m);
}

TGR_INLINE v_int i_set(int32_t x)
{
    return _mm256_set1_epi32(x);
}

TGR_INLINE v_int i_select(v_mask m, v_int yes, v_int no)
{
    return _mm256_castps_si256(
        _mm256_blendv_ps(_mm256_castsi256_ps(no), _mm256_castsi256_ps(yes), m));
}

TGR_INLINE v_int i_load_u16(const uint16_t *p)
{
    return _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)(const void *)p));
}

TGR_INLINE v_int i_load_u32(const uint32_t *p)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)p);
}

TGR_INLINE v_int i_multiply(v_int a, v_int b)
{
    return _mm256_mullo_epi32(a, b);
}

TGR_INLINE v_int i_sub(v_int a, v_int b)
{
    return _mm256_sub_epi32(a, b);
}

TGR_INLINE v_int i_low_halves(const int64_t *p)
{
    __m256 low = _mm256_loadu_ps((const float *)(const void *)p);
    __m256 high = _mm256_loadu_ps((const float *)(const void *)(p + 4));
    __m256d mixed = _mm256_castps_pd(_mm256_shuffle_ps(low, high, 0x88));
    return _mm256_castpd_si256(_mm256_permute4x64_pd(mixed, 0xd8));
}

TGR_INLINE v_float v_load_u8(const uint8_t *p)
{
    __m128i bytes = _mm_loadl_epi64((const __m128i *)(const void *)p);
    return _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(bytes));
}

TGR_INLINE v_float v_load_u16(const uint16_t *p)
{
    return _mm256_cvtepi32_ps(i_load_u16(p));
}

TGR_INLINE void v_store_entries(tgr_entry *p, v_int offsets, v_float values)
{
    __m256i bits = _mm256_castps_si256(values);
    __m256i even = _mm256_unpacklo_epi32(offsets, bits); /* entries 0 1 4 5 */
    __m256i odd = _mm256_unpackhi_epi32(offsets, bits);  /* entries 2 3 6 7 */
    __m256i *to = (__m256i *)(void *)p;
    _mm256_storeu_si256(to, _mm256_permute2x128_si256(even, odd, 0x20));
    _mm256_storeu_si256(to + 1, _mm256_permute2x128_si256(even, odd, 0x31));
}

TGR_INLINE v_mask i_eq(v_int a, v_int b)
{
    return _mm256_castsi256_ps(_mm256_cmpeq_epi32(a, b));
}

TGR_INLINE v_mask i_gt(v_int a, v_int b)
{
    return _mm256_castsi256_ps(_mm256_cmpgt_epi32(a, b));
}

TGR_INLINE void i_store(int32_t *p, v_int v)
{
    _mm256_storeu_si256((__m256i *)(void *)p, v);
}

/* Low halves; numbers of models fit them. */
TGR_INLINE void i_store_16(int16_t *p, v_int v)
{
    __m128i low = _mm256_castsi256_si128(v), high = _mm256_extracti128_si256(v, 1);
    _mm_storeu_si128((__m128i *)(void *)p, _mm_packs_epi32(low, high));
}

TGR_INLINE uint32_t m_bits(v_mask m)
{
    return (uint32_t)_mm256_movemask_ps(m);
}

#define PICK4(AT)                                                                                  \
    _mm_setr_epi32(tgr_word(records, rows + AT, size), tgr_word(records, rows + AT + 1, size),     \
                   tgr_word(records, rows + AT + 2, size), tgr_word(records, rows + AT + 3, size))

TGR_INLINE v_int i_pick(const char *records, const uint16_t *rows, size_t size)
{
    return _mm256_set_m128i(PICK4(4), PICK4(0));
}

TGR_INLINE v_mask i_bit(v_int words, unsigned bit)
{
    __m256i one = _mm256_set1_epi32((int)(1u << bit));
    return _mm256_castsi256_ps(_mm256_cmpeq_epi32(_mm256_and_si256(words, one), one));
}

TGR_INLINE v_mask m_load_bit(const uint8_t *p, unsigned bit)
{
    return i_bit(_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)p)), bit);
}

TGR_INLINE v_pair d_set(double x)
{
    return (v_pair){_mm256_set1_pd(x), _mm256_set1_pd(x)};
}

TGR_INLINE v_pair d_pick(const double *values, const uint16_t *rows)
{
    return (v_pair){
        _mm256_setr_pd(values[rows[0]], values[rows[1]], values[rows[2]], values[rows[3]]),
        _mm256_setr_pd(values[rows[4]], values[rows[5]], values[rows[6]], values[rows[7]])};
}

TGR_INLINE v_pair d_from(v_float v)
{
    return (v_pair){_mm256_cvtps_pd(_mm256_castps256_ps128(v)),
                    _mm256_cvtps_pd(_mm256_extractf128_ps(v, 1))};
}

TGR_INLINE v_float d_float(v_pair a)
{
    return _mm256_insertf128_ps(_mm256_castps128_ps256(_mm256_cvtpd_ps(a.low)),
                                _mm256_cvtpd_ps(a.high), 1);
}

TGR_INLINE v_pair d_fma(v_pair a, v_pair b, v_pair c)
{
    return (v_pair){_mm256_fmadd_pd(a.low, b.low, c.low), _mm256_fmadd_pd(a.high, b.high, c.high)};
}

TGR_INLINE v_pair d_sub(v_pair a, v_pair b)
{
    return (v_pair){_mm256_sub_pd(a.low, b.low), _mm256_sub_pd(a.high, b.high)};
}

/* Two masks of four wide lanes as one of eight. */
TGR_INLINE v_mask v_narrow_mask(__m256d low, __m256d high)
{
    __m256 halves = _mm256_shuffle_ps(_mm256_castpd_ps(low), _mm256_castpd_ps(high), 0x88);
    return _mm256_castpd_ps(_mm256_permute4x64_pd(_mm256_castps_pd(halves), 0xd8));
}

TGR_INLINE v_mask d_gt(v_pair a, v_pair b)
{
    return v_narrow_mask(_mm256_cmp_pd(a.low, b.low, _CMP_GT_OQ),
                         _mm256_cmp_pd(a.high, b.high, _CMP_GT_OQ));
}

TGR_INLINE v_mask d_eq(v_pair a, v_pair b)
{
    return v_narrow_mask(_mm256_cmp_pd(a.low, b.low, _CMP_EQ_OQ),
                         _mm256_cmp_pd(a.high, b.high, _CMP_EQ_OQ));
}

TGR_INLINE v_pair d_select(v_mask m, v_pair yes, v_pair no)
{
    __m256i bits = _mm256_castps_si256(m);
    __m256d low = _mm256_castsi256_pd(_mm256_cvtepi32_epi64(_mm256_castsi256_si128(bits)));
    __m256d high = _mm256_castsi256_pd(_mm256_cvtepi32_epi64(_mm256_extracti128_si256(bits, 1)));
    return (v_pair){_mm256_blendv_pd(no.low, yes.low, low),
                    _mm256_blendv_pd(no.high, yes.high, high)};
}

/* Four floats of rows r and r + 4 beside each other. */
TGR_INLINE __m256 v_gather_quads(const float *rows, size_t stride)
{
    return _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_load_ps(rows)),
                                _mm_load_ps(rows + 4 * stride), 1);
}

/* Sixteen rows x four columns at `rows` -> four columns of sixteen at `tile`. */
TGR_INLINE void v_transpose4(const float *rows, size_t stride, float *tile)
{
    for (int half = 0; half < 2; half++, rows += 8 * stride, tile += 8) {
        __m256 a = v_gather_quads(rows, stride), b = v_gather_quads(rows + stride, stride);
        __m256 c = v_gather_quads(rows + 2 * stride, stride);
        __m256 d = v_gather_quads(rows + 3 * stride, stride);
        __m256 ab_low = _mm256_unpacklo_ps(a, b), ab_high = _mm256_unpackhi_ps(a, b);
        __m256 cd_low = _mm256_unpacklo_ps(c, d), cd_high = _mm256_unpackhi_ps(c, d);
        _mm256_store_ps(tile, _mm256_shuffle_ps(ab_low, cd_low, 0x44));
        _mm256_store_ps(tile + 16, _mm256_shuffle_ps(ab_low, cd_low, 0xee));
        _mm256_store_ps(tile + 32, _mm256_shuffle_ps(ab_high, cd_high, 0x44));
        _mm256_store_ps(tile + 48, _mm256_shuffle_ps(ab_high, cd_high, 0xee));
    }
}

#include "kernels/x86/avx2_steps.h"

/* Rows of W: 4 and 8 floats in a register, 16 in two. */
typedef __m128 row4;
typedef __m256 row8;
typedef struct row16 {
    __m256 low, high;
} row16;

TGR_INLINE row4 row4_load(const float *p)
{
    return _mm_load_ps(p);
}

TGR_INLINE void row4_store(float *p, row4 v)
{
    _mm_store_ps(p, v);
}

TGR_INLINE row4 row4_add(const float *w, row4 sum)
{
    return _mm_add_ps(_mm_load_ps(w), sum);
}

TGR_INLINE row4 row4_fma(const float *x, const float *w, row4 sum)
{
    return _mm_fmadd_ps(_mm_broadcast_ss(x), _mm_load_ps(w), sum);
}

TGR_INLINE row8 row8_load(const float *p)
{
    return _mm256_load_ps(p);
}

TGR_INLINE void row8_store(float *p, row8 v)
{
    _mm256_store_ps(p, v);
}

TGR_INLINE row8 row8_add(const float *w, row8 sum)
{
    return _mm256_add_ps(_mm256_load_ps(w), sum);
}

TGR_INLINE row8 row8_fma(const float *x, const float *w, row8 sum)
{
    return _mm256_fmadd_ps(_mm256_broadcast_ss(x), _mm256_load_ps(w), sum);
}

TGR_INLINE row16 row16_load(const float *p)
{
    return (row16){_mm256_load_ps(p), _mm256_load_ps(p + 8)};
}

TGR_INLINE void row16_store(float *p, row16 v)
{
    _mm256_store_ps(p, v.low);
    _mm256_store_ps(p + 8, v.high);
}

TGR_INLINE row16 row16_add(const float *w, row16 sum)
{
    return (row16){row8_add(w, sum.low), row8_add(w + 8, sum.high)};
}

TGR_INLINE row16 row16_fma(const float *x, const float *w, row16 sum)
{
    return (row16){row8_fma(x, w, sum.low), row8_fma(x, w + 8, sum.high)};
}

#include "kernels/x86/eight_counts.h"

/* The sums of sixteen rows as columns of the tile, those of `models` at least. Sixteen sums are
 * more than registers hold: they are in memory anyhow. */
TGR_INLINE void row4_columns(const row4 sum[16], float *tile, size_t models)
{
    (void)models;
    v_transpose4((const float *)sum, 4, tile);
}

TGR_INLINE void row8_columns(const row8 sum[16], float *tile, size_t models)
{
    v_transpose4((const float *)sum, 8, tile);
    if (models > 4) {
        v_transpose4((const float *)sum + 4, 8, tile + 4 * TGR_TILE);
    }
}
