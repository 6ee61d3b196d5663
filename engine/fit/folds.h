/* folds.h - the five folds of cross-validation: which one a query is in follows from its text
 * alone, so that the same question asked twice is never learnt from and judged on at once. */
#ifndef TGR_FIT_FOLDS_H
#define TGR_FIT_FOLDS_H

#include <stdint.h>

#include <tagroute/run.h>
#include <tagroute/status.h>

#include "engine/pass.h"

#define TGR_FOLDS 5

/* Folds of many rows, three bits each: there may be hundreds of millions. */
#define TGR_FOLD_BITS  3
#define TGR_FOLDS_WORD (64 / TGR_FOLD_BITS) /* rows */

static inline int tgr_fit_fold(const uint64_t *folds, uint64_t row)
{
    return (int)(folds[row / TGR_FOLDS_WORD] >> row % TGR_FOLDS_WORD * TGR_FOLD_BITS & 7);
}

/* Words that so many rows take. */
static inline uint64_t tgr_fit_folds_words(uint64_t rows)
{
    return rows / TGR_FOLDS_WORD + 1;
}

/* The folds of rows [begin, end) of all files: XXH3 of the text, else of the id, else of the row's
 * number, modulo TGR_FOLDS. *folds is the caller's. Not to be called during a walk. */
tgr_status tgr_fit_folds_read(const tgr_pass *pass, uint64_t begin, uint64_t end,
                              const tgr_run *run, uint64_t **folds, tgr_error *error);

#endif
