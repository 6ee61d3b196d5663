/* avx512.c - the algorithm for AVX-512 (F, BW, DQ, VL, with VBMI2's compress). */
#if defined(__x86_64__)

#include "kernels/body/job.h"

#define TGR_VARIANT(name) avx512_##name

#include "kernels/x86/avx512_vectors.h"
#include "kernels/x86/variants.h"

#define TGR_SHORT_GROUP  8
#define TGR_SHORT_WIDEST 16
#define TGR_ORDERS_SHORT_ROWS

/* The block's masks as bytes. */
static void narrow_masks(const tgr_job *job, uint8_t *narrow)
{
    const uint64_t *masks = job->decider->eligible + job->block_begin;
    for (size_t i = 0; i < job->block_rows; i += 8) {
        size_t left = job->block_rows - i;
        __mmask8 there = left < 8 ? (__mmask8)((1u << left) - 1) : 0xff;
        __m512i wide = _mm512_maskz_loadu_epi64(there, masks + i);
        _mm_storel_epi64((__m128i *)(void *)(narrow + i), _mm512_cvtepi64_epi8(wide));
    }
}

/* Thirty-two bytes, or all where `count` says so. What a store leaves behind its `count` the next
 * one overwrites. */
TGR_INLINE void store_masks(uint8_t *to, __m512i masks, size_t count)
{
    __m256i *half = (__m256i *)(void *)to;
    _mm256_storeu_si256(half, _mm512_castsi512_si256(masks));
    if (count > 32) {
        _mm256_storeu_si256(half + 1, _mm512_extracti64x4_epi64(masks, 1));
    }
}

/* The same for numbers, first + bytes[i]: sixteen, mostly. */
TGR_INLINE void store_numbers(uint16_t *to, __m512i bytes, size_t count, __m512i first)
{
    __m512i low = _mm512_add_epi16(_mm512_cvtepu8_epi16(_mm512_castsi512_si256(bytes)), first);
    _mm256_storeu_si256((__m256i *)(void *)to, _mm512_castsi512_si256(low));
    if (count > 16) {
        _mm256_storeu_si256((__m256i *)(void *)(to + 16), _mm512_extracti64x4_epi64(low, 1));
    }
    if (count > 32) {
        __m512i high = _mm512_cvtepu8_epi16(_mm512_extracti64x4_epi64(bytes, 1));
        _mm512_storeu_si512(to + 32, _mm512_add_epi16(high, first));
    }
}

/* Rows by length, where all are short: the numbers of each length's rows, compressed from vectors
 * of sixty-four, so that none waits for a counter, as every row of a counting sort does. `runs`,
 * and masks, where these are wanted beside the rows: see tgr_job. */
TGR_INLINE void order_short(tgr_job *job, uint32_t longest, bool runs, bool masked)
{
    uint8_t length[TGR_SHORT_ROWS + 64] __attribute__((aligned(64)));
    uint8_t masks[TGR_SHORT_ROWS + 64] __attribute__((aligned(64)));
    size_t rows = job->block_rows;
    for (size_t i = 0; i < rows; i += 16) {
        __m512i wide = _mm512_loadu_si512(job->length + i);
        _mm_store_si128((__m128i *)(void *)(length + i), _mm512_cvtepi32_epi8(wide));
    }
    memset(length + rows, UINT8_MAX, 64);
    if (masked) {
        narrow_masks(job, masks);
    }
    const __m512i numbers = _mm512_set_epi8(
        63, 62, 61, 60, 59, 58, 57, 56, 55, 54, 53, 52, 51, 50, 49, 48, 47, 46, 45, 44, 43, 42, 41,
        40, 39, 38, 37, 36, 35, 34, 33, 32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18,
        17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    size_t place = 0;
    for (uint32_t wanted = 0; wanted <= longest; wanted++) {
        job->run[wanted] = (uint32_t)place;
        __m512i first = _mm512_setzero_si512();
        for (size_t i = 0; i < rows; i += 64) {
            __mmask64 found = _mm512_cmpeq_epi8_mask(_mm512_load_si512(length + i),
                                                     _mm512_set1_epi8((char)wanted));
            size_t count = (size_t)_mm_popcnt_u64(found);
            store_numbers(job->order + place, _mm512_maskz_compress_epi8(found, numbers), count,
                          first);
            if (masked) {
                __m512i here = _mm512_load_si512(masks + i);
                store_masks(job->served_room + place, _mm512_maskz_compress_epi8(found, here),
                            count);
            }
            place += count;
            first = _mm512_add_epi16(first, _mm512_set1_epi16(64));
        }
        place = runs ? tgr_pad_run(job, place, masked) : place;
    }
    for (uint32_t beyond = longest + 1; beyond <= TGR_SHORT_ROW; beyond++) {
        job->run[beyond] = (uint32_t)place;
    }
}

static void order_short_rows(tgr_job *job, uint32_t longest, bool runs)
{
    if (job->served != NULL) {
        order_short(job, longest, runs, true);
    } else if (runs) {
        order_short(job, longest, true, false);
    } else {
        order_short(job, longest, false, false);
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
                                        .take_answers = avx512_take_answers,
                                        .sum_answers = avx512_sum_answers,
                                        .best_answers = avx512_best_answers,
                                        .rank_answers = avx512_rank_answers,
                                        .change_answers = avx512_change_answers,
                                        .margins = avx512_margins};

#endif
