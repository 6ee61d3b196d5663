/* command_join.c - judgements of some queries, joined to the query file that has all. */
#include <tagroute/join.h>

#include "engine/cli/commands.h"
#include "engine/cli/fail.h"
#include "engine/cli/numbers.h"
#include "engine/cli/session.h"
#include "engine/cli/unmatched.h"

static const tgr_cli_option join_options[] = {
    {"outcomes", 0, "FILE",
     "judgements: JSON Lines or CSV of id, model, outcome or score, and perhaps the query's weight "
     "and the model's propensity; repeatable"},
    {"output", 'o', "FILE.h5", "the query file to write; replaced only when complete"},
    {"compress", 0, NULL, "smaller file, slower to read"},
    {"compact", 0, NULL, "16-bit column numbers where they are enough: faster to read"},
    {0},
};

static const tgr_cli_group join_group = {"Options", join_options};
static const tgr_cli_group *const groups[] = {&join_group, &tgr_cli_common_group, NULL};

static const tgr_cli_example examples[] = {
    {"a month's log and a few thousand judged queries of it",
     "tagroute join month.h5 --outcomes judged.csv -o judged.h5"},
    {0},
};

static void print_summary(const tgr_cli_session *session, const tgr_join_options *options,
                          const tgr_join_report *report)
{
    char queries[TGR_CLI_NUMBER_SIZE], joined[TGR_CLI_NUMBER_SIZE], pairs[TGR_CLI_NUMBER_SIZE];
    char ids[TGR_CLI_NUMBER_SIZE];
    tgr_cli_say(session, "%s: %s of %s queries judged, by %s judgements of %s ids\n",
                options->output, tgr_cli_count(joined, report->joined_queries),
                tgr_cli_count(queries, report->queries), tgr_cli_count(pairs, report->judgements),
                tgr_cli_count(ids, report->ids));
    tgr_cli_say_unmatched(session, report->unmatched, report->first_unmatched, TGR_UNMATCHED_SHOWN);
    tgr_cli_say(session, "next: tagroute fit %s -o router.msgpack\n", options->output);
}

static tgr_status join(const tgr_cli_arguments *arguments, tgr_error *error)
{
    tgr_join_options options;
    tgr_join_report report = {0};
    tgr_cli_session session;
    const char *outcomes[TGR_CLI_JUDGED_FILES];
    tgr_join_options_init(&options);
    options.queries = arguments->operands[0];
    options.outcomes = outcomes;
    options.compress = tgr_cli_has(arguments, "compress");
    options.compact = tgr_cli_has(arguments, "compact");
    tgr_status status = tgr_cli_need(arguments, "output", &options.output, error);
    if (status == TGR_OK) {
        status = tgr_cli_read_outcomes(arguments, outcomes, &options.outcome_count, error);
    }
    if (status == TGR_OK && options.outcome_count == 0) {
        status = tgr_cli_fail(error, TGR_ERR_ARGUMENT,
                              "--outcomes names a file of judgements; give one at least");
    }
    if (status == TGR_OK) {
        status = tgr_cli_session_start(&session, arguments, error);
    }
    if (status != TGR_OK) {
        return status;
    }
    status = tgr_join(&options, &report, &session.run, error);
    tgr_cli_session_end(&session);
    if (status == TGR_OK) {
        print_summary(&session, &options, &report);
    }
    return status;
}

const tgr_cli_command tgr_cli_join = {
    .name = "join",
    .summary = "judgements joined to a query file",
    .synopsis = "QUERIES.h5 --outcomes FILE -o FILE.h5 [options]",
    .description =
        "Writes a query file anew with judgements, found apart from the log, in it: a record, or a "
        "row of CSV, a pair of query and model, with an outcome (win, tie or loss against the "
        "reference) or a score. A judgement takes the place of what was known of its pair. Ids "
        "that no query has are counted and named.",
    .examples = examples,
    .groups = groups,
    .operands_min = 1,
    .operands_max = 1,
    .operand = "a query file",
    .main = join,
};
