/* sides.h - what `simulate` judges: routers, scores and decisions made elsewhere; one of them, or
 * several side by side.
 */
#ifndef TGR_CLI_SIDES_H
#define TGR_CLI_SIDES_H

#include <tagroute/elsewhere.h>

#include "engine/cli/prices.h"
#include "engine/cli/session.h"

#define TGR_CLI_SIDES_MOST 8

extern const tgr_cli_group tgr_cli_sides_group;

typedef struct tgr_cli_side {
    const char *router;      /* NULL: the models of the query files, without one */
    tgr_elsewhere elsewhere; /* name NULL: the router itself */
    tgr_simulate_options options;
} tgr_cli_side;

typedef struct tgr_cli_sides {
    tgr_cli_side each[TGR_CLI_SIDES_MOST];
    size_t count;
    const char *reference;               /* where there is no router */
    char *names[2 * TGR_CLI_SIDES_MOST]; /* of what is from elsewhere */
    size_t name_count;
} tgr_cli_sides;

/* options: of every side but for --against-policy. To be freed in any case. */
tgr_status tgr_cli_sides_read(tgr_cli_sides *sides, const tgr_simulate_options *options,
                              const tgr_cli_arguments *arguments, tgr_error *error);
void tgr_cli_sides_free(tgr_cli_sides *sides);

/* The side's router, or what stands for one, with the prices given. */
tgr_status tgr_cli_side_router(const tgr_cli_sides *sides, const tgr_cli_side *side,
                               const tgr_cli_prices *prices, const tgr_run *run,
                               tgr_router **router, tgr_error *error);

tgr_status tgr_cli_side_simulate(const tgr_cli_side *side, const tgr_router *router,
                                 tgr_simulation **simulation, const tgr_run *run, tgr_error *error);

#endif
