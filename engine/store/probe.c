/* probe.c - tries what may crash in a process of its own first. */
#include "engine/store/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/error.h"

/* For structures alone these are long times: of the processor, and by the clock, for any file and
 * for each of so many bytes. */
#define PROCESSOR_SECONDS 8
#define PROCESSOR_BYTES   (UINT64_C(32) << 20)
#define CLOCK_SECONDS     60
#define CLOCK_BYTES       (UINT64_C(4) << 20)
#define MOST_SECONDS      3600

/* Memory beyond what the process has already: names and dictionaries, a matrix transposed. */
#define MEMORY_BYTES  (UINT64_C(1) << 30)
#define MEMORY_FACTOR 64 /* times the file's size: compressed files hold more than they weigh */

typedef struct verdict {
    tgr_status status;
    tgr_error error;
} verdict;

static uint64_t size_of_file(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && about.st_size > 0 ? (uint64_t)about.st_size : 0;
}

/* What the process has mapped; 0 where that is not known. */
static uint64_t memory_in_use(void)
{
    char text[64] = "";
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return 0;
    }
    ssize_t got = read(fd, text, sizeof(text) - 1);
    close(fd);
    long page = sysconf(_SC_PAGESIZE);
    return got > 0 && page > 0 ? strtoull(text, NULL, 10) * (uint64_t)page : 0;
}

static void limit(int resource, uint64_t value)
{
    struct rlimit now;
    if (getrlimit(resource, &now) == 0 && (now.rlim_cur == RLIM_INFINITY || now.rlim_cur > value)) {
        now.rlim_cur = (rlim_t)value;
        (void)setrlimit(resource, &now);
    }
}

static uint64_t seconds(uint64_t least, uint64_t size, uint64_t bytes)
{
    uint64_t some = least + size / bytes;
    return some < MOST_SECONDS ? some : MOST_SECONDS;
}

/* Dies quietly and for certain: no handlers of the program, no core, no words on its standard
 * error. */
static void become_expendable(uint64_t size)
{
    static const int deadly[] = {SIGSEGV, SIGBUS,  SIGFPE,  SIGILL,
                                 SIGABRT, SIGXCPU, SIGALRM, SIGPIPE};
    const struct rlimit no_core = {0, 0};
    uint64_t used = memory_in_use();
    sigset_t signals;
    sigemptyset(&signals);
    for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++) {
        signal(deadly[i], SIG_DFL);
        sigaddset(&signals, deadly[i]);
    }
    sigprocmask(SIG_UNBLOCK, &signals, NULL);
    (void)setrlimit(RLIMIT_CORE, &no_core);
    limit(RLIMIT_CPU, seconds(PROCESSOR_SECONDS, size, PROCESSOR_BYTES));
    if (used > 0 && size < UINT64_MAX / MEMORY_FACTOR / 4) {
        limit(RLIMIT_AS, used + MEMORY_BYTES + MEMORY_FACTOR * size);
    }
    alarm((unsigned)seconds(CLOCK_SECONDS, size, CLOCK_BYTES));
    int nowhere = open("/dev/null", O_WRONLY);
    if (nowhere >= 0) {
        (void)dup2(nowhere, STDERR_FILENO);
    }
}

static bool write_all(int to, const void *bytes, size_t length)
{
    const char *from = bytes;
    while (length > 0) {
        ssize_t put = write(to, from, length);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put <= 0) {
            return false;
        }
        from += put;
        length -= (size_t)put;
    }
    return true;
}

static _Noreturn void run_child(int report, uint64_t size,
                                tgr_status (*work)(void *data, tgr_error *error), void *data)
{
    verdict found = {0};
    become_expendable(size);
    found.status = work(data, &found.error);
    _exit(write_all(report, &found, sizeof(found)) ? 0 : 1);
}

/* A whole verdict down the pipe is the proof of life: an exit status may be taken by somebody
 * else's SIGCHLD. */
static bool survived(int report, verdict *found)
{
    char *to = (char *)found;
    size_t left = sizeof(*found);
    while (left > 0) {
        ssize_t got = read(report, to, left);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return false;
        }
        to += got;
        left -= (size_t)got;
    }
    return true;
}

tgr_status tgr_probe(const char *path, tgr_status (*work)(void *data, tgr_error *error), void *data,
                     tgr_error *error)
{
    int ends[2];
    verdict found = {0};
    uint64_t size = size_of_file(path);
    if (pipe(ends) != 0) {
        return TGR_OK;
    }
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        run_child(ends[1], size, work, data);
    }
    close(ends[1]);
    bool alive = child < 0 || survived(ends[0], &found);
    close(ends[0]);
    while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR) {
    }
    if (!alive) {
        return tgr_fail(error, TGR_ERR_INPUT,
                        "%s: the HDF5 library crashes on it, or asks for far more time or memory "
                        "than it should: the file is damaged, or made to do harm",
                        path);
    }
    if (found.status != TGR_ERR_INPUT) {
        return TGR_OK;
    }
    found.error.message[sizeof(found.error.message) - 1] = 0;
    return tgr_fail(error, TGR_ERR_INPUT, "%s", found.error.message);
}
