/* avx512.c - the algorithm for AVX-512 (F, BW, DQ, VL, with VBMI2's compress). */
#if defined(__x86_64__)

#include "kernels/body/job.h"

#define TGR_VARIANT(name) avx512_##name

#include "kernels/x86/avx512_vectors.h"
#include "kernels/x86/variants.h"

#define TGR_ORDER_SHORT_ROWS
#define TGR_SHORT_ROW 16

/* Rows by length, where all are short: for each length the numbers of its rows, compressed from
 * vectors of thirty-two. No counter depends on the row before, as it would in a counting sort. */
static void order_short_rows(tgr_job *job)
{
    __m256i lengths[TGR_BLOCK_ROWS / 32];
    size_t rows = job->block_rows, vectors = (rows + 31) / 32;
    for (size_t i = 0; i < vectors; i++) {
        const uint32_t *length = job->length + 32 * i;
        __m128i low = _mm512_cvtepi32_epi8(_mm512_loadu_si512(length));
        __m128i high = _mm512_cvtepi32_epi8(_mm512_loadu_si512(length + 16));
        lengths[i] = _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
    }
    if (rows % 32 != 0) { /* lengths behind the last row are none */
        lengths[vectors - 1] = _mm256_mask_mov_epi8(
            _mm256_set1_epi8(-1), (__mmask32)((1u << rows % 32) - 1), lengths[vectors - 1]);
    }
    const __m512i step = _mm512_set1_epi16(32);
    const __m512i first =
        _mm512_set_epi16(31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13,
                         12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    uint16_t *next = job->order;
    for (int wanted = 0; wanted < TGR_SHORT_ROW && next < job->order + rows; wanted++) {
        __m256i length = _mm256_set1_epi8((char)wanted);
        __m512i numbers = first;
        for (size_t i = 0; i < vectors; i++) {
            __mmask32 here = _mm256_cmpeq_epi8_mask(lengths[i], length);
            _mm512_storeu_si512(next, _mm512_maskz_compress_epi16(here, numbers));
            next += _mm_popcnt_u32(here);
            numbers = _mm512_add_epi16(numbers, step);
        }
    }
}

#include "kernels/body/route.h"

const tgr_kernels tgr_kernels_avx512 = {"avx512", avx512_route};

#endif
