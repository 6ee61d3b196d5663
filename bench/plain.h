/* plain.h - the loops that somebody would write who wants the same decisions.
 *
 * *plain*: counts times rows of W as wide as there are models, added up in an array, then the best
 * of it. *vectorised*: the same with rows of W padded to whole vectors and their width a constant,
 * so that the compiler keeps sums in vector registers. Both with all of the instruction set.
 */
#ifndef TGR_BENCH_PLAIN_H
#define TGR_BENCH_PLAIN_H

#include <stddef.h>
#include <stdint.h>

#include "kernels/kernels.h"

typedef struct tgr_plain_job {
    const int64_t *indptr;
    const uint32_t *indices;
    const void *values;
    tgr_value_type value_type;
    size_t models;
    size_t stride;        /* plain: models; vectorised: tgr_weights_stride(models) */
    const float *weights; /* columns x stride */
    const float *bias;    /* stride */
    int reference;        /* -1: argmax; else margin at `threshold` */
    float threshold;
    int16_t *model;
} tgr_plain_job;

typedef void tgr_plain_loop(const tgr_plain_job *job, size_t begin, size_t end);

typedef struct tgr_plain {
    const char *isa;
    tgr_plain_loop *plain, *vectorised;
} tgr_plain;

extern const tgr_plain tgr_plain_scalar;
#if defined(__x86_64__)
extern const tgr_plain tgr_plain_avx2, tgr_plain_avx512;
#endif

/* The loops compiled for a variant of that name; the scalar ones where there are no others. */
const tgr_plain *tgr_plain_of(const char *isa);

#endif
