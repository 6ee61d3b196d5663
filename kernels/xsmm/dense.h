/* dense.h - the dense way of routing: tiles of rows written out in full, multiplied by W with code
 * generated for exactly these sizes, decided by the variant's own rules. The same bits as the
 * sparse way: columns are summed in order, one fused multiply-add each, and what a row lacks adds
 * nothing.
 */
#ifndef TGR_KERNELS_XSMM_DENSE_H
#define TGR_KERNELS_XSMM_DENSE_H

#include <stdbool.h>

#include "kernels/kernels.h"
#include "kernels/xsmm/multiply.h"

#define TGR_DENSE_ROWS 64 /* of a tile */

typedef struct tgr_dense {
    tgr_multiply_function *multiply;
    const tgr_kernels *kernels; /* decides, and routes tiles that are too empty */
    tgr_weights w;
    size_t columns;
    size_t least_entries; /* a tile with fewer is routed the sparse way */
    float least_weight;   /* the smallest that is not zero, without its sign */
} tgr_dense;

/* What a thread needs for tgr_dense_route, bytes aligned to 64, and what tgr_dense_check needs. */
size_t tgr_dense_scratch(size_t columns, size_t models);
size_t tgr_dense_check_scratch(size_t columns, size_t models);

/* Whether the multiplication equals sequential fmaf, bit by bit, on seeded random numbers of the
 * sizes that it was generated for. False on processors without fused multiply-add. */
bool tgr_dense_check(tgr_multiply_function *multiply, size_t columns, size_t models, void *scratch);

/* A multiplication that passed the check, for one W; both must outlive it. Tiles are worth it from
 * this share of non-zeros on. */
void tgr_dense_open(tgr_dense *dense, tgr_multiply_function *multiply, const tgr_kernels *kernels,
                    const tgr_weights *w, size_t columns, double least_density);

/* As tgr_kernels.route. Rows hold a column once at most. */
void tgr_dense_route(const tgr_dense *dense, const tgr_csr *x, const tgr_decider *decider,
                     size_t begin, size_t end, void *scratch, const tgr_choice *choice);

/* As tgr_kernels.score. */
void tgr_dense_score(const tgr_dense *dense, const tgr_csr *x, size_t begin, size_t end,
                     void *scratch, float *scores);

#endif
