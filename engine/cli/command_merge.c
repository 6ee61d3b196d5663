/* command_merge.c - the shards of a run, joined. */
#include <tagroute/merge.h>

#include "engine/cli/commands.h"
#include "engine/cli/numbers.h"
#include "engine/cli/session.h"

static const tgr_cli_option merge_options[] = {
    {"output", 'o', "FILE", "the joined decisions; replaced only when complete"},
    {"check", 0, NULL, "join nothing; name what is missing, damaged or of another run"},
    {0},
};

static const tgr_cli_group merge_group = {"Options", merge_options};
static const tgr_cli_group *const groups[] = {&merge_group, &tgr_cli_common_group, NULL};

static const tgr_cli_example examples[] = {
    {"three shards, routed apart (tagroute route ... --shard 0/3 -o part0.h5, and so on)",
     "tagroute merge part0.h5 part1.h5 part2.h5 -o decisions.h5"},
    {"is anything missing yet?", "tagroute merge --check part*.jsonl"},
    {0},
};

static void print_summary(const tgr_cli_session *session, const tgr_merge_options *options,
                          const tgr_merge_report *report)
{
    char queries[TGR_CLI_NUMBER_SIZE], shards[TGR_CLI_NUMBER_SIZE];
    tgr_cli_count(queries, report->queries);
    tgr_cli_count(shards, report->shards);
    if (options->check) {
        tgr_cli_say(session, "all %s shards are there and whole: %s queries\n", shards, queries);
    } else {
        tgr_cli_say(session, "%s: %s queries of %s shards\n", options->output, queries, shards);
    }
}

static tgr_status merge(const tgr_cli_arguments *arguments, tgr_error *error)
{
    tgr_merge_options options;
    tgr_merge_report report;
    tgr_cli_session session;
    tgr_merge_options_init(&options);
    options.inputs = arguments->operands;
    options.input_count = arguments->operand_count;
    options.check = tgr_cli_has(arguments, "check");
    tgr_status status =
        options.check ? TGR_OK : tgr_cli_need(arguments, "output", &options.output, error);
    if (status == TGR_OK) {
        status = tgr_cli_session_start(&session, arguments, error);
    }
    if (status != TGR_OK) {
        return status;
    }
    status = tgr_merge(&options, &report, &session.run, error);
    tgr_cli_session_end(&session);
    if (status == TGR_OK) {
        print_summary(&session, &options, &report);
    }
    return status;
}

const tgr_cli_command tgr_cli_merge = {
    .name = "merge",
    .summary = "join what shards of a run have written",
    .synopsis = "FILE... -o FILE [options]",
    .description =
        "Joins the decisions that `tagroute route --shard I/N` wrote into the file that one run "
        "would have written, byte for byte. Shards are given in any order; each says itself which "
        "it is (JSON Lines and MessagePack: in the file FILE.shard beside it). What is missing, "
        "twice, damaged or of another run is never joined.",
    .examples = examples,
    .groups = groups,
    .operands_min = 1,
    .operands_max = (size_t)-1,
    .operand = "a shard's decisions, or several",
    .main = merge,
};
