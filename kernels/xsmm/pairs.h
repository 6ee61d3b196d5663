/* pairs.h - similarities of all vectors of one block with all of another: a tile of dot products.
 *
 * A dot product is the sum over the components in order, one fused multiply-add each, from zero:
 * generated code and plain loops give the same bits.
 */
#ifndef TGR_KERNELS_XSMM_PAIRS_H
#define TGR_KERNELS_XSMM_PAIRS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/xsmm/multiply.h"

#define TGR_PAIRS_BLOCK 64 /* vectors */
#define TGR_PAIRS_TILE  (TGR_PAIRS_BLOCK * TGR_PAIRS_BLOCK)

typedef struct tgr_pairs {
    size_t components;
    tgr_multiply_function *multiply; /* NULL: loops */
    bool fused;                      /* the loops are compiled for a processor with AVX2 and FMA */
} tgr_pairs;

/* multiply: generated for (TGR_PAIRS_BLOCK, TGR_PAIRS_BLOCK, components) and checked
 * (tgr_dense_check), or NULL. */
void tgr_pairs_open(tgr_pairs *pairs, tgr_multiply_function *multiply, size_t components);

/* Lays a block of vectors, one after another, out by component:
 * turned[component * TGR_PAIRS_BLOCK + vector]. */
void tgr_pairs_turn(const tgr_pairs *pairs, const float *vectors, float *turned);

/* tile[row * TGR_PAIRS_BLOCK + column] becomes the dot product of vector `row` of `rows` with
 * vector `column` of the block that was turned. `turned` and `tile` are aligned to 64 bytes. */
void tgr_pairs_multiply(const tgr_pairs *pairs, const float *turned, const float *rows,
                        float *tile);

/* Which entries of a row of a tile are near: 1 less the entry is at most eps. Bit i for column i.
 */
uint64_t tgr_pairs_near(const float *row, float eps);

#endif
