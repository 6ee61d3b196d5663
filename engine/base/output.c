/* output.c - temporary name, sync, rename, sync the folder. */
#define _GNU_SOURCE /* sync_file_range */
#include "engine/base/output.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"

/* The folder of a path, as something open() takes; NULL where memory is short. */
static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL) {
        return tgr_mem_string(".");
    }
    return slash == path ? tgr_mem_string("/") : tgr_mem_string_n(path, (size_t)(slash - path));
}

char *tgr_output_beside(const char *path, const char *ending)
{
    const char *slash = strrchr(path, '/');
    size_t folder = slash == NULL ? 0 : (size_t)(slash - path) + 1;
    size_t length = strlen(path) + strlen(ending) + sizeof "..";
    char *name = tgr_mem_alloc(length, 1);
    if (name != NULL) {
        snprintf(name, length, "%.*s.%s.%s", (int)folder, path, path + folder, ending);
    }
    return name;
}

/* What mkstemp gets: tells our temporary files from what others call .NAME.something. */
#define RANDOM "XXXXXX"
#define ENDING "tmp-" RANDOM

#define PARTIAL "partial" /* what a later run finds again */

/* mkstemp makes files that only the owner may read; give them what creat() would have. */
static void widen_mode(int fd)
{
    mode_t mask = umask(0);
    umask(mask);
    (void)fchmod(fd, 0666 & ~mask);
}

static tgr_status check_target(const char *path, tgr_error *error)
{
    if (path[0] == '\0' || path[strlen(path) - 1] == '/') {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "output '%s' is not a file name", path);
    }
    struct stat found;
    if (stat(path, &found) == 0 && !S_ISREG(found.st_mode)) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "%s: is not a regular file; name a file to write",
                        path);
    }
    return TGR_OK;
}

static tgr_status create_temporary(const char *path, char **name, int *fd, tgr_error *error)
{
    *name = tgr_output_beside(path, ENDING);
    if (*name == NULL) {
        return tgr_fail_memory(error, "a file name");
    }
    *fd = mkstemp(*name);
    if (*fd < 0) {
        int reason = errno;
        tgr_mem_free(*name);
        *name = NULL;
        return tgr_fail_io(error, path, "create a file in its folder", reason);
    }
    (void)fcntl(*fd, F_SETFD, FD_CLOEXEC);
    (void)flock(*fd, LOCK_EX | LOCK_NB); /* as long as we live, nobody sweeps it away */
    return TGR_OK;
}

static tgr_status begin(tgr_output *output, const char *path, tgr_error *error)
{
    *output = (tgr_output){.fd = -1};
    tgr_status status = check_target(path, error);
    if (status != TGR_OK) {
        return status;
    }
    output->path = tgr_mem_string(path);
    return output->path == NULL ? tgr_fail_memory(error, "a file name") : TGR_OK;
}

tgr_status tgr_output_open(tgr_output *output, const char *path, tgr_error *error)
{
    tgr_status status = begin(output, path, error);
    if (status == TGR_OK) {
        status = create_temporary(path, &output->temporary, &output->fd, error);
    }
    if (status != TGR_OK) {
        tgr_output_abandon(output);
        return status;
    }
    widen_mode(output->fd);
    return TGR_OK;
}

/* Whether the name still leads to the file: its last holder may have renamed or removed it between
 * our opening and locking it. */
static bool same_file(int fd, const char *name)
{
    struct stat held, named;
    return fstat(fd, &held) == 0 && lstat(name, &named) == 0 && held.st_dev == named.st_dev &&
           held.st_ino == named.st_ino;
}

static tgr_status lock_file(const char *path, const char *name, int *fd, tgr_error *error)
{
    for (;;) {
        *fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
        if (*fd < 0) {
            return tgr_fail_io(error, path, "create a file in its folder", errno);
        }
        bool busy = flock(*fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
        if (!busy && same_file(*fd, name)) {
            return TGR_OK;
        }
        close(*fd);
        *fd = -1;
        if (busy) {
            return tgr_fail(error, TGR_ERR_IO,
                            "%s: another run is writing it now; wait for that one, or name another "
                            "output",
                            path);
        }
    }
}

static tgr_status claim(tgr_output *output, const char *path, const char *ending, tgr_error *error)
{
    tgr_status status = begin(output, path, error);
    char *name = NULL;
    if (status == TGR_OK) {
        name = tgr_output_beside(path, ending);
        status = name == NULL ? tgr_fail_memory(error, "a file name")
                              : lock_file(path, name, &output->fd, error);
    }
    if (status == TGR_OK) {
        output->temporary = name; /* from here on it is ours to remove */
        return TGR_OK;
    }
    tgr_mem_free(name);
    tgr_output_abandon(output);
    return status;
}

tgr_status tgr_output_claim(tgr_output *output, const char *path, tgr_error *error)
{
    return claim(output, path, PARTIAL, error);
}

tgr_status tgr_output_claim_part(tgr_output *output, const char *path, unsigned number,
                                 tgr_error *error)
{
    char ending[sizeof PARTIAL + 16];
    snprintf(ending, sizeof ending, PARTIAL ".%u", number);
    return claim(output, path, ending, error);
}

tgr_status tgr_output_join(tgr_output *output, const char *path, tgr_error *error)
{
    tgr_status status = begin(output, path, error);
    char *name = NULL;
    if (status == TGR_OK) {
        name = tgr_output_beside(path, PARTIAL);
        status = name == NULL ? tgr_fail_memory(error, "a file name") : TGR_OK;
    }
    if (status == TGR_OK) {
        output->fd = open(name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
        status = output->fd < 0
                     ? tgr_fail_io(error, path, "open what the first process has begun", errno)
                     : TGR_OK;
    }
    tgr_mem_free(name);
    if (status != TGR_OK) {
        tgr_output_abandon(output);
    }
    return status;
}

void tgr_output_leave(tgr_output *output)
{
    tgr_mem_free(output->temporary);
    output->temporary = NULL;
    tgr_output_abandon(output);
}

static tgr_status sync_folder(const char *folder, tgr_error *error)
{
    tgr_status status = TGR_OK;
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    /* Some file systems cannot sync a folder (EINVAL); the rename itself has been done. */
    if (fd < 0 || (fsync(fd) != 0 && errno != EINVAL && errno != EBADF)) {
        status = tgr_fail_io(error, folder, "sync the folder", errno);
    }
    if (fd >= 0) {
        close(fd);
    }
    return status;
}

/* Whether an entry of the folder is `temporary` but for its random end. */
static bool is_like(const char *entry, const char *temporary)
{
    size_t length = strlen(temporary), fixed = length - strlen(RANDOM);
    return strlen(entry) == length && strncmp(entry, temporary, fixed) == 0;
}

/* Removes a file that no living process has open as a temporary one. */
static void sweep_one(int folder, const char *entry)
{
    int fd = openat(folder, entry, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd >= 0) {
        if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
            unlinkat(folder, entry, 0);
        }
        close(fd);
    }
}

void tgr_output_sweep(const char *path)
{
    char *name = tgr_output_beside(path, ENDING), *folder = folder_of(path);
    DIR *entries = name != NULL && folder != NULL ? opendir(folder) : NULL;
    if (entries != NULL) {
        const char *slash = strrchr(name, '/');
        for (struct dirent *entry; (entry = readdir(entries)) != NULL;) {
            if (is_like(entry->d_name, slash == NULL ? name : slash + 1)) {
                sweep_one(dirfd(entries), entry->d_name);
            }
        }
        closedir(entries);
    }
    tgr_mem_free(name);
    tgr_mem_free(folder);
}

/* Whether an entry of the folder is `begin`, a dot and a number, with ".new" or not. */
static bool is_numbered(const char *entry, const char *begin)
{
    size_t length = strlen(begin);
    if (strncmp(entry, begin, length) != 0 || entry[length] != '.') {
        return false;
    }
    const char *number = entry + length + 1;
    size_t digits = strspn(number, "0123456789");
    return digits > 0 && (number[digits] == '\0' || strcmp(number + digits, ".new") == 0);
}

void tgr_output_sweep_numbered(const char *path, const char *ending)
{
    char *name = tgr_output_beside(path, ending), *folder = folder_of(path);
    DIR *entries = name != NULL && folder != NULL ? opendir(folder) : NULL;
    if (entries != NULL) {
        const char *slash = strrchr(name, '/');
        for (struct dirent *entry; (entry = readdir(entries)) != NULL;) {
            if (is_numbered(entry->d_name, slash == NULL ? name : slash + 1)) {
                unlinkat(dirfd(entries), entry->d_name, 0);
            }
        }
        closedir(entries);
    }
    tgr_mem_free(name);
    tgr_mem_free(folder);
}

tgr_status tgr_output_sync_folder(const char *path, tgr_error *error)
{
    char *folder = folder_of(path);
    tgr_status status =
        folder == NULL ? tgr_fail_memory(error, "a folder name") : sync_folder(folder, error);
    tgr_mem_free(folder);
    return status;
}

/* Syncs what was written, through the descriptor still open or a new one. It stays open, and what
 * was claimed stays locked, until the file has its final name. */
static tgr_status sync_file(tgr_output *output, tgr_error *error)
{
    if (output->fd < 0) {
        output->fd = open(output->temporary, O_RDWR | O_CLOEXEC);
        if (output->fd < 0) {
            return tgr_fail_io(error, output->path, "open the finished file", errno);
        }
    }
    return fsync(output->fd) == 0 ? TGR_OK : tgr_fail_io(error, output->path, "write", errno);
}

tgr_status tgr_output_commit(tgr_output *output, tgr_error *error)
{
    /* Everything that can run short does so before the rename: after it the file is there. */
    char *folder = folder_of(output->path);
    tgr_status status =
        folder == NULL ? tgr_fail_memory(error, "a folder name") : sync_file(output, error);
    if (status == TGR_OK && rename(output->temporary, output->path) != 0) {
        status = tgr_fail_io(error, output->path, "put the finished file in place", errno);
    }
    if (status == TGR_OK) {
        tgr_mem_free(output->temporary);
        output->temporary = NULL;
        status = sync_folder(folder, error);
    }
    tgr_mem_free(folder);
    tgr_output_abandon(output);
    return status;
}

tgr_status tgr_output_replace(const char *path, const char *temporary, const void *bytes,
                              size_t length, tgr_error *error)
{
    char *folder = folder_of(path);
    if (folder == NULL) {
        return tgr_fail_memory(error, "a folder name");
    }
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
    tgr_status status = fd < 0 ? tgr_fail_io(error, temporary, "create", errno)
                               : tgr_write_all(fd, bytes, length, temporary, error);
    if (status == TGR_OK && fsync(fd) != 0) {
        status = tgr_fail_io(error, temporary, "write", errno);
    }
    if (fd >= 0) {
        close(fd);
    }
    if (status == TGR_OK && rename(temporary, path) != 0) {
        status = tgr_fail_io(error, path, "put the finished file in place", errno);
    }
    if (status == TGR_OK) {
        status = sync_folder(folder, error);
    } else if (fd >= 0) {
        unlink(temporary);
    }
    tgr_mem_free(folder);
    return status;
}

void tgr_output_abandon(tgr_output *output)
{
    if (output->temporary != NULL) {
        unlink(output->temporary); /* while it is still locked */
    }
    if (output->path != NULL && output->fd >= 0) {
        close(output->fd);
    }
    tgr_mem_free(output->temporary);
    tgr_mem_free(output->path);
    *output = (tgr_output){.fd = -1};
}

int tgr_output_spool(const char *path, tgr_error *error)
{
    char *name = NULL;
    int fd = -1;
    if (create_temporary(path, &name, &fd, error) != TGR_OK) {
        return -1;
    }
    unlink(name);
    tgr_mem_free(name);
    return fd;
}

tgr_status tgr_write_all(int fd, const void *bytes, size_t length, const char *path,
                         tgr_error *error)
{
    const char *next = bytes;
    while (length > 0) {
        ssize_t written = write(fd, next, length);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return tgr_fail_io(error, path, "write", written < 0 ? errno : EIO);
        }
        next += written;
        length -= (size_t)written;
    }
    return TGR_OK;
}

void tgr_write_begin(int fd, uint64_t offset, size_t length)
{
#ifdef SYNC_FILE_RANGE_WRITE
    int before = errno;
    sync_file_range(fd, (off_t)offset, (off_t)length, SYNC_FILE_RANGE_WRITE);
    errno = before;
#else
    (void)fd, (void)offset, (void)length;
#endif
}

tgr_status tgr_write_all_at(int fd, const void *bytes, size_t length, uint64_t offset,
                            const char *path, tgr_error *error)
{
    const char *next = bytes;
    while (length > 0) {
        ssize_t written = pwrite(fd, next, length, (off_t)offset);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return tgr_fail_io(error, path, "write", written < 0 ? errno : EIO);
        }
        next += written;
        offset += (uint64_t)written;
        length -= (size_t)written;
    }
    return TGR_OK;
}
