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

/* Computes a sum here and now: compilers otherwise load everything first, and run out of registers.
 */
#define keep(v)      __asm__ volatile("" : "+x"(v))
#define row4_keep(v) keep(v)
#define row8_keep(v) keep(v)
#define row16_keep(v)                                                                              \
    do {                                                                                           \
        keep((v).low);                                                                             \
        keep((v).high);                                                                            \
    } while (0)

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

/* The best model so far of eight rows, and what the reference scores. */
typedef struct best {
    __m256 score;
    __m256i model;
    __m256 reference;
} best;

/* Four floats of rows r and r + 4 beside each other. */
static inline __m256 quads(const float *rows, size_t stride)
{
    return _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(rows)),
                                _mm_loadu_ps(rows + 4 * stride), 1);
}

/* Four columns of eight rows; a holds those of rows r and r + 4, b of the rows that follow these.
 */
static inline void columns_of(__m256 a, __m256 b, __m256 c, __m256 d, __m256 column[4])
{
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

static inline best nothing_yet(void)
{
    return (best){_mm256_set1_ps(-__builtin_inff()), _mm256_set1_epi32(TGR_UNDECIDED),
                  _mm256_setzero_ps()};
}

/* Model `number`, whose scores are `column`, against the best so far. */
static inline void weigh(best *found, __m256 column, int number, int reference)
{
    if (number == reference) {
        found->reference = column;
        return;
    }
    __m256 better = _mm256_cmp_ps(column, found->score, _CMP_GT_OQ);
    found->score = _mm256_max_ps(column, found->score);
    found->model = pick(better, _mm256_set1_epi32(number), found->model);
}

static inline best best_of(const float *rows, size_t stride, size_t models, int reference)
{
    best found = nothing_yet();
    for (size_t first = 0; first < models; first += 4) {
        __m256 column[4];
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

/* The same of eight sums in registers. */
static inline best best_of_4(const row4 sum[8][1], size_t models, int reference)
{
    __m256 pair[4], column[4];
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        pair[i] = _mm256_insertf128_ps(_mm256_castps128_ps256(sum[i][0]), sum[i + 4][0], 1);
    }
    columns_of(pair[0], pair[1], pair[2], pair[3], column);
    best found = nothing_yet();
#pragma GCC unroll 4
    for (size_t i = 0; i < 4; i++) {
        if (i < models) {
            weigh(&found, column[i], (int)i, reference);
        }
    }
    return found;
}

static inline best best_of_8(const row8 sum[8][1], size_t models, int reference)
{
    __m256 half[2][4]; /* rows 0 to 3 and rows 4 to 7: columns i and i + 4 */
    columns_of(sum[0][0], sum[1][0], sum[2][0], sum[3][0], half[0]);
    columns_of(sum[4][0], sum[5][0], sum[6][0], sum[7][0], half[1]);
    best found = nothing_yet();
#pragma GCC unroll 8
    for (size_t i = 0; i < 8; i++) {
        if (i < models) {
            __m256 a = half[0][i % 4], b = half[1][i % 4];
            weigh(&found,
                  i < 4 ? _mm256_permute2f128_ps(a, b, 0x20) : _mm256_permute2f128_ps(a, b, 0x31),
                  (int)i, reference);
        }
    }
    return found;
}

static inline void best_store(int16_t *model, best found, int reference, float threshold)
{
    if (reference >= 0) {
        __m256 moves = _mm256_cmp_ps(_mm256_sub_ps(found.score, found.reference),
                                     _mm256_set1_ps(threshold), _CMP_GE_OQ);
        found.model = pick(moves, found.model, _mm256_set1_epi32(reference));
    }
    __m256i packed = _mm256_packs_epi32(found.model, found.model);
    packed = _mm256_permute4x64_epi64(packed, 0x08);
    _mm_storeu_si128((void *)model, _mm256_castsi256_si128(packed));
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
