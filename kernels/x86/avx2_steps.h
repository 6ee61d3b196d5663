/* avx2_steps.h - a bound's place among sorted thresholds, and choices at many. See
 * kernels/body/vectors.md. */

/* Row `row` of the keys, each lane's own column of it. */
TGR_INLINE __m256 v_key(const float *keys, int row, __m256i column)
{
    return _mm256_permutevar8x32_ps(_mm256_load_ps(keys + 8 * row), column);
}

/* One step of v_rank: where the key probed lies below, on by `step`. */
#define RANK_STEP(KEY, STEP)                                                                       \
    {                                                                                              \
        __m256 key = KEY;                                                                          \
        below_now = _mm256_cmp_ps(key, x, _CMP_NGE_UQ);                                            \
        at = _mm256_add_epi32(                                                                     \
            at, _mm256_and_si256(_mm256_castps_si256(below_now), _mm256_set1_epi32(STEP)));        \
        *below = _mm256_blendv_ps(*below, key, below_now);                                         \
    }

TGR_INLINE v_int v_rank(const float *keys, v_float x, v_float *below)
{
    __m256i at = _mm256_setzero_si256(); /* column */
    __m256 below_now;
    RANK_STEP(_mm256_set1_ps(keys[56 + 3]), 4)
    RANK_STEP(v_key(keys, 7, _mm256_add_epi32(at, _mm256_set1_epi32(1))), 2)
    RANK_STEP(v_key(keys, 7, at), 1)
    __m256i column = at;
    at = _mm256_slli_epi32(at, 3);
    RANK_STEP(v_key(keys, 3, column), 4)
    __m256 half = below_now; /* rows 4 to 7, not 0 to 3 */
    RANK_STEP(_mm256_blendv_ps(v_key(keys, 1, column), v_key(keys, 5, column), half), 2)
    __m256 low = _mm256_blendv_ps(v_key(keys, 0, column), v_key(keys, 2, column), below_now);
    __m256 high = _mm256_blendv_ps(v_key(keys, 4, column), v_key(keys, 6, column), below_now);
    RANK_STEP(_mm256_blendv_ps(low, high, half), 1)
    RANK_STEP(_mm256_set1_ps(keys[63]), 1)
    return at;
}

#undef RANK_STEP

#define S_LANES 16
typedef __m256i s_int;

TGR_INLINE s_int s_load(const int16_t *p)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)p);
}

TGR_INLINE void s_store(int16_t *p, s_int v)
{
    _mm256_storeu_si256((__m256i *)(void *)p, v);
}

TGR_INLINE void s_stream(int16_t *p, s_int v)
{
    _mm256_stream_si256((__m256i *)(void *)p, v);
}

TGR_INLINE void s_streamed(void)
{
    _mm_sfence();
}

TGR_INLINE s_int s_pairs(const int32_t *p)
{
    return _mm256_set1_epi32(*p);
}

TGR_INLINE s_int s_above(s_int a, s_int b, s_int yes, s_int no)
{
    return _mm256_blendv_epi8(no, yes, _mm256_cmpgt_epi16(a, b));
}
