/* align_min.c - how near is near enough. */
#include "engine/cli/align_min.h"

#include <string.h>

#include "engine/cli/fail.h"
#include "engine/cli/numbers.h"

tgr_status tgr_cli_read_align_min(const tgr_cli_arguments *arguments, double *least,
                                  tgr_error *error)
{
    const char *text = tgr_cli_text(arguments, "align-min");
    double value = 2;
    if (text == NULL) {
        return TGR_OK;
    }
    if (strcmp(text, "off") != 0) {
        tgr_status status = tgr_cli_parse_double("align-min", text, &value, error);
        if (status != TGR_OK) {
            return status;
        }
        if (!(value > 0 && value <= 1)) {
            return tgr_cli_fail(error, TGR_ERR_ARGUMENT,
                                "--align-min %s: a cosine is above 0, up to 1; or off", text);
        }
    }
    *least = value;
    return TGR_OK;
}
