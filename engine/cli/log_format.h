/* log_format.h - formats and schemas that options of commands with logs name. */
#ifndef TGR_CLI_LOG_FORMAT_H
#define TGR_CLI_LOG_FORMAT_H

#include <tagroute/ingest.h>

#include "engine/cli/options.h"

/* Leaves *format alone where the option, such as "format", is not given. */
tgr_status tgr_cli_read_log_format(const tgr_cli_arguments *arguments, const char *option,
                                   tgr_log_format *format, tgr_error *error);

/* The same for the schema that --from names. */
tgr_status tgr_cli_read_log_schema(const tgr_cli_arguments *arguments, tgr_log_schema *schema,
                                   tgr_error *error);

#endif
