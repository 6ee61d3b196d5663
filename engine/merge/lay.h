/* lay.h - judgements laid over the rows of a batch, found by their ids. */
#ifndef TGR_MERGE_LAY_H
#define TGR_MERGE_LAY_H

#include <stdint.h>

#include "engine/ingest/order.h"
#include "engine/judgements/judgements.h"
#include "engine/store/batch.h"

typedef struct tgr_laying {
    tgr_judgements *judged; /* NULL: nothing is laid over */
    const tgr_batch *batch;
    const tgr_order *models; /* columns of the matrices */
} tgr_laying;

/* Counts the rows that get a judgement. */
void tgr_lay_count(const tgr_laying *laying);

/* A judgement takes the place of what a file knew of its pair; scores, outcomes: rows x models. */
void tgr_lay_scores(const tgr_laying *laying, float *scores);
void tgr_lay_outcomes(const tgr_laying *laying, int8_t *outcomes);

/* Chances, and weights of rows, are no results: those that a file has stay where judgements bring
 * none. */
void tgr_lay_propensities(const tgr_laying *laying, float *propensities);
void tgr_lay_weights(const tgr_laying *laying, double *weights);

#endif
