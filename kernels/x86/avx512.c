/* avx512.c - the algorithm for AVX-512 (F, BW, DQ, VL, with VBMI2's compress). */
#if defined(__x86_64__)

#include "kernels/body/job.h"

#define TGR_VARIANT(name) avx512_##name

#include "kernels/x86/avx512_vectors.h"
#include "kernels/x86/variants.h"

/* Rows below this length are ordered by order_short_rows. */
#define TGR_SHORT_ROW 16

/* Rows by length, where all are short: the numbers of each length's rows, compressed from vectors
 * of thirty-two. Lengths advance side by side, so that none waits for the one before, as every row
 * of a counting sort waits for its counter. */
static void order_short_rows(tgr_job *job, unsigned longest)
{
    __mmask32 here[TGR_BLOCK_ROWS / 32][TGR_SHORT_ROW];
    size_t rows = job->block_rows, vectors = (rows + 31) / 32;
    for (size_t i = 0; i < vectors; i++) {
        const uint32_t *length = job->length + 32 * i;
        __m128i low = _mm512_cvtepi32_epi8(_mm512_loadu_si512(length));
        __m128i high = _mm512_cvtepi32_epi8(_mm512_loadu_si512(length + 16));
        __m256i lengths = _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
        __mmask32 valid = rows - 32 * i < 32 ? (1u << (rows - 32 * i)) - 1 : UINT32_MAX;
        for (unsigned wanted = 0; wanted <= longest; wanted++) {
            here[i][wanted] =
                _mm256_mask_cmpeq_epi8_mask(valid, lengths, _mm256_set1_epi8((char)wanted));
        }
    }
    /* Each store is a whole vector: what it leaves behind its rows the next one overwrites. */
    const __m512i first =
        _mm512_set_epi16(31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13,
                         12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    uint16_t *next = job->order;
    for (unsigned wanted = 0; wanted <= longest; wanted++) {
        __m512i numbers = first;
        for (size_t i = 0; i < vectors; i++) {
            __mmask32 found = here[i][wanted];
            _mm512_storeu_si512(next, _mm512_maskz_compress_epi16(found, numbers));
            next += _mm_popcnt_u32(found);
            numbers = _mm512_add_epi16(numbers, _mm512_set1_epi16(32));
        }
    }
}

#include "kernels/body/route.h"

#include "kernels/body/count.h"
#include "kernels/body/decide_rows.h"

const tgr_kernels tgr_kernels_avx512 = {.isa = "avx512",
                                        .route = avx512_route,
                                        .score = avx512_score,
                                        .decide = avx512_decide,
                                        .count = avx512_count};

#endif
