/* isa.c - reading TAGROUTE_ISA. */
#include "engine/isa.h"

#include <stdlib.h>

#include "engine/base/error.h"
#include "kernels/dispatch.h"

tgr_status tgr_isa_choose(const tgr_kernels **kernels, tgr_error *error)
{
    const char *name = getenv("TAGROUTE_ISA");
    switch (tgr_kernels_by_name(name, kernels)) {
    case TGR_DISPATCH_OK:
        return TGR_OK;
    case TGR_DISPATCH_UNKNOWN:
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "TAGROUTE_ISA is '%s'; set it to one of %s, or to nothing", name,
                        TGR_ISA_NAMES);
    case TGR_DISPATCH_NOT_BUILT:
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "TAGROUTE_ISA is '%s', which is for another kind of processor", name);
    case TGR_DISPATCH_UNSUPPORTED:
        break;
    }
    return tgr_fail(error, TGR_ERR_ARGUMENT,
                    "TAGROUTE_ISA is '%s', which this processor or its operating system lacks",
                    name);
}
