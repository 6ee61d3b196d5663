/* compare_scorers.h - `fit --compare`: scorers side by side, on the terminal and in files. */
#ifndef TGR_CLI_COMPARE_SCORERS_H
#define TGR_CLI_COMPARE_SCORERS_H

#include <tagroute/fit.h>
#include <tagroute/prices.h>

#include "engine/cli/options.h"
#include "engine/cli/session.h"

/* --csv, --markdown and --latex. */
extern const tgr_cli_group tgr_cli_compare_group;

tgr_status tgr_cli_compare_scorers(const tgr_fit_options *options, const tgr_price_options *prices,
                                   const tgr_cli_arguments *arguments, tgr_cli_session *session,
                                   tgr_error *error);

#endif
