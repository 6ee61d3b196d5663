/* answers.c - one row of recorded judgements, with expected costs where none is recorded. */
#include "engine/simulate/answers.h"

#include <math.h>

#include "engine/base/exact.h"
#include "engine/base/memory.h"

bool tgr_answers_open(tgr_answers *answers, size_t models)
{
    answers->models = models;
    answers->answer = tgr_mem_zalloc(models, sizeof *answers->answer);
    answers->candidate = tgr_mem_zalloc(models, sizeof *answers->candidate);
    answers->judgements = tgr_mem_zalloc(models, sizeof *answers->judgements);
    return answers->answer != NULL && answers->candidate != NULL && answers->judgements != NULL;
}

void tgr_answers_close(tgr_answers *answers)
{
    tgr_mem_free(answers->answer);
    tgr_mem_free(answers->candidate);
    tgr_mem_free(answers->judgements);
    *answers = (tgr_answers){0};
}

static void find_candidates(tgr_answers *answers, const tgr_decide *decide, size_t row)
{
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
    size_t outcomes[3] = {0};
    for (size_t model = 0; model < answers->models; model++) {
        int outcome = answers->answer[model].outcome;
        if (answers->candidate[model] && outcome >= 0) {
            outcomes[outcome]++;
        }
    }
    answers->higher_outcomes[2] = 0;
    answers->higher_outcomes[1] = outcomes[2];
    answers->higher_outcomes[0] = outcomes[1] + outcomes[2];
}

/* NaN, which stands for "not known", is fine. */
static bool is_summable(double value)
{
    return isnan(value) || tgr_exact_fits(value);
}

bool tgr_answers_read(tgr_answers *answers, const tgr_decide *decide, const tgr_batch *batch,
                      size_t file_models, size_t row, size_t *model)
{
    tgr_judge_row(batch, row, decide->serve->file_model, file_models, answers->models,
                  decide->plan.router->reference, answers->judgements);
    for (size_t i = 0; i < answers->models; i++) {
        const tgr_judgement *judged = &answers->judgements[i];
        double cost = judged->cost;
        if (isnan(cost)) {
            cost = tgr_decide_cost(decide, row, i);
        }
        if (!is_summable(cost) || !is_summable(judged->score)) {
            *model = i;
            return false;
        }
        answers->answer[i] =
            (tgr_answer){.cost = cost, .score = judged->score, .outcome = judged->outcome};
    }
    find_candidates(answers, decide, row);
    count_outcomes(answers);
    return true;
}

tgr_answer tgr_answers_ranked(tgr_answers *answers, size_t model)
{
    tgr_answer *answer = &answers->answer[model];
    if (answer->score_rank > 0) {
        return *answer;
    }
    uint32_t rank = 1;
    for (size_t other = 0; other < answers->models; other++) {
        rank += answers->candidate[other] && answers->answer[other].score > answer->score;
    }
    answer->score_rank = rank & 0xfff;
    size_t higher = answer->outcome < 0 ? 0 : answers->higher_outcomes[answer->outcome];
    answer->outcome_rank = (uint32_t)(1 + higher) & 0xfff;
    return *answer;
}
