/* asked.c - see asked.h. */
#include "engine/log/asked.h"

#include <stdint.h>
#include <string.h>

#include "engine/base/error.h"

static tgr_status check_inputs(const tgr_log_asked *asked, tgr_error *error)
{
    size_t from_stdin = 0;
    if (asked->input_count == 0 || asked->inputs == NULL) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "no log is named; '-' reads standard input");
    }
    for (size_t i = 0; i < asked->input_count; i++) {
        if (asked->inputs[i] == NULL) {
            return tgr_fail(error, TGR_ERR_ARGUMENT, "log %zu has no name", i + 1);
        }
        from_stdin += strcmp(asked->inputs[i], "-") == 0;
    }
    if (from_stdin > 1) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "standard input ('-') can be read only once");
    }
    return TGR_OK;
}

tgr_status tgr_log_check_asked(const tgr_log_asked *asked, tgr_error *error)
{
    tgr_status status = check_inputs(asked, error);
    if (status != TGR_OK) {
        return status;
    }
    if (!(asked->max_bad >= 0 && asked->max_bad <= 1)) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "the tolerated share of bad records is not between 0 and 1 (0 %% and 100 "
                        "%%)");
    }
    if (asked->max_record < 1 || asked->max_record > UINT32_MAX) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "the largest record must have from 1 to %u bytes",
                        UINT32_MAX);
    }
    if ((unsigned)asked->format > TGR_LOG_MSGPACK) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "there is no log format number %d",
                        (int)asked->format);
    }
    return TGR_OK;
}
