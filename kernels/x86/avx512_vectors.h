/* avx512_vectors.h - sixteen lanes, masks in mask registers. See kernels/body/vectors.md. */
#include <immintrin.h>

#include "kernels/body/unroll.h"

#define V_LANES       16
#define V_KEY_COLUMNS 16
#define TGR_ROWS_16   4
#define TGR_ROWS_32   4
#define TGR_ROWS_64   4

typedef __m512 v_float;
typedef __m512i v_int;
typedef __mmask16 v_mask;
typedef struct v_pair {
    __m512d low, high;
} v_pair;

TGR_INLINE v_float v_load(const float *p)
{
    return _mm512_loadu_ps(p);
}

TGR_INLINE void v_store(float *p, v_float v)
{
    _mm512_storeu_ps(p, v);
}

TGR_INLINE v_float v_set(float x)
{
    return _mm512_set1_ps(x);
}

TGR_INLINE v_float v_sub(v_float a, v_float b)
{
    return _mm512_sub_ps(a, b);
}

TGR_INLINE v_float v_fma(v_float a, v_float b, v_float c)
{
    return _mm512_fmadd_ps(a, b, c);
}

TGR_INLINE v_float v_div(v_float a, v_float b)
{
    return _mm512_div_ps(a, b);
}

TGR_INLINE v_float v_max(v_float a, v_float b)
{
    return _mm512_max_ps(a, b);
}

TGR_INLINE v_float v_min(v_float a, v_float b)
{
    return _mm512_min_ps(a, b);
}

TGR_INLINE v_mask v_gt(v_float a, v_float b)
{
    return _mm512_cmp_ps_mask(a, b, _CMP_GT_OQ);
}

TGR_INLINE v_mask v_ge(v_float a, v_float b)
{
    return _mm512_cmp_ps_mask(a, b, _CMP_GE_OQ);
}

TGR_INLINE v_mask v_le(v_float a, v_float b)
{
    return _mm512_cmp_ps_mask(a, b, _CMP_LE_OQ);
}

TGR_INLINE v_mask v_eq(v_float a, v_float b)
{
    return _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ);
}

TGR_INLINE v_mask m_all(void)
{
    return 0xffff;
}

TGR_INLINE v_mask m_none(void)
{
    return 0;
}

TGR_INLINE v_mask m_and(v_mask a, v_mask b)
{
    return (v_mask)(a & b);
}

TGR_INLINE v_mask m_or(v_mask a, v_mask b)
{
    return (v_mask)(a | b);
}

TGR_INLINE v_mask m_not(v_mask a)
{
    return (v_mask)~a;
}

/* b where not a */
TGR_INLINE v_mask m_andnot(v_mask a, v_mask b)
{
    return (v_mask)(~a & b);
}

TGR_INLINE v_float v_select(v_mask m, v_float yes, v_float no)
{
    return _mm512_mask_mov_ps(no, m, yes);
}

TGR_INLINE v_int i_set(int32_t x)
{
    return _mm512_set1_epi32(x);
}

TGR_INLINE v_int i_select(v_mask m, v_int yes, v_int no)
{
    return _mm512_mask_mov_epi32(no, m, yes);
}

TGR_INLINE v_int i_load_u16(const uint16_t *p)
{
    return _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)(const void *)p));
}

TGR_INLINE v_int i_load_u32(const uint32_t *p)
{
    return _mm512_loadu_si512(p);
}

TGR_INLINE v_int i_multiply(v_int a, v_int b)
{
    return _mm512_mullo_epi32(a, b);
}

TGR_INLINE v_int i_sub(v_int a, v_int b)
{
    return _mm512_sub_epi32(a, b);
}

TGR_INLINE v_int i_low_halves(const int64_t *p)
{
    const __m512i even =
        _mm512_set_epi32(30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2, 0);
    return _mm512_permutex2var_epi32(_mm512_loadu_si512(p), even, _mm512_loadu_si512(p + 8));
}

TGR_INLINE v_float v_load_u8(const uint8_t *p)
{
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)p);
    return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(bytes));
}

TGR_INLINE v_float v_load_u16(const uint16_t *p)
{
    return _mm512_cvtepi32_ps(i_load_u16(p));
}

TGR_INLINE void v_store_entries(tgr_entry *p, v_int offsets, v_float values)
{
    const __m512i low = _mm512_set_epi32(23, 7, 22, 6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
    const __m512i high =
        _mm512_set_epi32(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8);
    __m512i bits = _mm512_castps_si512(values);
    _mm512_storeu_si512(p, _mm512_permutex2var_epi32(offsets, low, bits));
    _mm512_storeu_si512(p + 8, _mm512_permutex2var_epi32(offsets, high, bits));
}

TGR_INLINE v_mask i_eq(v_int a, v_int b)
{
    return _mm512_cmpeq_epi32_mask(a, b);
}

TGR_INLINE v_mask i_gt(v_int a, v_int b)
{
    return _mm512_cmpgt_epi32_mask(a, b);
}

TGR_INLINE void i_store(int32_t *p, v_int v)
{
    _mm512_storeu_si512(p, v);
}

TGR_INLINE void i_store_16(int16_t *p, v_int v)
{
    _mm256_storeu_si256((__m256i *)(void *)p, _mm512_cvtepi32_epi16(v));
}

TGR_INLINE uint32_t m_bits(v_mask m)
{
    return m;
}

#define PICK4(AT)                                                                                  \
    _mm_setr_epi32(tgr_word(records, rows + AT, size), tgr_word(records, rows + AT + 1, size),     \
                   tgr_word(records, rows + AT + 2, size), tgr_word(records, rows + AT + 3, size))

TGR_INLINE v_int i_pick(const char *records, const uint16_t *rows, size_t size)
{
    __m256i low = _mm256_set_m128i(PICK4(4), PICK4(0));
    __m256i high = _mm256_set_m128i(PICK4(12), PICK4(8));
    return _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
}

TGR_INLINE v_mask i_bit(v_int words, unsigned bit)
{
    return _mm512_test_epi32_mask(words, _mm512_set1_epi32((int)(1u << bit)));
}

TGR_INLINE v_mask m_load_bit(const uint8_t *p, unsigned bit)
{
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)p);
    return _mm_test_epi8_mask(bytes, _mm_set1_epi8((char)(1u << bit)));
}

TGR_INLINE v_pair d_set(double x)
{
    return (v_pair){_mm512_set1_pd(x), _mm512_set1_pd(x)};
}

TGR_INLINE v_pair d_pick(const double *values, const uint16_t *rows)
{
    return (v_pair){
        _mm512_setr_pd(values[rows[0]], values[rows[1]], values[rows[2]], values[rows[3]],
                       values[rows[4]], values[rows[5]], values[rows[6]], values[rows[7]]),
        _mm512_setr_pd(values[rows[8]], values[rows[9]], values[rows[10]], values[rows[11]],
                       values[rows[12]], values[rows[13]], values[rows[14]], values[rows[15]])};
}

TGR_INLINE v_pair d_from(v_float v)
{
    return (v_pair){_mm512_cvtps_pd(_mm512_castps512_ps256(v)),
                    _mm512_cvtps_pd(_mm512_extractf32x8_ps(v, 1))};
}

TGR_INLINE v_float d_float(v_pair a)
{
    return _mm512_insertf32x8(_mm512_castps256_ps512(_mm512_cvtpd_ps(a.low)),
                              _mm512_cvtpd_ps(a.high), 1);
}

TGR_INLINE v_pair d_fma(v_pair a, v_pair b, v_pair c)
{
    return (v_pair){_mm512_fmadd_pd(a.low, b.low, c.low), _mm512_fmadd_pd(a.high, b.high, c.high)};
}

TGR_INLINE v_pair d_sub(v_pair a, v_pair b)
{
    return (v_pair){_mm512_sub_pd(a.low, b.low), _mm512_sub_pd(a.high, b.high)};
}

TGR_INLINE v_mask d_gt(v_pair a, v_pair b)
{
    return (v_mask)(_mm512_cmp_pd_mask(a.low, b.low, _CMP_GT_OQ) |
                    _mm512_cmp_pd_mask(a.high, b.high, _CMP_GT_OQ) << 8);
}

TGR_INLINE v_mask d_eq(v_pair a, v_pair b)
{
    return (v_mask)(_mm512_cmp_pd_mask(a.low, b.low, _CMP_EQ_OQ) |
                    _mm512_cmp_pd_mask(a.high, b.high, _CMP_EQ_OQ) << 8);
}

TGR_INLINE v_pair d_select(v_mask m, v_pair yes, v_pair no)
{
    return (v_pair){_mm512_mask_mov_pd(no.low, (__mmask8)m, yes.low),
                    _mm512_mask_mov_pd(no.high, (__mmask8)(m >> 8), yes.high)};
}

#include "kernels/x86/avx512_steps.h"

/* Four floats of rows r, r + 4, r + 8, r + 12 beside each other. */
TGR_INLINE __m512 v_gather_quads(const float *rows, size_t stride)
{
    __m512 v = _mm512_castps128_ps512(_mm_load_ps(rows));
    v = _mm512_insertf32x4(v, _mm_load_ps(rows + 4 * stride), 1);
    v = _mm512_insertf32x4(v, _mm_load_ps(rows + 8 * stride), 2);
    return _mm512_insertf32x4(v, _mm_load_ps(rows + 12 * stride), 3);
}

/* Sixteen rows x four columns at `rows` -> four columns of sixteen at `tile`. */
TGR_INLINE void v_transpose4(const float *rows, size_t stride, float *tile)
{
    __m512 a = v_gather_quads(rows, stride), b = v_gather_quads(rows + stride, stride);
    __m512 c = v_gather_quads(rows + 2 * stride, stride);
    __m512 d = v_gather_quads(rows + 3 * stride, stride);
    __m512 ab_low = _mm512_unpacklo_ps(a, b), ab_high = _mm512_unpackhi_ps(a, b);
    __m512 cd_low = _mm512_unpacklo_ps(c, d), cd_high = _mm512_unpackhi_ps(c, d);
    _mm512_store_ps(tile, _mm512_shuffle_ps(ab_low, cd_low, 0x44));
    _mm512_store_ps(tile + 16, _mm512_shuffle_ps(ab_low, cd_low, 0xee));
    _mm512_store_ps(tile + 32, _mm512_shuffle_ps(ab_high, cd_high, 0x44));
    _mm512_store_ps(tile + 48, _mm512_shuffle_ps(ab_high, cd_high, 0xee));
}

/* Rows of W: 4, 8 and 16 floats. */
#define ROW_OPERATIONS(WIDTH, TYPE, PREFIX)                                                        \
    typedef TYPE row##WIDTH;                                                                       \
    TGR_INLINE TYPE row##WIDTH##_load(const float *p)                                              \
    {                                                                                              \
        return PREFIX##_load_ps(p);                                                                \
    }                                                                                              \
    TGR_INLINE void row##WIDTH##_store(float *p, TYPE v)                                           \
    {                                                                                              \
        PREFIX##_store_ps(p, v);                                                                   \
    }                                                                                              \
    TGR_INLINE TYPE row##WIDTH##_add(const float *w, TYPE sum)                                     \
    {                                                                                              \
        return PREFIX##_add_ps(PREFIX##_load_ps(w), sum);                                          \
    }                                                                                              \
    TGR_INLINE TYPE row##WIDTH##_fma(const float *x, const float *w, TYPE sum)                     \
    {                                                                                              \
        return PREFIX##_fmadd_ps(PREFIX##_set1_ps(*x), PREFIX##_load_ps(w), sum);                  \
    }

ROW_OPERATIONS(4, __m128, _mm)
ROW_OPERATIONS(8, __m256, _mm256)
ROW_OPERATIONS(16, __m512, _mm512)

#include "kernels/x86/eight_counts.h"

TGR_INLINE row16 row16_spread(eight_counts x, int which, const float *w, row16 sum)
{
    __m512 spread = _mm512_permutexvar_ps(_mm512_set1_epi32(which), _mm512_castps256_ps512(x));
    return _mm512_fmadd_ps(spread, _mm512_load_ps(w), sum);
}

/* Four columns of sixteen rows; a holds those of rows r, r + 4, r + 8, r + 12, b of the rows that
 * follow these. */
TGR_INLINE void v_columns4(const __m512 quad[4], __m512 column[4])
{
    __m512 ab_low = _mm512_unpacklo_ps(quad[0], quad[1]);
    __m512 ab_high = _mm512_unpackhi_ps(quad[0], quad[1]);
    __m512 cd_low = _mm512_unpacklo_ps(quad[2], quad[3]);
    __m512 cd_high = _mm512_unpackhi_ps(quad[2], quad[3]);
    column[0] = _mm512_shuffle_ps(ab_low, cd_low, 0x44);
    column[1] = _mm512_shuffle_ps(ab_low, cd_low, 0xee);
    column[2] = _mm512_shuffle_ps(ab_high, cd_high, 0x44);
    column[3] = _mm512_shuffle_ps(ab_high, cd_high, 0xee);
}

/* The sums of sixteen rows as columns of the tile, those of `models` at least. */
TGR_INLINE void row4_columns(const row4 sum[16], float *tile, size_t models)
{
    __m512 quad[4], column[4];
    (void)models;
    TGR_UNROLL for (int i = 0; i < 4; i++)
    {
        quad[i] = _mm512_insertf32x4(_mm512_castps128_ps512(sum[i]), sum[i + 4], 1);
        quad[i] = _mm512_insertf32x4(quad[i], sum[i + 8], 2);
        quad[i] = _mm512_insertf32x4(quad[i], sum[i + 12], 3);
    }
    v_columns4(quad, column);
    TGR_UNROLL for (int i = 0; i < 4; i++)
    {
        _mm512_store_ps(tile + 16 * i, column[i]);
    }
}

TGR_INLINE void row8_columns(const row8 sum[16], float *tile, size_t models)
{
    /* Rows 0 to 7 and rows 8 to 15, columns i and i + 4 by turns: then lanes change places. */
    __m512 pair[8], half[2][4];
    TGR_UNROLL for (int i = 0; i < 8; i++)
    {
        int row = i < 4 ? i : i + 4;
        pair[i] = _mm512_insertf32x8(_mm512_castps256_ps512(sum[row]), sum[row + 4], 1);
    }
    v_columns4(pair, half[0]);
    v_columns4(pair + 4, half[1]);
    TGR_UNROLL for (int i = 0; i < 4; i++)
    {
        _mm512_store_ps(tile + 16 * i, _mm512_shuffle_f32x4(half[0][i], half[1][i], 0x88));
    }
    TGR_UNROLL for (size_t i = 0; i < 4; i++)
    {
        if (i + 4 < models) {
            _mm512_store_ps(tile + 16 * (i + 4),
                            _mm512_shuffle_f32x4(half[0][i], half[1][i], 0xdd));
        }
    }
}

/* Here the sums take more registers than columns leave: by way of memory. */
TGR_INLINE void row16_columns(const row16 sum[16], float *tile, size_t models)
{
    for (size_t column = 0; column < models; column += 4) {
        v_transpose4((const float *)sum + column, 16, tile + column * TGR_TILE);
    }
}
