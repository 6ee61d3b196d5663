/* decide.c - the plain definition of each policy's rule, one row and one threshold at a time. */
#include <math.h>
#include <stdbool.h>

#include "kernels/kernels.h"

/* One row's scores and what may serve it. */
typedef struct row_view {
    const tgr_decider *decider;
    const float *scores;
    size_t row;
} row_view;

typedef struct verdict {
    int model; /* TGR_UNDECIDED where none may serve */
    float margin;
} verdict;

double tgr_ref_cost(const tgr_decider *decider, size_t row, size_t model)
{
    if (decider->price_in != NULL && decider->prompt_tokens != NULL) {
        double tokens = decider->prompt_tokens[row];
        double price = decider->price_in[model];
        if (!isnan(tokens) && !isnan(price)) {
            return fma(tokens, price, decider->price_out[model]);
        }
    }
    return decider->flat == NULL ? NAN : decider->flat[model];
}

static bool may_serve(const row_view *view, size_t model)
{
    const tgr_decider *decider = view->decider;
    if (decider->eligible == NULL) {
        return true;
    }
    uint64_t word = decider->eligible[view->row * decider->mask_words + model / 64];
    return (word >> (model % 64) & 1) != 0;
}

/* The best-scored model that may serve, `except` left out; TGR_UNDECIDED where there is none. */
static int best_score(const row_view *view, int except)
{
    int best = TGR_UNDECIDED;
    for (size_t model = 0; model < view->decider->models; model++) {
        if ((int)model == except || !may_serve(view, model)) {
            continue;
        }
        if (best == TGR_UNDECIDED || view->scores[model] > view->scores[best]) {
            best = (int)model;
        }
    }
    return best;
}

static verdict decide_margin(const row_view *view, double threshold)
{
    int reference = (int)view->decider->reference;
    int other = best_score(view, reference);
    if (!may_serve(view, view->decider->reference)) {
        return (verdict){other, NAN};
    }
    if (other == TGR_UNDECIDED) {
        return (verdict){reference, NAN};
    }
    float margin = view->scores[other] - view->scores[reference];
    return (verdict){margin >= (float)threshold ? other : reference, margin};
}

static double utility(const row_view *view, double lambda, size_t model)
{
    double score = view->scores[model];
    return lambda == 0 ? score : fma(-lambda, tgr_ref_cost(view->decider, view->row, model), score);
}

/* Whether (utility, score) of one model beats another's; equality keeps the earlier model. */
static bool beats(double utility_a, float score_a, double utility_b, float score_b)
{
    return utility_a > utility_b || (utility_a == utility_b && score_a > score_b);
}

static verdict decide_utility(const row_view *view, double lambda)
{
    int best = TGR_UNDECIDED;
    int second = TGR_UNDECIDED; /* the best of the rest */
    double best_utility = 0, second_utility = 0;
    for (size_t model = 0; model < view->decider->models; model++) {
        if (!may_serve(view, model)) {
            continue;
        }
        double value = utility(view, lambda, model);
        float score = view->scores[model];
        if (best == TGR_UNDECIDED || beats(value, score, best_utility, view->scores[best])) {
            second = best;
            second_utility = best_utility;
            best = (int)model;
            best_utility = value;
        } else if (second == TGR_UNDECIDED || value > second_utility) {
            second = (int)model;
            second_utility = value;
        }
    }
    float margin = second == TGR_UNDECIDED ? NAN : (float)(best_utility - second_utility);
    return (verdict){best, margin};
}

static verdict decide_slack(const row_view *view, double threshold)
{
    int top = best_score(view, TGR_UNDECIDED);
    if (top == TGR_UNDECIDED) {
        return (verdict){TGR_UNDECIDED, NAN};
    }
    int chosen = top;
    double chosen_cost = tgr_ref_cost(view->decider, view->row, (size_t)top);
    for (size_t model = 0; model < view->decider->models; model++) {
        float behind = view->scores[top] - view->scores[model];
        if (!may_serve(view, model) || !(behind <= (float)threshold)) {
            continue;
        }
        double cost = tgr_ref_cost(view->decider, view->row, model);
        float score = view->scores[model], chosen_score = view->scores[chosen];
        bool same = cost == chosen_cost && score == chosen_score;
        if (cost < chosen_cost || (cost == chosen_cost && score > chosen_score) ||
            (same && (int)model < chosen)) {
            chosen = (int)model;
            chosen_cost = cost;
        }
    }
    return (verdict){chosen, view->scores[top] - view->scores[chosen]};
}

static verdict decide_row(const row_view *view, double threshold)
{
    switch (view->decider->rule) {
    case TGR_RULE_MARGIN:
        return decide_margin(view, threshold);
    case TGR_RULE_UTILITY:
        return decide_utility(view, threshold);
    case TGR_RULE_SLACK:
        break;
    }
    return decide_slack(view, threshold);
}

void tgr_ref_decide(const tgr_decider *decider, const float *scores, size_t stride, size_t begin,
                    size_t end, const tgr_choice *choice)
{
    for (size_t row = begin; row < end; row++, scores += stride) {
        row_view view = {decider, scores, row};
        for (size_t i = 0; i < decider->threshold_count; i++) {
            verdict decision = decide_row(&view, decider->thresholds[i]);
            size_t place = row * decider->threshold_count + i;
            choice->model[place] = (int16_t)decision.model;
            if (choice->margin != NULL) {
                choice->margin[place] = decision.margin;
            }
        }
    }
}
