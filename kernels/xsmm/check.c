/* check.c - is generated code what it should be: sequential fmaf, bit by bit? */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "kernels/cpu.h"
#include "kernels/xsmm/dense.h"
#include "kernels/xsmm/fill.h"

#define SEED 2654435769u

typedef struct numbers {
    size_t columns, stride;
    float *weights, *tile, *expected, *got;
} numbers;

static size_t aligned(size_t floats)
{
    return (floats * sizeof(float) + 63) / 64 * 64;
}

size_t tgr_dense_check_scratch(size_t columns, size_t models)
{
    size_t stride = tgr_weights_stride(models);
    return aligned(columns * stride) + aligned(TGR_DENSE_ROWS * columns) +
           2 * aligned(TGR_DENSE_ROWS * stride);
}

static void lay_out(numbers *n, void *scratch)
{
    char *next = scratch;
    n->weights = (float *)(void *)next;
    next += aligned(n->columns * n->stride);
    n->tile = (float *)(void *)next;
    next += aligned(TGR_DENSE_ROWS * n->columns);
    n->expected = (float *)(void *)next;
    next += aligned(TGR_DENSE_ROWS * n->stride);
    n->got = (float *)(void *)next;
}

/* Of many sizes and both signs, so that another order or a rounding more shows at once. */
static void fill(float *to, size_t count, uint32_t *state)
{
    for (size_t i = 0; i < count; i++) {
        *state = *state * 1664525 + 1013904223;
        float size = ldexpf(1 + (float)(*state >> 9) * 0x1p-23f, (int)(*state >> 4 & 7) - 4);
        to[i] = (*state & 256) != 0 ? -size : size;
    }
}

TGR_BESIDE_XSMM static void multiply_plainly(const numbers *n)
{
    for (size_t row = 0; row < TGR_DENSE_ROWS; row++) {
        float *sums = n->expected + row * n->stride;
        for (size_t column = 0; column < n->columns; column++) {
            const float *weights = n->weights + column * n->stride;
            float x = n->tile[row * n->columns + column];
            for (size_t model = 0; model < n->stride; model++) {
                sums[model] = fmaf(x, weights[model], sums[model]);
            }
        }
    }
}

bool tgr_dense_check(tgr_multiply_function *multiply, size_t columns, size_t models, void *scratch)
{
    if (multiply == NULL || !tgr_cpu_has_avx2()) {
        return false;
    }
    numbers n = {.columns = columns, .stride = tgr_weights_stride(models)};
    lay_out(&n, scratch);
    size_t scores = TGR_DENSE_ROWS * n.stride;
    uint32_t state = SEED;
    fill(n.weights, columns * n.stride, &state);
    fill(n.tile, TGR_DENSE_ROWS * columns, &state);
    fill(n.expected, scores, &state);
    memcpy(n.got, n.expected, scores * sizeof *n.got);
    multiply_plainly(&n);
    multiply(n.weights, n.tile, n.got);
    return memcmp(n.expected, n.got, scores * sizeof *n.got) == 0;
}
