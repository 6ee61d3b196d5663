/* plan.h - the one place that chooses how rows are routed: which variant of the kernels, sparse or
 * dense, in pieces of what size; and that can say why. No choice changes a result.
 */
#ifndef TGR_PLAN_H
#define TGR_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tagroute/status.h>

#include "kernels/kernels.h"
#include "kernels/xsmm/dense.h"

/* What is known of the work beforehand. */
typedef struct tgr_plan_work {
    uint64_t rows, nonzeros;
    size_t columns, models;
    tgr_value_type value_type;
} tgr_plan_work;

/* Bytes of the caches that one core sees. */
typedef struct tgr_plan_caches {
    size_t first, second, last;
} tgr_plan_caches;

/* As tgr_multiply_open. */
typedef bool tgr_plan_generator(tgr_multiply *multiply, const char *isa, size_t stride, size_t rows,
                                size_t columns);

/* Why rows are routed the way they are. */
typedef enum tgr_plan_reason {
    TGR_PLAN_DENSE,        /* dense it is; all others are sparse */
    TGR_PLAN_SPARSE_ROWS,  /* too few columns of each row are there */
    TGR_PLAN_FEW_ROWS,     /* too few rows to pay for generating code */
    TGR_PLAN_WIDE_TILE,    /* a tile would not fit the second-level cache */
    TGR_PLAN_NO_GENERATOR, /* dense would pay, but there is no code for this variant or size */
    TGR_PLAN_CHECK_FAILED  /* dense would pay, but the generated code gave other bits */
} tgr_plan_reason;

typedef struct tgr_plan {
    tgr_plan_caches caches;
    tgr_plan_generator *generate; /* libxsmm's; tests put others here */
    const tgr_kernels *kernels;   /* the variant */

    /* of the work last planned */
    tgr_plan_work work;
    tgr_plan_reason reason;
    double density;                   /* share of the counts that are not zero */
    double least_density;             /* from which on dense is faster; above 1 where it never is */
    size_t piece_rows, piece_entries; /* at most, of what a thread takes at a time */
    size_t scratch_bytes;             /* that each thread needs, aligned to 64 */
    tgr_weights weights;
    tgr_multiply multiply;
    tgr_dense dense;
} tgr_plan;

/* Chooses the variant. TGR_ERR_ARGUMENT as tgr_isa_choose says. The plan is closed in any case. */
tgr_status tgr_plan_open(tgr_plan *plan, tgr_error *error);
void tgr_plan_close(tgr_plan *plan); /* harmless on a zeroed structure */

/* Plans for rows that are multiplied with w, which the plan keeps pointing to. May be called again
 * and again. */
tgr_status tgr_plan_make(tgr_plan *plan, const tgr_plan_work *work, const tgr_weights *w,
                         tgr_error *error);

/* As tgr_kernels.route, the planned way. */
void tgr_plan_route(const tgr_plan *plan, const tgr_csr *x, const tgr_decider *decider,
                    size_t begin, size_t end, void *scratch, const tgr_choice *choice);

/* As tgr_kernels.score, the planned way. */
void tgr_plan_score(const tgr_plan *plan, const tgr_csr *x, size_t begin, size_t end, void *scratch,
                    float *scores);

/* Says what was chosen and why, in a sentence or two without a final stop. */
void tgr_plan_explain(const tgr_plan *plan, char *text, size_t size);

#endif
