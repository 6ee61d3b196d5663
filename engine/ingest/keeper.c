/* keeper.c - names, lock, saving and removal. */
#include "engine/ingest/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/output.h"

#define CHECKPOINT_MOST ((off_t)1 << 30) /* bytes; a larger one is not ours */

/* ---- names --------------------------------------------------------------------------------------
 */

/* FOLDER/.NAME.ingestSUFFIX of FOLDER/NAME. */
static char *hidden(const char *path, const char *dot, const char *suffix)
{
    const char *slash = strrchr(path, '/');
    size_t folder = slash == NULL ? 0 : (size_t)(slash - path) + 1;
    size_t length = strlen(path) + strlen(dot) + strlen(suffix) + sizeof "..ingest";
    char *name = tgr_mem_alloc(length, 1);
    if (name != NULL) {
        snprintf(name, length, "%.*s.%s.ingest%s%s", (int)folder, path, path + folder, dot, suffix);
    }
    return name;
}

static bool make_names(tgr_keeper *keeper)
{
    keeper->lock = hidden(keeper->output, ".", "lock");
    keeper->checkpoint = hidden(keeper->output, "", "");
    keeper->new_checkpoint = hidden(keeper->output, ".", "new");
    bool complete =
        keeper->lock != NULL && keeper->checkpoint != NULL && keeper->new_checkpoint != NULL;
    for (int i = 0; i < TGR_SPOOLS && complete; i++) {
        keeper->spools[i] = hidden(keeper->output, ".", tgr_spool_names[i]);
        complete = keeper->spools[i] != NULL;
    }
    return complete;
}

static void free_names(tgr_keeper *keeper)
{
    for (int i = 0; i < TGR_SPOOLS; i++) {
        tgr_mem_free(keeper->spools[i]);
    }
    tgr_mem_free(keeper->lock);
    tgr_mem_free(keeper->checkpoint);
    tgr_mem_free(keeper->new_checkpoint);
}

/* ---- the lock -----------------------------------------------------------------------------------
 */

/* Whether the lock file is still the one under that name: its holder removes it in the end. */
static bool is_current(const tgr_keeper *keeper)
{
    struct stat open_file, named;
    return fstat(keeper->lock_fd, &open_file) == 0 && stat(keeper->lock, &named) == 0 &&
           open_file.st_dev == named.st_dev && open_file.st_ino == named.st_ino;
}

static tgr_status lock_once(tgr_keeper *keeper, bool *again, tgr_error *error)
{
    keeper->was_running = access(keeper->lock, F_OK) == 0;
    keeper->lock_fd = open(keeper->lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (keeper->lock_fd < 0) {
        return tgr_fail_io(error, keeper->output, "create a file in its folder", errno);
    }
    /* Where the file system has no locks, two runs at once are for the user to avoid. */
    if (flock(keeper->lock_fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        close(keeper->lock_fd);
        return tgr_fail(error, TGR_ERR_IO,
                        "%s: another run is writing it; wait for that, or name another output",
                        keeper->output);
    }
    *again = !is_current(keeper);
    if (*again) {
        close(keeper->lock_fd);
    }
    return TGR_OK;
}

tgr_status tgr_keeper_open(tgr_keeper *keeper, const char *output, tgr_error *error)
{
    bool again = true;
    tgr_status status = TGR_OK;
    *keeper = (tgr_keeper){.output = output, .lock_fd = -1};
    if (!make_names(keeper)) {
        TGR_TRY(tgr_fail_memory(error, "a file name"));
    }
    while (again) {
        TGR_TRY(lock_once(keeper, &again, error));
    }
    keeper->locked = true;
    keeper->kept = access(keeper->checkpoint, F_OK) == 0;
done:
    if (status != TGR_OK) {
        free_names(keeper);
        *keeper = (tgr_keeper){0};
    }
    return status;
}

/* ---- removal ------------------------------------------------------------------------------------
 */

void tgr_keeper_sweep(tgr_keeper *keeper)
{
    unlink(keeper->checkpoint); /* first: without it the others mean nothing */
    unlink(keeper->new_checkpoint);
    for (int i = 0; i < TGR_SPOOLS; i++) {
        unlink(keeper->spools[i]);
    }
    keeper->kept = false;
}

void tgr_keeper_close(tgr_keeper *keeper, bool keep)
{
    if (!keeper->locked) {
        return;
    }
    tgr_keeper_wait(keeper, NULL);
    if (!keep || !keeper->kept) {
        tgr_keeper_sweep(keeper);
        unlink(keeper->lock);
    }
    close(keeper->lock_fd);
    tgr_buffer_free(&keeper->bytes);
    free_names(keeper);
    *keeper = (tgr_keeper){0};
}

/* ---- saving -------------------------------------------------------------------------------------
 */

void tgr_keeper_name(const tgr_keeper *keeper, tgr_columns *columns)
{
    tgr_spool *spools[TGR_SPOOLS];
    tgr_columns_spools(columns, spools);
    for (int i = 0; i < TGR_SPOOLS; i++) {
        spools[i]->name = keeper->spools[i];
    }
}

static tgr_status write_checkpoint(tgr_keeper *keeper, tgr_error *error)
{
    int fd = open(keeper->new_checkpoint, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) {
        return tgr_fail_io(error, keeper->output, "create a file in its folder", errno);
    }
    tgr_status status =
        tgr_write_all(fd, keeper->bytes.bytes, keeper->bytes.length, keeper->output, error);
    if (status == TGR_OK && fsync(fd) != 0) {
        status = tgr_fail_io(error, keeper->output, "write a checkpoint", errno);
    }
    close(fd);
    if (status == TGR_OK && rename(keeper->new_checkpoint, keeper->checkpoint) != 0) {
        status = tgr_fail_io(error, keeper->output, "put a checkpoint in place", errno);
    }
    return status == TGR_OK ? tgr_output_sync_folder(keeper->output, error) : status;
}

static void *save(void *argument)
{
    tgr_keeper *keeper = argument;
    tgr_status status = TGR_OK;
    for (size_t i = 0; i < keeper->file_count && status == TGR_OK; i++) {
        if (fdatasync(keeper->files[i]) != 0) {
            status = tgr_fail_io(&keeper->failure, keeper->output, "write temporary data", errno);
        }
    }
    if (status == TGR_OK) {
        write_checkpoint(keeper, &keeper->failure);
    }
    atomic_store(&keeper->saved, true);
    return NULL;
}

bool tgr_keeper_busy(const tgr_keeper *keeper)
{
    return keeper->has_thread && !atomic_load(&keeper->saved);
}

tgr_status tgr_keeper_wait(tgr_keeper *keeper, tgr_error *error)
{
    if (!keeper->has_thread) {
        return TGR_OK;
    }
    pthread_join(keeper->thread, NULL);
    keeper->has_thread = false;
    if (keeper->failure.status != TGR_OK) {
        return tgr_fail(error, keeper->failure.status, "%s", keeper->failure.message);
    }
    keeper->kept = true;
    return TGR_OK;
}

tgr_status tgr_keeper_save(tgr_keeper *keeper, tgr_columns *columns, const tgr_buffer *bytes,
                           tgr_error *error)
{
    tgr_spool *spools[TGR_SPOOLS];
    tgr_status status = tgr_keeper_wait(keeper, error);
    if (status != TGR_OK) {
        return status;
    }
    tgr_buffer_clear(&keeper->bytes);
    tgr_buffer_add(&keeper->bytes, bytes->bytes, bytes->length);
    if (keeper->bytes.failed) {
        return tgr_fail_memory(error, "a checkpoint");
    }
    keeper->file_count = 0;
    tgr_columns_spools(columns, spools);
    for (int i = 0; i < TGR_SPOOLS; i++) {
        if (spools[i]->has_file) {
            keeper->files[keeper->file_count++] = spools[i]->fd;
        }
    }
    keeper->failure.status = TGR_OK;
    atomic_store(&keeper->saved, false);
    int reason = pthread_create(&keeper->thread, NULL, save, keeper);
    if (reason != 0) {
        return tgr_fail(error, TGR_ERR_NOMEM, "cannot start a thread: %s", strerror(reason));
    }
    keeper->has_thread = true;
    return TGR_OK;
}

/* ---- loading ------------------------------------------------------------------------------------
 */

static tgr_status read_all(const tgr_keeper *keeper, int fd, tgr_buffer *bytes, tgr_error *error)
{
    char block[16384];
    struct stat found;
    if (fstat(fd, &found) != 0 || found.st_size > CHECKPOINT_MOST) {
        return tgr_fail(error, TGR_ERR_IO, "%s: its checkpoint cannot be read", keeper->output);
    }
    for (;;) {
        ssize_t count = read(fd, block, sizeof block);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            return tgr_fail_io(error, keeper->output, "read its checkpoint", errno);
        }
        if (count == 0) {
            break;
        }
        tgr_buffer_add(bytes, block, (size_t)count);
    }
    return bytes->failed ? tgr_fail_memory(error, "a checkpoint") : TGR_OK;
}

tgr_status tgr_keeper_load(tgr_keeper *keeper, tgr_buffer *bytes, bool *found, tgr_error *error)
{
    int fd = open(keeper->checkpoint, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    *found = fd >= 0;
    if (fd < 0) {
        return errno == ENOENT ? TGR_OK
                               : tgr_fail_io(error, keeper->output, "read its checkpoint", errno);
    }
    tgr_status status = read_all(keeper, fd, bytes, error);
    close(fd);
    return status;
}
