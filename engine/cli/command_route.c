/* command_route.c - every query gets a model. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tagroute/route.h>

#include "engine/cli/commands.h"
#include "engine/cli/deciding.h"
#include "engine/cli/fail.h"
#include "engine/cli/numbers.h"
#include "engine/cli/prices.h"
#include "engine/cli/program.h"
#include "engine/cli/session.h"
#include "engine/cli/solving.h"
#include "engine/cli/table.h"
#include "engine/cli/write_file.h"

#define MOST_ROWS   21 /* thresholds shown */
#define MOST_MODELS 8  /* models shown beside each other */

static const tgr_cli_option route_options[] = {
    {"router", 'r', "ROUTER", "the router that `tagroute fit` wrote"},
    {"output", 'o', "FILE", "the decisions; replaced only when complete; - is standard output"},
    {"policy-file", 0, "FILE",
     "decide as a policy saved with --save-policy says, which was solved for the same router"},
    {"format", 0, "h5|jsonl|msgpack",
     "of FILE (default: by FILE's ending .h5, .jsonl or .msgpack; jsonl for -)"},
    {"ids", 0, NULL, "HDF5: write the queries' ids too (the other formats always do)"},
    {"margins", 0, NULL, "HDF5: write margins too (the other formats always do)"},
    {"resume", 0, NULL,
     "continue where the same command was stopped; start afresh where there is nothing to "
     "continue, "
     "do nothing where FILE is there"},
    {"checkpoint", 0, "SECONDS", "note every SECONDS how far the run is (default: 5)"},
    {"json", 0, "FILE",
     "write what the run came to, how tags came to be the router's among it, as one JSON object; - "
     "is standard output"},
    {"shard", 0, "I/N",
     "decide only the I-th of N even shares of the queries, I from 1 to N; `tagroute merge` "
     "joins them"},
    {0},
};

static const tgr_cli_group route_group = {"Options", route_options};
static const tgr_cli_group *const groups[] = {&route_group,
                                              &tgr_cli_deciding_group,
                                              &tgr_cli_goal_group,
                                              &tgr_cli_price_group,
                                              &tgr_cli_reading_group,
                                              &tgr_cli_common_group,
                                              NULL};

static const tgr_cli_example examples[] = {
    {"one threshold; `tagroute info router.msgpack` lists useful ones",
     "tagroute route queries.h5 -r router.msgpack --theta -0.01 -o decisions.h5"},
    {"three thresholds in one pass, as JSON Lines on standard output",
     "tagroute route queries.h5 -r router.msgpack --theta -0.02:0:0.01 -o -"},
    {"as well as $500 allow, with the last cent that a query fits into",
     "tagroute route queries.h5 -r router.msgpack --policy utility --budget 500 -o decisions.h5"},
    {"the first half here, the second half elsewhere, and both joined",
     "tagroute route queries.h5 -r router.msgpack --shard 1/2 -o part1.h5"},
    {"the cheapest model within 0.005 of the best score",
     "tagroute route queries.h5 -r router.msgpack --tau 0.005 --prices litellm.json -o out.h5"},
    {0},
};

typedef struct routing {
    tgr_route_options options;
    tgr_cli_deciding deciding;
    tgr_cli_solving solving;
    tgr_cli_prices prices;
    tgr_saved_policy saved;
    const char *policy_file; /* NULL: none */
    const char *json;        /* likewise */
    const char *router_path;
    tgr_router *router;
} routing;

static tgr_status read_format(const tgr_cli_arguments *arguments, tgr_decision_format *format,
                              tgr_error *error)
{
    static const char *const names[] = {"h5", "jsonl", "msgpack"};
    static const tgr_decision_format formats[] = {TGR_DECISIONS_H5, TGR_DECISIONS_JSONL,
                                                  TGR_DECISIONS_MSGPACK};
    const char *name = tgr_cli_text(arguments, "format");
    for (size_t i = 0; name != NULL && i < sizeof names / sizeof *names; i++) {
        if (strcmp(name, names[i]) == 0) {
            *format = formats[i];
            return TGR_OK;
        }
    }
    return name == NULL ? TGR_OK
                        : tgr_cli_fail(error, TGR_ERR_ARGUMENT,
                                       "--format is h5, jsonl or msgpack, not '%.60s'", name);
}

/* margin has a natural threshold, 0; what a USD or a point of score is worth only the user knows.
 */
static tgr_status need_thresholds(routing *work, tgr_error *error)
{
    static const double zero = 0;
    if (work->options.goal.kind != TGR_GOAL_NONE || work->policy_file != NULL) {
        return TGR_OK; /* found or read later */
    }
    if (work->deciding.threshold_count > 0) {
        work->options.thresholds = work->deciding.thresholds;
        work->options.threshold_count = work->deciding.threshold_count;
        return TGR_OK;
    }
    if (work->deciding.policy != TGR_POLICY_MARGIN) {
        return tgr_cli_fail(error, TGR_ERR_ARGUMENT,
                            "policy %s needs --%s, or a goal such as --budget",
                            tgr_policy_name(work->deciding.policy),
                            tgr_cli_threshold_option(work->deciding.policy));
    }
    work->options.thresholds = &zero;
    work->options.threshold_count = 1;
    return TGR_OK;
}

/* A threshold comes from one place. */
static tgr_status read_goal(routing *work, const tgr_cli_arguments *arguments, tgr_error *error)
{
    static const char *const deciding[] = {"policy", "theta", "lambda", "tau"};
    tgr_status status = tgr_cli_solving_read(&work->solving, arguments, error);
    work->policy_file = tgr_cli_text(arguments, "policy-file");
    work->options.goal = work->solving.goal;
    if (status != TGR_OK) {
        return status;
    }
    bool goal = work->options.goal.kind != TGR_GOAL_NONE;
    if (goal && work->deciding.threshold_count > 0) {
        return tgr_cli_fail(error, TGR_ERR_ARGUMENT, "a goal finds the threshold; leave --%s out",
                            tgr_cli_threshold_option(work->deciding.policy));
    }
    if (work->policy_file != NULL && goal) {
        return tgr_cli_fail(error, TGR_ERR_ARGUMENT,
                            "--policy-file has the threshold, and a goal would find another; give "
                            "one of them");
    }
    for (size_t i = 0; work->policy_file != NULL && i < sizeof deciding / sizeof *deciding; i++) {
        if (tgr_cli_has(arguments, deciding[i])) {
            return tgr_cli_fail(error, TGR_ERR_ARGUMENT,
                                "--policy-file has policy and threshold; leave --%s out",
                                deciding[i]);
        }
    }
    return TGR_OK;
}

static tgr_status read_checkpoint(const tgr_cli_arguments *arguments, tgr_route_options *options,
                                  tgr_error *error)
{
    const char *text = tgr_cli_text(arguments, "checkpoint");
    if (text == NULL) {
        return TGR_OK;
    }
    tgr_status status =
        tgr_cli_parse_double("checkpoint", text, &options->checkpoint_seconds, error);
    if (status == TGR_OK && !(options->checkpoint_seconds > 0)) {
        status =
            tgr_cli_fail(error, TGR_ERR_ARGUMENT, "--checkpoint is above 0, not '%.60s'", text);
    }
    return status;
}

static tgr_status read_options(routing *work, const tgr_cli_arguments *arguments, tgr_error *error)
{
    tgr_route_options *options = &work->options;
    tgr_route_options_init(options);
    options->inputs = arguments->operands;
    options->input_count = arguments->operand_count;
    options->ids = tgr_cli_has(arguments, "ids");
    options->margins = tgr_cli_has(arguments, "margins");
    options->resume = tgr_cli_has(arguments, "resume");
    tgr_status status = tgr_cli_need(arguments, "router", &work->router_path, error);
    if (status == TGR_OK) {
        status = tgr_cli_need(arguments, "output", &options->output, error);
    }
    work->json = tgr_cli_text(arguments, "json");
    if (status == TGR_OK && work->json != NULL && strcmp(work->json, options->output) == 0) {
        status = tgr_cli_fail(error, TGR_ERR_ARGUMENT,
                              "--json and --output both name %.200s; name another", work->json);
    }
    if (status == TGR_OK) {
        status = read_format(arguments, &options->format, error);
    }
    if (status == TGR_OK) {
        status = tgr_cli_parse_shard(tgr_cli_text(arguments, "shard"), &options->shard,
                                     &options->shards, error);
    }
    if (status == TGR_OK) {
        status = read_checkpoint(arguments, options, error);
    }
    if (status == TGR_OK) {
        status = tgr_cli_deciding_read(&work->deciding, arguments, error);
    }
    if (status == TGR_OK) {
        status = read_goal(work, arguments, error);
    }
    if (status == TGR_OK) {
        status = need_thresholds(work, error);
    }
    options->policy = work->deciding.policy;
    options->fallback = work->deciding.fallback;
    options->split = work->deciding.split;
    options->align_min = work->deciding.align_min;
    return status == TGR_OK ? tgr_cli_prices_read(&work->prices, arguments, error) : status;
}

static const char *source_name(tgr_cost_source source)
{
    switch (source) {
    case TGR_COST_NONE:
        return "unknown";
    case TGR_COST_TOKENS:
        return "tokens";
    case TGR_COST_MEAN:
        return "training mean";
    case TGR_COST_FLAT:
        return "flat";
    }
    return "";
}

/* A column a model: its share at each threshold, and what its cost is computed from. */
static void print_shares(const routing *work, const tgr_route_report *report)
{
    char text[TGR_CLI_NUMBER_SIZE];
    size_t shown = report->models < MOST_MODELS ? report->models : MOST_MODELS;
    tgr_cli_table table;
    tgr_cli_table_start(&table, 2 + shown);
    tgr_cli_table_add(&table, tgr_cli_threshold_option(work->options.policy));
    for (size_t model = 0; model < shown; model++) {
        tgr_cli_table_add(&table, tgr_router_model(work->router, model));
    }
    tgr_cli_table_add(&table, "expected cost");
    for (size_t i = 0; i < report->thresholds; i++) {
        bool solved = report->solution.goal.kind != TGR_GOAL_NONE;
        double threshold = solved ? report->solution.threshold : work->options.thresholds[i];
        tgr_cli_table_add(&table, tgr_cli_threshold(text, work->options.policy, threshold));
        for (size_t model = 0; model < shown; model++) {
            double chosen = (double)report->chosen[i * report->models + model];
            tgr_cli_table_add(&table, tgr_cli_share(text, chosen / (double)report->queries));
        }
        tgr_cli_table_add(&table, tgr_cli_money(text, report->cost[i]));
    }
    tgr_cli_table_add(&table, "cost from");
    for (size_t model = 0; model < shown; model++) {
        tgr_cli_table_add(&table, source_name(report->cost_source[model]));
    }
    tgr_cli_table_add(&table, "");
    tgr_cli_table_print(&table, stderr);
    if (shown < report->models) {
        fprintf(stderr, "  (the first %zu of %zu models)\n", shown, report->models);
    }
}

/* Tags that came to be the router's, of all files: each file was told of, too. */
static void print_alignment(const tgr_cli_session *session, const tgr_route_report *report)
{
    const tgr_aligned_tags *aligned = &report->aligned;
    const uint64_t counts[] = {aligned->files,   aligned->exactly,     aligned->by_rule,
                               aligned->nearest, aligned->not_aligned, aligned->dropped};
    char text[6][TGR_CLI_NUMBER_SIZE];
    if (aligned->files < 2) {
        return;
    }
    for (size_t i = 0; i < 6; i++) {
        tgr_cli_count(text[i], counts[i]);
    }
    tgr_cli_say(session,
                "  tags of %s files: %s those of the router as they are, %s by rule, %s by the "
                "nearest, %s stay as they are, %s dropped\n",
                text[0], text[1], text[2], text[3], text[4], text[5]);
}

static void print_summary(const tgr_cli_session *session, const routing *work,
                          const tgr_route_report *report)
{
    char queries[TGR_CLI_NUMBER_SIZE], time[TGR_CLI_NUMBER_SIZE], rate[TGR_CLI_NUMBER_SIZE];
    double seconds = tgr_cli_session_seconds(session);
    tgr_cli_say(session, "%s: %s queries decided in %s, %s queries/s\n", work->options.output,
                tgr_cli_count(queries, report->queries), tgr_cli_duration(time, seconds),
                tgr_cli_rate(rate, (double)(report->queries - report->resumed) / seconds));
    if (report->solution.goal.kind != TGR_GOAL_NONE) {
        fputs("  ", stderr);
        tgr_cli_show_solution(&report->solution, stderr);
    }
    if (report->thresholds <= MOST_ROWS && report->queries > 0) {
        print_shares(work, report);
    }
    if (report->resumed > 0) {
        tgr_cli_say(session, "  %s of them were decided before the run was resumed\n",
                    tgr_cli_count(queries, report->resumed));
    }
    if (report->no_known_tag > 0) {
        tgr_cli_say(session, "  %s queries have no tag that the router knows\n",
                    tgr_cli_count(queries, report->no_known_tag));
    }
    if (report->fell_back > 0) {
        tgr_cli_say(session, "  %s queries went to the fallback %s\n",
                    tgr_cli_count(queries, report->fell_back), work->options.fallback);
    }
    if (report->undecided > 0) {
        tgr_cli_say(session, "  %s queries are undecided: no model may serve them\n",
                    tgr_cli_count(queries, report->undecided));
    }
    print_alignment(session, report);
}

static tgr_status write_json(const routing *work, const tgr_route_report *report, tgr_error *error)
{
    char *text = NULL;
    if (work->json == NULL || !tgr_cli_speaks()) {
        return TGR_OK;
    }
    tgr_status status = tgr_route_report_json(report, work->router, &work->options, &text, error);
    if (status == TGR_OK) {
        status = tgr_cli_write_file(work->json, text, strlen(text), error);
    }
    tgr_free(text);
    return status;
}

static tgr_status load_and_route(routing *work, tgr_cli_session *session, tgr_error *error)
{
    tgr_route_report report = {0};
    tgr_status status =
        tgr_cli_load_router(work->router_path, &work->prices, &session->run, &work->router, error);
    if (status == TGR_OK && work->policy_file != NULL) {
        status = tgr_policy_load(work->policy_file, work->router, &work->saved, error);
        work->options.policy = work->saved.policy;
        work->options.thresholds = &work->saved.threshold;
        work->options.threshold_count = 1;
    }
    if (status == TGR_OK) {
        status = tgr_route(work->router, &work->options, &report, &session->run, error);
    }
    tgr_cli_session_end(session);
    if (status == TGR_OK && !session->quiet && !report.complete) {
        print_summary(session, work, &report);
    }
    if (status == TGR_OK && tgr_cli_speaks()) {
        status = write_json(work, &report, error);
    }
    tgr_route_report_free(&report);
    tgr_router_free(work->router);
    return status;
}

static tgr_status route(const tgr_cli_arguments *arguments, tgr_error *error)
{
    routing work = {0};
    tgr_cli_session session;
    tgr_status status = read_options(&work, arguments, error);
    if (status == TGR_OK) {
        status = tgr_cli_session_start(&session, arguments, error);
    }
    if (status == TGR_OK) {
        status = load_and_route(&work, &session, error);
    }
    tgr_cli_deciding_free(&work.deciding);
    tgr_cli_solving_free(&work.solving);
    tgr_cli_prices_free(&work.prices);
    return status;
}

const tgr_cli_command tgr_cli_route = {
    .name = "route",
    .summary = "choose a model for every query",
    .synopsis = "FILE.h5... -r ROUTER -o FILE [options]",
    .description =
        "Scores every query for every model and decides by a policy. Several thresholds are "
        "decided in one pass. Memory does not grow with the number of queries, and the decisions "
        "do not depend on threads.",
    .examples = examples,
    .groups = groups,
    .operands_min = 1,
    .operands_max = (size_t)-1,
    .operand = "a query file, or several",
    .main = route,
};
