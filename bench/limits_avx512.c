/* limits_avx512.c - touch and ceiling in 512-bit registers, rows of W up to 8 models in narrower
 * ones. */
#if defined(__x86_64__)

#include "bench/limits.h"

#include <immintrin.h>

#define L_LANES   16
#define L_ROWS_4  8
#define L_ROWS_8  8
#define L_ROWS_16 8
#define L_ROWS_32 4
#define L_ROWS_64 4

#define ROW_OPERATIONS(WIDTH, TYPE, PREFIX, SUFFIX)                                                \
    typedef TYPE row##WIDTH;                                                                       \
    static inline TYPE row##WIDTH##_zero(void)                                                     \
    {                                                                                              \
        return PREFIX##_setzero_ps();                                                              \
    }                                                                                              \
    static inline TYPE row##WIDTH##_load(const float *p)                                           \
    {                                                                                              \
        return PREFIX##_loadu_ps(p);                                                               \
    }                                                                                              \
    static inline void row##WIDTH##_store(float *p, TYPE v)                                        \
    {                                                                                              \
        PREFIX##_storeu_ps(p, v);                                                                  \
    }                                                                                              \
    static inline TYPE row##WIDTH##_fma(const float *x, const float *w, TYPE sum)                  \
    {                                                                                              \
        TYPE row = PREFIX##_loadu_ps(w);                                                           \
        __asm__("" : "+v"(row));                                                                   \
        return PREFIX##_fmadd_ps(PREFIX##_set1_ps(*x), row, sum);                                  \
    }                                                                                              \
    static inline TYPE row##WIDTH##_xor(TYPE a, TYPE b)                                            \
    {                                                                                              \
        return PREFIX##_xor_ps(a, b);                                                              \
    }                                                                                              \
    static inline uint32_t row##WIDTH##_fold(TYPE v)                                               \
    {                                                                                              \
        uint32_t words[WIDTH], seen = 0;                                                           \
        PREFIX##_storeu_##SUFFIX((void *)words, PREFIX##_castps_##SUFFIX(v));                      \
        for (int i = 0; i < WIDTH; i++) {                                                          \
            seen ^= words[i];                                                                      \
        }                                                                                          \
        return seen;                                                                               \
    }

ROW_OPERATIONS(4, __m128, _mm, si128)
ROW_OPERATIONS(8, __m256, _mm256, si256)
ROW_OPERATIONS(16, __m512, _mm512, si512)

/* The best model so far of sixteen rows. */
typedef struct best {
    __m512 score;
    __m512i model;
} best;

/* Four floats of rows r, r + 4, r + 8, r + 12 beside each other: loads, no shuffles. */
static inline __m512 quads(const float *rows, size_t stride)
{
    __m512 v = _mm512_castps128_ps512(_mm_loadu_ps(rows));
    v = _mm512_insertf32x4(v, _mm_loadu_ps(rows + 4 * stride), 1);
    v = _mm512_insertf32x4(v, _mm_loadu_ps(rows + 8 * stride), 2);
    return _mm512_insertf32x4(v, _mm_loadu_ps(rows + 12 * stride), 3);
}

/* Four columns of sixteen rows, from `rows` on. */
static inline void columns_of(const float *rows, size_t stride, __m512 column[4])
{
    __m512 a = quads(rows, stride), b = quads(rows + stride, stride);
    __m512 c = quads(rows + 2 * stride, stride), d = quads(rows + 3 * stride, stride);
    __m512 ab_low = _mm512_unpacklo_ps(a, b), ab_high = _mm512_unpackhi_ps(a, b);
    __m512 cd_low = _mm512_unpacklo_ps(c, d), cd_high = _mm512_unpackhi_ps(c, d);
    column[0] = _mm512_shuffle_ps(ab_low, cd_low, 0x44);
    column[1] = _mm512_shuffle_ps(ab_low, cd_low, 0xee);
    column[2] = _mm512_shuffle_ps(ab_high, cd_high, 0x44);
    column[3] = _mm512_shuffle_ps(ab_high, cd_high, 0xee);
}

static inline best best_of(const float *rows, size_t stride, size_t models, int except)
{
    best found = {_mm512_set1_ps(-__builtin_inff()), _mm512_set1_epi32(TGR_UNDECIDED)};
    for (size_t first = 0; first < models; first += 4) {
        __m512 column[4];
        columns_of(rows + first, stride, column);
#pragma GCC unroll 4
        for (size_t i = 0; i < 4; i++) {
            if (first + i < models && (int)(first + i) != except) {
                __mmask16 better = _mm512_cmp_ps_mask(column[i], found.score, _CMP_GT_OQ);
                found.score = _mm512_mask_mov_ps(found.score, better, column[i]);
                found.model =
                    _mm512_mask_mov_epi32(found.model, better, _mm512_set1_epi32((int)(first + i)));
            }
        }
    }
    return found;
}

static inline void best_store(int16_t *model, best found)
{
    _mm256_storeu_si256((void *)model, _mm512_cvtepi32_epi16(found.model));
}

static inline void best_store_margin(int16_t *model, best other, const float *reference_scores,
                                     size_t stride, int reference, float threshold)
{
    const __m512i lanes = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    __m512i places = _mm512_mullo_epi32(lanes, _mm512_set1_epi32((int)stride));
    __m512 scores = _mm512_i32gather_ps(places, reference_scores, 4);
    __mmask16 moves = _mm512_cmp_ps_mask(_mm512_sub_ps(other.score, scores),
                                         _mm512_set1_ps(threshold), _CMP_GE_OQ);
    other.model = _mm512_mask_mov_epi32(_mm512_set1_epi32(reference), moves, other.model);
    best_store(model, other);
}

#include "bench/limits_body.h"

static uint64_t read_words(const uint64_t *words, size_t count)
{
    __m512i seen[4] = {_mm512_setzero_si512(), _mm512_setzero_si512(), _mm512_setzero_si512(),
                       _mm512_setzero_si512()};
    for (size_t i = 0; i + 32 <= count; i += 32) {
#pragma GCC unroll 4
        for (int j = 0; j < 4; j++) {
            seen[j] = _mm512_xor_si512(seen[j], _mm512_loadu_si512(words + i + 8 * j));
        }
    }
    uint64_t parts[8], all = 0;
    _mm512_storeu_si512(parts, _mm512_xor_si512(_mm512_xor_si512(seen[0], seen[1]),
                                                _mm512_xor_si512(seen[2], seen[3])));
    for (int i = 0; i < 8; i++) {
        all ^= parts[i];
    }
    return all;
}

const tgr_limits tgr_limits_avx512 = {"avx512", touch, ceiling, read_words};

#endif
