/* options.c - copying options of any age. */
#include "engine/base/options.h"

#include <string.h>

#include "engine/base/error.h"

tgr_status tgr_options_copy(void *defaults, size_t known, const void *options, tgr_error *error)
{
    if (options == NULL) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "no options were given");
    }
    size_t size;
    memcpy(&size, options, sizeof size);
    if (size < sizeof size || size > known) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "options of %zu bytes, where this library knows %zu; set `size` with the "
                        "structure's init function, and use headers of the library's version",
                        size, known);
    }
    memcpy(defaults, options, size);
    memcpy(defaults, &known, sizeof known);
    return TGR_OK;
}
