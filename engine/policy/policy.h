/* policy.h - what the engine knows of each policy: its rule in the kernels, and what it needs.
 *
 * The rules themselves are in the kernels, where scoring and deciding are one loop;
 * docs/architecture.md says how to add one.
 */
#ifndef TGR_POLICY_POLICY_H
#define TGR_POLICY_POLICY_H

#include <stdbool.h>
#include <stddef.h>

#include <tagroute/policy.h>

#include "kernels/kernels.h"

typedef struct tgr_policy_traits {
    const char *name;
    const char *threshold; /* what its threshold is called */
    tgr_rule rule;
    bool takes_negative;
} tgr_policy_traits;

/* NULL for a value that is no policy. */
const tgr_policy_traits *tgr_policy_traits_of(tgr_policy policy);

/* Whether the policy compares costs at one of these thresholds. */
bool tgr_policy_needs_costs(tgr_policy policy, const double *thresholds, size_t count);

#endif
