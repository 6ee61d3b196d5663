/* policy.h - TagDecider: the rules that turn scores and costs into a choice. */
#ifndef TAGROUTE_POLICY_H
#define TAGROUTE_POLICY_H

#include <tagroute/export.h>
#include <tagroute/status.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum tgr_policy {
    /* Threshold T: m = best model but the reference L; m iff S_m - S_L >= T, else L. */
    TGR_POLICY_MARGIN = 0,
    /* Threshold lambda >= 0: argmax of fma(-lambda, c_qk, S_k). */
    TGR_POLICY_UTILITY = 1,
    /* Threshold tau >= 0: the cheapest model with max S - S_k <= tau. */
    TGR_POLICY_SLACK = 2
} tgr_policy;

/* "margin", "utility", "slack"; static storage; NULL for a value that is none. */
TGR_API const char *tgr_policy_name(tgr_policy policy);

/* Writes the policy of that name; TGR_ERR_ARGUMENT with the known names otherwise. */
TGR_API tgr_status tgr_policy_by_name(const char *name, tgr_policy *policy, tgr_error *error);

/* TGR_OK iff the threshold is one that the policy takes: finite, and not negative but for margin.
 */
TGR_API tgr_status tgr_policy_check_threshold(tgr_policy policy, double threshold,
                                              tgr_error *error);

#ifdef __cplusplus
}
#endif
#endif
