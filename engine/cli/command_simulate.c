/* command_simulate.c - what a policy would cost and achieve. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tagroute/simulate.h>

#include "engine/cli/commands.h"
#include "engine/cli/compare_simulations.h"
#include "engine/cli/deciding.h"
#include "engine/cli/details.h"
#include "engine/cli/fail.h"
#include "engine/cli/look_over.h"
#include "engine/cli/numbers.h"
#include "engine/cli/prices.h"
#include "engine/cli/program.h"
#include "engine/cli/session.h"
#include "engine/cli/sides.h"
#include "engine/cli/simulation_outputs.h"
#include "engine/cli/solving.h"

#define MOST_REPLICATES 100000
#define MOST_POINTS     1000000
#define PAGE_GRID       101

static const tgr_cli_option simulate_options[] = {
    {"router", 'r', "ROUTER",
     "the router that `tagroute fit` wrote; given twice, both are compared by a paired bootstrap"},
    {"against-policy", 0, "margin|utility|slack",
     "compare with this policy, of the second router where there is one"},
    {"quality", 0, "score|accept",
     "score: the recorded score; accept: won or tied (default: score where recorded)"},
    {"bootstrap", 0, "N",
     "add the range of 95 of 100 of N resampled logs to every figure, such as 200"},
    {"seed", 0, "N", "another seed resamples otherwise (default: 1)"},
    {"shard", 0, "I/N", "only the I-th of N even parts of the queries, for --partial"},
    {"partial", 0, "FILE", "write the sums of a shard, which `tagroute merge` joins"},
    {"save-policy", 0, "FILE",
     "write the threshold of the goal, else the best one, for `tagroute route --policy-file`"},
    {"grid", 0, "N",
     "show N thresholds, evenly spread over the queries (default: 21; 101 with --html)"},
    {0},
};

static const tgr_cli_group simulate_group = {"Options", simulate_options};
static const tgr_cli_group *const groups[] = {&simulate_group,
                                              &tgr_cli_sides_group,
                                              &tgr_cli_simulation_outputs_group,
                                              &tgr_cli_details_group,
                                              &tgr_cli_deciding_group,
                                              &tgr_cli_goal_group,
                                              &tgr_cli_price_group,
                                              &tgr_cli_reading_group,
                                              &tgr_cli_common_group,
                                              NULL};

static const tgr_cli_example examples[] = {
    {"what each threshold costs and achieves, on queries that were not learnt from",
     "tagroute simulate queries.h5 -r router.msgpack --split test"},
    {"exactly these thresholds, for a program",
     "tagroute simulate queries.h5 -r router.msgpack --theta -0.02:0:0.01 --json -"},
    {"what $500 buys, and the policy for `tagroute route --policy-file`",
     "tagroute simulate queries.h5 -r router.msgpack --policy utility --budget 500 --save-policy "
     "policy.msgpack"},
    {"a report to look at, which says how sure all of this is",
     "tagroute simulate queries.h5 -r router.msgpack --bootstrap 200 --html report.html"},
    {"category by category, and what a month saves against one model, from a week's log",
     "tagroute simulate queries.h5 -r router.msgpack --by category --baseline gpt-4 "
     "--log-days 7 --scale-days 30"},
    {"whether another router is better, or luck",
     "tagroute simulate queries.h5 -r old.msgpack -r new.msgpack --split test"},
    {"whether another program's scores are, or decisions that somebody made",
     "tagroute simulate queries.h5 -r router.msgpack --scores svm=svm.npy --decisions "
     "today=decisions.csv"},
    {"score against cost, with current prices",
     "tagroute simulate queries.h5 -r router.msgpack --policy utility --prices litellm.json"},
    {0},
};

typedef struct simulating {
    tgr_simulate_options options;
    tgr_cli_deciding deciding;
    tgr_cli_solving solving;
    tgr_cli_details details;
    tgr_cli_prices prices;
    tgr_cli_sides sides;
    const tgr_cli_arguments *arguments;
    tgr_cli_simulation_outputs outputs;
} simulating;

static tgr_status read_quality(const char *name, tgr_quality *quality, tgr_error *error)
{
    if (name == NULL) {
        return TGR_OK;
    }
    if (strcmp(name, "score") == 0) {
        *quality = TGR_QUALITY_SCORE;
    } else if (strcmp(name, "accept") == 0) {
        *quality = TGR_QUALITY_ACCEPT;
    } else {
        return tgr_cli_fail(error, TGR_ERR_ARGUMENT, "--quality is score or accept, not '%.60s'",
                            name);
    }
    return TGR_OK;
}

static tgr_status read_bootstrap(tgr_simulate_options *options, const tgr_cli_arguments *arguments,
                                 tgr_error *error)
{
    const char *replicates = tgr_cli_text(arguments, "bootstrap");
    const char *seed = tgr_cli_text(arguments, "seed");
    long number = 1;
    tgr_status status = TGR_OK;
    if (replicates == NULL && seed != NULL) {
        return tgr_cli_fail(error, TGR_ERR_ARGUMENT,
                            "--seed is of --bootstrap, which is not given");
    }
    if (replicates != NULL) {
        status = tgr_cli_parse_integer("bootstrap", replicates, 2, MOST_REPLICATES, &number, error);
        options->bootstrap = (size_t)number;
        number = 1;
    }
    if (status == TGR_OK && seed != NULL) {
        status = tgr_cli_parse_integer("seed", seed, 0, LONG_MAX, &number, error);
    }
    options->seed = (uint64_t)number;
    return status;
}

static tgr_status read_shard(tgr_simulate_options *options, const tgr_cli_arguments *arguments,
                             tgr_error *error)
{
    const char *text = tgr_cli_text(arguments, "shard");
    options->partial = tgr_cli_text(arguments, "partial");
    if ((text == NULL) != (options->partial == NULL)) {
        return tgr_cli_fail(error, TGR_ERR_ARGUMENT,
                            "--shard and --partial go together: which part, and where to");
    }
    uint32_t shard, shards;
    tgr_status status = tgr_cli_parse_shard(text, &shard, &shards, error);
    if (status != TGR_OK || shards == 0) {
        return status;
    }
    options->shard = shard - 1;
    options->shards = shards;
    return TGR_OK;
}

/* A page has room for more points than a terminal. */
static tgr_status read_grid(simulating *work, const tgr_cli_arguments *arguments, tgr_error *error)
{
    const char *grid = tgr_cli_text(arguments, "grid");
    long number = 0;
    if (grid == NULL) {
        work->options.grid = work->outputs.html != NULL ? PAGE_GRID : work->options.grid;
        return TGR_OK;
    }
    if (work->options.thresholds != NULL) {
        return tgr_cli_fail(error, TGR_ERR_ARGUMENT,
                            "--grid chooses thresholds where none are given; leave it or --%s out",
                            tgr_cli_threshold_option(work->options.policy));
    }
    tgr_status status = tgr_cli_parse_integer("grid", grid, 2, MOST_POINTS, &number, error);
    work->options.grid = (size_t)number;
    return status;
}

/* What only the whole log can answer. */
static tgr_status check_goal(const simulating *work, tgr_error *error)
{
    bool solves = work->solving.goal.kind != TGR_GOAL_NONE;
    if (work->options.shards > 0 && (solves || tgr_cli_has(work->arguments, "save-policy"))) {
        return tgr_cli_fail(error, TGR_ERR_ARGUMENT,
                            "%s needs the whole log: simulate every shard without it, and give it "
                            "to `tagroute merge`, which joins them",
                            solves ? "a goal" : "--save-policy");
    }
    return TGR_OK;
}

static tgr_status read_options(simulating *work, const tgr_cli_arguments *arguments,
                               tgr_error *error)
{
    tgr_simulate_options *options = &work->options;
    tgr_simulate_options_init(options);
    options->inputs = arguments->operands;
    options->input_count = arguments->operand_count;
    tgr_status status = tgr_cli_simulation_outputs_read(&work->outputs, arguments, error);
    if (status == TGR_OK) {
        status = read_quality(tgr_cli_text(arguments, "quality"), &options->quality, error);
    }
    if (status == TGR_OK) {
        status = read_bootstrap(options, arguments, error);
    }
    if (status == TGR_OK) {
        status = read_shard(options, arguments, error);
    }
    if (status == TGR_OK) {
        status = tgr_cli_details_read(&work->details, options, arguments, error);
    }
    if (status == TGR_OK) {
        status = tgr_cli_deciding_read(&work->deciding, arguments, error);
    }
    work->arguments = arguments;
    if (status == TGR_OK) {
        status = tgr_cli_solving_read(&work->solving, arguments, error);
    }
    if (status == TGR_OK) {
        status = check_goal(work, error);
    }
    options->policy = work->deciding.policy;
    options->thresholds = work->deciding.thresholds;
    options->threshold_count = work->deciding.threshold_count;
    options->fallback = work->deciding.fallback;
    options->split = work->deciding.split;
    options->align_min = work->deciding.align_min;
    if (status == TGR_OK) {
        status = read_grid(work, arguments, error);
    }
    if (status == TGR_OK) {
        status = tgr_cli_sides_read(&work->sides, options, arguments, error);
    }
    if (status == TGR_OK && work->sides.count > 1) {
        status = tgr_cli_compare_check(&work->sides, arguments, error);
    }
    return status == TGR_OK ? tgr_cli_prices_read(&work->prices, arguments, error) : status;
}

/* Where to go on from here. */
static void say_next(const simulating *work, const tgr_cli_session *session,
                     const tgr_simulation *simulation)
{
    char number[TGR_CLI_NUMBER_SIZE];
    const char *saved = tgr_cli_text(work->arguments, "save-policy");
    const char *router = work->sides.each[0].router;
    bool solved = simulation->solution != NULL;
    if (simulation->elsewhere != NULL) {
        return; /* only routers route */
    }
    if (saved != NULL) {
        tgr_cli_say(session, "\nnext: tagroute route %s -r %s --policy-file %s -o decisions.h5\n",
                    work->options.inputs[0], router, saved);
    } else if (solved || simulation->best < simulation->points) {
        double threshold = solved ? simulation->solution->threshold
                                  : simulation->curve[simulation->best].threshold;
        tgr_cli_say(session, "\nnext: tagroute route %s -r %s --%s %s -o decisions.h5\n",
                    work->options.inputs[0], router, tgr_cli_threshold_option(simulation->policy),
                    tgr_cli_threshold(number, simulation->policy, threshold));
    }
}

static tgr_status print_results(const simulating *work, const tgr_cli_session *session,
                                const tgr_simulation *simulation, tgr_error *error)
{
    tgr_status status = tgr_cli_save_policy(simulation, work->arguments, error);
    if (status == TGR_OK) {
        status = tgr_cli_simulation_outputs_write(&work->outputs, simulation, error);
    }
    if (status == TGR_OK && !work->outputs.silent) {
        say_next(work, session, simulation);
    }
    return status;
}

static tgr_status load_and_simulate(const simulating *work, tgr_cli_session *session,
                                    tgr_error *error)
{
    tgr_router *router = NULL;
    tgr_simulation *simulation = NULL;
    const tgr_cli_side *side = &work->sides.each[0];
    tgr_status status =
        tgr_cli_side_router(&work->sides, side, &work->prices, &session->run, &router, error);
    if (status == TGR_OK) {
        status = work->solving.goal.kind == TGR_GOAL_NONE
                     ? tgr_cli_side_simulate(side, router, &simulation, &session->run, error)
                     : tgr_simulate_goal(router, &work->options, &work->solving.goal, &simulation,
                                         &session->run, error);
    }
    if (status == TGR_OK && tgr_cli_speaks()) {
        status = tgr_cli_look_over(work->options.inputs, work->options.input_count, router, NULL,
                                   &session->run, error);
    }
    tgr_cli_session_end(session);
    if (status == TGR_OK && tgr_cli_speaks()) {
        status = print_results(work, session, simulation, error);
    }
    tgr_simulation_free(simulation);
    tgr_router_free(router);
    return status;
}

static tgr_status run(const simulating *work, tgr_cli_session *session, tgr_error *error)
{
    return work->sides.count > 1 ? tgr_cli_compare_simulations(&work->sides, work->outputs.json,
                                                               &work->prices, session, error)
                                 : load_and_simulate(work, session, error);
}

static tgr_status simulate(const tgr_cli_arguments *arguments, tgr_error *error)
{
    simulating work = {0};
    tgr_cli_session session;
    tgr_status status = read_options(&work, arguments, error);
    if (status == TGR_OK) {
        status = tgr_cli_session_start(&session, arguments, error);
    }
    if (status == TGR_OK) {
        status = run(&work, &session, error);
    }
    tgr_cli_deciding_free(&work.deciding);
    tgr_cli_solving_free(&work.solving);
    tgr_cli_details_free(&work.details);
    tgr_cli_sides_free(&work.sides);
    tgr_cli_prices_free(&work.prices);
    return status;
}

const tgr_cli_command tgr_cli_simulate = {
    .name = "simulate",
    .summary = "what each threshold would cost and achieve",
    .synopsis = "FILE.h5... -r ROUTER [options]",
    .description =
        "Decides queries whose outcomes are recorded at many thresholds, and says what that would "
        "have cost and achieved: against each model alone, against chance and against the best "
        "possible. Quality is measured on the decisions whose chosen model is judged.",
    .examples = examples,
    .groups = groups,
    .operands_min = 1,
    .operands_max = (size_t)-1,
    .operand = "a query file, or several",
    .main = simulate,
};
