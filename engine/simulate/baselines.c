/* baselines.c - sums of what models would do without a router, and what they say. */
#include "engine/simulate/baselines.h"

#include <math.h>

#include "engine/base/memory.h"

bool tgr_baselines_open(tgr_baselines *baselines, size_t models)
{
    *baselines = (tgr_baselines){.models = models};
    baselines->alone = tgr_mem_zalloc(models, sizeof *baselines->alone);
    return baselines->alone != NULL;
}

void tgr_baselines_close(tgr_baselines *baselines)
{
    tgr_mem_free(baselines->alone);
    *baselines = (tgr_baselines){0};
}

/* Whether a model's answer is better than another's; of equal ones the cheaper, a known cost before
 * an unknown one. quality_*: NaN where not judged, which is worse than any quality. */
static bool is_better(double quality_a, double cost_a, double quality_b, double cost_b)
{
    if (isnan(quality_a) != isnan(quality_b)) {
        return isnan(quality_b);
    }
    if (quality_a > quality_b || quality_a < quality_b) {
        return quality_a > quality_b;
    }
    return cost_a < cost_b || (!isnan(cost_a) && isnan(cost_b));
}

static double quality_of(const tgr_answer *answer, tgr_quality quality)
{
    if (quality == TGR_QUALITY_SCORE) {
        return answer->score;
    }
    return answer->outcome < 0 ? NAN : (double)tgr_answer_accepted(answer);
}

static void add_oracle(tgr_tally *tally, const tgr_answers *answers, tgr_quality quality)
{
    size_t best = answers->models;
    double best_quality = NAN;
    for (size_t model = 0; model < answers->models; model++) {
        const tgr_answer *answer = &answers->answer[model];
        double value = quality_of(answer, quality);
        if (answers->candidate[model] &&
            (best == answers->models ||
             is_better(value, answer->cost, best_quality, answers->answer[best].cost))) {
            best = model;
            best_quality = value;
        }
    }
    if (best < answers->models) {
        tgr_tally_add(tally, best, answers->answer[best]);
    }
}

static void add_chance(tgr_chance *chance, const tgr_answers *answers)
{
    double cost = 0, score = 0, scored = 0, judged = 0, accepted = 0;
    for (size_t model = 0; model < answers->models; model++) {
        const tgr_answer *answer = &answers->answer[model];
        if (!answers->candidate[model]) {
            continue;
        }
        cost += answer->cost; /* NaN spreads */
        if (!isnan(answer->score)) {
            score += answer->score;
            scored++;
        }
        judged += answer->outcome >= 0;
        accepted += tgr_answer_accepted(answer);
    }
    if (answers->candidates == 0) {
        return;
    }
    double share = (double)answers->candidates;
    if (isnan(cost)) {
        chance->unknown_costs++;
    } else {
        chance->cost += tgr_tally_term(cost / share);
    }
    chance->score += tgr_tally_term(score / share);
    chance->scored += tgr_tally_term(scored / share);
    chance->judged += tgr_tally_term(judged / share);
    chance->accepted += tgr_tally_term(accepted / share);
}

void tgr_baselines_add(tgr_baselines *baselines, const tgr_answers *answers)
{
    for (size_t model = 0; model < answers->models; model++) {
        tgr_tally_add(&baselines->alone[model], model, answers->answer[model]);
    }
    add_oracle(&baselines->by_score, answers, TGR_QUALITY_SCORE);
    add_oracle(&baselines->by_acceptance, answers, TGR_QUALITY_ACCEPT);
    add_chance(&baselines->chance, answers);
}

void tgr_baselines_merge(tgr_baselines *into, const tgr_baselines *from)
{
    for (size_t model = 0; model < into->models; model++) {
        tgr_tally_merge(&into->alone[model], &from->alone[model], into->models);
    }
    tgr_tally_merge(&into->by_score, &from->by_score, into->models);
    tgr_tally_merge(&into->by_acceptance, &from->by_acceptance, into->models);
    into->chance.cost += from->chance.cost;
    into->chance.score += from->chance.score;
    into->chance.scored += from->chance.scored;
    into->chance.judged += from->chance.judged;
    into->chance.accepted += from->chance.accepted;
    into->chance.unknown_costs += from->chance.unknown_costs;
}

tgr_baseline tgr_baselines_oracle(const tgr_baselines *baselines, tgr_quality quality,
                                  uint64_t queries)
{
    bool by_score = quality == TGR_QUALITY_SCORE;
    return tgr_tally_baseline(by_score ? &baselines->by_score : &baselines->by_acceptance, quality,
                              queries);
}

tgr_baseline tgr_baselines_random(const tgr_baselines *baselines, tgr_quality quality,
                                  uint64_t queries)
{
    const tgr_chance *chance = &baselines->chance;
    double scored = tgr_tally_value(chance->scored), judged = tgr_tally_value(chance->judged);
    return (tgr_baseline){
        .cost = chance->unknown_costs > 0 ? NAN : tgr_tally_value(chance->cost),
        .accept_rate = tgr_share(tgr_tally_value(chance->accepted), judged),
        .mean_score = tgr_share(tgr_tally_value(chance->score), scored),
        .coverage = tgr_share(quality == TGR_QUALITY_SCORE ? scored : judged, (double)queries),
        .model = NULL,
    };
}

size_t tgr_baselines_best_single(const tgr_baseline *alone, size_t models, tgr_quality quality)
{
    size_t best = models;
    for (size_t model = 0; model < models; model++) {
        double value = tgr_baseline_quality(&alone[model], quality);
        if (!isnan(value) &&
            (best == models ||
             is_better(value, alone[model].cost, tgr_baseline_quality(&alone[best], quality),
                       alone[best].cost))) {
            best = model;
        }
    }
    return best;
}

tgr_baseline tgr_baselines_shuffled(const tgr_baselines *baselines, const tgr_point *point,
                                    tgr_quality quality, uint64_t queries)
{
    double score = 0, scored = 0, judged = 0, accepted = 0; /* expected sums */
    for (size_t model = 0; model < baselines->models; model++) {
        const tgr_tally *alone = &baselines->alone[model];
        double share = point->share[model];
        score += share * tgr_tally_value(alone->score);
        scored += share * (double)alone->scored;
        judged += share * (double)alone->judged;
        accepted += share * (double)alone->accepted;
    }
    return (tgr_baseline){
        .cost = point->cost,
        .accept_rate = tgr_share(accepted, judged),
        .mean_score = tgr_share(score, scored),
        .coverage = tgr_share(quality == TGR_QUALITY_SCORE ? scored : judged, (double)queries),
        .model = NULL,
    };
}
