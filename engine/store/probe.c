/* probe.c - tries what may crash in a process of its own first. */
#define _GNU_SOURCE /* pipe2 */
#include "engine/store/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifdef __GLIBC__
#include <malloc.h> /* malloc_trim */
#endif

#include <hdf5.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"

/* For structures alone these are long times: of the processor, and by the clock, for any file and
 * for each of so many bytes. */
#define PROCESSOR_SECONDS 4
#define PROCESSOR_BYTES   (UINT64_C(32) << 20)
#define CLOCK_SECONDS     60
#define CLOCK_BYTES       (UINT64_C(4) << 20)
#define MOST_SECONDS      3600
#define READY_SECONDS     60 /* until a child stands on its feet, whatever the file */

/* Memory beyond what the process has already: names and dictionaries, a matrix transposed. */
#define MEMORY_BYTES  (UINT64_C(1) << 30)
#define MEMORY_FACTOR 64 /* times the file's size: compressed files hold more than they weigh */

#define LOOK_MILLISECONDS 100 /* how often to look whether the child is still there, and works */

/* How long a child may leave its processor alone before it is taken for one that waits for a lock
 * that nobody will give back, and replaced; then the last child has all the time that there is, in
 * case it is the disk that they wait for. */
static const uint64_t quiet_seconds[] = {2, 5, MOST_SECONDS};
#define MOST_CHILDREN (sizeof(quiet_seconds) / sizeof(quiet_seconds[0]))

typedef struct verdict {
    tgr_status status;
    tgr_error error;
} verdict;

typedef struct attempt {
    tgr_status (*work)(void *data, tgr_error *error);
    void *data;
    uint64_t size; /* of the file */
    bool tried;    /* to fork */
    pid_t child;
    int ends[2]; /* of a pipe from the child */
} attempt;

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

/* ---- the child ------------------------------------------------------------------------- */

/* Whether what the child stands on works in it: a lock that somebody else held is held for ever. */
static void stand(void)
{
    tgr_mem_free(tgr_mem_alloc(1, 1));
    H5Pclose(H5Pcreate(H5P_FILE_ACCESS));
}

static _Noreturn void run_child(const attempt *at)
{
    verdict found = {0};
    become_expendable(at->size);
    stand();
    if (!write_all(at->ends[1], "", 1)) {
        _exit(1);
    }
    found.status = at->work(at->data, &found.error);
    /* What libhdf5 wrote behind its own memory shows when that is freed: better here than later in
     * the parent, whose memory was the same. */
    (void)H5garbage_collect();
#ifdef __GLIBC__
    (void)malloc_trim(0);
#endif
    _exit(write_all(at->ends[1], &found, sizeof(found)) ? 0 : 1);
}

/* Called back by HDF5, which holds its own lock meanwhile where it has one: no other thread is
 * amidst its structures, and the lock is the child's. The child never returns, since giving the
 * lock back would be a word to threads that it does not have. */
static herr_t fork_here(hid_t list, const char *name, void *data)
{
    attempt *at = data;
    (void)list;
    (void)name;
    at->tried = true;
    at->child = fork();
    if (at->child == 0) {
        run_child(at);
    }
    return 1;
}

static void fork_alone(attempt *at)
{
    hid_t list = H5Pcreate(H5P_FILE_ACCESS);
    at->tried = false;
    at->child = -1;
    if (list > 0) {
        (void)H5Piterate(list, NULL, fork_here, at);
        H5Pclose(list);
    }
    if (!at->tried) {
        (void)fork_here(list, NULL, at);
    }
}

/* ---- the parent ------------------------------------------------------------------------ */

typedef enum answer {
    ANSWERED,
    DIED,
    SILENT, /* all the time that it had */
    STUCK   /* or did not even work */
} answer;

typedef struct watch {
    int64_t end;        /* of all patience */
    int64_t quiet;      /* for so long it may be */
    int64_t last_moved; /* when its clock was seen to move */
    struct timespec clock;
} watch;

static int64_t milliseconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static watch watch_from_now(uint64_t patience, uint64_t quiet)
{
    int64_t now = milliseconds_now();
    return (watch){
        .end = now + (int64_t)patience * 1000, .quiet = (int64_t)quiet * 1000, .last_moved = now};
}

/* Whether the child used its processor since the last look; where nobody can tell, it did. */
static bool has_moved(watch *seen, pid_t child)
{
    clockid_t id;
    struct timespec now;
    if (clock_getcpuclockid(child, &id) != 0 || clock_gettime(id, &now) != 0) {
        return true;
    }
    bool moved = now.tv_sec != seen->clock.tv_sec || now.tv_nsec != seen->clock.tv_nsec;
    seen->clock = now;
    return moved;
}

/* What its clocks say of a child that says nothing itself; ANSWERED: wait on. */
static answer look_at(watch *seen, pid_t child)
{
    int64_t now = milliseconds_now();
    if (has_moved(seen, child)) {
        seen->last_moved = now;
    }
    if (now - seen->last_moved >= seen->quiet) {
        return STUCK;
    }
    return now >= seen->end ? SILENT : ANSWERED;
}

/* Without taking its exit status. Somebody else's SIGCHLD may have taken it. */
static bool is_gone(pid_t child)
{
    siginfo_t about = {0};
    int got = waitid(P_PID, (id_t)child, &about, WEXITED | WNOHANG | WNOWAIT);
    return got == 0 ? about.si_pid == child : errno == ECHILD;
}

/* Reads what the child says. The end of the pipe alone does not tell that it died: other programs
 * that the process started meanwhile may hold it open. */
static answer listen_to(const attempt *at, void *bytes, size_t length, watch seen)
{
    char *to = bytes;
    bool gone = false;
    while (length > 0) {
        struct pollfd from = {.fd = at->ends[0], .events = POLLIN};
        int ready = poll(&from, 1, gone ? 0 : LOOK_MILLISECONDS);
        if (ready > 0) {
            ssize_t got = read(at->ends[0], to, length);
            if (got == 0 || (got < 0 && errno != EINTR)) {
                return DIED;
            }
            to += got > 0 ? got : 0;
            length -= got > 0 ? (size_t)got : 0;
        } else if (gone) {
            return DIED;
        } else {
            answer looks = look_at(&seen, at->child);
            if (looks != ANSWERED) {
                return looks;
            }
            gone = is_gone(at->child);
        }
    }
    return ANSWERED;
}

/* Ends the child; whether it was ended by somebody else, or slept all the time: then the file may
 * be a good one. Only a child that is still there is killed: a dead one's number may be another's.
 */
static bool end(const attempt *at, answer heard)
{
    int how = 0;
    struct rusage used = {0};
    pid_t got;
    if (heard == SILENT || heard == STUCK) {
        (void)kill(at->child, SIGKILL);
    }
    while ((got = wait4(at->child, &how, 0, &used)) < 0 && errno == EINTR) {
    }
    bool slept = used.ru_utime.tv_sec + used.ru_stime.tv_sec < PROCESSOR_SECONDS / 2;
    bool stopped = WIFSIGNALED(how) && (WTERMSIG(how) == SIGKILL || WTERMSIG(how) == SIGALRM ||
                                        WTERMSIG(how) == SIGTERM || WTERMSIG(how) == SIGINT);
    return got > 0 && stopped && slept;
}

/* Starts a child that is known to be able to work; child < 0 where there can be none. Of a process
 * with other threads a child may be born with a lock that is held; such a one never says a word,
 * and the next one is luckier. */
static void start(attempt *at)
{
    for (size_t i = 0; i < MOST_CHILDREN; i++) {
        char ready;
        at->child = -1;
        if (pipe2(at->ends, O_CLOEXEC) != 0) {
            return;
        }
        fork_alone(at);
        close(at->ends[1]);
        watch seen = watch_from_now(READY_SECONDS, quiet_seconds[i]);
        answer heard = at->child > 0 ? listen_to(at, &ready, 1, seen) : DIED;
        if (heard == ANSWERED) {
            return;
        }
        close(at->ends[0]);
        if (at->child > 0) {
            (void)end(at, heard);
        }
    }
    at->child = -1;
}

/* The address sanitizer's allocator keeps the locks that other threads held when a child was born;
 * that waits for them without sleeping, until its time is up. */
static bool may_try_again(answer heard, size_t tries)
{
#ifdef __SANITIZE_ADDRESS__
    return heard == STUCK || (heard == DIED && tries == 1);
#else
    (void)tries;
    return heard == STUCK;
#endif
}

/* One child, or a few, one after the other, where it sleeps as if for ever; child < 0 where there
 * can be none. Whether the last was stopped goes to *stopped. */
static answer ask_children(attempt *at, verdict *found, bool *stopped)
{
    uint64_t patience = seconds(CLOCK_SECONDS, at->size, CLOCK_BYTES) + 1;
    answer heard = STUCK;
    for (size_t i = 0; i < MOST_CHILDREN && may_try_again(heard, i); i++) {
        start(at);
        if (at->child < 0) {
            return DIED;
        }
        heard = listen_to(at, found, sizeof(*found), watch_from_now(patience, quiet_seconds[i]));
        close(at->ends[0]);
        *stopped = end(at, heard);
    }
    return heard;
}

tgr_status tgr_probe(const char *path, tgr_status (*work)(void *data, tgr_error *error), void *data,
                     tgr_error *error)
{
    verdict found = {0};
    bool stopped = false;
    attempt at = {.work = work, .data = data, .size = size_of_file(path)};
    answer heard = ask_children(&at, &found, &stopped);
    if (at.child < 0) {
        return TGR_OK;
    }
    if (heard != ANSWERED && stopped) {
        return tgr_fail(error, TGR_ERR_IO,
                        "%s: a process that looks through it first was stopped, or waited for the "
                        "disk too long; try again",
                        path);
    }
    if (heard != ANSWERED) {
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
