/* folds.h - the five folds of cross-validation: which one a query is in follows from its text
 * alone, so that the same question asked twice is never learnt from and judged on at once. */
#ifndef TGR_FIT_FOLDS_H
#define TGR_FIT_FOLDS_H

#include <stdint.h>

#include <tagroute/run.h>
#include <tagroute/status.h>

#include "engine/pass.h"

#define TGR_FOLDS 5

/* The folds of rows [begin, end) of all files, one byte each: XXH3 of the text, else of the id,
 * else of the row's number, modulo TGR_FOLDS. *folds is the caller's. Not to be called during a
 * walk. */
tgr_status tgr_fit_folds_read(const tgr_pass *pass, uint64_t begin, uint64_t end,
                              const tgr_run *run, uint8_t **folds, tgr_error *error);

#endif
