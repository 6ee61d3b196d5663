/* steps.c - finding the threshold that first sees a move, and mending what rounding decides. */
#include "engine/simulate/steps.h"

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/simulate/order.h"

typedef struct sorted_threshold {
    uint64_t key;
    uint64_t point;
    uint64_t unused; /* an item of 24 bytes */
} sorted_threshold;

#define MOST_BUCKETS ((size_t)1 << 14)

/* Never falls as `at` rises; the lowest and the highest for what lies beyond. */
static size_t bucket_of(const tgr_asked *asked, double at)
{
    double place = (at - asked->at[0]) * asked->scale;
    double last = (double)(asked->buckets - 1);
    return place >= last ? asked->buckets - 1 : place > 0 ? (size_t)place : 0;
}

static bool open_buckets(tgr_asked *asked)
{
    size_t count = asked->count;
    asked->buckets = count < 1 ? 1 : count < MOST_BUCKETS ? count : MOST_BUCKETS;
    asked->before = tgr_mem_zalloc(asked->buckets + 1, sizeof *asked->before);
    if (asked->before == NULL || count == 0) {
        return asked->before != NULL;
    }
    double range = asked->at[count - 1] - asked->at[0];
    asked->scale = range > 0 ? (double)asked->buckets / range : 0;
    for (size_t i = 0; i < count; i++) {
        asked->before[bucket_of(asked, asked->at[i]) + 1]++;
    }
    for (size_t i = 0; i < asked->buckets; i++) {
        asked->before[i + 1] += asked->before[i];
    }
    return true;
}

tgr_status tgr_asked_open(tgr_asked *asked, tgr_policy policy, const double *thresholds,
                          size_t count, tgr_error *error)
{
    *asked = (tgr_asked){.count = count};
    sorted_threshold *sorted = tgr_mem_alloc(count, sizeof *sorted);
    asked->at = tgr_mem_alloc(count, sizeof *asked->at);
    asked->point = tgr_mem_alloc(count, sizeof *asked->point);
    bool opened = sorted != NULL && asked->at != NULL && asked->point != NULL;
    for (size_t i = 0; opened && i < count; i++) {
        double value = policy == TGR_POLICY_UTILITY ? thresholds[i] : (float)thresholds[i];
        sorted[i] = (sorted_threshold){tgr_order_of_double(value), i, 0};
    }
    if (opened) {
        tgr_order_sort_24(sorted, count);
    }
    for (size_t i = 0; opened && i < count; i++) {
        asked->at[i] = tgr_double_of_order(sorted[i].key);
        asked->point[i] = (size_t)sorted[i].point;
    }
    tgr_mem_free(sorted);
    opened = opened && open_buckets(asked);
    return opened ? TGR_OK : tgr_fail_memory(error, "the thresholds");
}

void tgr_asked_close(tgr_asked *asked)
{
    tgr_mem_free(asked->at);
    tgr_mem_free(asked->point);
    tgr_mem_free(asked->before);
    *asked = (tgr_asked){0};
}

size_t tgr_asked_first(const tgr_asked *asked, double at)
{
    if (asked->count == 0) {
        return 0;
    }
    size_t bucket = bucket_of(asked, at);
    const double *base = asked->at + asked->before[bucket];
    size_t length = asked->before[bucket + 1] - asked->before[bucket];
    while (length > 1) {
        size_t half = length / 2;
        base += base[half - 1] < at ? half : 0;
        length -= half;
    }
    return (size_t)(base - asked->at) + (length == 1 && *base < at);
}

/* One query among the thresholds. */
typedef struct visit {
    const tgr_asked *asked;
    const tgr_path *path;
    tgr_asked_change *change;
    void *user;
    size_t checked; /* thresholds before this one are right */
} visit;

static void move_at(const visit *v, size_t threshold, int from, int to)
{
    v->change(v->user, threshold, from, to);
}

/* Where the path is at a threshold. */
static int model_at(const tgr_path *path, double threshold)
{
    int model = path->first;
    for (size_t i = 0; i < path->count && path->moves[i].at <= threshold; i++) {
        model = path->moves[i].model;
    }
    return model;
}

/* Mends the decision at one threshold by the rule itself; returns whether rounding was no question
 * there. */
static bool mend(const visit *v, size_t threshold)
{
    bool clear;
    double lambda = v->asked->at[threshold];
    int by_rule = tgr_path_decide(v->path, lambda, &clear);
    int by_path = model_at(v->path, lambda);
    if (by_rule != by_path) {
        move_at(v, threshold, by_path, by_rule);
        move_at(v, threshold + 1, by_rule, by_path);
    }
    return clear && by_rule == by_path;
}

/* Rounding matters next to a crossing, and no more from the first threshold on where it is no
 * question: gaps between lines only grow on either side of where they are least. */
static void mend_around(visit *v, size_t slot)
{
    size_t left = slot, right = slot < v->checked ? v->checked : slot;
    while (left > v->checked && !mend(v, left - 1)) {
        left--;
    }
    while (right < v->asked->count && !mend(v, right)) {
        right++;
    }
    v->checked = right < v->asked->count ? right + 1 : right;
}

/* Costs that differ by next to nothing cross far out, if at all. */
static void mend_last(visit *v)
{
    size_t left = v->asked->count;
    while (left > v->checked && !mend(v, left - 1)) {
        left--;
    }
}

static bool is_far_out(const tgr_path *path, double lambda)
{
    double cost = 0, score = 0;
    for (size_t model = 0; model < path->models; model++) {
        double own = path->scores[model] < 0 ? -path->scores[model] : path->scores[model];
        double price = path->costs[model] < 0 ? -path->costs[model] : path->costs[model];
        score = own > score ? own : score;
        cost = price > cost ? price : cost;
    }
    return lambda * cost > 0x1p16 * score;
}

void tgr_asked_each(const tgr_asked *asked, const tgr_path *path, bool utility,
                    tgr_asked_change *change, void *user)
{
    visit v = {asked, path, change, user, 0};
    int from = path->first;
    for (size_t i = 0; i < path->count; i++) {
        size_t slot = tgr_asked_first(asked, path->moves[i].at);
        move_at(&v, slot, from, path->moves[i].model);
        from = path->moves[i].model;
        if (utility) {
            mend_around(&v, slot);
        }
    }
    if (utility && asked->count > 0 && is_far_out(path, asked->at[asked->count - 1])) {
        mend_last(&v);
    }
}

/* ---- sums of decisions ----------------------------------------------------------------------- */

typedef struct adding {
    tgr_decided *changes;
    const uint16_t *order;
    tgr_answers *answers;
    uint64_t weight;
} adding;

static void add_change(void *user, size_t threshold, int from, int to)
{
    const adding *into = user;
    tgr_decided_move(&into->changes[threshold],
                     tgr_answers_ranked(into->answers, into->order[from]),
                     tgr_answers_ranked(into->answers, into->order[to]), into->weight);
}

void tgr_asked_add(const tgr_asked *asked, tgr_decided *changes, const tgr_path *path,
                   const uint16_t *order, bool utility, tgr_answers *answers, uint64_t weight)
{
    adding into = {changes, order, answers, weight};
    tgr_asked_each(asked, path, utility, add_change, &into);
}
