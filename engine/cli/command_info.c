/* command_info.c - what a file holds, verified. */
#include <string.h>

#include <tagroute/info.h>

#include "engine/cli/commands.h"
#include "engine/cli/session.h"
#include "engine/cli/write_file.h"

static const tgr_cli_option info_options[] = {
    {"json", 0, NULL, "print one JSON object"},
    {0},
};

static const tgr_cli_group info_group = {"Options", info_options};
static const tgr_cli_group *const groups[] = {&info_group, &tgr_cli_common_group, NULL};

static const tgr_cli_example examples[] = {
    {"the thresholds of a router", "tagroute info router.msgpack"},
    {"check a file from end to end, for a script", "tagroute info queries.h5 --json"},
    {0},
};

static tgr_status info(const tgr_cli_arguments *arguments, tgr_error *error)
{
    tgr_cli_session session;
    char *text = NULL;
    tgr_status status = tgr_cli_session_start(&session, arguments, error);
    if (status != TGR_OK) {
        return status;
    }
    bool json = tgr_cli_has(arguments, "json");
    status = tgr_info(arguments->operands[0], json ? NULL : &text, json ? &text : NULL,
                      &session.run, error);
    tgr_cli_session_end(&session);
    if (status == TGR_OK) {
        status = tgr_cli_write_file("-", text, strlen(text), error);
    }
    tgr_free(text);
    return status;
}

const tgr_cli_command tgr_cli_info = {
    .name = "info",
    .summary = "what a query file, router or decision file holds, verified",
    .synopsis = "FILE [options]",
    .description =
        "Reads a query file, a router or decisions in HDF5, checks it from end to end, and "
        "describes it. For a router that includes the thresholds that send 10 % to 90 % of the "
        "training queries away from the reference. Exit status 3 where the file is damaged.",
    .examples = examples,
    .groups = groups,
    .operands_min = 1,
    .operands_max = 1,
    .operand = "one file",
    .main = info,
};
