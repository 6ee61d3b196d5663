/* look_over.c - see look_over.h. */
#include "engine/cli/look_over.h"

#define ENOUGH ((uint64_t)64 * 1024)

tgr_status tgr_cli_look_over(const char *const *inputs, size_t count, const tgr_router *router,
                             const tgr_price_options *prices, const tgr_run *run, tgr_error *error)
{
    const tgr_plausible_options options = {
        .size = sizeof options,
        .inputs = inputs,
        .input_count = count,
        .router = router,
        .prices = prices,
        .some_models = true,
        .most = ENOUGH,
    };
    return tgr_plausible(&options, run, error);
}
