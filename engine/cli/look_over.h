/* look_over.h - warnings about tokens and costs that no honest log has. */
#ifndef TGR_CLI_LOOK_OVER_H
#define TGR_CLI_LOOK_OVER_H

#include <stddef.h>

#include <tagroute/plausible.h>

/* Looks at some queries of each file: enough to notice, few enough to cost nothing. */
tgr_status tgr_cli_look_over(const char *const *inputs, size_t count, const tgr_router *router,
                             const tgr_price_options *prices, const tgr_run *run, tgr_error *error);

#endif
