/* log_format.c - names of formats. */
#include "engine/cli/log_format.h"

#include <string.h>

#include "engine/cli/fail.h"

tgr_status tgr_cli_read_log_format(const tgr_cli_arguments *arguments, const char *option,
                                   tgr_log_format *format, tgr_error *error)
{
    const char *name = tgr_cli_text(arguments, option);
    if (name == NULL) {
        return TGR_OK;
    }
    if (strcmp(name, "jsonl") == 0) {
        *format = TGR_LOG_JSONL;
    } else if (strcmp(name, "msgpack") == 0) {
        *format = TGR_LOG_MSGPACK;
    } else {
        return tgr_cli_fail(error, TGR_ERR_ARGUMENT, "--%s is jsonl or msgpack, not '%.60s'",
                            option, name);
    }
    return TGR_OK;
}

tgr_status tgr_cli_read_log_schema(const tgr_cli_arguments *arguments, tgr_log_schema *schema,
                                   tgr_error *error)
{
    static const char *const names[TGR_SCHEMAS] = {
        [TGR_SCHEMA_AUTO] = "auto",       [TGR_SCHEMA_TAGROUTE] = "tagroute",
        [TGR_SCHEMA_LITELLM] = "litellm", [TGR_SCHEMA_OPENAI] = "openai",
        [TGR_SCHEMA_OTEL] = "otel",       [TGR_SCHEMA_LANGFUSE] = "langfuse",
    };
    const char *name = tgr_cli_text(arguments, "from");
    for (size_t i = 0; name != NULL && i < TGR_SCHEMAS; i++) {
        if (strcmp(name, names[i]) == 0) {
            *schema = (tgr_log_schema)i;
            return TGR_OK;
        }
    }
    return name == NULL ? TGR_OK
                        : tgr_cli_fail(error, TGR_ERR_ARGUMENT,
                                       "--from is auto, tagroute, litellm, openai, otel or "
                                       "langfuse, not '%.60s'",
                                       name);
}
