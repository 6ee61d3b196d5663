/* policy.c - the policies by name, and the thresholds that each takes. */
#include <tagroute/policy.h>

#include <math.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/policy/policy.h"

static const tgr_policy_traits policies[] = {
    [TGR_POLICY_MARGIN] = {"margin", "theta", TGR_RULE_MARGIN, true},
    [TGR_POLICY_UTILITY] = {"utility", "lambda", TGR_RULE_UTILITY, false},
    [TGR_POLICY_SLACK] = {"slack", "tau", TGR_RULE_SLACK, false},
};

#define POLICY_COUNT (sizeof policies / sizeof policies[0])

const tgr_policy_traits *tgr_policy_traits_of(tgr_policy policy)
{
    return (size_t)policy < POLICY_COUNT ? &policies[policy] : NULL;
}

const char *tgr_policy_name(tgr_policy policy)
{
    const tgr_policy_traits *traits = tgr_policy_traits_of(policy);
    return traits == NULL ? NULL : traits->name;
}

tgr_status tgr_policy_by_name(const char *name, tgr_policy *policy, tgr_error *error)
{
    for (size_t i = 0; i < POLICY_COUNT; i++) {
        if (strcmp(policies[i].name, name) == 0) {
            *policy = (tgr_policy)i;
            return TGR_OK;
        }
    }
    return tgr_fail(error, TGR_ERR_ARGUMENT,
                    "there is no policy '%s'; take one of margin, utility, slack", name);
}

tgr_status tgr_policy_check_threshold(tgr_policy policy, double threshold, tgr_error *error)
{
    const tgr_policy_traits *traits = tgr_policy_traits_of(policy);
    if (traits == NULL) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "there is no policy of number %d", (int)policy);
    }
    if (!isfinite(threshold) || !isfinite((float)threshold)) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "%s of policy %s must be a finite number",
                        traits->threshold, traits->name);
    }
    if (threshold < 0 && !traits->takes_negative) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "%s of policy %s must not be negative, but is %g",
                        traits->threshold, traits->name, threshold);
    }
    return TGR_OK;
}

bool tgr_policy_needs_costs(tgr_policy policy, const double *thresholds, size_t count)
{
    if (policy == TGR_POLICY_SLACK) {
        return true;
    }
    for (size_t i = 0; policy == TGR_POLICY_UTILITY && i < count; i++) {
        if (thresholds[i] != 0) {
            return true;
        }
    }
    return false;
}
