/* report_json.c - what a run of routing came to, as one JSON object. */
#include <tagroute/route.h>

#include <math.h>

#include "engine/base/error.h"
#include "engine/base/json_write.h"
#include "engine/policy/policy.h"
#include "engine/router/router.h"

static const char *source_name(tgr_cost_source source)
{
    switch (source) {
    case TGR_COST_NONE:
        return NULL;
    case TGR_COST_TOKENS:
        return "tokens";
    case TGR_COST_MEAN:
        return "training mean";
    case TGR_COST_FLAT:
        return "flat";
    }
    return NULL;
}

static void put_threshold(tgr_json *json, const tgr_route_report *report, const tgr_router *router,
                          double threshold, size_t number)
{
    const uint64_t *chosen = report->chosen + number * report->models;
    tgr_json_object(json, NULL);
    tgr_json_number(json, "threshold", isinf(threshold) ? NAN : threshold);
    tgr_json_number(json, "cost", report->cost[number]);
    tgr_json_object(json, "queries");
    for (size_t model = 0; model < report->models; model++) {
        tgr_json_unsigned(json, router->models[model].name, chosen[model]);
    }
    tgr_json_end_object(json);
    tgr_json_end_object(json);
}

static void put_tags(tgr_json *json, const tgr_route_report *report)
{
    const tgr_aligned_tags *aligned = &report->aligned;
    tgr_json_object(json, "tags");
    tgr_json_unsigned(json, "unknown", report->unknown_tags);
    tgr_json_object(json, "aligned");
    tgr_json_unsigned(json, "files", aligned->files);
    tgr_json_unsigned(json, "exactly", aligned->exactly);
    tgr_json_unsigned(json, "by_rule", aligned->by_rule);
    tgr_json_unsigned(json, "nearest", aligned->nearest);
    tgr_json_unsigned(json, "not_aligned", aligned->not_aligned);
    tgr_json_unsigned(json, "dropped", aligned->dropped);
    tgr_json_end_object(json);
    tgr_json_end_object(json);
}

static void put_report(tgr_json *json, const tgr_route_report *report, const tgr_router *router,
                       const tgr_route_options *options)
{
    bool solved = report->solution.goal.kind != TGR_GOAL_NONE;
    tgr_json_string(json, "router", router->digest);
    tgr_json_string(json, "policy", tgr_policy_name(options->policy));
    tgr_json_unsigned(json, "queries", report->queries);
    tgr_json_unsigned(json, "no_known_tag", report->no_known_tag);
    tgr_json_unsigned(json, "fell_back", report->fell_back);
    tgr_json_unsigned(json, "undecided", report->undecided);
    put_tags(json, report);
    tgr_json_object(json, "cost_source");
    for (size_t model = 0; model < report->models; model++) {
        tgr_json_string(json, router->models[model].name, source_name(report->cost_source[model]));
    }
    tgr_json_end_object(json);
    tgr_json_array(json, "thresholds");
    for (size_t i = 0; i < report->thresholds; i++) {
        put_threshold(json, report, router,
                      solved ? report->solution.threshold : options->thresholds[i], i);
    }
    tgr_json_end_array(json);
}

tgr_status tgr_route_report_json(const tgr_route_report *report, const tgr_router *router,
                                 const tgr_route_options *options, char **text, tgr_error *error)
{
    tgr_buffer buffer = {0};
    tgr_json json;
    tgr_json_begin(&json, &buffer, true);
    tgr_json_object(&json, NULL);
    tgr_json_boolean(&json, "was_complete", report->complete);
    if (!report->complete) {
        put_report(&json, report, router, options);
    }
    tgr_json_end_object(&json);
    tgr_buffer_text(&buffer, "\n");
    if (buffer.failed) {
        tgr_buffer_free(&buffer);
        return tgr_fail_memory(error, "the report");
    }
    *text = buffer.bytes;
    return TGR_OK;
}
