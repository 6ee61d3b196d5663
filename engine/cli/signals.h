/* signals.h - Ctrl-C stops cleanly, a second one at once; a closed pipe or a full quota is an error
 * to report, not a death.
 */
#ifndef TGR_CLI_SIGNALS_H
#define TGR_CLI_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

void tgr_cli_signals_install(void);

/* Becomes non-zero with the first SIGINT, SIGTERM or SIGHUP. */
const volatile sig_atomic_t *tgr_cli_cancelled(void);

/* As a signal does. */
void tgr_cli_cancel(void);

/* Whether something was written to a pipe that nobody reads any more. */
bool tgr_cli_pipe_closed(void);

#endif
