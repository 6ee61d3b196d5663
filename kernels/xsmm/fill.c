/* fill.c - scattering rows of counts into a tile. */
#include "kernels/xsmm/fill.h"

#include <math.h>
#include <string.h>

#define WIDEN(NAME, VALUE)                                                                         \
    TGR_BESIDE_XSMM static void NAME(float *restrict to, const VALUE *restrict from, size_t count) \
    {                                                                                              \
        for (size_t i = 0; i < count; i++) {                                                       \
            to[i] = from[i];                                                                       \
        }                                                                                          \
    }

WIDEN(widen_u8, uint8_t)
WIDEN(widen_u16, uint16_t)

#define SCATTER(NAME, COLUMN)                                                                      \
    TGR_BESIDE_XSMM static void NAME(float *restrict row, const COLUMN *restrict columns,          \
                                     const float *restrict values, size_t count)                   \
    {                                                                                              \
        _Pragma("GCC unroll 8") for (size_t i = 0; i < count; i++)                                 \
        {                                                                                          \
            row[columns[i]] = values[i];                                                           \
        }                                                                                          \
    }

SCATTER(scatter_16, uint16_t)
SCATTER(scatter_32, uint32_t)

/* Floats without their sign are ordered as integers are, which compilers find easier to compare. */
TGR_BESIDE_XSMM static uint32_t least_bits(const float *values, size_t count)
{
    uint32_t least = UINT32_MAX >> 1;
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        bits &= UINT32_MAX >> 1;
        least = bits < least ? bits : least;
    }
    return least;
}

/* Writes `count` values, from entry `first` on, as floats. */
static void widen(const tgr_csr *x, float *to, int64_t first, size_t count)
{
    switch (x->value_type) {
    case TGR_U8:
        widen_u8(to, (const uint8_t *)x->values + first, count);
        break;
    case TGR_U16:
        widen_u16(to, (const uint16_t *)x->values + first, count);
        break;
    case TGR_F32:
        memcpy(to, (const float *)x->values + first, count * sizeof *to);
    }
}

static void scatter(const tgr_csr *x, float *row, const float *values, int64_t first, size_t count)
{
    if (x->narrow != NULL) {
        scatter_16(row, x->narrow + first, values, count);
    } else {
        scatter_32(row, x->indices + first, values, count);
    }
}

float tgr_fill_tile(const tgr_csr *x, size_t begin, size_t rows, float *tile, size_t tile_rows,
                    size_t columns, float *widened)
{
    uint32_t least = UINT32_MAX >> 1;
    size_t filled = 0;
    size_t entries = (size_t)(x->indptr[begin + rows] - x->indptr[begin]);
    if (entries == rows * columns) { /* whole rows, one behind the other */
        widen(x, tile, x->indptr[begin], entries);
        filled = rows;
    }
    for (size_t i = filled; i < rows; i++) {
        int64_t first = x->indptr[begin + i];
        size_t count = (size_t)(x->indptr[begin + i + 1] - first);
        float *row = tile + i * columns;
        if (count == columns) { /* every column, so in order */
            widen(x, row, first, count);
            continue;
        }
        const float *values = widened;
        if (x->value_type == TGR_F32) {
            values = (const float *)x->values + first;
            uint32_t here = least_bits(values, count);
            least = here < least ? here : least;
        } else {
            widen(x, widened, first, count);
        }
        memset(row, 0, columns * sizeof *row);
        scatter(x, row, values, first, count);
    }
    memset(tile + rows * columns, 0, (tile_rows - rows) * columns * sizeof *tile);
    float size;
    memcpy(&size, &least, sizeof size);
    return isnan(size) ? INFINITY : size;
}
