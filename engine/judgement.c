/* judgement.c - recorded, derived and assumed outcomes of one row. */
#include "engine/judgement.h"

#include <math.h>

enum { LOSS = 0, TIE = 1, WIN = 2, UNKNOWN = -1 };

static float at(const float *column, size_t place)
{
    return column == NULL ? NAN : column[place];
}

static tgr_judgement recorded(const tgr_batch *batch, size_t place)
{
    return (tgr_judgement){
        .score = at(batch->score, place),
        .cost = at(batch->cost, place),
        .completion_tokens = at(batch->completion_tokens, place),
        .outcome = batch->outcome == NULL ? UNKNOWN : batch->outcome[place],
    };
}

static int8_t derive(float score, float reference_score, bool is_reference)
{
    if (is_reference) {
        return score > 0 ? TIE : LOSS;
    }
    if (score > reference_score) {
        return WIN;
    }
    return score == reference_score && score > 0 ? TIE : LOSS;
}

void tgr_judge_row(const tgr_batch *batch, size_t row, const int32_t *columns, size_t file_models,
                   size_t models, size_t reference, tgr_judgement *judgements)
{
    bool others_recorded = false;
    for (size_t model = 0; model < models; model++) {
        if (columns[model] < 0) {
            judgements[model] = (tgr_judgement){NAN, NAN, NAN, UNKNOWN, false, false};
            continue;
        }
        judgements[model] = recorded(batch, row * file_models + (size_t)columns[model]);
        others_recorded |= model != reference && judgements[model].outcome != UNKNOWN;
    }
    float reference_score = judgements[reference].score;
    for (size_t model = 0; model < models; model++) {
        tgr_judgement *one = &judgements[model];
        if (one->outcome == UNKNOWN && !isnan(one->score) && !isnan(reference_score)) {
            one->outcome = derive(one->score, reference_score, model == reference);
            one->derived = true;
        }
    }
    tgr_judgement *own = &judgements[reference];
    if (own->outcome == UNKNOWN && others_recorded) {
        own->outcome = TIE;
        own->assumed = true;
    }
}
