/* ridge_system.h - the normal equations of ridge regression, for every model (and every fold left
 * out) at once, solved by conjugate gradients.
 *
 * Column c of each table is group * models + model; with several groups, group g leaves out fold g.
 * The equations of a column are (X'X over its queries + diag(penalty)) w = X'(y - mean).
 *
 * No bit depends on threads or on how queries fall into blocks: each query's x w is summed in the
 * order of its tags, and X' times that in integers, in units of a power of two that is chosen for
 * each column and step so that no sum can overflow.
 */
#ifndef TGR_SCORER_RIDGE_SYSTEM_H
#define TGR_SCORER_RIDGE_SYSTEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tagroute/run.h>
#include <tagroute/status.h>

#include "engine/scorer/rows.h"
#include "engine/scorer/values.h"

typedef struct tgr_ridge_system {
    size_t tags, models, groups, columns;
    const tgr_row_source *rows;
    size_t threads; /* tables */
    const tgr_run *run;
    double *penalty; /* tags: set before each solution */

    double *mean;    /* columns: of y; 0 where a model is never judged */
    double *judged;  /* tags x columns: n_tk, to precondition with */
    double *right;   /* tags x columns: X'(y - mean) */
    double *weights; /* tags x columns: the solution, and where the next one starts from */
    double *residual, *direction, *product; /* tags x columns */
    int64_t *sums;                          /* threads x tags x columns */
    double *scale;                          /* columns */
    double *scores;                         /* threads x columns */
    double *scalars;                        /* 5 x columns */
} tgr_ridge_system;

/* sums: of as many folds as there are groups, or of any number for one group. False where memory is
 * short. Freed in any case. */
bool tgr_ridge_open(tgr_ridge_system *system, const tgr_value_sums *sums,
                    const tgr_row_source *rows, size_t groups, int threads, const tgr_run *run);
void tgr_ridge_free(tgr_ridge_system *system);

/* Solves until each column's residual has fallen to `tolerance` of its right-hand side's size. */
tgr_status tgr_ridge_solve(tgr_ridge_system *system, double tolerance, tgr_error *error);

#endif
