/* prices.h - the options that say what models cost, shared by fit, route and simulate. */
#ifndef TGR_CLI_PRICES_H
#define TGR_CLI_PRICES_H

#include <stdbool.h>

#include <tagroute/prices.h>

#include "engine/cli/options.h"

extern const tgr_cli_group tgr_cli_price_group;
extern const tgr_cli_group tgr_cli_paid_group; /* those of them that say what calls did cost */

typedef struct tgr_cli_prices {
    tgr_price_options options;
    bool any; /* some option was given */
    const char **texts;
} tgr_cli_prices;

tgr_status tgr_cli_prices_read(tgr_cli_prices *prices, const tgr_cli_arguments *arguments,
                               tgr_error *error);
void tgr_cli_prices_free(tgr_cli_prices *prices);

/* Loads a router and applies the prices to it. */
tgr_status tgr_cli_load_router(const char *path, const tgr_cli_prices *prices, const tgr_run *run,
                               tgr_router **router, tgr_error *error);

#endif
