/* test_simulate_plain.h - what decisions cost and achieve, as loops in doubles over a world. */
#ifndef TGR_TESTS_SIMULATE_PLAIN_H
#define TGR_TESTS_SIMULATE_PLAIN_H

#include "tests/test_simulate_world.h"

static inline int known_outcome(const world *w, size_t query, size_t model)
{
    const int8_t *outcomes = w->outcome + query * w->models;
    const float *scores = w->score + query * w->models;
    float score = scores[model], base = scores[w->reference];
    if (outcomes[model] >= 0) {
        return outcomes[model];
    }
    if (!isnan(score) && !isnan(base)) {
        bool beats = model != w->reference && score > base;
        return beats ? 2 : score == base && score > 0 ? 1 : 0;
    }
    for (size_t other = 0; other < w->models && model == w->reference; other++) {
        if (other != model && outcomes[other] >= 0) {
            return 1;
        }
    }
    return -1;
}

static inline double known_score(const world *w, size_t query, size_t model)
{
    return w->score[query * w->models + model];
}

static inline double known_cost(const world *w, size_t query, size_t model)
{
    float recorded = w->cost[query * w->models + model];
    return isnan(recorded) ? expected_cost(w, query, model) : recorded;
}

/* A model's quality on a query by a measure; NaN where it is not judged. */
static inline double quality_on(const world *w, size_t query, size_t model, bool by_score)
{
    int outcome = known_outcome(w, query, model);
    return by_score ? known_score(w, query, model) : outcome < 0 ? NAN : outcome > 0;
}

typedef struct plain_point {
    double cost, accept_rate, mean_score, coverage, rank;
    double share[MODELS];
} plain_point;

static inline double rank_of(const world *w, size_t query, size_t chosen, bool by_score,
                             int fallback)
{
    double rank = 1;
    bool any = false;
    for (size_t model = 0; model < w->models; model++) {
        any |= may_serve(w, query, model);
        bool better = by_score ? known_score(w, query, model) > known_score(w, query, chosen)
                               : known_outcome(w, query, model) > known_outcome(w, query, chosen);
        rank += may_serve(w, query, model) && better;
    }
    return any || fallback >= 0 ? rank : NAN;
}

/* chosen: -1 undecided. */
static inline plain_point plain_measure(const world *w, const int *chosen, bool by_score,
                                        int fallback)
{
    plain_point point = {0};
    double score = 0, scored = 0, accepted = 0, judged = 0, measured = 0, rank = 0;
    for (size_t query = 0; query < w->queries; query++) {
        if (chosen[query] < 0) {
            continue;
        }
        size_t model = (size_t)chosen[query];
        point.share[model] += 1.0 / (double)w->queries;
        point.cost += known_cost(w, query, model);
        if (!isnan(known_score(w, query, model))) {
            score += known_score(w, query, model);
            scored++;
        }
        if (known_outcome(w, query, model) >= 0) {
            accepted += known_outcome(w, query, model) > 0;
            judged++;
        }
        if (!isnan(quality_on(w, query, model, by_score))) {
            measured++;
            rank += rank_of(w, query, model, by_score, fallback);
        }
    }
    point.accept_rate = judged > 0 ? accepted / judged : NAN;
    point.mean_score = scored > 0 ? score / scored : NAN;
    point.coverage = measured / (double)w->queries;
    point.rank = measured > 0 ? rank / measured : NAN;
    return point;
}

static inline double quality_at(const plain_point *point, bool by_score)
{
    return by_score ? point->mean_score : point->accept_rate;
}

static inline plain_point plain_simulate(const world *w, tgr_rule rule, double threshold,
                                         int fallback, bool by_score)
{
    int *chosen = some(w->queries, sizeof *chosen);
    decide_all(w, rule, threshold, fallback, chosen, NULL);
    plain_point point = plain_measure(w, chosen, by_score, fallback);
    free(chosen);
    return point;
}

static inline plain_point plain_alone(const world *w, size_t model, bool by_score)
{
    int *chosen = some(w->queries, sizeof *chosen);
    for (size_t query = 0; query < w->queries; query++) {
        chosen[query] = (int)model;
    }
    plain_point point = plain_measure(w, chosen, by_score, -1);
    free(chosen);
    return point;
}

#endif
