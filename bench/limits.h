/* limits.h - kernels that show what a processor could do at most with the same bytes.
 *
 * Both take the entries as they lie, cut into rows all of the same length, so that nothing is lost
 * to rows of different lengths. *touch* reads columns and counts and does one fused multiply-add an
 * entry with a row of W, as scoring does; *ceiling* also decides each row and stores the decision.
 */
#ifndef TGR_BENCH_LIMITS_H
#define TGR_BENCH_LIMITS_H

#include <stddef.h>
#include <stdint.h>

#include "kernels/kernels.h"

#define TGR_LIMIT_LENGTH 256 /* entries of a row at most */

typedef struct tgr_limit_job {
    const tgr_csr *x;     /* narrow, indices, values; indptr is not read */
    const tgr_weights *w; /* with the kernels' stride */
    size_t length;        /* of every row, 1 .. TGR_LIMIT_LENGTH */
    int reference;        /* -1: argmax of all models; else margin at `threshold` */
    float threshold;      /* margin */
    int16_t *model;       /* ceiling: rows */
} tgr_limit_job;

typedef struct tgr_limits {
    const char *isa;
    /* Rows [begin, end). Returns all the scores' bits, exclusive-or'd: of the lanes of each row,
     * those behind the last model included, which are zero. */
    uint32_t (*touch)(const tgr_limit_job *job, size_t begin, size_t end);
    void (*ceiling)(const tgr_limit_job *job, size_t begin, size_t end);
    /* Exclusive-or of all words; a streaming read. */
    uint64_t (*read)(const uint64_t *words, size_t count);
} tgr_limits;

extern const tgr_limits tgr_limits_scalar;
#if defined(__x86_64__)
extern const tgr_limits tgr_limits_avx2, tgr_limits_avx512;
#endif

/* The limits compiled for a variant of that name; the scalar ones where there are no others. */
const tgr_limits *tgr_limits_of(const char *isa);

#endif
