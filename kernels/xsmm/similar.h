/* similar.h - similarities of all vectors of one block with all of another: a tile of dot products.
 *
 * A dot product is the sum over the components in order, one fused multiply-add each, from zero:
 * generated code and plain loops give the same bits.
 */
#ifndef TGR_KERNELS_XSMM_SIMILAR_H
#define TGR_KERNELS_XSMM_SIMILAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/xsmm/multiply.h"

#define TGR_SIMILAR_BLOCK 64 /* vectors */
#define TGR_SIMILAR_TILE  (TGR_SIMILAR_BLOCK * TGR_SIMILAR_BLOCK)

typedef struct tgr_similar {
    size_t components;
    tgr_multiply_function *multiply; /* NULL: loops */
    bool fused;                      /* the loops are compiled for a processor with AVX2 and FMA */
} tgr_similar;

/* multiply: generated for (TGR_SIMILAR_BLOCK, TGR_SIMILAR_BLOCK, components) and checked
 * (tgr_dense_check), or NULL. */
void tgr_similar_open(tgr_similar *similar, tgr_multiply_function *multiply, size_t components);

/* Lays a block of vectors, one after another, out by component:
 * turned[component * TGR_SIMILAR_BLOCK + vector]. */
void tgr_similar_turn(const tgr_similar *similar, const float *vectors, float *turned);

/* tile[row * TGR_SIMILAR_BLOCK + column] becomes the dot product of vector `row` of `rows` with
 * vector `column` of the block that was turned. `turned` and `tile` are aligned to 64 bytes. */
void tgr_similar_multiply(const tgr_similar *similar, const float *turned, const float *rows,
                          float *tile);

/* Which entries of a row of a tile are near: 1 less the entry is at most eps. Bit i for column i.
 */
uint64_t tgr_similar_near(const float *row, float eps);

#endif
