/* path.c - the three rules, solved for the threshold. */
#include "engine/simulate/path.h"

#include <float.h>
#include <math.h>

#include "engine/base/memory.h"
#include "engine/simulate/order.h"

bool tgr_path_open(tgr_path *path, size_t models)
{
    *path = (tgr_path){.models = models};
    path->moves = tgr_mem_zalloc(models, sizeof *path->moves);
    path->costs = tgr_mem_zalloc(models, sizeof *path->costs);
    path->may = tgr_mem_zalloc(models, sizeof *path->may);
    return path->moves != NULL && path->costs != NULL && path->may != NULL;
}

void tgr_path_close(tgr_path *path)
{
    tgr_mem_free(path->moves);
    tgr_mem_free(path->costs);
    tgr_mem_free(path->may);
    *path = (tgr_path){0};
}

static void add_move(tgr_path *path, double at, int model)
{
    path->moves[path->count++] = (tgr_path_move){at, model};
}

/* The best-scored model that may serve, `except` left out; TGR_UNDECIDED where there is none. */
static int best_score(const tgr_path *path, int except)
{
    int best = TGR_UNDECIDED;
    for (int model = 0; model < (int)path->models; model++) {
        if (model != except && path->may[model] &&
            (best == TGR_UNDECIDED || path->scores[model] > path->scores[best])) {
            best = model;
        }
    }
    return best;
}

/* ---- margin ---------------------------------------------------------------------------------- */

static float next_above(float value)
{
    if (value == INFINITY) {
        return value;
    }
    uint32_t order = tgr_order_of_float(value) + 1;
    return tgr_float_of_order(order);
}

static void find_margin(tgr_path *path, int reference)
{
    int other = best_score(path, reference);
    if (!path->may[reference]) {
        path->first = other;
        return;
    }
    path->first = reference;
    if (other == TGR_UNDECIDED) {
        return;
    }
    float margin = path->scores[other] - path->scores[reference];
    if (!isnan(margin)) { /* else no comparison is true */
        path->first = other;
        add_move(path, next_above(margin), reference);
    }
}

/* ---- slack ----------------------------------------------------------------------------------- */

/* Whether a model is taken before another where both are near enough. */
static bool is_cheaper(const tgr_path *path, int a, int b)
{
    double cost_a = path->costs[a], cost_b = path->costs[b];
    float score_a = path->scores[a], score_b = path->scores[b];
    return cost_a < cost_b ||
           (cost_a == cost_b && (score_a > score_b || (score_a == score_b && a < b)));
}

/* The nearest of the models that are cheaper than the one at hand, of equally near ones the first
 * in line; TGR_UNDECIDED where there is none. */
static int nearest_cheaper(const tgr_path *path, int top, int at, float *distance)
{
    int nearest = TGR_UNDECIDED;
    for (int model = 0; model < (int)path->models; model++) {
        float behind = path->scores[top] - path->scores[model];
        if (!path->may[model] || !(behind <= FLT_MAX) || !is_cheaper(path, model, at)) {
            continue;
        }
        if (nearest == TGR_UNDECIDED || behind < *distance ||
            (behind == *distance && is_cheaper(path, model, nearest))) {
            nearest = model;
            *distance = behind;
        }
    }
    return nearest;
}

static void find_slack(tgr_path *path)
{
    int top = best_score(path, TGR_UNDECIDED);
    path->first = top;
    for (int at = top; at != TGR_UNDECIDED;) {
        float distance = 0;
        at = nearest_cheaper(path, top, at, &distance);
        if (at != TGR_UNDECIDED && distance <= 0) {
            path->first = at;
        } else if (at != TGR_UNDECIDED) {
            add_move(path, distance, at);
        }
    }
}

/* ---- utility --------------------------------------------------------------------------------- */

static double utility(const tgr_path *path, double lambda, int model)
{
    double score = path->scores[model];
    return lambda == 0 ? score : fma(-lambda, path->costs[model], score);
}

bool tgr_path_prefers(const tgr_path *path, double lambda, int a, int b)
{
    double utility_a = utility(path, lambda, a), utility_b = utility(path, lambda, b);
    float score_a = path->scores[a], score_b = path->scores[b];
    return utility_b > utility_a ||
           (utility_b == utility_a && (score_b > score_a || (score_b == score_a && b < a)));
}

int tgr_path_decide(const tgr_path *path, double lambda, bool *clear)
{
    int best = TGR_UNDECIDED;
    double highest = -INFINITY, second = -INFINITY, largest = 0;
    for (int model = 0; model < (int)path->models; model++) {
        if (!path->may[model]) {
            continue;
        }
        double score = path->scores[model], value = utility(path, lambda, model);
        double size = fmax(fabs(score), fabs(value));
        largest = size > largest ? size : largest;
        if (best == TGR_UNDECIDED || value > highest ||
            (value == highest && score > path->scores[best])) {
            best = model;
            second = highest;
            highest = value;
        } else if (value > second) {
            second = value;
        }
    }
    *clear = highest - second > largest * 0x1p-44;
    return best;
}

/* Where scores tie at lambda 0, rounding alone says when costs begin to matter: the first lambda is
 * found by halving. */
static double first_difference(const tgr_path *path, int a, int b)
{
    uint64_t low = tgr_order_of_double(0), high = tgr_order_of_double(FLT_MAX);
    if (!tgr_path_prefers(path, FLT_MAX, a, b)) {
        return INFINITY;
    }
    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;
        if (tgr_path_prefers(path, tgr_double_of_order(middle), a, b)) {
            high = middle;
        } else {
            low = middle;
        }
    }
    return tgr_double_of_order(high);
}

/* The model that next overtakes the one at hand: of those that cross it at the same lambda the
 * cheapest, of those the best, then the first. */
static int next_on_envelope(const tgr_path *path, int at, double *crossing)
{
    int next = TGR_UNDECIDED;
    double score = path->scores[at], cost = path->costs[at];
    for (int model = 0; model < (int)path->models; model++) {
        double saved = cost - path->costs[model], lost = score - path->scores[model];
        if (!path->may[model] || !(saved > 0) || !(lost <= DBL_MAX)) {
            continue;
        }
        double lambda = lost / saved;
        if (next == TGR_UNDECIDED || lambda < *crossing ||
            (lambda == *crossing && is_cheaper(path, model, next))) {
            next = model;
            *crossing = lambda;
        }
    }
    return next;
}

static void find_utility(tgr_path *path)
{
    int at = best_score(path, TGR_UNDECIDED);
    path->first = at;
    double reached = 0;
    while (at != TGR_UNDECIDED && isfinite(path->scores[at])) {
        double crossing = 0;
        int next = next_on_envelope(path, at, &crossing);
        if (next == TGR_UNDECIDED || !(crossing <= FLT_MAX)) {
            return; /* no threshold is larger */
        }
        crossing =
            path->scores[at] == path->scores[next] ? first_difference(path, at, next) : crossing;
        reached = crossing > reached ? crossing : reached;
        if (!(reached <= FLT_MAX)) {
            return;
        }
        add_move(path, reached, next);
        at = next;
    }
}

/* ---- any ------------------------------------------------------------------------------------- */

static void look_at_row(tgr_path *path, const tgr_decider *decider, size_t row, bool costs)
{
    const uint64_t *mask =
        decider->eligible == NULL ? NULL : decider->eligible + row * decider->mask_words;
    for (size_t model = 0; model < path->models; model++) {
        path->may[model] = mask == NULL || (mask[model / 64] >> (model % 64) & 1) != 0;
    }
    for (size_t model = 0; costs && model < path->models; model++) {
        path->costs[model] = path->row_costs != NULL ? tgr_row_cost(path->row_costs, row, model)
                                                     : tgr_ref_cost(decider, row, model);
    }
}

void tgr_path_find(tgr_path *path, const tgr_decider *decider, const float *scores, size_t row,
                   bool moving)
{
    path->scores = scores;
    path->count = 0;
    look_at_row(path, decider, row, moving && decider->rule != TGR_RULE_MARGIN);
    switch (decider->rule) {
    case TGR_RULE_MARGIN:
        find_margin(path, (int)decider->reference);
        break;
    case TGR_RULE_UTILITY:
        if (moving) {
            find_utility(path);
        } else {
            path->first = best_score(path, TGR_UNDECIDED);
        }
        break;
    case TGR_RULE_SLACK:
        find_slack(path);
        break;
    }
}
