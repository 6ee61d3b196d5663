/* scorer.c - the scorers there are, and what they share: rewards. */
#include "engine/scorer/scorer.h"

#include <math.h>
#include <string.h>

const tgr_scorer *const tgr_scorers[] = {&tgr_scorer_paper, &tgr_scorer_bayes, &tgr_scorer_ridge,
                                         &tgr_scorer_mixed, NULL};

const tgr_scorer *tgr_scorer_by_name(const char *name)
{
    for (size_t i = 0; tgr_scorers[i] != NULL; i++) {
        if (strcmp(tgr_scorers[i]->name, name) == 0) {
            return tgr_scorers[i];
        }
    }
    return NULL;
}

const char *tgr_scorer_names(void)
{
    return "paper, bayes, ridge, mixed";
}

double tgr_reward_sum(const double rewards[3], double losses, double ties, double wins)
{
    return rewards[0] * wins + rewards[1] * ties + rewards[2] * losses;
}

double tgr_mean_reward(const double rewards[3], const tgr_sum outcomes[3])
{
    tgr_sum judged = outcomes[0] + outcomes[1] + outcomes[2];
    if (judged == 0) {
        return NAN;
    }
    return tgr_reward_sum(rewards, tgr_exact_value(outcomes[0]), tgr_exact_value(outcomes[1]),
                          tgr_exact_value(outcomes[2])) /
           tgr_exact_value(judged);
}
