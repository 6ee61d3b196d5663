/* commands.c - the list of commands, in the order of the overview. */
#include "engine/cli/commands.h"

const tgr_cli_command *const tgr_cli_commands[] = {&tgr_cli_ingest, &tgr_cli_tag,
                                                   &tgr_cli_join,   &tgr_cli_fit,
                                                   &tgr_cli_route,  &tgr_cli_simulate,
                                                   &tgr_cli_export, &tgr_cli_explain,
                                                   &tgr_cli_router, &tgr_cli_drift,
                                                   &tgr_cli_merge,  &tgr_cli_info,
                                                   &tgr_cli_bench,  NULL};

const tgr_cli_command *const tgr_cli_shared_commands[] = {&tgr_cli_fit, &tgr_cli_route,
                                                          &tgr_cli_simulate, NULL};
