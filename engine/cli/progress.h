/* progress.h - one line on a terminal that says how far, how fast, how long still. */
#ifndef TGR_CLI_PROGRESS_H
#define TGR_CLI_PROGRESS_H

#include <stdbool.h>

#include <tagroute/run.h>

typedef struct tgr_cli_progress {
    bool shown_at_all; /* standard error is a terminal that can take it, and not --quiet */
    bool on_screen;
    const char *phase;
    double phase_start;                 /* seconds */
    uint64_t phase_done, phase_queries; /* at the phase's start */
    double last_update;
} tgr_cli_progress;

/* Seconds on a clock that only goes forward. */
double tgr_cli_clock(void);

void tgr_cli_progress_start(tgr_cli_progress *progress, bool quiet);
void tgr_cli_progress_update(tgr_cli_progress *progress, const tgr_progress *now);

/* Takes the line off the screen, before anything else is written there. */
void tgr_cli_progress_clear(tgr_cli_progress *progress);

#endif
