/* progress.c - drawn over itself, at most six times a second. */
#include "engine/cli/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "engine/cli/numbers.h"

#define UPDATE_SECONDS (1.0 / 6)
#define FIRST_SECONDS  0.25 /* what takes less needs no progress line */
#define LONGEST_LINE   240

double tgr_cli_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void tgr_cli_progress_start(tgr_cli_progress *progress, bool quiet)
{
    const char *terminal = getenv("TERM");
    bool able = terminal != NULL && strcmp(terminal, "dumb") != 0 && isatty(STDERR_FILENO);
    *progress = (tgr_cli_progress){.shown_at_all = able && !quiet};
    progress->last_update = tgr_cli_clock() + FIRST_SECONDS - UPDATE_SECONDS;
}

static size_t terminal_width(void)
{
    struct winsize size;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1) {
        return size.ws_col - 1u;
    }
    return 79;
}

static size_t append(char *line, size_t length, const char *before, const char *text,
                     const char *after)
{
    int added = snprintf(line + length, LONGEST_LINE - length, "%s%s%s", before, text, after);
    return added > 0 && (size_t)added < LONGEST_LINE - length ? length + (size_t)added : length;
}

static void compose(const tgr_cli_progress *progress, const tgr_progress *now, double seconds,
                    char *line)
{
    char number[TGR_CLI_NUMBER_SIZE];
    double done = (double)(now->done - progress->phase_done);
    double rate = seconds > 0 ? done / seconds : 0;
    size_t length = append(line, 0, "", now->phase, "");
    if (now->total > 0) {
        double share = (double)now->done / (double)now->total;
        tgr_cli_share(number, share < 1 ? share : 1);
        length = append(line, length, "  ", number, "");
    }
    double queries = (double)(now->queries - progress->phase_queries);
    if (queries > 0 && seconds > 0) {
        tgr_cli_rate(number, queries / seconds);
        length = append(line, length, "  ", number, " queries/s");
    }
    if (strcmp(now->unit, "bytes") == 0) {
        snprintf(number, sizeof number, "%.1f", rate / 1e6);
        length = append(line, length, "  ", number, " MB/s");
    }
    if (now->total > now->done && rate > 0) {
        tgr_cli_duration(number, (double)(now->total - now->done) / rate);
        append(line, length, "  ", number, " left");
    }
}

void tgr_cli_progress_update(tgr_cli_progress *progress, const tgr_progress *now)
{
    if (!progress->shown_at_all) {
        return;
    }
    double clock = tgr_cli_clock();
    bool same = progress->phase != NULL && strcmp(progress->phase, now->phase) == 0 &&
                now->done >= progress->phase_done && now->queries >= progress->phase_queries;
    if (!same) {
        progress->phase = now->phase;
        progress->phase_start = clock;
        progress->phase_done = now->done;
        progress->phase_queries = now->queries;
    }
    if (clock - progress->last_update < UPDATE_SECONDS) {
        return;
    }
    progress->last_update = clock;
    char line[LONGEST_LINE] = "";
    compose(progress, now, clock - progress->phase_start, line);
    fprintf(stderr, "\r\033[K%.*s", (int)terminal_width(), line);
    fflush(stderr);
    progress->on_screen = true;
}

void tgr_cli_progress_clear(tgr_cli_progress *progress)
{
    if (progress->on_screen) {
        fprintf(stderr, "\r\033[K");
        fflush(stderr);
        progress->on_screen = false;
    }
}
