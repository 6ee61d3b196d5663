/* deciding.c - a policy, and thresholds that fit it. */
#include "engine/cli/deciding.h"

#include <stdlib.h>

#include "engine/cli/align_min.h"
#include "engine/cli/fail.h"
#include "engine/cli/numbers.h"

static const tgr_cli_option deciding_options[] = {
    {"policy", 0, "margin|utility|slack",
     "margin: the best other model if it scores at least theta above the reference (default); "
     "utility: the best score less lambda times cost; "
     "slack: the cheapest model within tau of the best score"},
    {"theta", 0, "LIST", "thresholds of margin; lower sends fewer queries to the reference"},
    {"lambda", 0, "LIST", "thresholds of utility, score a USD; implies it"},
    {"tau", 0, "LIST", "thresholds of slack; implies it"},
    {"fallback", 0, "MODEL",
     "for queries without a tag that the router knows, or a model that may "
     "serve them"},
    {"align-min", 0, "COSINE",
     "tags that neither the router nor its mapping knows count as the nearest one in spelling, if "
     "it is at least so near (default: as the router's mapping says, and not at all without one; "
     "off: none do)"},
    {"split", 0, "NAME", "only the queries of this split (default: every query)"},
    {0},
};

const tgr_cli_group tgr_cli_deciding_group = {
    "Deciding (LIST: numbers such as -0.02,0.01 and ranges START:STOP:STEP)", deciding_options};

static const tgr_policy policies[] = {TGR_POLICY_MARGIN, TGR_POLICY_UTILITY, TGR_POLICY_SLACK};
#define POLICY_COUNT (sizeof policies / sizeof *policies)

const char *tgr_cli_threshold_option(tgr_policy policy)
{
    switch (policy) {
    case TGR_POLICY_MARGIN:
        return "theta";
    case TGR_POLICY_UTILITY:
        return "lambda";
    case TGR_POLICY_SLACK:
        return "tau";
    }
    return "";
}

/* --policy, else the policy whose threshold is given, else margin. */
static tgr_status read_policy(const tgr_cli_arguments *arguments, tgr_policy *policy,
                              tgr_error *error)
{
    const char *name = tgr_cli_text(arguments, "policy");
    *policy = TGR_POLICY_MARGIN;
    if (name != NULL) {
        tgr_status status = tgr_policy_by_name(name, policy, error);
        if (status != TGR_OK) {
            return status;
        }
    }
    bool implied = name != NULL;
    for (size_t i = 0; i < POLICY_COUNT; i++) {
        const char *option = tgr_cli_threshold_option(policies[i]);
        if (!tgr_cli_has(arguments, option)) {
            continue;
        }
        if (implied && policies[i] != *policy) {
            return tgr_cli_fail(error, TGR_ERR_ARGUMENT,
                                "--%s is the threshold of policy %s; policy %s takes --%s", option,
                                tgr_policy_name(policies[i]), tgr_policy_name(*policy),
                                tgr_cli_threshold_option(*policy));
        }
        *policy = policies[i];
        implied = true;
    }
    return TGR_OK;
}

static tgr_status read_thresholds(tgr_cli_deciding *deciding, const tgr_cli_arguments *arguments,
                                  tgr_error *error)
{
    const char *option = tgr_cli_threshold_option(deciding->policy);
    const char *text = tgr_cli_text(arguments, option);
    if (text == NULL) {
        return TGR_OK;
    }
    tgr_status status = tgr_cli_parse_numbers(option, text, &deciding->thresholds,
                                              &deciding->threshold_count, error);
    for (size_t i = 0; status == TGR_OK && i < deciding->threshold_count; i++) {
        status = tgr_policy_check_threshold(deciding->policy, deciding->thresholds[i], error);
    }
    return status;
}

tgr_status tgr_cli_deciding_read(tgr_cli_deciding *deciding, const tgr_cli_arguments *arguments,
                                 tgr_error *error)
{
    *deciding = (tgr_cli_deciding){
        .fallback = tgr_cli_text(arguments, "fallback"),
        .split = tgr_cli_text(arguments, "split"),
    };
    tgr_status status = read_policy(arguments, &deciding->policy, error);
    if (status == TGR_OK) {
        status = tgr_cli_read_align_min(arguments, &deciding->align_min, error);
    }
    return status == TGR_OK ? read_thresholds(deciding, arguments, error) : status;
}

void tgr_cli_deciding_free(tgr_cli_deciding *deciding)
{
    free(deciding->thresholds);
    deciding->thresholds = NULL;
}
