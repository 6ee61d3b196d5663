/* mutants_mutate.c - ways to damage a file. */
#include "tests/fuzz/mutants.h"

#include <string.h>

#define GROW_MOST 4096

uint64_t draw(uint64_t *random)
{
    *random += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = *random;
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

size_t draw_below(uint64_t *random, size_t limit)
{
    return limit == 0 ? 0 : (size_t)(draw(random) % limit);
}

size_t mutant_room(const seed *from, const seed *other)
{
    return (from->length > other->length ? from->length : other->length) + 4 * GROW_MOST;
}

/* A place in the file. Most of an HDF5 file is padding, where damage is no news: mostly places that
 * are not zero, or next to such. */
static size_t place(const mutant *of, uint64_t *random)
{
    size_t at = draw_below(random, of->length);
    for (int tries = 0; tries < 20 && at + 1 < of->length; tries++) {
        if (of->bytes[at] != 0 || of->bytes[at + 1] != 0) {
            break;
        }
        at = draw_below(random, of->length);
    }
    return at;
}

static void flip(mutant *made, uint64_t *random)
{
    for (size_t count = 1 + draw_below(random, 4); count > 0 && made->length > 0; count--) {
        made->bytes[place(made, random)] ^= (uint8_t)(1u << draw_below(random, 8));
    }
}

static void flip_summed(const seed *from, mutant *made, uint64_t *random)
{
    const byte_range *range = &from->ranges[draw_below(random, from->range_count)];
    size_t at = (size_t)range->begin + draw_below(random, (size_t)range->length);
    made->bytes[at] ^= (uint8_t)(1u << draw_below(random, 8));
}

static void cut(mutant *made, uint64_t *random)
{
    made->length = draw_below(random, 4) == 0 && made->length > 64
                       ? made->length - 1 - draw_below(random, 64)
                       : draw_below(random, made->length);
}

static void grow(mutant *made, uint64_t *random)
{
    size_t count = 1 + draw_below(random, draw_below(random, 2) == 0 ? 16 : GROW_MOST);
    size_t at = draw_below(random, 2) == 0 ? made->length : place(made, random);
    memmove(made->bytes + at + count, made->bytes + at, made->length - at);
    for (size_t i = 0; i < count; i++) {
        made->bytes[at + i] = (uint8_t)draw(random);
    }
    made->length += count;
}

static void splice(const seed *other, mutant *made, uint64_t *random)
{
    size_t kept = draw_below(random, made->length);
    size_t from = draw_below(random, 2) == 0 ? kept : draw_below(random, other->length);
    size_t count = from < other->length ? other->length - from : 0;
    size_t space = made->length > other->length ? made->length : other->length;
    count = count < space - kept ? count : space - kept;
    memcpy(made->bytes + kept, other->bytes + from, count);
    made->length = kept + count;
}

/* In either byte order, where a number of that size may stand. */
static void put_number(mutant *made, uint64_t *random)
{
    const uint64_t extremes[] = {0,
                                 1,
                                 UINT64_MAX,
                                 INT64_MAX,
                                 (uint64_t)INT64_MAX + 1,
                                 UINT32_MAX,
                                 INT32_MAX,
                                 (uint64_t)INT32_MAX + 1,
                                 (uint64_t)1 << 40,
                                 UINT64_MAX - 7,
                                 made->length,
                                 made->length - 1,
                                 draw_below(random, made->length),
                                 0xc1c1c1c1c1c1c1c1u};
    uint64_t value = extremes[draw_below(random, sizeof extremes / sizeof extremes[0])];
    size_t size = (size_t)1 << draw_below(random, 4), at = place(made, random);
    bool little = draw_below(random, 4) != 0;
    at -= draw_below(random, 2) == 0 ? at % size : 0;
    for (size_t i = 0; i < size && at + i < made->length; i++) {
        made->bytes[at + i] = (uint8_t)(value >> 8 * (little ? i : size - 1 - i));
    }
}

static void fill(mutant *made, uint64_t *random)
{
    static const uint8_t values[] = {0, 0xff, 0x7f, 0x80, '"', 0xdf};
    size_t at = place(made, random), count = 1 + draw_below(random, 32);
    count = count < made->length - at ? count : made->length - at;
    memset(made->bytes + at, values[draw_below(random, sizeof values)], count);
}

static void copy(mutant *made, uint64_t *random)
{
    size_t to = place(made, random), from = place(made, random), count = made->length - to;
    count = count < made->length - from ? count : made->length - from;
    memmove(made->bytes + to, made->bytes + from,
            1 + draw_below(random, count < 256 ? count : 256));
}

static void apply(const seed *from, const seed *other, mutation how, mutant *made, uint64_t *random)
{
    if (made->length == 0) {
        return;
    }
    switch (how) {
    case MUTATE_SUMMED:
        flip_summed(from, made, random);
        return;
    case MUTATE_CUT:
        cut(made, random);
        return;
    case MUTATE_GROW:
        grow(made, random);
        return;
    case MUTATE_SPLICE:
        splice(other, made, random);
        return;
    case MUTATE_NUMBER:
        put_number(made, random);
        return;
    case MUTATE_FILL:
        fill(made, random);
        return;
    case MUTATE_COPY:
        copy(made, random);
        return;
    case MUTATE_FLIP:
    case MUTATE_SEVERAL:
    case MUTATIONS:
        flip(made, random);
        return;
    }
}

void mutate(const seed *from, const seed *other, uint64_t *random, mutant *made)
{
    memcpy(made->bytes, from->bytes, from->length);
    made->length = from->length;
    made->how = (mutation)draw_below(random, MUTATIONS);
    if (made->how == MUTATE_SUMMED && from->range_count == 0) {
        made->how = MUTATE_NUMBER;
    }
    if (made->how != MUTATE_SEVERAL) {
        apply(from, other, made->how, made, random);
        return;
    }
    for (size_t i = 2 + draw_below(random, 2); i > 0; i--) {
        static const mutation some[] = {MUTATE_FLIP, MUTATE_NUMBER, MUTATE_FILL, MUTATE_COPY};
        apply(from, other, some[draw_below(random, 4)], made, random);
    }
}
