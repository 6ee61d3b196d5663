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

/* Computes a sum here and now: compilers otherwise load everything first, and run out of registers.
 */
#define keep(v)       __asm__ volatile("" : "+v"(v))
#define row4_keep(v)  keep(v)
#define row8_keep(v)  keep(v)
#define row16_keep(v) keep(v)

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
        return PREFIX##_fmadd_ps(PREFIX##_set1_ps(*x), PREFIX##_loadu_ps(w), sum);                 \
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

/* The best model so far of sixteen rows, and what the reference scores. */
typedef struct best {
    __m512 score;
    __m512i model;
    __m512 reference;
} best;

/* Four columns of sixteen rows; a holds those of rows r, r + 4, r + 8, r + 12, b of the rows that
 * follow these. */
static inline void columns_of(__m512 a, __m512 b, __m512 c, __m512 d, __m512 column[4])
{
    __m512 ab_low = _mm512_unpacklo_ps(a, b), ab_high = _mm512_unpackhi_ps(a, b);
    __m512 cd_low = _mm512_unpacklo_ps(c, d), cd_high = _mm512_unpackhi_ps(c, d);
    column[0] = _mm512_shuffle_ps(ab_low, cd_low, 0x44);
    column[1] = _mm512_shuffle_ps(ab_low, cd_low, 0xee);
    column[2] = _mm512_shuffle_ps(ab_high, cd_high, 0x44);
    column[3] = _mm512_shuffle_ps(ab_high, cd_high, 0xee);
}

/* Four floats of rows r, r + 4, r + 8, r + 12 beside each other: loads, no shuffles. */
static inline __m512 quads(const float *rows, size_t stride)
{
    __m512 v = _mm512_castps128_ps512(_mm_loadu_ps(rows));
    v = _mm512_insertf32x4(v, _mm_loadu_ps(rows + 4 * stride), 1);
    v = _mm512_insertf32x4(v, _mm_loadu_ps(rows + 8 * stride), 2);
    return _mm512_insertf32x4(v, _mm_loadu_ps(rows + 12 * stride), 3);
}

static inline best nothing_yet(void)
{
    return (best){_mm512_set1_ps(-__builtin_inff()), _mm512_set1_epi32(TGR_UNDECIDED),
                  _mm512_setzero_ps()};
}

/* Model `number`, whose scores are `column`, against the best so far. */
static inline void weigh(best *found, __m512 column, int number, int reference)
{
    if (number == reference) {
        found->reference = column;
        return;
    }
    __mmask16 better = _mm512_cmp_ps_mask(column, found->score, _CMP_GT_OQ);
    found->score = _mm512_max_ps(column, found->score);
    found->model = _mm512_mask_mov_epi32(found->model, better, _mm512_set1_epi32(number));
}

static inline best best_of(const float *rows, size_t stride, size_t models, int reference)
{
    best found = nothing_yet();
    for (size_t first = 0; first < models; first += 4) {
        __m512 column[4];
        const float *p = rows + first;
        columns_of(quads(p, stride), quads(p + stride, stride), quads(p + 2 * stride, stride),
                   quads(p + 3 * stride, stride), column);
#pragma GCC unroll 4
        for (size_t i = 0; i < 4; i++) {
            if (first + i < models) {
                weigh(&found, column[i], (int)(first + i), reference);
            }
        }
    }
    return found;
}

/* The same of sixteen sums in registers. */
static inline best best_of_4(const row4 sum[16][1], size_t models, int reference)
{
    __m512 quad[4], column[4];
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        quad[i] = _mm512_insertf32x4(_mm512_castps128_ps512(sum[i][0]), sum[i + 4][0], 1);
        quad[i] = _mm512_insertf32x4(quad[i], sum[i + 8][0], 2);
        quad[i] = _mm512_insertf32x4(quad[i], sum[i + 12][0], 3);
    }
    columns_of(quad[0], quad[1], quad[2], quad[3], column);
    best found = nothing_yet();
#pragma GCC unroll 4
    for (size_t i = 0; i < 4; i++) {
        if (i < models) {
            weigh(&found, column[i], (int)i, reference);
        }
    }
    return found;
}

static inline best best_of_8(const row8 sum[16][1], size_t models, int reference)
{
    /* Rows 0 to 7 and rows 8 to 15, columns i and i + 4 by turns: then lanes change places. */
    __m512 pair[8], half[2][4];
#pragma GCC unroll 8
    for (int i = 0; i < 8; i++) {
        int row = i < 4 ? i : i + 4;
        pair[i] = _mm512_insertf32x8(_mm512_castps256_ps512(sum[row][0]), sum[row + 4][0], 1);
    }
    columns_of(pair[0], pair[1], pair[2], pair[3], half[0]);
    columns_of(pair[4], pair[5], pair[6], pair[7], half[1]);
    best found = nothing_yet();
#pragma GCC unroll 8
    for (size_t i = 0; i < 8; i++) {
        if (i < models) {
            __m512 a = half[0][i % 4], b = half[1][i % 4];
            weigh(&found,
                  i < 4 ? _mm512_shuffle_f32x4(a, b, 0x88) : _mm512_shuffle_f32x4(a, b, 0xdd),
                  (int)i, reference);
        }
    }
    return found;
}

static inline void best_store(int16_t *model, best found, int reference, float threshold)
{
    if (reference >= 0) {
        __mmask16 moves = _mm512_cmp_ps_mask(_mm512_sub_ps(found.score, found.reference),
                                             _mm512_set1_ps(threshold), _CMP_GE_OQ);
        found.model = _mm512_mask_mov_epi32(_mm512_set1_epi32(reference), moves, found.model);
    }
    _mm256_storeu_si256((void *)model, _mm512_cvtepi32_epi16(found.model));
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
