/* answers.h - all that is known of one query: each model's answer, and who may serve it. */
#ifndef TGR_SIMULATE_ANSWERS_H
#define TGR_SIMULATE_ANSWERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/decide.h"
#include "engine/judgement.h"

/* One model's answer to one query, small enough to be kept by the million. */
typedef struct tgr_answer {
    double cost;                /* USD: recorded, else expected; NaN where neither is known */
    float score;                /* recorded; NaN where it is not */
    int32_t outcome : 4;        /* -1 not known, 0 loss, 1 tie, 2 win */
    uint32_t score_rank : 12;   /* 1 + eligible models of a higher score; 0 where not asked for */
    uint32_t outcome_rank : 12; /* likewise by outcome */
} tgr_answer;

_Static_assert(sizeof(tgr_answer) == 16, "an answer is meant to be small");
_Static_assert(TGR_MODELS_MAX < 1 << 12, "a rank fits its bits");

static inline bool tgr_answer_accepted(const tgr_answer *answer)
{
    return answer->outcome > 0;
}

/* The answers to one query, by the router's model numbers; reused from query to query. */
typedef struct tgr_answers {
    size_t models;
    tgr_answer *answer; /* models; ranks are 0 until tgr_answers_rank */
    bool *candidate;    /* models: may serve; where none may, the fallback alone */
    size_t candidates;
    size_t higher_outcomes[3]; /* candidates of a higher outcome than loss, tie, win */
    tgr_judgement *judgements;
} tgr_answers;

bool tgr_answers_open(tgr_answers *answers, size_t models); /* false where memory is short */
void tgr_answers_close(tgr_answers *answers);

/* Reads a row of the batch that was decided last. Returns false where a cost or score is too large
 * to be summed exactly (see exact.h); *model then says whose. */
bool tgr_answers_read(tgr_answers *answers, const tgr_decide *decide, const tgr_batch *batch,
                      size_t file_models, size_t row, size_t *model);

/* A model's answer with its ranks among the candidates. */
tgr_answer tgr_answers_ranked(tgr_answers *answers, size_t model);

#endif
