/* random.h - numbers that depend on a key and an index only: any record, in any order, on any
 * thread.
 *
 * A stream is SplitMix64 started from a hash of its key and index. Each purpose (tags, outcomes,
 * text) has a key of its own, so that drawing less for one changes nothing for another.
 */
#ifndef TGR_GENERATE_RANDOM_H
#define TGR_GENERATE_RANDOM_H

#include <stdint.h>

typedef struct tgr_gen_random {
    uint64_t state;
} tgr_gen_random;

#define TGR_GEN_GAMMA UINT64_C(0x9e3779b97f4a7c15)

static inline uint64_t tgr_gen_mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

/* A key of its own for each purpose of a seed. */
static inline uint64_t tgr_gen_key(uint64_t seed, uint64_t purpose)
{
    return tgr_gen_mix(tgr_gen_mix(seed + TGR_GEN_GAMMA) + purpose * TGR_GEN_GAMMA);
}

static inline tgr_gen_random tgr_gen_stream(uint64_t key, uint64_t index)
{
    return (tgr_gen_random){key ^ tgr_gen_mix(index + TGR_GEN_GAMMA)};
}

static inline uint64_t tgr_gen_next(tgr_gen_random *random)
{
    random->state += TGR_GEN_GAMMA;
    return tgr_gen_mix(random->state);
}

/* 0 .. count - 1 from the upper half of a word; count < 2^32. */
static inline uint32_t tgr_gen_below(uint64_t word, uint32_t count)
{
    return (uint32_t)(((word >> 32) * count) >> 32);
}

/* [0, 1) */
static inline double tgr_gen_uniform(uint64_t word)
{
    return (double)(word >> 11) * 0x1p-53;
}

/* The four 16-bit lanes of a word added: 0 .. 262,140, bell-shaped, without any call of libm. */
static inline uint32_t tgr_gen_lanes(uint64_t word)
{
    return (uint32_t)((word & 0xffff) + ((word >> 16) & 0xffff) + ((word >> 32) & 0xffff) +
                      (word >> 48));
}

#define TGR_GEN_LANES_MEAN      131070.0
#define TGR_GEN_LANES_DEVIATION 37837.2

/* Nearly normal: mean 0, deviation 1, within 3.47. */
static inline double tgr_gen_normal(uint64_t word)
{
    return ((double)tgr_gen_lanes(word) - TGR_GEN_LANES_MEAN) * (1.0 / TGR_GEN_LANES_DEVIATION);
}

#endif
