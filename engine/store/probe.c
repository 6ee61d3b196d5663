/* probe.c - tries what may crash in a process of its own first. */
#include "engine/store/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/error.h"

/* For structures alone, these are very long times: of the processor, and by the clock. */
#define PROCESSOR_SECONDS 120
#define CLOCK_SECONDS     1200

/* Dies quietly and for certain: no handlers of the program, no core, no words on its standard
 * error. */
static void become_expendable(void)
{
    static const int deadly[] = {SIGSEGV, SIGBUS,  SIGFPE,  SIGILL,
                                 SIGABRT, SIGXCPU, SIGALRM, SIGPIPE};
    const struct rlimit no_core = {0, 0}, processor = {PROCESSOR_SECONDS, PROCESSOR_SECONDS + 1};
    sigset_t signals;
    sigemptyset(&signals);
    for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++) {
        signal(deadly[i], SIG_DFL);
        sigaddset(&signals, deadly[i]);
    }
    sigprocmask(SIG_UNBLOCK, &signals, NULL);
    (void)setrlimit(RLIMIT_CORE, &no_core);
    (void)setrlimit(RLIMIT_CPU, &processor);
    alarm(CLOCK_SECONDS);
    int nowhere = open("/dev/null", O_WRONLY);
    if (nowhere >= 0) {
        (void)dup2(nowhere, STDERR_FILENO);
    }
}

static _Noreturn void run_child(int report, void (*work)(void *data), void *data)
{
    become_expendable();
    work(data);
    bool told = write(report, "", 1) == 1;
    _exit(told ? 0 : 1);
}

/* A byte down the pipe is the proof of life: an exit status may be taken by somebody else's
 * SIGCHLD. */
static bool survived(int report)
{
    char byte;
    ssize_t got;
    do {
        got = read(report, &byte, 1);
    } while (got < 0 && errno == EINTR);
    return got == 1;
}

tgr_status tgr_probe(const char *path, void (*work)(void *data), void *data, tgr_error *error)
{
    int ends[2];
    if (pipe(ends) != 0) {
        return TGR_OK;
    }
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        run_child(ends[1], work, data);
    }
    close(ends[1]);
    bool alive = child < 0 || survived(ends[0]);
    close(ends[0]);
    while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR) {
    }
    if (alive) {
        return TGR_OK;
    }
    return tgr_fail(error, TGR_ERR_INPUT,
                    "%s: the HDF5 library crashes on it: the file is damaged, or made to do harm",
                    path);
}
