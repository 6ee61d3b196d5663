/* paper.c - the paper's TagScorer: rewards summed over a tag's occurrences, weighted by frequency.
 *
 *   W[t,k] = w_t * reward_tk * (n_t / n_tk),  w_t = (1 - exp(-n_t)) / sum of n over the tags
 *
 * n_t / n_tk makes up for queries that nobody judged; it is exactly 1 where all are judged, which
 * leaves the paper's own formula.
 */
#include <math.h>

#include "engine/scorer/scorer.h"

static double total_occurrences(const tgr_sums *sums)
{
    tgr_sum total = 0;
    for (size_t tag = 0; tag < sums->tags; tag++) {
        total += sums->occurrences[tag];
    }
    return tgr_exact_value(total);
}

static double rewards_of_tag(const double rewards[3], const tgr_sum outcomes[3], double n_t,
                             double mean_reward)
{
    tgr_sum judged = outcomes[0] + outcomes[1] + outcomes[2];
    if (judged == 0) {
        return n_t * mean_reward;
    }
    double sum = tgr_reward_sum(rewards, tgr_exact_value(outcomes[0]), tgr_exact_value(outcomes[1]),
                                tgr_exact_value(outcomes[2]));
    return sum * (n_t / tgr_exact_value(judged));
}

static tgr_status learn(tgr_learning *learning, const tgr_router *settings, float *weights,
                        float *bias, tgr_error *error)
{
    (void)error;
    const tgr_sums *sums = &learning->sums;
    double total = total_occurrences(sums);
    for (size_t model = 0; model < sums->models; model++) {
        bias[model] = 0;
        double mean = tgr_mean_reward(settings->rewards, sums->model_outcomes + 3 * model);
        bool never_judged = isnan(mean);
        for (size_t tag = 0; tag < sums->tags; tag++) {
            size_t place = tag * sums->models + model;
            double n_t = tgr_exact_value(sums->occurrences[tag]);
            if (never_judged || n_t == 0) {
                weights[place] = 0;
                continue;
            }
            double frequency = -expm1(-n_t) / total;
            weights[place] =
                (float)(frequency *
                        rewards_of_tag(settings->rewards, sums->outcomes + 3 * place, n_t, mean));
        }
    }
    return TGR_OK;
}

const tgr_scorer tgr_scorer_paper = {
    .name = "paper", .default_count = TGR_COUNT_RAW, .wants_outcomes = true, .learn = learn};
