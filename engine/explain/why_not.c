/* why_not.c - the rule followed backwards, from the model that was chosen to the one asked about.
 */
#include "engine/explain/why_not.h"

#include <math.h>

static void answer(tgr_explanation *explanation, tgr_why_not why, double gap)
{
    explanation->why_not = gap == 0 && why >= TGR_WHY_OTHER ? TGR_WHY_TIE : why;
    explanation->why_not_gap = gap;
}

/* The best that may serve beside the reference; the model asked about where nothing is better. */
static size_t best_other(const tgr_explanation *explanation, size_t asked)
{
    const tgr_explained_model *models = explanation->models;
    size_t best = asked;
    for (size_t model = 0; model < explanation->model_count; model++) {
        if (model != explanation->reference && models[model].out == 0 &&
            models[model].score > models[best].score) {
            best = model;
        }
    }
    return best;
}

static void follow_margin(tgr_explanation *explanation, size_t asked, size_t chosen)
{
    const tgr_explained_model *models = explanation->models;
    if (asked == explanation->reference) {
        double gap = explanation->margin - explanation->threshold;
        explanation->why_not = TGR_WHY_REFERENCE;
        explanation->why_not_gap = gap;
        return;
    }
    if (chosen != explanation->reference) { /* it is the best of the others */
        answer(explanation, TGR_WHY_OTHER, models[chosen].score - models[asked].score);
        return;
    }
    size_t best = best_other(explanation, asked);
    if (models[best].score > models[asked].score) {
        answer(explanation, TGR_WHY_OTHER, models[best].score - models[asked].score);
        return;
    }
    float margin = models[asked].score - models[chosen].score;
    answer(explanation, TGR_WHY_MARGIN, explanation->threshold - margin);
}

static void follow_slack(tgr_explanation *explanation, size_t asked, size_t chosen)
{
    const tgr_explained_model *models = explanation->models;
    float top = -INFINITY;
    for (size_t model = 0; model < explanation->model_count; model++) {
        top = models[model].out == 0 && models[model].score > top ? models[model].score : top;
    }
    float behind = top - models[asked].score;
    if (!(behind <= (float)explanation->threshold)) {
        answer(explanation, TGR_WHY_BEHIND, behind - explanation->threshold);
        return;
    }
    answer(explanation, TGR_WHY_DEARER, models[asked].cost - models[chosen].cost);
}

static size_t ranges_apart(size_t a, size_t b)
{
    return a > b ? a - b : b - a;
}

static void find_range(tgr_explanation *explanation)
{
    size_t nearest = explanation->range_count;
    for (size_t i = 0; i < explanation->range_count; i++) {
        if (explanation->ranges[i].model == explanation->asked &&
            (nearest == explanation->range_count ||
             ranges_apart(i, explanation->range) < ranges_apart(nearest, explanation->range))) {
            nearest = i;
        }
    }
    explanation->why_not_range =
        nearest < explanation->range_count ? &explanation->ranges[nearest] : NULL;
}

void tgr_why_not_find(tgr_explanation *explanation)
{
    size_t asked = (size_t)explanation->asked, chosen = (size_t)explanation->chosen;
    const tgr_explained_model *models = explanation->models;
    find_range(explanation);
    if (explanation->asked == explanation->chosen) {
        answer(explanation, TGR_WHY_CHOSEN, NAN);
    } else if (models[asked].out != 0) {
        answer(explanation, TGR_WHY_OUT, NAN);
    } else if (explanation->fell_back) {
        answer(explanation, TGR_WHY_FALLBACK, NAN);
    } else if (explanation->policy == TGR_POLICY_MARGIN) {
        follow_margin(explanation, asked, chosen);
    } else if (explanation->policy == TGR_POLICY_UTILITY) {
        answer(explanation, TGR_WHY_UTILITY, models[chosen].utility - models[asked].utility);
    } else {
        follow_slack(explanation, asked, chosen);
    }
}
