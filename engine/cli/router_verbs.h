/* router_verbs.h - the commands behind `router`, and what they share. */
#ifndef TGR_CLI_ROUTER_VERBS_H
#define TGR_CLI_ROUTER_VERBS_H

#include <tagroute/router.h>
#include <tagroute/run.h>

#include "engine/cli/options.h"
#include "engine/cli/session.h"

extern const tgr_cli_command tgr_cli_router_add, tgr_cli_router_drop, tgr_cli_router_rename,
    tgr_cli_router_set_price, tgr_cli_router_refer, tgr_cli_router_merge, tgr_cli_router_diff;

/* --queries and --split: queries to measure margins on. */
extern const tgr_cli_group tgr_cli_measure_group;

/* Measures margins where --queries asks for it, and notes that they are gone where not; then writes
 * the router to --output and says so. */
tgr_status tgr_cli_router_finish(const tgr_cli_arguments *arguments, tgr_router *router,
                                 bool measured, tgr_cli_session *session, tgr_error *error);

#endif
