/* fault_io.c - a library to be preloaded: the n-th call that writes, or locks, fails.
 *
 * FAULT_CALL names the call (write, pwrite, fsync, fdatasync, ftruncate, rename, open, flock),
 * FAULT_AT says which one counts (from 1 on), FAULT_ERRNO what it fails with (its name),
 * FAULT_STICKY whether all later ones fail too, as on a disk that is full. Only what happens to
 * files below FAULT_FOLDER counts; open counts where it may create. FAULT_LOG: a file that gets a
 * byte when the fault has struck.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_long calls;

ssize_t write(int fd, const void *bytes, size_t length);
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset);
ssize_t pwrite64(int fd, const void *bytes, size_t length, off_t offset);
int fsync(int fd);
int fdatasync(int fd);
int ftruncate(int fd, off_t length);
int ftruncate64(int fd, off_t length);
int rename(const char *from, const char *to);
int flock(int fd, int how);
int open(const char *path, int flags, ...);
int open64(const char *path, int flags, ...);

static void *real(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

static bool below_folder(const char *path)
{
    const char *folder = getenv("FAULT_FOLDER");
    return folder != NULL && strncmp(path, folder, strlen(folder)) == 0;
}

static bool of_folder(int fd)
{
    char name[64], path[PATH_MAX];
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(name, path, sizeof path - 1);
    if (length <= 0) {
        return false;
    }
    path[length] = '\0';
    return below_folder(path);
}

static void note(void)
{
    const char *log = getenv("FAULT_LOG");
    int (*real_open)(const char *, int, ...) = real("open");
    ssize_t (*real_write)(int, const void *, size_t) = real("write");
    int fd = log != NULL ? real_open(log, O_WRONLY | O_CREAT | O_APPEND, 0600) : -1;
    if (fd >= 0) {
        (void)!real_write(fd, "x", 1);
        close(fd);
    }
}

static int number_of(const char *name)
{
    static const struct {
        const char *name;
        int number;
    } known[] = {{"ENOSPC", ENOSPC}, {"ENOLCK", ENOLCK}, {"EAGAIN", EAGAIN}};
    for (size_t i = 0; name != NULL && i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(known[i].name, name) == 0) {
            return known[i].number;
        }
    }
    return EIO;
}

/* Whether this call is to fail; sets errno. */
static bool strikes(const char *call)
{
    const char *name = getenv("FAULT_CALL"), *at = getenv("FAULT_AT");
    if (name == NULL || at == NULL || strcmp(name, call) != 0) {
        return false;
    }
    long now = atomic_fetch_add(&calls, 1) + 1, wanted = atol(at);
    if (now != wanted && !(now > wanted && getenv("FAULT_STICKY") != NULL)) {
        return false;
    }
    note();
    const char *reason = getenv("FAULT_ERRNO");
    errno = number_of(reason);
    return true;
}

ssize_t write(int fd, const void *bytes, size_t length)
{
    ssize_t (*next)(int, const void *, size_t) = real("write");
    return of_folder(fd) && strikes("write") ? -1 : next(fd, bytes, length);
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset)
{
    ssize_t (*next)(int, const void *, size_t, off_t) = real("pwrite");
    return of_folder(fd) && strikes("pwrite") ? -1 : next(fd, bytes, length, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off_t offset)
{
    return pwrite(fd, bytes, length, offset);
}

int fsync(int fd)
{
    int (*next)(int) = real("fsync");
    return of_folder(fd) && strikes("fsync") ? -1 : next(fd);
}

int fdatasync(int fd)
{
    int (*next)(int) = real("fdatasync");
    return of_folder(fd) && strikes("fdatasync") ? -1 : next(fd);
}

int ftruncate(int fd, off_t length)
{
    int (*next)(int, off_t) = real("ftruncate");
    return of_folder(fd) && strikes("ftruncate") ? -1 : next(fd, length);
}

int ftruncate64(int fd, off_t length)
{
    return ftruncate(fd, length);
}

int rename(const char *from, const char *to)
{
    int (*next)(const char *, const char *) = real("rename");
    return strikes("rename") ? -1 : next(from, to);
}

int flock(int fd, int how)
{
    int (*next)(int, int) = real("flock");
    return strikes("flock") ? -1 : next(fd, how);
}

int open(const char *path, int flags, ...)
{
    int (*next)(const char *, int, ...) = real("open");
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    return flags & O_CREAT && strikes("open") ? -1 : next(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    return open(path, flags, mode);
}
