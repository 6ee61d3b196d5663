/* session.h - what every command's run has: threads, progress, messages, the summary's stream. */
#ifndef TGR_CLI_SESSION_H
#define TGR_CLI_SESSION_H

#include <stdbool.h>

#include <tagroute/run.h>
#include <tagroute/status.h>

#include "engine/cli/options.h"
#include "engine/cli/progress.h"

typedef struct tgr_cli_session {
    tgr_run run;
    tgr_cli_progress progress;
    bool quiet, verbose;
    bool asked_quiet; /* rather than one process of several that does not speak */
    double start;     /* seconds on tgr_cli_clock */
    size_t messages;
} tgr_cli_session;

/* --threads, --quiet, --verbose, --help */
extern const tgr_cli_group tgr_cli_common_group;
/* --memory, for the commands that walk over query files */
extern const tgr_cli_group tgr_cli_reading_group;

tgr_status tgr_cli_session_start(tgr_cli_session *session, const tgr_cli_arguments *arguments,
                                 tgr_error *error);

/* To be called when the library is done, well or not, before anything is printed. */
void tgr_cli_session_end(tgr_cli_session *session);

double tgr_cli_session_seconds(const tgr_cli_session *session);

/* Part of the summary, on standard error; nothing with --quiet. */
void tgr_cli_say(const tgr_cli_session *session, const char *format, ...) TGR_PRINTF(2, 3);

#endif
