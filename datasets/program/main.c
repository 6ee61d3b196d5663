/* main.c - tagroute-gen: options, progress on a terminal, exit status. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <tagroute/version.h>

#include "datasets/program/options.h"

enum { FAILED = 1, WRONG_USAGE = 2 };

static volatile sig_atomic_t interrupted;

static void on_signal(int signal_number)
{
    (void)signal_number;
    interrupted = 1;
}

/* The first Ctrl-C ends the run cleanly, the second at once. What the caller had ignored (nohup, a
 * job in the background) stays so. */
static void catch_signals(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {0}, before;
    action.sa_handler = on_signal;
    action.sa_flags = (int)SA_RESETHAND;
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        if (sigaction(signals[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN) {
            sigaction(signals[i], &action, NULL);
        }
    }
}

/* What the progress line needs to know; times in seconds. */
typedef struct clock_state {
    double start, shown;
    bool drawn;
} clock_state;

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void show_progress(void *user, const tgr_progress *progress)
{
    clock_state *state = user;
    double time = now();
    if (time - state->shown < 1.0 / 6 || progress->done == 0) {
        return;
    }
    double elapsed = time - state->start, share = (double)progress->done / (double)progress->total;
    fprintf(stderr, "\r\033[K%.1f%%  %.2fM queries/s  %.0f s left", 100.0 * share,
            1e-6 * (double)progress->done / elapsed, elapsed / share - elapsed);
    state->shown = time;
    state->drawn = true;
}

static int fail(tgr_status status, const tgr_error *error)
{
    fprintf(stderr, "tagroute-gen: %s\n", error->message);
    if (status == TGR_ERR_ARGUMENT) {
        fprintf(stderr, "Try 'tagroute-gen --help'.\n");
        return WRONG_USAGE;
    }
    return FAILED;
}

/* Standard output closed or full must not look like success. */
static int print(const char *text)
{
    return fputs(text, stdout) < 0 || fflush(stdout) != 0 ? FAILED : 0;
}

static tgr_status write_files(const tgr_gen_command *command, const tgr_run *run, uint64_t *bytes,
                              tgr_error *error)
{
    tgr_gen_world *world = NULL;
    tgr_status status = tgr_gen_world_new(&command->world, &world, error);
    if (status == TGR_OK) {
        status = tgr_gen_log_write(world, &command->log, run, bytes, error);
    }
    if (status == TGR_OK && command->prices != NULL) {
        status = tgr_gen_prices_write(world, command->prices, error);
    }
    if (status == TGR_OK && command->outcomes != NULL) {
        status = tgr_gen_outcomes_write(world, command->outcomes, command->log.queries,
                                        command->outcome_queries, run, error);
    }
    tgr_gen_world_free(world);
    return status;
}

static int generate(const tgr_gen_command *command)
{
    tgr_error error = {0};
    uint64_t bytes = 0;
    bool terminal = isatty(STDERR_FILENO) != 0;
    clock_state state = {.start = now()};
    tgr_run run = {.size = sizeof run, .threads = command->threads, .cancel = &interrupted};
    if (terminal && !command->quiet) {
        run.progress = show_progress;
        run.user = &state;
    }
    catch_signals();
    tgr_status status = write_files(command, &run, &bytes, &error);
    if (state.drawn) {
        fprintf(stderr, "\r\033[K");
    }
    if (status != TGR_OK) {
        return fail(status, &error);
    }
    if (!command->quiet && strcmp(command->log.path, "-") != 0) {
        double elapsed = now() - state.start;
        fprintf(stderr, "%s: %llu queries, %.1f MB in %.1f s\n", command->log.path,
                (unsigned long long)command->log.queries, 1e-6 * (double)bytes, elapsed);
    }
    return 0;
}

int main(int argc, char **argv)
{
    tgr_gen_command command;
    tgr_error error = {0};
    tgr_status status = tgr_gen_parse(argc, argv, &command, &error);
    if (status != TGR_OK) {
        return fail(status, &error);
    }
    switch (command.action) {
    case TGR_GEN_ACTION_HELP:
        return print(tgr_gen_help);
    case TGR_GEN_ACTION_VERSION:
        return print("tagroute-gen " TGR_VERSION_STRING "\n");
    case TGR_GEN_ACTION_GENERATE:
    default:
        return generate(&command);
    }
}
