/* similar.c - tiles of dot products: generated code, or loops that the compiler makes vectors of.
 */
#include "kernels/xsmm/similar.h"

#include <math.h>
#include <string.h>

#include "kernels/cpu.h"
#include "kernels/xsmm/fill.h"

void tgr_similar_open(tgr_similar *similar, tgr_multiply_function *multiply, size_t components)
{
    *similar = (tgr_similar){components, multiply, tgr_cpu_has_avx2()};
}

void tgr_similar_turn(const tgr_similar *similar, const float *vectors, float *turned)
{
    for (size_t component = 0; component < similar->components; component++) {
        for (size_t i = 0; i < TGR_SIMILAR_BLOCK; i++) {
            turned[component * TGR_SIMILAR_BLOCK + i] =
                vectors[i * similar->components + component];
        }
    }
}

static inline __attribute__((always_inline)) void loops(size_t components, const float *turned,
                                                        const float *rows, float *restrict tile)
{
    for (size_t row = 0; row < TGR_SIMILAR_BLOCK; row++) {
        float *sums = tile + row * TGR_SIMILAR_BLOCK;
        for (size_t component = 0; component < components; component++) {
            const float *column = turned + component * TGR_SIMILAR_BLOCK;
            float x = rows[row * components + component];
            for (size_t i = 0; i < TGR_SIMILAR_BLOCK; i++) {
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

void tgr_similar_multiply(const tgr_similar *similar, const float *turned, const float *rows,
                          float *tile)
{
    memset(tile, 0, TGR_SIMILAR_TILE * sizeof *tile);
    if (similar->multiply != NULL) {
        similar->multiply(turned, rows, tile);
    } else if (similar->fused) {
        loops_fused(similar->components, turned, rows, tile);
    } else {
        loops_plain(similar->components, turned, rows, tile);
    }
}

uint64_t tgr_similar_near(const float *row, float eps)
{
    uint64_t near = 0;
    for (size_t i = 0; i < TGR_SIMILAR_BLOCK; i++) {
        near |= (uint64_t)(1 - row[i] <= eps) << i;
    }
    return near;
}
