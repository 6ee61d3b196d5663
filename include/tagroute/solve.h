/* solve.h - thresholds that meet a goal: a budget, a quality, a share; and files that keep them. */
#ifndef TAGROUTE_SOLVE_H
#define TAGROUTE_SOLVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tagroute/export.h>
#include <tagroute/policy.h>
#include <tagroute/router.h>
#include <tagroute/run.h>
#include <tagroute/simulate.h>
#include <tagroute/status.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum tgr_goal_kind {
    TGR_GOAL_NONE = 0,
    TGR_GOAL_BUDGET = 1,         /* all queries cost at most `value` USD */
    TGR_GOAL_COST_PER_QUERY = 2, /* they cost at most `value` USD on average */
    TGR_GOAL_QUALITY = 3,        /* quality is at least `value`, or `value` times that of `model` */
    TGR_GOAL_SHARE = 4           /* `model` gets `value` (0 to 1) of the queries, to the nearest */
} tgr_goal_kind;

/* Goals about cost are met as dearly as they allow (margin: as near as possible to everything to
 * the reference; utility and slack: to the best score), a quality as cheaply as possible, a share
 * at the first threshold from the dear end on. */
typedef struct tgr_goal {
    tgr_goal_kind kind;
    double value;
    const char *model; /* of a share; of a quality: NULL where it is absolute */
} tgr_goal;

/* What was found. Expected costs and predicted scores are what is known when a query is routed;
 * NaN where some cost is not known. */
typedef struct tgr_solution {
    tgr_goal goal;
    double target; /* what the goal comes to: USD in all, a quality, a share */
    tgr_policy policy;
    tgr_quality quality; /* of a goal of quality: what was measured */
    double threshold;    /* meets the goal */
    double reached;      /* what is there of the target, with the cut where there is one */
    uint64_t queries;
    uint64_t measured; /* goal of quality: decisions whose model is judged; else the queries */

    /* route: the first `cut_rows` queries are decided at `cut_threshold`, the next one to either
     * side, which brings the sum as near to the goal as a query allows. */
    bool cut;
    double cut_threshold;
    uint64_t cut_rows;

    /* The batch problem: the largest mean of predicted scores that any choice of models for these
     * queries could have at no more than this expected cost is at most `best_score`: the linear
     * relaxation of a multiple-choice knapsack. */
    double expected_cost, predicted_score, best_score;

    /* simulate: cost, quality and shares at the threshold; with a bootstrap their intervals */
    const tgr_point *point, *low, *high; /* NULL: not there */
} tgr_solution;

/* As tgr_simulate, and looks for the threshold that meets a goal: simulation->solution. Costs are
 * recorded ones, expected where none is; a quality is measured on the judged queries among the
 * inputs. The queries are read a few times; memory does not grow with their number. The result is
 * the same for any number of threads.
 *
 * TGR_ERR_ARGUMENT for a goal that makes no sense, or a model without a cost; TGR_ERR_UNREACHABLE,
 * with what can be reached, where no threshold meets the goal; TGR_ERR_UNSUPPORTED for a shard,
 * which cannot know the whole: merge partial simulations with tgr_simulate_merge_goal. */
TGR_API tgr_status tgr_simulate_goal(const tgr_router *router, const tgr_simulate_options *options,
                                     const tgr_goal *goal, tgr_simulation **simulation,
                                     const tgr_run *run, tgr_error *error);

/* As tgr_simulate_merge; the threshold is the best of the edges of groups of bins, which lie within
 * 0.8 % of each other. */
TGR_API tgr_status tgr_simulate_merge_goal(const char *const *inputs, size_t input_count,
                                           const tgr_goal *goal, tgr_simulation **simulation,
                                           const tgr_run *run, tgr_error *error);

/* A policy file: how a router's queries are to be decided. */
typedef struct tgr_saved_policy {
    tgr_policy policy;
    double threshold;
    char router_digest[33];
} tgr_saved_policy;

/* Replaces `path` atomically. */
TGR_API tgr_status tgr_policy_save(const tgr_saved_policy *policy, const char *path,
                                   tgr_error *error);

/* TGR_ERR_INPUT for what is no policy file. router: NULL, or the one that it has to be for, with
 * the same prices: TGR_ERR_ARGUMENT where it is not. */
TGR_API tgr_status tgr_policy_load(const char *path, const tgr_router *router,
                                   tgr_saved_policy *policy, tgr_error *error);

#ifdef __cplusplus
}
#endif
#endif
