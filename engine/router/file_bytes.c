/* file_bytes.c - see file_bytes.h. */
#include "engine/router/file_bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"

#define GLANCE     64
#define PIPE_CHUNK 65536

/* The first guess at the bytes needed: a regular file's size and one more, to see its end. */
static tgr_status first_guess(int fd, const char *path, size_t limit, size_t *guess,
                              tgr_error *error)
{
    struct stat info;
    if (fstat(fd, &info) != 0) {
        return tgr_fail_io(error, path, "look at it", errno);
    }
    if (S_ISFIFO(info.st_mode)) {
        *guess = PIPE_CHUNK;
        return TGR_OK;
    }
    if (!S_ISREG(info.st_mode)) {
        return tgr_fail(error, TGR_ERR_IO, "%s: not a file that can be read whole", path);
    }
    if ((uintmax_t)info.st_size > limit) {
        return tgr_fail(error, TGR_ERR_INPUT, "%s: %jd bytes are more than the %zu allowed", path,
                        (intmax_t)info.st_size, limit);
    }
    *guess = (size_t)info.st_size + 1;
    return TGR_OK;
}

static tgr_status make_room(tgr_file_bytes *file, size_t *capacity, size_t room, size_t padding,
                            tgr_error *error)
{
    if (room > SIZE_MAX - padding - file->length) {
        return tgr_fail_memory(error, "the file");
    }
    size_t need = file->length + room + padding;
    void *memory = file->bytes;
    if (need > *capacity && !tgr_mem_grow(&memory, capacity, need, 1)) {
        return tgr_fail_memory(error, "the file");
    }
    file->bytes = memory;
    return TGR_OK;
}

static tgr_status read_all(int fd, const char *path, size_t limit, size_t padding,
                           tgr_file_glance glance, tgr_file_bytes *file, tgr_error *error)
{
    tgr_status status = TGR_OK;
    size_t guess = 0, capacity = 0;
    TGR_TRY(first_guess(fd, path, limit, &guess, error));
    size_t room = glance != NULL ? GLANCE : guess; /* bytes free after `length` */
    TGR_TRY(make_room(file, &capacity, room, padding, error));
    for (bool judged = glance == NULL;;) {
        ssize_t got = read(fd, file->bytes + file->length, room);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            status = tgr_fail_io(error, path, "read", errno);
            goto done;
        }
        file->length += (size_t)got;
        room -= (size_t)got;
        if (file->length > limit) {
            status =
                tgr_fail(error, TGR_ERR_INPUT, "%s: more than the %zu bytes allowed", path, limit);
            goto done;
        }
        if (!judged && (got == 0 || file->length >= GLANCE)) {
            status = glance(file->bytes, file->length, error);
            if (status != TGR_OK) {
                tgr_error_prefix(error, "%s", path);
                goto done;
            }
            judged = true;
        }
        if (got == 0) {
            break;
        }
        if (room == 0) {
            room = guess > file->length ? guess - file->length : PIPE_CHUNK;
            TGR_TRY(make_room(file, &capacity, room, padding, error));
            room = capacity - padding - file->length;
        }
    }
    memset(file->bytes + file->length, 0, padding);
done:
    return status;
}

tgr_status tgr_file_bytes_read(const char *path, size_t limit, size_t padding,
                               tgr_file_glance glance, tgr_file_bytes *file, tgr_error *error)
{
    memset(file, 0, sizeof *file);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return tgr_fail_io(error, path, "open", errno);
    }
    tgr_status status = read_all(fd, path, limit, padding, glance, file, error);
    close(fd);
    if (status != TGR_OK) {
        tgr_mem_free(file->bytes);
        memset(file, 0, sizeof *file);
    }
    return status;
}
