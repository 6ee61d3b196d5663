/* steps.c - a hash table behind a filter. */
#include "engine/tagger/steps.h"

#include "engine/base/memory.h"
#include "engine/base/wide.h"

#ifdef TGR_BY_HAND_512
#include <immintrin.h>
#endif

#define BITS_EACH 16 /* of a step, in the filter */

static inline uint64_t hash_of(uint32_t from, uint32_t word)
{
    uint64_t product = ((uint64_t)from << 32 | word) * 0x9e3779b97f4a7c15u;
    return product ^ product >> 32;
}

/* A power of two that is not below a number. */
static size_t power_from(size_t least)
{
    size_t power = 64;
    while (power < least) {
        power *= 2;
    }
    return power;
}

bool tgr_steps_open(tgr_steps *steps, size_t most)
{
    size_t room = power_from(2 * most), bits = power_from(BITS_EACH * most);
    steps->steps = tgr_mem_zalloc(room, sizeof *steps->steps);
    steps->mask = room - 1;
    steps->bits = tgr_mem_zalloc(bits / 64, sizeof *steps->bits);
    steps->bit_mask = bits - 1;
    return steps->steps != NULL && steps->bits != NULL;
}

void tgr_steps_close(tgr_steps *steps)
{
    tgr_mem_free(steps->steps);
    tgr_mem_free(steps->bits);
    *steps = (tgr_steps){0};
}

/* The step, or the empty one where it belongs. */
static inline size_t find(const tgr_steps *steps, uint32_t from, uint32_t word)
{
    size_t at = hash_of(from, word) & steps->mask;
    while (steps->steps[at].to.number != 0 &&
           (steps->steps[at].from != from || steps->steps[at].word != word)) {
        at = (at + 1) & steps->mask;
    }
    return at;
}

static inline size_t bit_of(const tgr_steps *steps, uint32_t from, uint32_t word)
{
    return (size_t)(hash_of(from, word) >> 20) & steps->bit_mask;
}

tgr_place *tgr_steps_add(tgr_steps *steps, uint32_t from, uint32_t word, uint32_t next)
{
    tgr_step *step = &steps->steps[find(steps, from, word)];
    if (step->to.number == 0) {
        size_t bit = bit_of(steps, from, word);
        *step = (tgr_step){from, word, {next, TGR_PHRASE_NONE}};
        steps->bits[bit / 64] |= (uint64_t)1 << bit % 64;
    }
    return &step->to;
}

/* Words that some phrase goes on with, behind places that some phrase goes on from; how many. Few
 * are. */
static size_t choose(const tgr_place *from, const tgr_place *words, size_t count, uint32_t *chosen)
{
    size_t some = 0;
    for (size_t i = 0; i < count; i++) {
        chosen[some] = (uint32_t)i;
        some += from[(ptrdiff_t)i - 1].number >> 31 & words[i].number >> 30 & 1;
    }
    return some;
}

#ifdef TGR_BY_HAND_512
TGR_BY_HAND_512 static size_t choose_512(const tgr_place *from, const tgr_place *words,
                                         size_t count, uint32_t *chosen)
{
    const __m512i leads = _mm512_set1_epi64(TGR_PLACE_LEADS);
    const __m512i continues = _mm512_set1_epi64(TGR_PLACE_CONTINUES);
    __m256i numbers = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    size_t some = 0;
    for (size_t i = 0; i < count;
         i += 8, numbers = _mm256_add_epi32(numbers, _mm256_set1_epi32(8))) {
        __mmask8 there = count - i < 8 ? (__mmask8)((1u << (count - i)) - 1) : (__mmask8)0xff;
        __m512i before = _mm512_maskz_loadu_epi64(there, from + i - 1);
        __m512i word = _mm512_maskz_loadu_epi64(there, words + i);
        __mmask8 may =
            _mm512_test_epi64_mask(before, leads) & _mm512_test_epi64_mask(word, continues);
        _mm256_storeu_si256((__m256i *)(void *)(chosen + some),
                            _mm256_maskz_compress_epi32(may, numbers));
        some += (size_t)__builtin_popcount(may);
    }
    return some;
}
#endif

/* Of these, those that may lead somewhere. */
static size_t filter(const tgr_steps *steps, const tgr_place *from, const tgr_place *words,
                     uint32_t *chosen, size_t some)
{
    size_t left = 0;
    for (size_t i = 0; i < some; i++) {
        size_t at = chosen[i];
        uint32_t before = from[(ptrdiff_t)at - 1].number, word = words[at].number;
        size_t bit = bit_of(steps, before & TGR_PLACE_NUMBER, word & TGR_PLACE_NUMBER);
        chosen[left] = (uint32_t)at;
        left += steps->bits[bit / 64] >> bit % 64 & 1;
    }
    return left;
}

void tgr_steps_follow(const tgr_steps *steps, const tgr_place *from, const tgr_place *words,
                      size_t count, tgr_place *to)
{
    uint32_t chosen[TGR_TOKENS + 8];
    size_t some;
    for (size_t i = 0; i < count; i++) {
        to[i] = (tgr_place){TGR_PLACE_NOWHERE, TGR_PHRASE_NONE};
    }
#ifdef TGR_BY_HAND_512
    some = tgr_wide_level() == TGR_WIDE_AVX512 ? choose_512(from, words, count, chosen)
                                               : choose(from, words, count, chosen);
#else
    some = choose(from, words, count, chosen);
#endif
    some = filter(steps, from, words, chosen, some);
    for (size_t i = 0; i < some; i++) { /* all are on their way before the first is looked at */
        uint32_t before = from[(ptrdiff_t)chosen[i] - 1].number & TGR_PLACE_NUMBER;
        uint32_t word = words[chosen[i]].number & TGR_PLACE_NUMBER;
        __builtin_prefetch(&steps->steps[hash_of(before, word) & steps->mask]);
    }
    for (size_t i = 0; i < some; i++) {
        size_t at = chosen[i];
        uint32_t before = from[(ptrdiff_t)at - 1].number & TGR_PLACE_NUMBER;
        uint32_t word = words[at].number & TGR_PLACE_NUMBER;
        const tgr_place *found = &steps->steps[find(steps, before, word)].to;
        to[at] = found->number != 0 ? *found : to[at];
    }
}
