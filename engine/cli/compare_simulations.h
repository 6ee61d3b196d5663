/* compare_simulations.h - `simulate -r A -r B`: routers, policies, or what was made elsewhere, on
 * the same queries.
 */
#ifndef TGR_CLI_COMPARE_SIMULATIONS_H
#define TGR_CLI_COMPARE_SIMULATIONS_H

#include <tagroute/compare.h>

#include "engine/cli/sides.h"

/* TGR_ERR_ARGUMENT for what a comparison does not have; chooses the bootstrap where none was asked
 * for. */
tgr_status tgr_cli_compare_check(tgr_cli_sides *sides, const tgr_cli_arguments *arguments,
                                 tgr_error *error);

/* json NULL: a table alone. */
tgr_status tgr_cli_compare_simulations(const tgr_cli_sides *sides, const char *json,
                                       const tgr_cli_prices *prices, tgr_cli_session *session,
                                       tgr_error *error);

#endif
