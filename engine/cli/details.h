/* details.h - the options that ask a simulation for more than its curve. */
#ifndef TGR_CLI_DETAILS_H
#define TGR_CLI_DETAILS_H

#include <tagroute/simulate.h>

#include "engine/cli/options.h"

extern const tgr_cli_group tgr_cli_details_group;

typedef struct tgr_cli_details {
    const char **by, **judged; /* what the options point to */
} tgr_cli_details;

tgr_status tgr_cli_details_read(tgr_cli_details *details, tgr_simulate_options *options,
                                const tgr_cli_arguments *arguments, tgr_error *error);
void tgr_cli_details_free(tgr_cli_details *details);

#endif
