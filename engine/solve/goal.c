/* goal.c - goals: checked, settled once the queries are known, and compared with. */
#include "engine/solve/goal.h"

#include <math.h>

#include "engine/base/error.h"
#include "engine/simulate/tally.h"

static tgr_status check_value(const tgr_goal *goal, tgr_error *error)
{
    static const char *const names[] = {
        [TGR_GOAL_BUDGET] = "a budget",
        [TGR_GOAL_COST_PER_QUERY] = "a cost a query",
        [TGR_GOAL_QUALITY] = "a quality to reach",
        [TGR_GOAL_SHARE] = "a share to reach",
    };
    if (goal->kind < TGR_GOAL_BUDGET || goal->kind > TGR_GOAL_SHARE) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "%d is no goal", (int)goal->kind);
    }
    if (!isfinite(goal->value) || (goal->value < 0 && goal->kind != TGR_GOAL_QUALITY)) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "%s is a number of at least 0, not %g",
                        names[goal->kind], goal->value);
    }
    if (goal->kind == TGR_GOAL_SHARE && goal->value > 1) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "a share is at most 1 (100 %%), not %g",
                        goal->value);
    }
    if (goal->kind == TGR_GOAL_SHARE && goal->model == NULL) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "a share to reach needs a model");
    }
    return TGR_OK;
}

tgr_status tgr_aim_open(tgr_aim *aim, const tgr_goal *goal, tgr_policy policy,
                        const tgr_router *router, tgr_error *error)
{
    bool dear_end = goal->kind != TGR_GOAL_QUALITY; /* a quality is wanted cheaply */
    *aim = (tgr_aim){.goal = *goal, .model = SIZE_MAX, .unit = 1};
    tgr_status status = check_value(goal, error);
    if (status != TGR_OK) {
        return status;
    }
    aim->from_top = (policy == TGR_POLICY_MARGIN) == dear_end;
    if (goal->model != NULL && (goal->kind == TGR_GOAL_SHARE || goal->kind == TGR_GOAL_QUALITY)) {
        status = tgr_router_need_model(router, goal->model, &aim->model, error);
    }
    return status;
}

void tgr_aim_settle(tgr_aim *aim, const tgr_population *of, tgr_amount start, tgr_amount alone)
{
    aim->target = aim->goal.value;
    switch (aim->goal.kind) {
    case TGR_GOAL_COST_PER_QUERY:
        aim->target *= (double)of->size * of->unit;
        break;
    case TGR_GOAL_QUALITY:
        aim->target *= aim->model == SIZE_MAX ? 1 : tgr_aim_value(aim, alone, of->size);
        break;
    case TGR_GOAL_SHARE:
        aim->wanted = (uint64_t)llround(aim->target * (double)of->size);
        aim->rises = start.sum < (tgr_sum)aim->wanted;
        break;
    case TGR_GOAL_BUDGET:
    case TGR_GOAL_NONE:
        break;
    }
}

double tgr_aim_value(const tgr_aim *aim, tgr_amount amount, uint64_t queries)
{
    double sum = (double)amount.sum * aim->unit;
    switch (aim->goal.kind) {
    case TGR_GOAL_QUALITY:
        return tgr_share(sum, (double)amount.count);
    case TGR_GOAL_SHARE:
        return tgr_share(sum, (double)queries);
    default:
        return sum;
    }
}

bool tgr_aim_is_met(const tgr_aim *aim, tgr_amount amount)
{
    switch (aim->goal.kind) {
    case TGR_GOAL_QUALITY:
        return tgr_aim_value(aim, amount, 0) >= aim->target;
    case TGR_GOAL_SHARE:
        return aim->rises ? amount.sum >= (tgr_sum)aim->wanted : amount.sum <= (tgr_sum)aim->wanted;
    default:
        return tgr_aim_value(aim, amount, 0) <= aim->target;
    }
}

bool tgr_aim_is_nearer(const tgr_aim *aim, double value, double than)
{
    bool larger =
        aim->goal.kind == TGR_GOAL_QUALITY || (aim->goal.kind == TGR_GOAL_SHARE && aim->rises);
    return !isnan(value) && (isnan(than) || (larger ? value > than : value < than));
}

tgr_status tgr_aim_fail(const tgr_aim *aim, double nearest, tgr_error *error)
{
    switch (aim->goal.kind) {
    case TGR_GOAL_QUALITY:
        if (isnan(aim->target) || isnan(nearest)) {
            return tgr_fail(error, TGR_ERR_INPUT,
                            "no query is judged%s%s, so no quality can be reached; solve on a "
                            "judged log (tagroute simulate --save-policy) and route with the "
                            "policy (tagroute route --policy-file)",
                            aim->goal.model == NULL ? "" : " for model ",
                            aim->goal.model == NULL ? "" : aim->goal.model);
        }
        return tgr_fail(error, TGR_ERR_UNREACHABLE,
                        "no threshold reaches a quality of %.6g; the highest found is %.6g",
                        aim->target, nearest);
    case TGR_GOAL_SHARE:
        return tgr_fail(error, TGR_ERR_UNREACHABLE,
                        "no threshold gives model '%s' a share of %.4g %%; the nearest is %.4g %%",
                        aim->goal.model, 100 * aim->target, 100 * nearest);
    default:
        return tgr_fail(error, TGR_ERR_UNREACHABLE,
                        "no threshold costs $%.10g or less; the cheapest costs $%.10g", aim->target,
                        nearest);
    }
}
