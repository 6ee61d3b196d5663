/* limits_avx2.c - touch and ceiling in 256-bit registers. */
#if defined(__x86_64__)

#include "bench/limits.h"

#include <immintrin.h>

#define L_LANES   8
#define L_ROWS_4  8
#define L_ROWS_8  8
#define L_ROWS_16 4
#define L_ROWS_32 2
#define L_ROWS_64 1

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

typedef struct row16 {
    __m256 low, high;
} row16;

static inline row16 row16_zero(void)
{
    return (row16){_mm256_setzero_ps(), _mm256_setzero_ps()};
}

static inline row16 row16_load(const float *p)
{
    return (row16){_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)};
}

static inline void row16_store(float *p, row16 v)
{
    _mm256_storeu_ps(p, v.low);
    _mm256_storeu_ps(p + 8, v.high);
}

static inline row16 row16_fma(const float *x, const float *w, row16 sum)
{
    __m256 value = _mm256_set1_ps(*x);
    return (row16){_mm256_fmadd_ps(value, _mm256_loadu_ps(w), sum.low),
                   _mm256_fmadd_ps(value, _mm256_loadu_ps(w + 8), sum.high)};
}

static inline row16 row16_xor(row16 a, row16 b)
{
    return (row16){row8_xor(a.low, b.low), row8_xor(a.high, b.high)};
}

static inline uint32_t row16_fold(row16 v)
{
    return row8_fold(v.low) ^ row8_fold(v.high);
}

/* The best model so far of eight rows. */
typedef struct best {
    __m256 score;
    __m256i model;
} best;

/* Four floats of rows r and r + 4 beside each other. */
static inline __m256 quads(const float *rows, size_t stride)
{
    return _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(rows)),
                                _mm_loadu_ps(rows + 4 * stride), 1);
}

/* Four columns of eight rows, from `rows` on. */
static inline void columns_of(const float *rows, size_t stride, __m256 column[4])
{
    __m256 a = quads(rows, stride), b = quads(rows + stride, stride);
    __m256 c = quads(rows + 2 * stride, stride), d = quads(rows + 3 * stride, stride);
    __m256 ab_low = _mm256_unpacklo_ps(a, b), ab_high = _mm256_unpackhi_ps(a, b);
    __m256 cd_low = _mm256_unpacklo_ps(c, d), cd_high = _mm256_unpackhi_ps(c, d);
    column[0] = _mm256_shuffle_ps(ab_low, cd_low, 0x44);
    column[1] = _mm256_shuffle_ps(ab_low, cd_low, 0xee);
    column[2] = _mm256_shuffle_ps(ab_high, cd_high, 0x44);
    column[3] = _mm256_shuffle_ps(ab_high, cd_high, 0xee);
}

static inline __m256i pick(__m256 mask, __m256i yes, __m256i no)
{
    return _mm256_blendv_epi8(no, yes, _mm256_castps_si256(mask));
}

static inline best best_of(const float *rows, size_t stride, size_t models, int except)
{
    best found = {_mm256_set1_ps(-__builtin_inff()), _mm256_set1_epi32(TGR_UNDECIDED)};
    for (size_t first = 0; first < models; first += 4) {
        __m256 column[4];
        columns_of(rows + first, stride, column);
#pragma GCC unroll 4
        for (size_t i = 0; i < 4; i++) {
            if (first + i < models && (int)(first + i) != except) {
                __m256 better = _mm256_cmp_ps(column[i], found.score, _CMP_GT_OQ);
                found.score = _mm256_max_ps(column[i], found.score);
                found.model = pick(better, _mm256_set1_epi32((int)(first + i)), found.model);
            }
        }
    }
    return found;
}

static inline void best_store(int16_t *model, best found)
{
    __m256i packed = _mm256_packs_epi32(found.model, found.model);
    packed = _mm256_permute4x64_epi64(packed, 0x08);
    _mm_storeu_si128((void *)model, _mm256_castsi256_si128(packed));
}

static inline void best_store_margin(int16_t *model, best other, const float *reference_scores,
                                     size_t stride, int reference, float threshold)
{
    const float *p = reference_scores;
    __m256 scores = _mm256_setr_ps(p[0], p[stride], p[2 * stride], p[3 * stride], p[4 * stride],
                                   p[5 * stride], p[6 * stride], p[7 * stride]);
    __m256 moves =
        _mm256_cmp_ps(_mm256_sub_ps(other.score, scores), _mm256_set1_ps(threshold), _CMP_GE_OQ);
    other.model = pick(moves, other.model, _mm256_set1_epi32(reference));
    best_store(model, other);
}

#include "bench/limits_body.h"

static uint64_t read_words(const uint64_t *words, size_t count)
{
    __m256i seen[4] = {_mm256_setzero_si256(), _mm256_setzero_si256(), _mm256_setzero_si256(),
                       _mm256_setzero_si256()};
    for (size_t i = 0; i + 16 <= count; i += 16) {
#pragma GCC unroll 4
        for (int j = 0; j < 4; j++) {
            seen[j] =
                _mm256_xor_si256(seen[j], _mm256_loadu_si256((const void *)(words + i + 4 * j)));
        }
    }
    uint64_t parts[4];
    _mm256_storeu_si256((void *)parts, _mm256_xor_si256(_mm256_xor_si256(seen[0], seen[1]),
                                                        _mm256_xor_si256(seen[2], seen[3])));
    return parts[0] ^ parts[1] ^ parts[2] ^ parts[3];
}

const tgr_limits tgr_limits_avx2 = {"avx2", touch, ceiling, read_words};

#endif
