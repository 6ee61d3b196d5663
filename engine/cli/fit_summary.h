/* fit_summary.h - what a fit amounted to, said on standard error. */
#ifndef TGR_CLI_FIT_SUMMARY_H
#define TGR_CLI_FIT_SUMMARY_H

#include <tagroute/fit.h>

#include "engine/cli/session.h"

void tgr_cli_fit_summary(const tgr_cli_session *session, const char *output,
                         const tgr_fit_report *report);

/* The router as written, read back: models, thresholds and all. queries: to go on with; or NULL. */
tgr_status tgr_cli_fit_router(const tgr_cli_session *session, const char *output,
                              const char *queries, tgr_error *error);

#endif
