/* log_format.h - the value of --format of commands that read logs. */
#ifndef TGR_CLI_LOG_FORMAT_H
#define TGR_CLI_LOG_FORMAT_H

#include <tagroute/ingest.h>

#include "engine/cli/options.h"

/* Leaves *format alone where the option is not given. */
tgr_status tgr_cli_read_log_format(const tgr_cli_arguments *arguments, tgr_log_format *format,
                                   tgr_error *error);

/* The same for --from. */
tgr_status tgr_cli_read_log_schema(const tgr_cli_arguments *arguments, tgr_log_schema *schema,
                                   tgr_error *error);

#endif
