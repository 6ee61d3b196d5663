/* baselines.c - sums of what models would do without a router, and what they say. */
#include "engine/simulate/baselines.h"

#include <math.h>

#include "engine/base/memory.h"

void tgr_baselines_place(tgr_baselines *baselines, size_t models, tgr_tally *tallies)
{
    *baselines = (tgr_baselines){.models = models,
                                 .alone = tallies,
                                 .some = tallies + models,
                                 .some_all = tallies + 2 * models};
}

bool tgr_baselines_open(tgr_baselines *baselines, size_t models)
{
    *baselines = (tgr_baselines){.models = models};
    tgr_tally *tallies = tgr_mem_zalloc(2 * models + 1, sizeof *tallies);
    if (tallies != NULL) {
        tgr_baselines_place(baselines, models, tallies);
    }
    return tallies != NULL;
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
        return answer->score_value;
    }
    return answer->judged ? (double)answer->accepted : NAN;
}

/* Sums without ranks. */
static void add_answer(tgr_tally *tally, const tgr_answer *answer, uint64_t weight)
{
    tally->cost += answer->cost;
    tally->score += answer->score;
    tally->decided += weight;
    tally->costed += answer->costed * weight;
    tally->scored += answer->scored * weight;
    tally->judged += answer->judged * weight;
    tally->accepted += answer->accepted * weight;
}

static void add_oracle(tgr_tally *tally, const tgr_answers *answers, tgr_quality quality,
                       uint64_t weight)
{
    const tgr_answer *best = NULL;
    double best_quality = NAN;
    for (size_t model = 0; model < answers->models; model++) {
        const tgr_answer *answer = &answers->answer[model];
        if (!answers->candidate[model]) {
            continue;
        }
        double value = quality_of(answer, quality);
        if (best == NULL || is_better(value, answer->usd, best_quality, best->usd)) {
            best = answer;
            best_quality = value;
        }
    }
    if (best != NULL) {
        add_answer(tally, best, weight);
    }
}

void tgr_baselines_add(tgr_baselines *baselines, const tgr_answers *answers, uint64_t weight)
{
    bool restricted = answers->candidates < answers->models;
    for (size_t model = 0; model < answers->models; model++) {
        add_answer(&baselines->alone[model], &answers->answer[model], weight);
    }
    for (size_t model = 0; restricted && model < answers->models; model++) {
        add_answer(baselines->some_all, &answers->answer[model], weight);
        if (answers->candidate[model]) {
            add_answer(&baselines->some[answers->candidates], &answers->answer[model], weight);
        }
    }
    add_oracle(&baselines->by_score, answers, TGR_QUALITY_SCORE, weight);
    add_oracle(&baselines->by_acceptance, answers, TGR_QUALITY_ACCEPT, weight);
}

/* ---- the same for a block -------------------------------------------------------------------- */

static void add_best(tgr_tally *tally, const tgr_block *block, const tgr_best_answers *best)
{
    tgr_answer_sums sums;
    uint64_t decided = 0;
    for (size_t i = 0; i < block->count; i++) {
        decided += best->quality[i] > -INFINITY;
    }
    block->kernels->sum_answers(best->cost, best->score, best->outcome, block->columns.rows, &sums);
    tgr_block_add(tally, &sums, decided);
}

static void add_cell(tgr_tally *tally, double cost, double score, double outcome, uint64_t weight,
                     unsigned bits)
{
    tgr_answer answer = {0};
    tgr_answer_set(&answer, cost, (float)score, (int)outcome);
    tgr_answer_weigh(&answer, weight, bits);
    add_answer(tally, &answer, weight);
}

static void add_place(tgr_tally *tally, const tgr_answer_columns *columns, size_t place,
                      uint64_t weight, unsigned bits)
{
    add_cell(tally, columns->cost[place], columns->score[place], columns->outcome[place], weight,
             bits);
}

static void add_restricted(tgr_baselines *baselines, const tgr_block *block, size_t row,
                           uint64_t weight, unsigned bits)
{
    const tgr_answer_columns *columns = &block->columns;
    for (size_t model = 0; model < columns->models; model++) {
        size_t place = model * TGR_ANSWER_ROWS + row;
        add_place(baselines->some_all, columns, place, weight, bits);
        if (columns->bar[place] == 0) {
            add_place(&baselines->some[block->candidates[row]], columns, place, weight, bits);
        }
    }
}

void tgr_baselines_add_block(tgr_baselines *baselines, const tgr_block *block)
{
    const tgr_answer_columns *columns = &block->columns;
    tgr_best_answers by_score, by_acceptance;
    for (size_t model = 0; model < columns->models; model++) {
        size_t place = model * TGR_ANSWER_ROWS;
        tgr_answer_sums sums;
        block->kernels->sum_answers(columns->cost + place, columns->score + place,
                                    columns->outcome + place, columns->rows, &sums);
        tgr_block_add(&baselines->alone[model], &sums, block->count);
    }
    block->kernels->best_answers(columns, &by_score, &by_acceptance);
    add_best(&baselines->by_score, block, &by_score);
    add_best(&baselines->by_acceptance, block, &by_acceptance);
    for (size_t row = 0; block->candidates != NULL && row < block->count; row++) {
        if (block->candidates[row] < columns->models) {
            add_restricted(baselines, block, row, 1, 0);
        }
    }
}

static void add_best_weighed(tgr_tally *tally, const tgr_block *block, const tgr_best_answers *best,
                             const uint64_t *weights, unsigned bits)
{
    for (size_t i = 0; i < block->count; i++) {
        if (best->quality[i] > -INFINITY) {
            add_cell(tally, best->cost[i], best->score[i], best->outcome[i], weights[i], bits);
        }
    }
}

void tgr_baselines_add_weighed(tgr_baselines *baselines, const tgr_block *block,
                               const uint64_t *weights, unsigned bits)
{
    const tgr_answer_columns *columns = &block->columns;
    tgr_best_answers by_score, by_acceptance;
    for (size_t model = 0; model < columns->models; model++) {
        for (size_t row = 0; row < block->count; row++) {
            add_place(&baselines->alone[model], columns, model * TGR_ANSWER_ROWS + row,
                      weights[row], bits);
        }
    }
    block->kernels->best_answers(columns, &by_score, &by_acceptance);
    add_best_weighed(&baselines->by_score, block, &by_score, weights, bits);
    add_best_weighed(&baselines->by_acceptance, block, &by_acceptance, weights, bits);
    for (size_t row = 0; block->candidates != NULL && row < block->count; row++) {
        if (block->candidates[row] < columns->models) {
            add_restricted(baselines, block, row, weights[row], bits);
        }
    }
}

/* ---- what they say --------------------------------------------------------------------------- */

void tgr_baselines_merge(tgr_baselines *into, const tgr_baselines *from)
{
    for (size_t i = 0; i < 2 * into->models + 1; i++) { /* alone, some, some_all */
        tgr_tally_merge(&into->alone[i], &from->alone[i]);
    }
    tgr_tally_merge(&into->by_score, &from->by_score);
    tgr_tally_merge(&into->by_acceptance, &from->by_acceptance);
}

tgr_baseline tgr_baselines_oracle(const tgr_baselines *baselines, tgr_quality quality,
                                  const tgr_population *of)
{
    bool by_score = quality == TGR_QUALITY_SCORE;
    return tgr_tally_baseline(by_score ? &baselines->by_score : &baselines->by_acceptance, quality,
                              of);
}

/* Expected sums where each query goes to any of its candidates with equal chance. */
typedef struct chance {
    double cost, score, scored, judged, accepted;
    bool costs_known;
} chance;

static void add_chance(chance *sums, const tgr_tally *over, size_t candidates)
{
    double share = (double)candidates;
    sums->cost += tgr_tally_value(over->cost) / share;
    sums->score += tgr_tally_value(over->score) / share;
    sums->scored += (double)over->scored / share;
    sums->judged += (double)over->judged / share;
    sums->accepted += (double)over->accepted / share;
    sums->costs_known &= over->costed == over->decided;
}

/* Over the queries that every model may serve. */
static tgr_tally unrestricted(const tgr_baselines *baselines)
{
    tgr_tally all = {0};
    for (size_t model = 0; model < baselines->models; model++) {
        tgr_tally_merge(&all, &baselines->alone[model]);
    }
    const tgr_tally *rest = baselines->some_all;
    all.cost -= rest->cost;
    all.score -= rest->score;
    all.decided -= rest->decided;
    all.costed -= rest->costed;
    all.scored -= rest->scored;
    all.judged -= rest->judged;
    all.accepted -= rest->accepted;
    return all;
}

tgr_baseline tgr_baselines_random(const tgr_baselines *baselines, tgr_quality quality,
                                  const tgr_population *of)
{
    chance sums = {.costs_known = true};
    tgr_tally all = unrestricted(baselines);
    for (size_t candidates = 1; candidates < baselines->models; candidates++) {
        add_chance(&sums, &baselines->some[candidates], candidates);
    }
    add_chance(&sums, &all, baselines->models);
    double measured = quality == TGR_QUALITY_SCORE ? sums.scored : sums.judged;
    return (tgr_baseline){
        .cost = sums.costs_known ? sums.cost : NAN,
        .accept_rate = tgr_share(sums.accepted, sums.judged),
        .mean_score = tgr_share(sums.score, sums.scored * of->unit),
        .coverage = tgr_share(measured, (double)of->size),
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
                                    tgr_quality quality, const tgr_population *of)
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
        .mean_score = tgr_share(score, scored * of->unit),
        .coverage = tgr_share(quality == TGR_QUALITY_SCORE ? scored : judged, (double)of->size),
        .model = NULL,
    };
}
