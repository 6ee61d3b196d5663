/* compare_simulations.h - `simulate -r A -r B`: two routers, or two policies, on the same queries.
 */
#ifndef TGR_CLI_COMPARE_SIMULATIONS_H
#define TGR_CLI_COMPARE_SIMULATIONS_H

#include <tagroute/compare.h>

#include "engine/cli/prices.h"
#include "engine/cli/session.h"

typedef struct tgr_cli_pair {
    const char *routers[2]; /* both the same where policies alone differ */
    tgr_simulate_options options[2];
    const char *json; /* NULL: none asked for */
} tgr_cli_pair;

/* Whether two are asked for, and which: the options of the first are given. */
tgr_status tgr_cli_pair_read(tgr_cli_pair *pair, bool *two, const tgr_simulate_options *options,
                             const tgr_cli_arguments *arguments, tgr_error *error);

tgr_status tgr_cli_compare_simulations(const tgr_cli_pair *pair, const tgr_cli_prices *prices,
                                       tgr_cli_session *session, tgr_error *error);

#endif
