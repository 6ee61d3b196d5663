/* command_merge.c - what shards have written, joined: decisions, query files, partial fits or
 * simulations. */
#include <tagroute/merge.h>

#include <stdlib.h>
#include <string.h>

#include <tagroute/fit.h>
#include <tagroute/simulate.h>

#include "engine/cli/commands.h"
#include "engine/cli/fail.h"
#include "engine/cli/fit_summary.h"
#include "engine/cli/numbers.h"
#include "engine/cli/session.h"
#include "engine/cli/simulation_outputs.h"
#include "engine/cli/solving.h"

static const tgr_cli_option merge_options[] = {
    {"output", 'o', "FILE", "what to write; replaced only when complete"},
    {"check", 0, NULL, "join nothing; name what is missing, damaged or of another run"},
    {0},
};

static const tgr_cli_option query_options[] = {
    {"compress", 0, NULL, "smaller file, slower to read"},
    {"compact", 0, NULL, "16-bit column numbers where they are enough: faster to read"},
    {0},
};

static const tgr_cli_option fit_options[] = {
    {"queries", 0, "Q.h5...",
     "the query files of the fit, in its order, for the router's margin quantiles and for what is "
     "chosen by cross-validation"},
    {0},
};

static const tgr_cli_option simulation_options[] = {
    {"save-policy", 0, "FILE",
     "write the threshold of the goal, else the best one, for `tagroute route --policy-file`"},
    {0},
};

static const tgr_cli_group merge_group = {"Options", merge_options};
static const tgr_cli_group query_group = {"Query files", query_options};
static const tgr_cli_group fit_group = {"Partial fits", fit_options};
static const tgr_cli_group simulation_group = {"Partial simulations", simulation_options};
static const tgr_cli_group *const groups[] = {
    &merge_group,           &query_group,          &fit_group,
    &simulation_group,      &tgr_cli_goal_group,   &tgr_cli_simulation_outputs_group,
    &tgr_cli_reading_group, &tgr_cli_common_group, NULL};

static const tgr_cli_example examples[] = {
    {"three shards, routed apart (tagroute route ... --shard 1/3 -o part1.h5, and so on)",
     "tagroute merge part1.h5 part2.h5 part3.h5 -o decisions.h5"},
    {"is anything missing yet?", "tagroute merge --check part*.jsonl"},
    {"query files of three days as one", "tagroute merge mon.h5 tue.h5 wed.h5 -o week.h5"},
    {"a router of partial fits (tagroute fit ... --shard 1/3 -o part1.msgpack, and so on)",
     "tagroute merge part*.msgpack -o router.msgpack --queries queries.h5"},
    {"the whole of partial simulations (tagroute simulate ... --shard 1/3 --partial part1)",
     "tagroute merge part1 part2 part3 --json simulation.json"},
    {"the policy that keeps the whole of them within $500",
     "tagroute merge part1 part2 part3 --budget 500 --save-policy policy.msgpack"},
    {0},
};

/* ---- decisions and query files --------------------------------------------------------- */

static void print_summary(const tgr_cli_session *session, const tgr_merge_options *options,
                          const tgr_merge_report *report)
{
    char queries[TGR_CLI_NUMBER_SIZE], parts[TGR_CLI_NUMBER_SIZE], tags[TGR_CLI_NUMBER_SIZE];
    char models[TGR_CLI_NUMBER_SIZE];
    bool shards = report->shards > 0;
    tgr_cli_count(queries, report->queries);
    tgr_cli_count(parts, shards ? report->shards : report->files);
    if (options->check && shards) {
        tgr_cli_say(session, "all %s shards are there and whole: %s queries\n", parts, queries);
    } else if (options->check) {
        tgr_cli_say(session, "all %s files are whole and fit together: %s queries\n", parts,
                    queries);
    } else {
        tgr_cli_say(session, "%s: %s queries of %s %s\n", options->output, queries, parts,
                    shards ? "shards" : "files");
    }
    if (report->of_queries && !options->check) {
        tgr_cli_say(session, "  %s tags, %s models\n", tgr_cli_count(tags, report->tags),
                    tgr_cli_count(models, report->models));
    }
}

static tgr_status merge_files(const tgr_cli_arguments *arguments, tgr_cli_session *session,
                              const char *output, tgr_error *error)
{
    tgr_merge_options options;
    tgr_merge_report report;
    tgr_merge_options_init(&options);
    options.inputs = arguments->operands;
    options.input_count = arguments->operand_count;
    options.output = output;
    options.check = tgr_cli_has(arguments, "check");
    options.compress = tgr_cli_has(arguments, "compress");
    options.compact = tgr_cli_has(arguments, "compact");
    tgr_status status = tgr_merge(&options, &report, &session->run, error);
    tgr_cli_session_end(session);
    if (status == TGR_OK) {
        print_summary(session, &options, &report);
    }
    return status;
}

/* ---- partial fits ---------------------------------------------------------------------- */

typedef struct fits {
    const char **parts, **queries;
    size_t part_count, query_count;
} fits;

static bool any_partial_fit(const tgr_cli_arguments *arguments)
{
    bool any = false;
    for (size_t i = 0; i < arguments->operand_count && !any; i++) {
        any = tgr_partial_fit_is(arguments->operands[i]);
    }
    return any;
}

/* The shell makes of `--queries *.h5` one value and many operands: with --queries, operands that
 * are no partial fits are query files too. */
static tgr_status sort_inputs(fits *inputs, const tgr_cli_arguments *arguments, tgr_error *error)
{
    size_t named = tgr_cli_list(arguments, "queries", NULL, 0);
    size_t capacity = named + arguments->operand_count;
    inputs->parts = tgr_cli_alloc(capacity, sizeof *inputs->parts, error);
    inputs->queries = tgr_cli_alloc(capacity, sizeof *inputs->queries, error);
    if (inputs->parts == NULL || inputs->queries == NULL) {
        return TGR_ERR_NOMEM;
    }
    inputs->query_count = tgr_cli_list(arguments, "queries", inputs->queries, named);
    for (size_t i = 0; i < arguments->operand_count; i++) {
        const char *path = arguments->operands[i];
        if (named > 0 && !tgr_partial_fit_is(path)) {
            inputs->queries[inputs->query_count++] = path;
        } else {
            inputs->parts[inputs->part_count++] = path;
        }
    }
    return TGR_OK;
}

static tgr_status check_fits(const fits *inputs, tgr_cli_session *session, tgr_error *error)
{
    uint64_t shards = 0;
    char count[TGR_CLI_NUMBER_SIZE];
    tgr_status status =
        tgr_fit_merge_check(inputs->parts, inputs->part_count, &shards, &session->run, error);
    tgr_cli_session_end(session);
    if (status == TGR_OK) {
        tgr_cli_say(session, "all %s shards are there and whole\n", tgr_cli_count(count, shards));
    }
    return status;
}

static tgr_status join_fits(const fits *inputs, const char *output, tgr_cli_session *session,
                            tgr_error *error)
{
    tgr_router *router = NULL;
    tgr_fit_report report = {0};
    tgr_status status = tgr_fit_merge(inputs->parts, inputs->part_count, inputs->queries,
                                      inputs->query_count, &router, &report, &session->run, error);
    tgr_cli_session_end(session);
    if (status == TGR_OK) {
        status = tgr_router_save(router, output, error);
        tgr_router_free(router);
    }
    if (status == TGR_OK && !session->quiet) {
        tgr_cli_fit_summary(session, output, &report);
        status = tgr_cli_fit_router(session, output,
                                    inputs->query_count > 0 ? inputs->queries[0] : NULL, error);
    }
    return status;
}

static tgr_status merge_fits(const tgr_cli_arguments *arguments, tgr_cli_session *session,
                             const char *output, tgr_error *error)
{
    fits inputs = {0};
    tgr_status status = sort_inputs(&inputs, arguments, error);
    if (status == TGR_OK) {
        status = tgr_cli_has(arguments, "check") ? check_fits(&inputs, session, error)
                                                 : join_fits(&inputs, output, session, error);
    }
    free(inputs.parts);
    free(inputs.queries);
    return status;
}

/* ---- partial simulations ----------------------------------------------------------------- */

static bool any_partial_simulation(const tgr_cli_arguments *arguments)
{
    bool any = false;
    for (size_t i = 0; i < arguments->operand_count && !any; i++) {
        any = tgr_partial_simulation_is(arguments->operands[i]);
    }
    return any;
}

static tgr_status show_whole(const tgr_cli_arguments *arguments, const tgr_simulation *simulation,
                             tgr_error *error)
{
    tgr_cli_simulation_outputs outputs;
    tgr_status status = tgr_cli_simulation_outputs_read(&outputs, arguments, error);
    if (status == TGR_OK) {
        status = tgr_cli_save_policy(simulation, arguments, error);
    }
    return status == TGR_OK ? tgr_cli_simulation_outputs_write(&outputs, simulation, error)
                            : status;
}

static tgr_status join_simulations(const tgr_cli_arguments *arguments, tgr_cli_session *session,
                                   tgr_simulation **simulation, tgr_error *error)
{
    tgr_cli_solving solving;
    tgr_status status = tgr_cli_solving_read(&solving, arguments, error);
    if (status == TGR_OK && solving.goal.kind == TGR_GOAL_NONE) {
        status = tgr_simulate_merge(arguments->operands, arguments->operand_count, simulation,
                                    &session->run, error);
    } else if (status == TGR_OK) {
        status = tgr_simulate_merge_goal(arguments->operands, arguments->operand_count,
                                         &solving.goal, simulation, &session->run, error);
    }
    tgr_cli_solving_free(&solving);
    return status;
}

static tgr_status merge_simulations(const tgr_cli_arguments *arguments, tgr_cli_session *session,
                                    tgr_error *error)
{
    tgr_simulation *simulation = NULL;
    char parts[TGR_CLI_NUMBER_SIZE], queries[TGR_CLI_NUMBER_SIZE];
    tgr_status status = join_simulations(arguments, session, &simulation, error);
    tgr_cli_session_end(session);
    if (status == TGR_OK && tgr_cli_has(arguments, "check")) {
        char weight[TGR_CLI_NUMBER_SIZE] = "";
        if (simulation->weighted) {
            tgr_cli_weight(weight, simulation->weight);
        }
        tgr_cli_say(session, "all %s shards are there and whole: %s queries%s%s\n",
                    tgr_cli_count(parts, arguments->operand_count),
                    tgr_cli_count(queries, simulation->queries),
                    simulation->weighted ? ", which stand for " : "", weight);
    } else if (status == TGR_OK) {
        status = show_whole(arguments, simulation, error);
    }
    tgr_simulation_free(simulation);
    return status;
}

/* ---- all ------------------------------------------------------------------------------- */

typedef enum parts { PARTS_FILES, PARTS_FITS, PARTS_SIMULATIONS } parts;

/* Options that mean nothing for what is to be joined. */
static tgr_status check_options(const tgr_cli_arguments *arguments, parts of, tgr_error *error)
{
    bool checks = tgr_cli_has(arguments, "check");
    bool writes = tgr_cli_has(arguments, "compress") || tgr_cli_has(arguments, "compact");
    if (writes && (of != PARTS_FILES || checks)) {
        return tgr_cli_fail(error, TGR_ERR_ARGUMENT,
                            "--compress and --compact are for joined query files; leave them out");
    }
    if (tgr_cli_has(arguments, "queries") && (of != PARTS_FITS || checks)) {
        return tgr_cli_fail(error, TGR_ERR_ARGUMENT,
                            "--queries is for joining partial fits; leave it out");
    }
    static const char *const solving[] = {"save-policy", "budget", "max-cost-per-query",
                                          "target-quality", "target-share"};
    const char *shows = tgr_cli_simulation_outputs_any(arguments);
    for (size_t i = 0; shows == NULL && i < sizeof solving / sizeof *solving; i++) {
        shows = tgr_cli_has(arguments, solving[i]) ? solving[i] : NULL;
    }
    if (shows != NULL && (of != PARTS_SIMULATIONS || checks)) {
        return tgr_cli_fail(error, TGR_ERR_ARGUMENT,
                            "--%s is for joining partial simulations; leave it out", shows);
    }
    if (tgr_cli_has(arguments, "output") && of == PARTS_SIMULATIONS) {
        return tgr_cli_fail(error, TGR_ERR_ARGUMENT,
                            "a simulation is shown, or written with --json, --csv or --html; "
                            "leave --output out");
    }
    return TGR_OK;
}

static tgr_status merge(const tgr_cli_arguments *arguments, tgr_error *error)
{
    const char *output = NULL;
    tgr_cli_session session;
    parts of = any_partial_fit(arguments)          ? PARTS_FITS
               : any_partial_simulation(arguments) ? PARTS_SIMULATIONS
                                                   : PARTS_FILES;
    bool needs_output = of != PARTS_SIMULATIONS && !tgr_cli_has(arguments, "check");
    tgr_status status = needs_output ? tgr_cli_need(arguments, "output", &output, error) : TGR_OK;
    if (status == TGR_OK) {
        status = check_options(arguments, of, error);
    }
    if (status == TGR_OK) {
        status = tgr_cli_session_start(&session, arguments, error);
    }
    if (status != TGR_OK) {
        return status;
    }
    if (of == PARTS_SIMULATIONS) {
        return merge_simulations(arguments, &session, error);
    }
    return of == PARTS_FITS ? merge_fits(arguments, &session, output, error)
                            : merge_files(arguments, &session, output, error);
}

const tgr_cli_command tgr_cli_merge = {
    .name = "merge",
    .summary = "join what shards of a run have written, or query files",
    .synopsis = "FILE... [-o FILE] [options]",
    .description =
        "Joins what shards of one run wrote into the file that the run without shards would have "
        "written, byte for byte: decisions (`tagroute route --shard`), query files (`tagroute "
        "ingest --shard`), partial fits (`tagroute fit --shard`), which become a router, and "
        "partial "
        "simulations (`tagroute simulate --shard`), which are shown as one. Shards "
        "are given in any order; each says itself which it is (decisions in JSON Lines and "
        "MessagePack: in the file FILE.shard beside it). What is missing, twice, damaged or of "
        "another run is never joined.\n"
        "Query files that are no shards are joined in the order given, as if all of their logs had "
        "been ingested at once. Files of others take part with the columns that ingest knows.",
    .examples = examples,
    .groups = groups,
    .operands_min = 1,
    .operands_max = (size_t)-1,
    .operand = "a file, or several",
    .main = merge,
};
