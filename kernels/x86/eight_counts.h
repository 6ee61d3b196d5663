/* eight_counts.h - for short rows (short.h): eight counts as floats, one of which is spread over a
 * row of W. Included after the rows of W are defined. */
typedef __m256 eight_counts;

TGR_INLINE eight_counts counts_none(void)
{
    return _mm256_setzero_ps();
}

TGR_INLINE eight_counts counts_load(const uint8_t *p)
{
    __m128i bytes = _mm_loadl_epi64((const __m128i *)(const void *)p);
    return _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(bytes));
}

TGR_INLINE row4 row4_spread(eight_counts x, int which, const float *w, row4 sum)
{
    __m256 spread = _mm256_permutevar8x32_ps(x, _mm256_set1_epi32(which));
    return _mm_fmadd_ps(_mm256_castps256_ps128(spread), _mm_load_ps(w), sum);
}

TGR_INLINE row8 row8_spread(eight_counts x, int which, const float *w, row8 sum)
{
    __m256 spread = _mm256_permutevar8x32_ps(x, _mm256_set1_epi32(which));
    return _mm256_fmadd_ps(spread, _mm256_load_ps(w), sum);
}
