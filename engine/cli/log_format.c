/* log_format.c - names of formats. */
#include "engine/cli/log_format.h"

#include <string.h>

#include "engine/cli/fail.h"

tgr_status tgr_cli_read_log_format(const tgr_cli_arguments *arguments, tgr_log_format *format,
                                   tgr_error *error)
{
    const char *name = tgr_cli_text(arguments, "format");
    if (name == NULL) {
        return TGR_OK;
    }
    if (strcmp(name, "jsonl") == 0) {
        *format = TGR_LOG_JSONL;
    } else if (strcmp(name, "msgpack") == 0) {
        *format = TGR_LOG_MSGPACK;
    } else {
        return tgr_cli_fail(error, TGR_ERR_ARGUMENT, "--format is jsonl or msgpack, not '%.60s'",
                            name);
    }
    return TGR_OK;
}
