/* steps.c - a hash table behind a filter. */
#include "engine/tagger/steps.h"

#include "engine/base/memory.h"

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

/* Which words may lead on; how many. */
static size_t choose(const tgr_steps *steps, const tgr_place *from, const tgr_place *words,
                     size_t count, uint16_t *chosen)
{
    size_t some = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t before = from[(ptrdiff_t)i - 1].number, word = words[i].number;
        size_t bit = bit_of(steps, before & TGR_PLACE_NUMBER, word & TGR_PLACE_NUMBER);
        uint64_t known = steps->bits[bit / 64] >> bit % 64;
        chosen[some] = (uint16_t)i;
        some += before >> 31 & word >> 30 & known & 1;
    }
    return some;
}

void tgr_steps_follow(const tgr_steps *steps, const tgr_place *from, const tgr_place *words,
                      size_t count, tgr_place *to)
{
    uint16_t chosen[TGR_TOKENS];
    for (size_t i = 0; i < count; i++) {
        to[i] = (tgr_place){TGR_PLACE_NOWHERE, TGR_PHRASE_NONE};
    }
    size_t some = choose(steps, from, words, count, chosen);
    for (size_t i = 0; i < some; i++) {
        size_t at = chosen[i];
        uint32_t before = from[(ptrdiff_t)at - 1].number & TGR_PLACE_NUMBER;
        uint32_t word = words[at].number & TGR_PLACE_NUMBER;
        const tgr_place *found = &steps->steps[find(steps, before, word)].to;
        to[at] = found->number != 0 ? *found : to[at];
    }
}
