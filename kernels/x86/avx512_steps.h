/* avx512_steps.h - a bound's place among sorted thresholds, and choices at many. See
 * kernels/body/vectors.md. */

/* One step of v_rank: where the key probed lies below, on by `step`. */
#define RANK_STEP(KEY, STEP)                                                                       \
    {                                                                                              \
        __m512 key = KEY;                                                                          \
        __mmask16 is_below = _mm512_cmp_ps_mask(key, x, _CMP_NGE_UQ);                              \
        at = _mm512_mask_add_epi32(at, is_below, at, _mm512_set1_epi32(STEP));                     \
        *below = _mm512_mask_mov_ps(*below, is_below, key);                                        \
    }

TGR_INLINE v_int v_rank(const float *keys, v_float x, v_float *below)
{
    const __m512 last = _mm512_load_ps(keys + 48);
    __m512i at = _mm512_setzero_si512(); /* column */
    RANK_STEP(_mm512_set1_ps(keys[48 + 7]), 8)
    RANK_STEP(_mm512_permutexvar_ps(_mm512_add_epi32(at, _mm512_set1_epi32(3)), last), 4)
    RANK_STEP(_mm512_permutexvar_ps(_mm512_add_epi32(at, _mm512_set1_epi32(1)), last), 2)
    RANK_STEP(_mm512_permutexvar_ps(at, last), 1)
    __m512i column = at;
    at = _mm512_slli_epi32(at, 2);
    RANK_STEP(_mm512_permutexvar_ps(column, _mm512_load_ps(keys + 16)), 2)
    /* Row 0, or row 2 where the step before was taken: bit 1 of the place becomes bit 4. */
    __m512i which = _mm512_mask_or_epi32(column, _mm512_test_epi32_mask(at, _mm512_set1_epi32(2)),
                                         column, _mm512_set1_epi32(16));
    RANK_STEP(_mm512_permutex2var_ps(_mm512_load_ps(keys), which, _mm512_load_ps(keys + 32)), 1)
    RANK_STEP(_mm512_set1_ps(keys[63]), 1)
    return at;
}

#undef RANK_STEP

#define S_LANES 32
typedef __m512i s_int;

TGR_INLINE s_int s_load(const int16_t *p)
{
    return _mm512_loadu_si512(p);
}

TGR_INLINE void s_store(int16_t *p, s_int v)
{
    _mm512_storeu_si512(p, v);
}

TGR_INLINE void s_stream(int16_t *p, s_int v)
{
    _mm512_stream_si512((void *)p, v);
}

TGR_INLINE void s_streamed(void)
{
    _mm_sfence();
}

TGR_INLINE s_int s_pairs(const int32_t *p)
{
    return _mm512_set1_epi32(*p);
}

TGR_INLINE s_int s_above(s_int a, s_int b, s_int yes, s_int no)
{
    return _mm512_mask_mov_epi16(no, _mm512_cmpgt_epi16_mask(a, b), yes);
}
