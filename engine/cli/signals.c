/* signals.c - the program's only global state: two flags that handlers set. */
#include "engine/cli/signals.h"

#include <stddef.h>

static volatile sig_atomic_t cancelled;
static volatile sig_atomic_t pipe_closed;

static const int stopping[] = {SIGINT, SIGTERM, SIGHUP};
#define STOPPING_COUNT (sizeof stopping / sizeof *stopping)

/* The first signal asks for an orderly end; the next one acts as if the program did not care. */
static void on_stop(int number)
{
    (void)number;
    cancelled = 1;
    for (size_t i = 0; i < STOPPING_COUNT; i++) {
        signal(stopping[i], SIG_DFL);
    }
}

static void on_pipe(int number)
{
    (void)number;
    pipe_closed = 1;
}

void tgr_cli_signals_install(void)
{
    struct sigaction action = {.sa_handler = on_stop}; /* no SA_RESTART: a blocked read wakes up */
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < STOPPING_COUNT; i++) {
        struct sigaction before;
        if (sigaction(stopping[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN) {
            sigaction(stopping[i], &action, NULL); /* nohup and the like stay honoured */
        }
    }
    action.sa_handler = on_pipe;
    action.sa_flags = SA_RESTART;
    sigaction(SIGPIPE, &action, NULL);
    action.sa_handler = SIG_IGN;
    sigaction(SIGXFSZ, &action, NULL);
}

void tgr_cli_cancel(void)
{
    cancelled = 1;
}

const volatile sig_atomic_t *tgr_cli_cancelled(void)
{
    return &cancelled;
}

bool tgr_cli_pipe_closed(void)
{
    return pipe_closed != 0;
}
