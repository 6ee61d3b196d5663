/* command_info.c - what a file holds, verified. */
#include <string.h>

#include <tagroute/info.h>

#include "engine/cli/commands.h"
#include "engine/cli/fail.h"
#include "engine/cli/prices.h"
#include "engine/cli/session.h"
#include "engine/cli/write_file.h"

static const tgr_cli_option info_options[] = {
    {"json", 0, NULL, "print one JSON object"},
    {"verify", 0, NULL, "only check, and say so in one line; takes several files"},
    {0},
};

static const tgr_cli_group info_group = {"Options", info_options};
static const tgr_cli_group *const groups[] = {&info_group, &tgr_cli_price_group,
                                              &tgr_cli_common_group, NULL};

static const tgr_cli_example examples[] = {
    {"the thresholds of a router", "tagroute info router.msgpack"},
    {"check a file from end to end, for a script", "tagroute info queries.h5 --json"},
    {"do the costs of a log agree with its tokens?",
     "tagroute info queries.h5 --prices litellm.json"},
    {"are these files whole?", "tagroute info --verify *.h5 router.msgpack"},
    {0},
};

static tgr_status print(const char *text, size_t length, tgr_error *error)
{
    return tgr_cli_write_file("-", text, length, error);
}

/* The first line of a description says what the file is, and that it was checked. */
static tgr_status verify(const tgr_cli_arguments *arguments, const tgr_run *run, tgr_error *error)
{
    tgr_status status = TGR_OK;
    for (size_t i = 0; status == TGR_OK && i < arguments->operand_count; i++) {
        char *text = NULL;
        status = tgr_info(arguments->operands[i], &text, NULL, run, error);
        if (status == TGR_OK) {
            status = print(text, strcspn(text, "\n") + 1, error);
        }
        tgr_free(text);
    }
    return status;
}

static tgr_status describe(const tgr_cli_arguments *arguments, const tgr_run *run, tgr_error *error)
{
    char *text = NULL;
    bool json = tgr_cli_has(arguments, "json");
    tgr_cli_prices prices;
    tgr_status status = tgr_cli_prices_read(&prices, arguments, error);
    if (status == TGR_OK) {
        status = tgr_info_priced(arguments->operands[0], prices.any ? &prices.options : NULL,
                                 json ? NULL : &text, json ? &text : NULL, run, error);
    }
    tgr_cli_prices_free(&prices);
    if (status == TGR_OK) {
        status = print(text, strlen(text), error);
    }
    tgr_free(text);
    return status;
}

static bool given_prices(const tgr_cli_arguments *arguments)
{
    for (const tgr_cli_option *one = tgr_cli_price_group.options; one->name != NULL; one++) {
        if (tgr_cli_has(arguments, one->name)) {
            return true;
        }
    }
    return false;
}

static tgr_status info(const tgr_cli_arguments *arguments, tgr_error *error)
{
    tgr_cli_session session;
    bool only = tgr_cli_has(arguments, "verify");
    if (only && tgr_cli_has(arguments, "json")) {
        return tgr_cli_fail(error, TGR_ERR_ARGUMENT,
                            "--json describes and --verify does not; leave one of them out");
    }
    if (only && given_prices(arguments)) {
        return tgr_cli_fail(error, TGR_ERR_ARGUMENT,
                            "prices describe, and --verify does not; leave one of them out");
    }
    if (!only && arguments->operand_count > 1) {
        return tgr_cli_fail(error, TGR_ERR_ARGUMENT,
                            "'%s' is one too many: info describes one file; --verify takes several",
                            arguments->operands[1]);
    }
    tgr_status status = tgr_cli_session_start(&session, arguments, error);
    if (status != TGR_OK) {
        return status;
    }
    status =
        only ? verify(arguments, &session.run, error) : describe(arguments, &session.run, error);
    tgr_cli_session_end(&session);
    return status;
}

const tgr_cli_command tgr_cli_info = {
    .name = "info",
    .summary = "what a query file, router or decision file holds, verified",
    .synopsis = "FILE [options]",
    .description =
        "Reads a query file, a router or decisions in HDF5, checks it from end to end, and "
        "describes it. For a router that includes the thresholds that send 10 % to 90 % of the "
        "training queries away from the reference; for a query file what is odd about its tokens "
        "and costs, which prices help to see. Exit status 3 where the file is damaged; of "
        "several, the first that is stops the rest.",
    .examples = examples,
    .groups = groups,
    .operands_min = 1,
    .operands_max = (size_t)-1,
    .operand = "one file",
    .main = info,
};
