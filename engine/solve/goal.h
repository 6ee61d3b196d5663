/* goal.h - what a goal asks of sums over decisions, and from which end thresholds are tried. */
#ifndef TGR_SOLVE_GOAL_H
#define TGR_SOLVE_GOAL_H

#include <stdbool.h>
#include <stdint.h>

#include <tagroute/solve.h>

#include "engine/base/exact.h"
#include "engine/router/router.h"
#include "engine/simulate/tally.h"

/* What decisions amount to with regard to the goal: a sum of costs, scores, or ones; and over how
 * many it is, both by weight where queries with weights are looked at. Or a difference of two such,
 * in which counts wrap below zero. */
typedef struct tgr_amount {
    tgr_sum sum;
    uint64_t count;
} tgr_amount;

static inline void tgr_amount_add(tgr_amount *into, tgr_amount more)
{
    into->sum += more.sum;
    into->count += more.count;
}

static inline tgr_amount tgr_amount_less(tgr_amount a, tgr_amount b)
{
    return (tgr_amount){a.sum - b.sum, a.count - b.count};
}

typedef struct tgr_aim {
    tgr_goal goal;
    double unit;     /* of sums */
    size_t model;    /* of the goal; SIZE_MAX none */
    bool from_top;   /* thresholds are tried from the largest down */
    bool rises;      /* share: from that end on it rises */
    double target;   /* as tgr_solution has it */
    uint64_t wanted; /* share: so many decisions */
} tgr_aim;

/* Checks the goal and finds its model; the target is still to be settled. */
tgr_status tgr_aim_open(tgr_aim *aim, const tgr_goal *goal, tgr_policy policy,
                        const tgr_router *router, tgr_error *error);

/* start: the amount at the end from which thresholds are tried; alone: of the goal's model, where
 * it answers every query. */
void tgr_aim_settle(tgr_aim *aim, const tgr_population *of, tgr_amount start, tgr_amount alone);

/* A count as queries, to the nearest whole number of them. */
static inline uint64_t tgr_measured(uint64_t count, double unit)
{
    return unit < 1 ? (uint64_t)((double)count * unit + 0.5) : count;
}

/* What an amount is in the goal's own terms; NaN where nothing is judged. */
double tgr_aim_value(const tgr_aim *aim, tgr_amount amount, uint64_t queries);
bool tgr_aim_is_met(const tgr_aim *aim, tgr_amount amount);

/* Whether one value comes nearer to the target than another. */
bool tgr_aim_is_nearer(const tgr_aim *aim, double value, double than);

/* No threshold does: says what the nearest gives. */
tgr_status tgr_aim_fail(const tgr_aim *aim, double nearest, tgr_error *error);

#endif
