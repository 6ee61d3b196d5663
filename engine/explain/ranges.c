/* ranges.c - paths say about where the decision changes; the rule itself, asked again and again,
 * says at which number. */
#include "engine/explain/ranges.h"

#include <float.h>
#include <math.h>

#include "engine/simulate/order.h"
#include "engine/simulate/path.h"

/* Rounding moves a crossing of utilities by less than this share. */
#define UNSURE 0x1p-30

typedef struct search {
    tgr_decider decider;
    double threshold; /* that the decider is asked at */
    const float *scores;
    tgr_explained_range *ranges;
    size_t count, room;
    double seen; /* the largest threshold known to be in the last range */
} search;

double tgr_threshold_compared(tgr_rule rule, double threshold)
{
    return rule == TGR_RULE_UTILITY ? threshold : (double)((float)threshold + 0.0f);
}

static int decide(search *s, double threshold)
{
    int16_t model;
    const tgr_choice choice = {&model, NULL};
    s->threshold = threshold;
    s->decider.thresholds = &s->threshold;
    s->decider.threshold_count = 1;
    tgr_ref_decide(&s->decider, s->scores, s->decider.models, 0, 1, &choice);
    return model;
}

/* Thresholds in their order, whole numbers one apart: floats, or doubles for utility. */
static uint64_t order_of(const search *s, double threshold)
{
    return s->decider.rule == TGR_RULE_UTILITY ? tgr_order_of_double(threshold)
                                               : tgr_order_of_float((float)threshold);
}

static double at_order(const search *s, uint64_t order)
{
    return s->decider.rule == TGR_RULE_UTILITY ? tgr_double_of_order(order)
                                               : (double)tgr_float_of_order((uint32_t)order);
}

/* The last range ends, and another begins, between a threshold of the last one and one at which the
 * decision is another. */
static void cut(search *s, double there)
{
    tgr_explained_range *last = &s->ranges[s->count - 1];
    uint64_t low = order_of(s, s->seen), high = order_of(s, there);
    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;
        if (decide(s, at_order(s, middle)) == last->model) {
            low = middle;
        } else {
            high = middle;
        }
    }
    last->to = at_order(s, low);
    double from = at_order(s, high);
    s->ranges[s->count++] = (tgr_explained_range){from, from, decide(s, from)};
    s->seen = from;
}

/* Sees to it that the decision at a threshold, beyond those seen so far, is that of its range. */
static void look_at(search *s, double threshold)
{
    if (!(threshold > s->seen)) {
        return;
    }
    int model = decide(s, threshold);
    while (s->ranges[s->count - 1].model != model && s->count < s->room) {
        cut(s, threshold);
    }
    s->seen = threshold;
}

/* A little beyond a move, where the decision is clear, unless the path moves again before. */
static double beyond(const search *s, const tgr_path *path, size_t move)
{
    double at = path->moves[move].at;
    if (s->decider.rule != TGR_RULE_UTILITY) {
        return at;
    }
    double far = at + at * UNSURE;
    double next = move + 1 < path->count ? path->moves[move + 1].at : FLT_MAX;
    return far < next ? far : at + (next - at) / 2;
}

static void look_everywhere(search *s, const tgr_path *path, double threshold)
{
    bool seen = false;
    for (size_t i = 0; i < path->count && path->moves[i].at <= FLT_MAX; i++) {
        double there = beyond(s, path, i);
        if (!seen && threshold <= there) {
            look_at(s, threshold);
            seen = true;
        }
        look_at(s, there);
    }
    look_at(s, threshold);
    look_at(s, FLT_MAX);
}

/* Whether the rule can be asked at other thresholds: the costs that it would compare are known. */
static bool moves(const tgr_decider *decider, const tgr_path *path)
{
    if (decider->rule == TGR_RULE_MARGIN) {
        return true;
    }
    for (size_t model = 0; model < decider->models; model++) {
        if (path->may[model] && isnan(tgr_ref_cost(decider, 0, model))) {
            return false;
        }
    }
    return true;
}

bool tgr_ranges_find(tgr_arena *arena, const tgr_decider *decider, const float *scores,
                     double threshold, tgr_explained_range **ranges, size_t *count, size_t *here)
{
    tgr_path path;
    search s = {.decider = *decider, .scores = scores, .room = 4 * decider->models + 4};
    threshold = tgr_threshold_compared(decider->rule, threshold);
    s.ranges = tgr_arena_alloc(arena, s.room, sizeof *s.ranges);
    bool found = tgr_path_open(&path, decider->models) && s.ranges != NULL;
    if (found) {
        bool margin = decider->rule == TGR_RULE_MARGIN;
        double least = margin ? -FLT_MAX : 0;
        tgr_path_find(&path, decider, scores, 0, false);
        bool moving = moves(decider, &path);
        tgr_path_find(&path, decider, scores, 0, moving);
        s.ranges[s.count++] = (tgr_explained_range){least, least, decide(&s, least)};
        s.seen = least;
        if (moving) {
            look_everywhere(&s, &path, threshold);
            s.ranges[s.count - 1].to = INFINITY;
        }
        s.ranges[0].from = margin ? -INFINITY : 0;
        *here = 0;
        while (*here + 1 < s.count && s.ranges[*here + 1].from <= threshold) {
            *here += 1;
        }
    }
    tgr_path_close(&path);
    *ranges = s.ranges;
    *count = s.count;
    return found;
}
