/* commands.h - the commands that there are. */
#ifndef TGR_CLI_COMMANDS_H
#define TGR_CLI_COMMANDS_H

#include "engine/cli/options.h"

extern const tgr_cli_command tgr_cli_ingest, tgr_cli_fit, tgr_cli_route, tgr_cli_simulate,
    tgr_cli_info, tgr_cli_bench, tgr_cli_merge, tgr_cli_join, tgr_cli_tag, tgr_cli_explain,
    tgr_cli_router, tgr_cli_drift, tgr_cli_export;

/* All of them, in the order of the overview; NULL ends the list. */
extern const tgr_cli_command *const tgr_cli_commands[];

/* Those that several processes may share. */
extern const tgr_cli_command *const tgr_cli_shared_commands[];

#endif
