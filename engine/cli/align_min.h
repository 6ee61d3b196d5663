/* align_min.h - the option --align-min, which several commands have. */
#ifndef TGR_CLI_ALIGN_MIN_H
#define TGR_CLI_ALIGN_MIN_H

#include <tagroute/status.h>

#include "engine/cli/options.h"

/* A cosine above 0, up to 1, or "off", which gives 2; left alone where the option is not there. */
tgr_status tgr_cli_read_align_min(const tgr_cli_arguments *arguments, double *least,
                                  tgr_error *error);

#endif
