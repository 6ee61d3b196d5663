/* ridge.h - what scorers that solve penalised least squares share. */
#ifndef TGR_SCORER_RIDGE_H
#define TGR_SCORER_RIDGE_H

#include "engine/scorer/scorer.h"

/* Fits with the penalty alpha * relative[tag]; alpha is the learning's parameter, or chosen by
 * cross-validation. */
tgr_status tgr_ridge_learn(tgr_learning *learning, const tgr_router *settings,
                           const double *relative, float *weights, float *bias, tgr_error *error);

#endif
