/* source.c - a file descriptor, read plain or through a decoder. */
#include "engine/log/source.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/runtime.h"
#include "engine/base/xxh3.h"
#include "engine/log/decoder.h"
#include "engine/log/identity.h"

/* Of the buffer of stored bytes, where there is a decoder. */
#define STORED_SIZE ((size_t)1 << 18)

#define PATIENCE_MS 100 /* a pipe that has nothing is asked again, and cancellation looked for */

struct tgr_source {
    const tgr_run *run;
    int fd;
    bool own_fd;
    bool may_wait; /* not a regular file */
    bool at_end;   /* of the stored bytes */
    char *path;
    const char *name; /* in path, or "stdin" */
    uint64_t total;   /* bytes as stored, 0 unknown */
    uint64_t stored;  /* read of them */
    uint64_t hash_begin;
    uint64_t hashed;    /* of them that are in the hash: more than were read, after going back */
    XXH3_state_t *hash; /* NULL where the log is no file */
    tgr_identity *identity; /* NULL where nobody asked for it */
    uint64_t given;         /* decompressed: where the next byte that is read stands */
    tgr_codec codec;
    tgr_decoder *decoder;
    char *bytes; /* as stored, [begin, end) not yet given on */
    size_t begin, end;
    tgr_error failure; /* met after bytes that were still good, told on the next call */
};

/* Waits until a pipe or terminal has something, or for a while. A signal may reach any thread, so a
 * read that waits would not always notice that the run is cancelled. */
static bool is_ready(const tgr_source *source)
{
    struct pollfd waiting = {.fd = source->fd, .events = POLLIN};
    return !source->may_wait || poll(&waiting, 1, PATIENCE_MS) != 0;
}

/* Bytes that were read again after going back are in the hash already. */
static void add_to_hash(tgr_source *source, const char *bytes, size_t length)
{
    uint64_t known = source->hashed > source->stored ? source->hashed - source->stored : 0;
    if (source->hash != NULL && known < length) {
        XXH3_64bits_update(source->hash, bytes + known, length - (size_t)known);
        source->hashed = source->stored + length;
    }
}

static tgr_status read_stored(tgr_source *source, void *bytes, size_t size, size_t *got,
                              tgr_error *error)
{
    ssize_t count;
    do {
        tgr_status status = tgr_run_check(source->run, error);
        if (status != TGR_OK) {
            return status;
        }
        errno = EAGAIN;
        count = is_ready(source) ? read(source->fd, bytes, size) : -1;
    } while (count < 0 && (errno == EINTR || errno == EAGAIN));
    if (count < 0) {
        return tgr_fail_io(error, source->path, "read", errno);
    }
    if (count == 0 && source->stored < source->total) {
        return tgr_fail(
            error, TGR_ERR_IO, "%s: ended after %llu of %llu bytes: it was cut while it was read",
            source->path, (unsigned long long)source->stored, (unsigned long long)source->total);
    }
    *got = (size_t)count;
    source->at_end = count == 0;
    add_to_hash(source, bytes, *got);
    source->stored += *got;
    return TGR_OK;
}

/* Refills the buffer of stored bytes up to at least `need`, or to the end. */
static tgr_status refill(tgr_source *source, size_t need, tgr_error *error)
{
    if (source->begin == source->end) {
        source->begin = source->end = 0;
    }
    while (source->end - source->begin < need && !source->at_end) {
        size_t got = 0;
        tgr_status status = read_stored(source, source->bytes + source->end,
                                        STORED_SIZE - source->end, &got, error);
        if (status != TGR_OK) {
            return status;
        }
        source->end += got;
    }
    return TGR_OK;
}

static tgr_status open_path(tgr_source *source, const char *path, tgr_error *error)
{
    if (strcmp(path, "-") == 0) {
        source->fd = STDIN_FILENO;
        source->path = tgr_mem_string("stdin");
    } else {
        source->path = tgr_mem_string(path);
    }
    if (!source->path) {
        return tgr_fail_memory(error, "a log");
    }
    const char *slash = strrchr(source->path, '/');
    source->name = slash ? slash + 1 : source->path;
    if (source->fd < 0) {
        /* Opening a named pipe would else wait for its writer, deaf to cancellation. */
        source->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        if (source->fd < 0) {
            return tgr_fail_io(error, path, "open", errno);
        }
        source->own_fd = true;
    }
    struct stat info;
    bool regular = fstat(source->fd, &info) == 0 && S_ISREG(info.st_mode);
    source->may_wait = !regular;
    source->total = regular ? (uint64_t)info.st_size : 0;
    if (regular) {
        source->hash = tgr_mem_aligned(1, sizeof *source->hash);
        if (!source->hash) {
            return tgr_fail_memory(error, "a log");
        }
        XXH3_64bits_reset(source->hash);
    }
    return TGR_OK;
}

static tgr_status detect(tgr_source *source, tgr_error *error)
{
    source->bytes = tgr_mem_alloc(STORED_SIZE, 1);
    if (!source->bytes) {
        return tgr_fail_memory(error, "a log's buffer");
    }
    tgr_status status = refill(source, TGR_CODEC_MAGIC, error);
    if (status != TGR_OK) {
        return status;
    }
    source->codec = tgr_codec_detect(source->bytes, source->end);
    if (source->codec != TGR_CODEC_PLAIN) {
        source->decoder = tgr_decoder_new(source->codec);
        if (!source->decoder) {
            return tgr_fail_memory(error, "decompression");
        }
    }
    return TGR_OK;
}

tgr_status tgr_source_open(const char *path, const tgr_run *run, tgr_source **source,
                           tgr_error *error)
{
    tgr_source *opened = tgr_mem_zalloc(1, sizeof(*opened));
    if (!opened) {
        return tgr_fail_memory(error, "a log");
    }
    opened->fd = -1;
    opened->run = run;
    tgr_status status = TGR_OK;
    TGR_TRY(open_path(opened, path, error));
    TGR_TRY(detect(opened, error));
    *source = opened;
    return TGR_OK;
done:
    tgr_source_close(opened);
    return status;
}

static tgr_status read_plain(tgr_source *source, char *bytes, size_t size, size_t *got,
                             tgr_error *error)
{
    size_t kept = source->end - source->begin;
    if (kept == 0) {
        return source->at_end ? TGR_OK : read_stored(source, bytes, size, got, error);
    }
    *got = kept < size ? kept : size;
    memcpy(bytes, source->bytes + source->begin, *got);
    source->begin += *got;
    return TGR_OK;
}

static tgr_status damaged(const tgr_source *source, const char *why, tgr_error *error)
{
    uint64_t offset = source->stored - (source->end - source->begin);
    return tgr_fail(error, TGR_ERR_INPUT, "%s: compressed byte %llu: %s; the rest cannot be read",
                    source->name, (unsigned long long)offset, why);
}

/* One step of the decoder; *made 0 at the end. */
static tgr_status decode(tgr_source *source, char *bytes, size_t size, size_t *made,
                         tgr_error *error)
{
    for (;;) {
        tgr_status status = refill(source, 1, error);
        if (status != TGR_OK) {
            return status;
        }
        tgr_decoder_step step = {.input = source->bytes + source->begin,
                                 .input_length = source->end - source->begin,
                                 .output = bytes,
                                 .output_room = size};
        const char *why = "";
        status = tgr_decoder_run(source->decoder, &step, &why);
        source->begin += step.used;
        *made = step.made;
        if (status == TGR_ERR_NOMEM) {
            return tgr_fail_memory(error, "decompression");
        }
        if (status != TGR_OK) {
            return damaged(source, why, error);
        }
        if (step.made > 0) {
            return TGR_OK;
        }
        if (step.used == 0) {
            return step.input_length == 0 && tgr_decoder_whole(source->decoder)
                       ? TGR_OK
                       : damaged(source, "the compressed data is cut off", error);
        }
    }
}

static tgr_status read_decoded(tgr_source *source, char *bytes, size_t size, size_t *got,
                               tgr_error *error)
{
    if (source->failure.status != TGR_OK) {
        return tgr_fail(error, source->failure.status, "%s", source->failure.message);
    }
    while (*got < size) {
        size_t made = 0;
        tgr_status status = decode(source, bytes + *got, size - *got, &made, &source->failure);
        *got += made;
        if (status != TGR_OK) {
            source->failure.status = status;
            return *got > 0 ? TGR_OK : tgr_fail(error, status, "%s", source->failure.message);
        }
        if (made == 0) {
            break;
        }
    }
    return TGR_OK;
}

tgr_status tgr_source_read(tgr_source *source, void *bytes, size_t size, size_t *got,
                           tgr_error *error)
{
    *got = 0;
    tgr_status status = source->decoder ? read_decoded(source, bytes, size, got, error)
                                        : read_plain(source, bytes, size, got, error);
    if (source->identity != NULL) {
        tgr_identity_add(source->identity, source->given, bytes, *got);
    }
    source->given += *got;
    return status;
}

tgr_status tgr_source_identify(tgr_source *source, uint64_t begin, uint64_t end, tgr_error *error)
{
    source->identity = tgr_identity_new();
    if (source->identity == NULL) {
        return tgr_fail_memory(error, "a log");
    }
    tgr_identity_begin(source->identity, begin, end);
    return TGR_OK;
}

/* Only of a plain file is something left out on purpose. */
tgr_status tgr_source_end_identity(tgr_source *source, tgr_error *error)
{
    char bytes[4096];
    uint64_t offset;
    size_t lacks;
    while (source->identity != NULL && source->decoder == NULL && !source->may_wait &&
           tgr_identity_lacks(source->identity, &offset, &lacks)) {
        ssize_t count =
            pread(source->fd, bytes, lacks < sizeof bytes ? lacks : sizeof bytes, (off_t)offset);
        if (count < 0 && errno != EINTR) {
            return tgr_fail_io(error, source->path, "read", errno);
        }
        if (count == 0) {
            break; /* the log ends in this block */
        }
        tgr_identity_add(source->identity, offset, bytes, count > 0 ? (size_t)count : 0);
    }
    return TGR_OK;
}

tgr_source_mark tgr_source_marked(const tgr_source *source)
{
    bool plain_file = source->decoder == NULL && source->total > source->given;
    tgr_source_mark mark = {.size = source->total,
                            .length = plain_file ? source->total : source->given};
    if (source->identity != NULL) {
        mark.content = tgr_identity_hash(source->identity);
    }
    if (source->hash != NULL) {
        mark.begin = source->hash_begin;
        mark.stored = source->hashed;
        mark.hash = XXH3_64bits_digest(source->hash);
    }
    return mark;
}

static tgr_status changed(const tgr_source *source, tgr_error *error)
{
    return tgr_fail(error, TGR_ERR_INPUT,
                    "%s: is not what it was when the run stopped; leave out --resume to start "
                    "afresh",
                    source->path);
}

/* Back to a byte of the file. */
static tgr_status go_to(tgr_source *source, uint64_t offset, tgr_error *error)
{
    if (lseek(source->fd, (off_t)offset, SEEK_SET) < 0) {
        return tgr_fail_io(error, source->path, "go back", errno);
    }
    source->stored = offset;
    source->given = offset;
    source->begin = source->end = 0;
    source->at_end = false;
    return TGR_OK;
}

bool tgr_source_is_plain(const tgr_source *source)
{
    return source->decoder == NULL;
}

tgr_status tgr_source_begin_at(tgr_source *source, uint64_t offset, tgr_error *error)
{
    tgr_status status = go_to(source, offset, error);
    if (status == TGR_OK && source->hash != NULL) {
        XXH3_64bits_reset(source->hash);
        source->hash_begin = offset;
        source->hashed = offset;
    }
    return status;
}

/* Reads up to the mark, for its hash alone. */
tgr_status tgr_source_check(tgr_source *source, const tgr_source_mark *mark, tgr_error *error)
{
    tgr_status status = TGR_OK;
    if (source->hash == NULL || source->total != mark->size || mark->stored > mark->size ||
        mark->begin > mark->stored) {
        return changed(source, error);
    }
    TGR_TRY(tgr_source_begin_at(source, mark->begin, error));
    while (source->stored < mark->stored) {
        uint64_t left = mark->stored - source->stored;
        size_t got = 0;
        TGR_TRY(read_stored(source, source->bytes, left < STORED_SIZE ? (size_t)left : STORED_SIZE,
                            &got, error));
        if (source->identity != NULL && source->decoder == NULL) {
            tgr_identity_add(source->identity, source->stored - got, source->bytes, got);
        }
    }
    if (XXH3_64bits_digest(source->hash) != mark->hash) {
        return changed(source, error);
    }
done:
    return status;
}

tgr_status tgr_source_continue(tgr_source *source, const tgr_source_mark *mark, uint64_t position,
                               tgr_error *error)
{
    char skipped[4096];
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_source_check(source, mark, error));
    if (source->decoder == NULL) {
        return position > mark->stored ? changed(source, error) : go_to(source, position, error);
    }
    TGR_TRY(go_to(source, 0, error));
    while (position > 0) {
        size_t got = 0;
        TGR_TRY(tgr_source_read(source, skipped,
                                position < sizeof skipped ? (size_t)position : sizeof skipped, &got,
                                error));
        if (got == 0) {
            return changed(source, error);
        }
        position -= got;
    }
done:
    return status;
}

const char *tgr_source_name(const tgr_source *source)
{
    return source->name;
}

void tgr_source_progress(const tgr_source *source, uint64_t *done, uint64_t *total)
{
    *done = source->stored;
    *total = source->total;
}

void tgr_source_close(tgr_source *source)
{
    if (!source) {
        return;
    }
    if (source->own_fd) {
        close(source->fd);
    }
    tgr_decoder_free(source->decoder);
    tgr_mem_free_aligned(source->hash);
    tgr_identity_free(source->identity);
    tgr_mem_free(source->bytes);
    tgr_mem_free(source->path);
    tgr_mem_free(source);
}
