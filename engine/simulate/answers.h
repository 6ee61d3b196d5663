/* answers.h - all that is known of one query: each model's answer, and who may serve it. */
#ifndef TGR_SIMULATE_ANSWERS_H
#define TGR_SIMULATE_ANSWERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/weight.h"
#include "engine/decide.h"
#include "engine/judgement.h"

/* A term of an exact sum, in units of 2^-64, cut towards zero; |value| <= TGR_EXACT_LIMIT. Two
 * conversions to 64 bits are many times faster than one to 128. */
static inline tgr_sum tgr_tally_term(double value)
{
    int64_t high = (int64_t)(value * 0x1p40);
    int64_t low = (int64_t)((value - (double)high * 0x1p-40) * 0x1p64);
    return (tgr_sum)high * (1 << 24) + low;
}

static inline double tgr_tally_value(tgr_sum sum)
{
    return (double)sum * 0x1p-64;
}

/* One model's answer to one query, ready to be summed: terms and counts are 0 where nothing is
 * known. */
typedef struct tgr_answer {
    tgr_sum cost, score;
    double usd;        /* recorded, else expected; NaN where neither is known */
    float score_value; /* recorded; NaN where it is not */
    uint16_t model;
    uint16_t score_rank;   /* 1 + eligible models of a higher score; 0 where there is no score */
    uint16_t outcome_rank; /* likewise by outcome */
    int8_t outcome;        /* -1 not known, 0 loss, 1 tie, 2 win */
    bool costed, scored, judged, accepted;
    bool ranked; /* the ranks are filled in */
} tgr_answer;

/* The same, small enough to be kept by the million. */
typedef struct tgr_packed_answer {
    double usd;
    float score_value;
    uint32_t outcome : 2;                        /* plus one */
    uint32_t score_rank : 10, outcome_rank : 10; /* less one, where there is any */
    uint32_t model : 10;
} tgr_packed_answer;

_Static_assert(sizeof(tgr_packed_answer) == 16, "an answer is meant to be small");
_Static_assert(TGR_MODELS_MAX <= 1 << 10, "a rank less one, and a model, fit their bits");

/* Fills everything but model and ranks. */
static inline void tgr_answer_set(tgr_answer *answer, double usd, float score, int outcome)
{
    answer->usd = usd;
    answer->score_value = score;
    answer->outcome = (int8_t)outcome;
    answer->costed = usd == usd;
    answer->scored = score == score;
    answer->judged = outcome >= 0;
    answer->accepted = outcome > 0;
    answer->cost = tgr_tally_term(answer->costed ? usd : 0);
    answer->score = tgr_tally_term(answer->scored ? score : 0);
}

/* What an answer adds to sums where its query stands for several; the weight in units of 2^-bits.
 */
static inline void tgr_answer_weigh(tgr_answer *answer, uint64_t weight, unsigned bits)
{
    answer->cost = tgr_weigh_term(answer->cost, weight, bits);
    answer->score = tgr_weigh_term(answer->score, weight, bits);
}

tgr_packed_answer tgr_answer_pack(const tgr_answer *answer);

static inline tgr_answer tgr_answer_unpack(tgr_packed_answer packed)
{
    tgr_answer answer = {.model = (uint16_t)packed.model, .ranked = true};
    tgr_answer_set(&answer, packed.usd, packed.score_value, (int)packed.outcome - 1);
    answer.score_rank = (uint16_t)(packed.score_rank + answer.scored);
    answer.outcome_rank = (uint16_t)(packed.outcome_rank + answer.judged);
    return answer;
}

/* The answers to one query, by the router's model numbers; reused from query to query. */
typedef struct tgr_answers {
    size_t models;
    tgr_answer *answer; /* models; not ranked until tgr_answers_ranked */
    bool *candidate;    /* models: may serve; where none may, the fallback alone */
    size_t candidates;
    bool unrestricted;         /* every model is a candidate */
    size_t higher_outcomes[3]; /* candidates of a higher outcome than loss, tie, win */
    tgr_judgement *judgements;
} tgr_answers;

bool tgr_answers_open(tgr_answers *answers, size_t models); /* false where memory is short */
void tgr_answers_close(tgr_answers *answers);

/* Reads a row of the batch at hand. restricted: eligibility may differ from all. Returns false
 * where a cost or score is too large to be summed exactly (see exact.h); *model then says whose. */
bool tgr_answers_read(tgr_answers *answers, const tgr_decide *decide, const tgr_batch *batch,
                      size_t file_models, size_t row, bool restricted, size_t *model);

/* Weighs all of them. */
void tgr_answers_weigh(tgr_answers *answers, uint64_t weight, unsigned bits);

/* A model's answer with its ranks among the candidates. */
const tgr_answer *tgr_answers_ranked(tgr_answers *answers, size_t model);

#endif
