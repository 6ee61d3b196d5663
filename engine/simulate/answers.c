/* answers.c - one row of recorded judgements, with expected costs where none is recorded. */
#include "engine/simulate/answers.h"

#include <math.h>

#include "engine/base/memory.h"

bool tgr_answers_open(tgr_answers *answers, size_t models)
{
    answers->models = models;
    answers->answer = tgr_mem_zalloc(models, sizeof *answers->answer);
    answers->candidate = tgr_mem_zalloc(models, sizeof *answers->candidate);
    answers->judgements = tgr_mem_zalloc(models, sizeof *answers->judgements);
    for (size_t model = 0; answers->answer != NULL && model < models; model++) {
        answers->answer[model].model = (uint16_t)model;
    }
    return answers->answer != NULL && answers->candidate != NULL && answers->judgements != NULL;
}

void tgr_answers_close(tgr_answers *answers)
{
    tgr_mem_free(answers->answer);
    tgr_mem_free(answers->candidate);
    tgr_mem_free(answers->judgements);
    *answers = (tgr_answers){0};
}

tgr_packed_answer tgr_answer_pack(const tgr_answer *answer)
{
    return (tgr_packed_answer){
        .usd = answer->usd,
        .score_value = answer->score_value,
        .outcome = (uint32_t)(answer->outcome + 1) & 3,
        .score_rank = (uint32_t)(answer->score_rank - answer->scored) & 0x3ff,
        .outcome_rank = (uint32_t)(answer->outcome_rank - answer->judged) & 0x3ff,
        .model = answer->model & 0x3ff,
    };
}

static void find_candidates(tgr_answers *answers, const tgr_decide *decide, size_t row,
                            bool restricted)
{
    if (!restricted && answers->unrestricted) {
        return; /* all of them, as for the row before */
    }
    answers->unrestricted = !restricted;
    answers->candidates = 0;
    for (size_t model = 0; model < answers->models; model++) {
        answers->candidate[model] = tgr_decide_eligible(decide, row, model);
        answers->candidates += answers->candidate[model];
    }
    if (answers->candidates == 0 && decide->plan.fallback >= 0) {
        answers->candidate[decide->plan.fallback] = true;
        answers->candidates = 1;
    }
}

static void count_outcomes(tgr_answers *answers)
{
    size_t outcomes[4] = {0}; /* not known, loss, tie, win */
    for (size_t model = 0; model < answers->models; model++) {
        outcomes[answers->answer[model].outcome + 1] += answers->candidate[model];
    }
    answers->higher_outcomes[2] = 0;
    answers->higher_outcomes[1] = outcomes[3];
    answers->higher_outcomes[0] = outcomes[2] + outcomes[3];
}

/* NaN, which stands for "not known", is fine. */
static bool is_too_large(double value)
{
    return fabs(value) > TGR_EXACT_LIMIT;
}

bool tgr_answers_read(tgr_answers *answers, const tgr_decide *decide, const tgr_batch *batch,
                      size_t file_models, size_t row, bool restricted, size_t *model)
{
    tgr_judge_row(batch, row, decide->serve->file_model, file_models, answers->models,
                  decide->plan.router->reference, answers->judgements);
    for (size_t i = 0; i < answers->models; i++) {
        const tgr_judgement *judged = &answers->judgements[i];
        double usd = judged->cost;
        if (isnan(usd)) {
            usd = tgr_decide_cost(decide, row, i);
        }
        if (is_too_large(usd) || is_too_large(judged->score)) {
            *model = i;
            return false;
        }
        tgr_answer_set(&answers->answer[i], usd, judged->score, judged->outcome);
        answers->answer[i].ranked = false;
    }
    find_candidates(answers, decide, row, restricted);
    count_outcomes(answers);
    return true;
}

void tgr_answers_weigh(tgr_answers *answers, uint64_t weight, unsigned bits)
{
    for (size_t model = 0; model < answers->models; model++) {
        tgr_answer_weigh(&answers->answer[model], weight, bits);
    }
}

const tgr_answer *tgr_answers_ranked(tgr_answers *answers, size_t model)
{
    tgr_answer *answer = &answers->answer[model];
    if (answer->ranked) {
        return answer;
    }
    uint32_t rank = 1;
    for (size_t other = 0; other < answers->models; other++) {
        rank +=
            answers->candidate[other] & (answers->answer[other].score_value > answer->score_value);
    }
    answer->score_rank = answer->scored ? (uint16_t)rank : 0;
    answer->outcome_rank =
        answer->judged ? (uint16_t)(1 + answers->higher_outcomes[answer->outcome]) : 0;
    answer->ranked = true;
    return answer;
}
