/* spool.c - buffered appending to, and reading back from, a file. */
#include "engine/ingest/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/output.h"

#define UNIT ((size_t)1 << 16) /* of a file: writes of whole ones cost the system least */

/* fresh: whatever another run has left in it goes. */
static tgr_status open_file(tgr_spool *spool, bool fresh, tgr_error *error)
{
    int flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | (fresh ? O_TRUNC : 0);
    if (spool->name == NULL) {
        spool->fd = tgr_output_spool(spool->path, error);
    } else {
        spool->fd = open(spool->name, flags, 0600);
        if (spool->fd < 0) {
            tgr_fail_io(error, spool->path, "create a file in its folder", errno);
        }
    }
    spool->has_file = spool->fd >= 0;
    return spool->has_file ? TGR_OK : TGR_ERR_IO;
}

static tgr_status write_out(tgr_spool *spool, const void *bytes, size_t length, tgr_error *error)
{
    tgr_status status = spool->has_file ? TGR_OK : open_file(spool, true, error);
    if (status == TGR_OK) {
        status = tgr_write_all(spool->fd, bytes, length, spool->path, error);
    }
    if (status == TGR_OK) {
        spool->in_file += length;
    }
    return status;
}

static tgr_status flush(tgr_spool *spool, tgr_error *error)
{
    tgr_status status = write_out(spool, spool->buffer, spool->next, error);
    spool->next = 0;
    return status;
}

static bool make_buffer(tgr_spool *spool)
{
    spool->buffer = tgr_mem_alloc(TGR_SPOOL_BUFFER, 1);
    return spool->buffer != NULL;
}

static void hold(tgr_spool *spool, const char *bytes, size_t length)
{
    memcpy(spool->buffer + spool->next, bytes, length);
    spool->next += length;
}

/* Appends what is long without a copy of most of it: from one unit of the file to another, which
 * the system takes more easily. There is room for a unit in the buffer. */
static tgr_status append_long(tgr_spool *spool, const char *bytes, size_t length, tgr_error *error)
{
    size_t begun = (size_t)((spool->in_file + spool->next) % UNIT);
    size_t first = begun > 0 ? UNIT - begun : 0;
    hold(spool, bytes, first);
    tgr_status status = flush(spool, error);
    if (status == TGR_OK) {
        size_t middle = (length - first) / UNIT * UNIT;
        status = write_out(spool, bytes + first, middle, error);
        hold(spool, bytes + first + middle, length - first - middle);
    }
    return status;
}

tgr_status tgr_spool_append_slow(tgr_spool *spool, const void *bytes, size_t length,
                                 tgr_error *error)
{
    if (length == 0) {
        return TGR_OK;
    }
    if (spool->buffer == NULL && !make_buffer(spool)) {
        return tgr_fail_memory(error, "a buffer of temporary data");
    }
    size_t room = TGR_SPOOL_BUFFER - spool->next;
    bool is_long = length > TGR_SPOOL_COPIED && (spool->has_file || length > room);
    if (room < (is_long ? UNIT : length)) {
        tgr_status status = flush(spool, error);
        if (status != TGR_OK) {
            return status;
        }
    }
    if (is_long) {
        return append_long(spool, bytes, length, error);
    }
    hold(spool, bytes, length);
    return TGR_OK;
}

tgr_status tgr_spool_rewind(tgr_spool *spool, tgr_error *error)
{
    if (spool->has_file) {
        tgr_status status = flush(spool, error);
        if (status != TGR_OK) {
            return status;
        }
        if (lseek(spool->fd, 0, SEEK_SET) != 0) {
            return tgr_fail_io(error, spool->path, "go back in temporary data", errno);
        }
    }
    spool->filled = spool->next;
    spool->next = 0;
    return TGR_OK;
}

static tgr_status read_some(tgr_spool *spool, void *bytes, size_t length, size_t *got,
                            tgr_error *error)
{
    ssize_t count;
    do {
        count = read(spool->fd, bytes, length);
    } while (count < 0 && errno == EINTR);
    if (count <= 0) {
        return tgr_fail_io(error, spool->path, "read back temporary data", count < 0 ? errno : EIO);
    }
    *got = (size_t)count;
    spool->in_file -= (uint64_t)count;
    return TGR_OK;
}

static tgr_status refill(tgr_spool *spool, tgr_error *error)
{
    if (spool->buffer == NULL && !make_buffer(spool)) {
        return tgr_fail_memory(error, "a buffer of temporary data");
    }
    size_t room = spool->in_file < TGR_SPOOL_BUFFER ? (size_t)spool->in_file : TGR_SPOOL_BUFFER;
    spool->next = 0;
    spool->filled = 0;
    return read_some(spool, spool->buffer, room, &spool->filled, error);
}

tgr_status tgr_spool_take_slow(tgr_spool *spool, void *bytes, size_t length, tgr_error *error)
{
    char *to = bytes;
    while (length > 0) {
        size_t ready = spool->filled - spool->next;
        if (ready > 0) {
            size_t part = ready < length ? ready : length;
            memcpy(to, spool->buffer + spool->next, part);
            spool->next += part;
            to += part;
            length -= part;
            continue;
        }
        if (spool->in_file == 0) {
            return tgr_fail(error, TGR_ERR_INTERNAL, "%s: temporary data ends too early",
                            spool->path);
        }
        tgr_status status = refill(spool, error);
        if (status != TGR_OK) {
            return status;
        }
    }
    return TGR_OK;
}

uint64_t tgr_spool_length(const tgr_spool *spool)
{
    return spool->in_file + spool->next;
}

tgr_status tgr_spool_flush(tgr_spool *spool, tgr_error *error)
{
    return spool->next > 0 ? flush(spool, error) : TGR_OK;
}

tgr_status tgr_spool_extend(tgr_spool *spool, uint64_t length, tgr_error *error)
{
    struct stat found;
    if (length == 0 && !spool->has_file) {
        return TGR_OK;
    }
    tgr_status status = spool->has_file ? TGR_OK : open_file(spool, false, error);
    if (status != TGR_OK) {
        return status;
    }
    if (fstat(spool->fd, &found) != 0 || (uint64_t)found.st_size < length) {
        return tgr_fail(error, TGR_ERR_IO,
                        "%s: temporary data of the run that stopped is gone; leave out --resume to "
                        "start afresh",
                        spool->path);
    }
    if (ftruncate(spool->fd, (off_t)length) != 0 || lseek(spool->fd, 0, SEEK_END) < 0) {
        return tgr_fail_io(error, spool->path, "go on with temporary data", errno);
    }
    spool->in_file = length;
    spool->next = 0;
    spool->filled = 0;
    return TGR_OK;
}

void tgr_spool_free(tgr_spool *spool)
{
    if (spool->has_file) {
        close(spool->fd);
    }
    tgr_mem_free(spool->buffer);
    *spool = (tgr_spool){.path = spool->path, .name = spool->name};
}
