/* judgement.h - what a batch records of how each model did, in the router's model order. */
#ifndef TGR_JUDGEMENT_H
#define TGR_JUDGEMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/store/batch.h"

typedef struct tgr_judgement { /* of one (query, model) pair */
    float score;               /* NaN not recorded */
    float cost;                /* USD, NaN not recorded */
    float completion_tokens;   /* NaN not recorded */
    int8_t outcome; /* -1 not known, 0 loss, 1 tie, 2 win: recorded, derived or assumed */
    bool derived;   /* the outcome is derived from scores */
    bool assumed;   /* the reference's tie, not recorded */
} tgr_judgement;

/* Fills judgements[model] for one row.
 *
 * columns[model] is the model's column in the batch's arrays, or -1 where the file does not have
 * it. Outcome: the recorded one; else, where the model and the reference have scores, derived: win
 * if higher, tie if equal and above zero, else loss (the reference itself: tie if above zero, else
 * loss); else, for the reference alone, a tie where another model of the row has a recorded
 * outcome; else not known. */
void tgr_judge_row(const tgr_batch *batch, size_t row, const int32_t *columns, size_t file_models,
                   size_t models, size_t reference, tgr_judgement *judgements);

/* What batches have to be read with: TGR_WANT_*. */
#define TGR_JUDGEMENT_WANTS                                                                        \
    (TGR_WANT_SCORE | TGR_WANT_OUTCOME | TGR_WANT_COST | TGR_WANT_COMPLETION_TOKENS)

#endif
