/* candidates.h - choosing a parameter by cross-validation.
 *
 * What is judged is what routing uses: the difference between two models. A candidate is worth the
 * correlation between S_k - S_r and y_k - y_r over queries that it has not learnt from, r being the
 * reference, averaged over the other models (with one model: between S and y). Squared errors would
 * ask for the right scale as well, which no threshold needs: bayes sums its tags as if they were
 * independent, so that its differences are too large, and squared errors shrink it far more than is
 * good for the order. A correlation takes any scale and shift, as thresholds do, needs no order of
 * all queries, and its sums are exact.
 */
#ifndef TGR_SCORER_CANDIDATES_H
#define TGR_SCORER_CANDIDATES_H

#include <stdbool.h>
#include <stddef.h>

#include <tagroute/run.h>
#include <tagroute/status.h>

#include "engine/scorer/rows.h"

/* Scores of some candidates, each learnt once without each fold. Column (candidate * folds + fold)
 * * models + model of row t of `weights` is tag t's weight. */
typedef struct tgr_candidates {
    size_t count, folds, models, reference;
    size_t columns; /* count * folds * models */
    double *weights;
    double *bias; /* columns */
} tgr_candidates;

/* Memory for them, all zero; false where it is short. Freed in any case. */
bool tgr_candidates_open(tgr_candidates *candidates, size_t count, size_t folds, size_t tags,
                         size_t models, size_t reference);
void tgr_candidates_free(tgr_candidates *candidates);

/* Walks the rows, those of all processes where the run has a crew; worth[candidate] is the
 * correlation, NaN where there is none. */
tgr_status tgr_candidates_judge(const tgr_candidates *candidates, const tgr_row_source *rows,
                                int threads, double *worth, const tgr_run *run, tgr_error *error);

#endif
