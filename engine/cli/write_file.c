/* write_file.c - write beside, sync, rename. */
#include "engine/cli/write_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/cli/fail.h"

/* FOLDER/.NAME.XXXXXX for FOLDER/NAME. */
static char *temporary_name(const char *path, tgr_error *error)
{
    size_t length = strlen(path);
    char *name = tgr_cli_alloc(length + sizeof "..XXXXXX", 1, error);
    if (name != NULL) {
        const char *slash = strrchr(path, '/');
        int folder = slash != NULL ? (int)(slash - path + 1) : 0;
        sprintf(name, "%.*s.%s.XXXXXX", folder, path, path + folder);
    }
    return name;
}

static int write_all(int file, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t written = write(file, bytes, length);
        if (written < 0 && errno != EINTR) {
            return -1;
        }
        if (written > 0) {
            bytes += written;
            length -= (size_t)written;
        }
    }
    return 0;
}

/* mkstemp gives 0600; a file that the user asked for follows the umask. */
static void follow_umask(int file)
{
    mode_t mask = umask(0);
    umask(mask);
    fchmod(file, 0666 & ~mask);
}

static void sync_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash == NULL   ? strdup(".")
                   : slash == path ? strdup("/")
                                   : strndup(path, (size_t)(slash - path));
    int opened = folder != NULL ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (opened >= 0) {
        fsync(opened); /* some file systems refuse it for folders: the rename stands anyway */
        close(opened);
    }
    free(folder);
}

static tgr_status write_temporary(const char *path, const char *temporary, int file,
                                  const char *bytes, size_t length, tgr_error *error)
{
    follow_umask(file);
    int failed = write_all(file, bytes, length) != 0 || fsync(file) != 0;
    int errno_value = errno;
    if (close(file) != 0 && !failed) {
        failed = 1;
        errno_value = errno;
    }
    if (!failed && rename(temporary, path) != 0) {
        failed = 1;
        errno_value = errno;
    }
    if (failed) {
        unlink(temporary);
        return tgr_cli_fail_io(error, path, "write", errno_value);
    }
    sync_folder(path);
    return TGR_OK;
}

static tgr_status check_stdout(bool failed, tgr_error *error)
{
    if (failed) {
        return tgr_cli_fail(error, TGR_ERR_IO, "cannot write to standard output: %s",
                            errno != 0 ? strerror(errno) : "an earlier write failed");
    }
    return TGR_OK;
}

/* A device, a pipe, what a shell makes of >(command): to be written to, never to be replaced. */
static bool is_no_file(const char *path)
{
    struct stat found;
    return stat(path, &found) == 0 && !S_ISREG(found.st_mode);
}

static tgr_status write_in_place(const char *path, const char *bytes, size_t length,
                                 tgr_error *error)
{
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0) {
        return tgr_cli_fail_io(error, path, "open", errno);
    }
    bool failed = write_all(file, bytes, length) != 0;
    int errno_value = errno;
    if (close(file) != 0 && !failed) {
        failed = true;
        errno_value = errno;
    }
    return failed ? tgr_cli_fail_io(error, path, "write", errno_value) : TGR_OK;
}

tgr_status tgr_cli_write_file(const char *path, const char *bytes, size_t length, tgr_error *error)
{
    if (strcmp(path, "-") == 0) {
        errno = 0;
        return check_stdout(fwrite(bytes, 1, length, stdout) != length || fflush(stdout) != 0,
                            error);
    }
    if (is_no_file(path)) {
        return write_in_place(path, bytes, length, error);
    }
    char *temporary = temporary_name(path, error);
    if (temporary == NULL) {
        return TGR_ERR_NOMEM;
    }
    int file = mkstemp(temporary);
    tgr_status status = file < 0 ? tgr_cli_fail_io(error, path, "create", errno)
                                 : write_temporary(path, temporary, file, bytes, length, error);
    free(temporary);
    return status;
}

tgr_status tgr_cli_close_stdout(tgr_error *error)
{
    bool failed_before = ferror(stdout) != 0;
    errno = 0;
    return check_stdout(fclose(stdout) != 0 || failed_before, error);
}
