/* pairs.c - tiles of dot products: generated code, or loops that the compiler makes vectors of. */
#include "kernels/xsmm/pairs.h"

#include <math.h>
#include <string.h>

#include "kernels/cpu.h"
#include "kernels/xsmm/fill.h"

void tgr_pairs_open(tgr_pairs *pairs, tgr_multiply_function *multiply, size_t components)
{
    *pairs = (tgr_pairs){components, multiply, tgr_cpu_has_avx2()};
}

void tgr_pairs_turn(const tgr_pairs *pairs, const float *vectors, float *turned)
{
    for (size_t component = 0; component < pairs->components; component++) {
        for (size_t i = 0; i < TGR_PAIRS_BLOCK; i++) {
            turned[component * TGR_PAIRS_BLOCK + i] = vectors[i * pairs->components + component];
        }
    }
}

static inline __attribute__((always_inline)) void loops(size_t components, const float *turned,
                                                        const float *rows, float *restrict tile)
{
    for (size_t row = 0; row < TGR_PAIRS_BLOCK; row++) {
        float *sums = tile + row * TGR_PAIRS_BLOCK;
        for (size_t component = 0; component < components; component++) {
            const float *column = turned + component * TGR_PAIRS_BLOCK;
            float x = rows[row * components + component];
            for (size_t i = 0; i < TGR_PAIRS_BLOCK; i++) {
                sums[i] = fmaf(x, column[i], sums[i]);
            }
        }
    }
}

/* Compiled twice: without fused multiply-add, fmaf is a slow function. */
static void loops_plain(size_t components, const float *turned, const float *rows, float *tile)
{
    loops(components, turned, rows, tile);
}

TGR_BESIDE_XSMM static void loops_fused(size_t components, const float *turned, const float *rows,
                                        float *tile)
{
    loops(components, turned, rows, tile);
}

void tgr_pairs_multiply(const tgr_pairs *pairs, const float *turned, const float *rows, float *tile)
{
    memset(tile, 0, TGR_PAIRS_TILE * sizeof *tile);
    if (pairs->multiply != NULL) {
        pairs->multiply(turned, rows, tile);
    } else if (pairs->fused) {
        loops_fused(pairs->components, turned, rows, tile);
    } else {
        loops_plain(pairs->components, turned, rows, tile);
    }
}

uint64_t tgr_pairs_near(const float *row, float eps)
{
    uint64_t near = 0;
    for (size_t i = 0; i < TGR_PAIRS_BLOCK; i++) {
        near |= (uint64_t)(1 - row[i] <= eps) << i;
    }
    return near;
}
