/* avx512.c - the algorithm for AVX-512 (F, BW, DQ, VL, with VBMI2's compress). */
#if defined(__x86_64__)

#include "kernels/body/job.h"

#define TGR_VARIANT(name) avx512_##name

#include "kernels/x86/avx512_vectors.h"
#include "kernels/x86/variants.h"

#define TGR_SHORT_GROUP  8
#define TGR_SHORT_WIDEST 16
#define TGR_ORDERS_SHORT_ROWS

/* Rows by length, where all are short: the numbers of each length's rows, compressed from vectors
 * of thirty-two, so that none waits for a counter, as every row of a counting sort does. Each store
 * is a whole vector: what it leaves behind its rows the next one overwrites. `runs`: see tgr_job.
 */
TGR_INLINE void order_short_rows(tgr_job *job, uint32_t longest, bool runs)
{
    uint8_t length[TGR_SHORT_ROWS + 64] __attribute__((aligned(64)));
    size_t rows = job->block_rows;
    for (size_t i = 0; i < rows; i += 16) {
        __m512i wide = _mm512_loadu_si512(job->length + i);
        _mm_store_si128((__m128i *)(void *)(length + i), _mm512_cvtepi32_epi8(wide));
    }
    memset(length + rows, UINT8_MAX, 64);
    const __m512i first =
        _mm512_set_epi16(31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13,
                         12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    const __m512i step = _mm512_set1_epi16(32);
    uint16_t *next = job->order;
    for (uint32_t wanted = 0; wanted <= longest; wanted++) {
        __m512i numbers = first;
        job->run[wanted] = (uint32_t)(next - job->order);
        for (size_t i = 0; i < rows; i += 64) {
            __mmask64 found = _mm512_cmpeq_epi8_mask(_mm512_load_si512(length + i),
                                                     _mm512_set1_epi8((char)wanted));
            for (int half = 0; half < 2; half++, found >>= 32) {
                _mm512_storeu_si512(next, _mm512_maskz_compress_epi16((__mmask32)found, numbers));
                next += _mm_popcnt_u32((uint32_t)found);
                numbers = _mm512_add_epi16(numbers, step);
            }
        }
        if (runs) {
            next = tgr_pad_run(job->order, next);
        }
    }
    for (uint32_t beyond = longest + 1; beyond <= TGR_SHORT_ROW; beyond++) {
        job->run[beyond] = (uint32_t)(next - job->order);
    }
}

#include "kernels/body/route.h"

#include "kernels/body/answers.h"
#include "kernels/body/count.h"
#include "kernels/body/decide_rows.h"
#include "kernels/body/margins.h"

const tgr_kernels tgr_kernels_avx512 = {.isa = "avx512",
                                        .route = avx512_route,
                                        .score = avx512_score,
                                        .decide = avx512_decide,
                                        .count = avx512_count,
                                        .sum_answers = avx512_sum_answers,
                                        .best_answers = avx512_best_answers,
                                        .rank_answers = avx512_rank_answers,
                                        .margins = avx512_margins};

#endif
