/* folds.h - the folds of cross-validation: which one a query is in follows from its text alone, so
 * that the same question asked twice is never learnt from and judged on at once. */
#ifndef TGR_FIT_FOLDS_H
#define TGR_FIT_FOLDS_H

#include <stdint.h>

#include <tagroute/run.h>
#include <tagroute/status.h>

#include "engine/pass.h"

#define TGR_FOLDS_DEFAULT 5
#define TGR_FOLDS_MOST    64

/* Folds of many rows, as few bits each as tell them apart: there may be hundreds of millions. */
typedef struct tgr_folds {
    uint32_t count;
    uint32_t bits, in_word; /* of a row; rows of a word */
    uint64_t *words;        /* NULL: none are read */
} tgr_folds;

static inline int tgr_fit_fold(const tgr_folds *folds, uint64_t row)
{
    uint64_t word = folds->words[row / folds->in_word];
    return (int)(word >> row % folds->in_word * folds->bits & ((UINT64_C(1) << folds->bits) - 1));
}

/* Words that so many rows take. */
static inline uint64_t tgr_fit_folds_words(const tgr_folds *folds, uint64_t rows)
{
    return rows / folds->in_word + 1;
}

/* The folds of rows [begin, end) of all files, `count` of them (2 to TGR_FOLDS_MOST): XXH3 of the
 * text, else of the id, else of the row's number, modulo count. To be freed in any case. Not to be
 * called during a walk. */
tgr_status tgr_fit_folds_read(const tgr_pass *pass, uint64_t begin, uint64_t end, uint32_t count,
                              const tgr_run *run, tgr_folds *folds, tgr_error *error);
void tgr_fit_folds_free(tgr_folds *folds); /* harmless on a zeroed structure */

#endif
