/* kind.c - tells tagroute's files apart by their content. */
#include "engine/store/kind.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/store/layout.h"
#include "engine/store/probe.h"
#include "engine/store/texts.h"

#define DEPTH_MAX 16       /* nesting of values that are skipped over */
#define ITEMS_MAX 10000000 /* values skipped before giving up; a router's tags are among them */

/* ---- MessagePack: the value of the key "format" in a map at the start ------------------ */

/* Reads ahead in blocks, skips by position: a router's weights are not read. */
typedef struct cursor {
    int fd;
    uint64_t at, size;
    uint64_t block_at;
    size_t block_length;
    unsigned char block[65536];
    long items;
} cursor;

static bool take(cursor *from, void *bytes, size_t length)
{
    unsigned char *to = bytes;
    while (length > 0) {
        if (from->at < from->block_at || from->at >= from->block_at + from->block_length) {
            ssize_t got = pread(from->fd, from->block, sizeof(from->block), (off_t)from->at);
            if (got <= 0) {
                return false;
            }
            from->block_at = from->at;
            from->block_length = (size_t)got;
        }
        size_t offset = (size_t)(from->at - from->block_at);
        size_t now = from->block_length - offset < length ? from->block_length - offset : length;
        memcpy(to, from->block + offset, now);
        to += now;
        from->at += now;
        length -= now;
    }
    return true;
}

static bool take_size(cursor *from, int bytes, uint64_t *size)
{
    unsigned char read[8];
    *size = 0;
    if (!take(from, read, (size_t)bytes)) {
        return false;
    }
    for (int i = 0; i < bytes; i++) {
        *size = *size << 8 | read[i];
    }
    return true;
}

static bool jump(cursor *from, uint64_t bytes)
{
    if (from->at > from->size || bytes > from->size - from->at) {
        return false;
    }
    from->at += bytes;
    return true;
}

/* The head of a value: bytes of payload to jump over, values that it holds, and whether it is a
 * string. */
typedef struct head {
    uint64_t bytes, values;
    bool text, map;
} head;

/* Heads whose size follows in 1, 2 or 4 bytes. */
static bool take_long_head(cursor *from, unsigned char tag, head *of)
{
    static const struct {
        unsigned char tag, size_bytes, extra;
        char kind;
    } longs[] = {{0xc4, 1, 0, 'b'}, {0xc5, 2, 0, 'b'}, {0xc6, 4, 0, 'b'}, {0xc7, 1, 1, 'b'},
                 {0xc8, 2, 1, 'b'}, {0xc9, 4, 1, 'b'}, {0xd9, 1, 0, 's'}, {0xda, 2, 0, 's'},
                 {0xdb, 4, 0, 's'}, {0xdc, 2, 0, 'a'}, {0xdd, 4, 0, 'a'}, {0xde, 2, 0, 'm'},
                 {0xdf, 4, 0, 'm'}};
    for (size_t i = 0; i < sizeof(longs) / sizeof(longs[0]); i++) {
        uint64_t size;
        if (longs[i].tag != tag) {
            continue;
        }
        if (!take_size(from, longs[i].size_bytes, &size)) {
            return false;
        }
        of->map = longs[i].kind == 'm';
        of->text = longs[i].kind == 's';
        if (longs[i].kind == 'b' || of->text) {
            of->bytes = size + longs[i].extra;
        } else {
            of->values = of->map ? 2 * size : size;
        }
        return true;
    }
    return false; /* 0xc1: never used */
}

static bool take_head(cursor *from, head *of)
{
    static const unsigned char fixed[] = {
        [0xca - 0xca] = 4, 8, 1, 2, 4, 8, 1, 2, 4, 8, 2, 3, 5, 9, 17};
    unsigned char tag;
    *of = (head){0};
    if (++from->items > ITEMS_MAX || !take(from, &tag, 1)) {
        return false;
    }
    if (tag < 0x80 || tag >= 0xe0 || tag == 0xc0 || tag == 0xc2 || tag == 0xc3) {
        return true;
    }
    if (tag < 0x90) {
        of->values = 2u * (tag & 0x0fu);
        of->map = true;
    } else if (tag < 0xa0) {
        of->values = tag & 0x0fu;
    } else if (tag < 0xc0) {
        of->bytes = tag & 0x1fu;
        of->text = true;
    } else if (tag >= 0xca && tag <= 0xd8) {
        of->bytes = fixed[tag - 0xca];
    } else {
        return take_long_head(from, tag, of);
    }
    return true;
}

static bool skip(cursor *from, int depth)
{
    head of;
    if (depth > DEPTH_MAX || !take_head(from, &of) || !jump(from, of.bytes)) {
        return false;
    }
    for (uint64_t i = 0; i < of.values; i++) {
        if (!skip(from, depth + 1)) {
            return false;
        }
    }
    return true;
}

/* Reads a value; where it is a short string, text becomes it, else "". */
static bool take_text(cursor *from, char text[32])
{
    head of;
    uint64_t start = from->at;
    text[0] = 0;
    if (!take_head(from, &of)) {
        return false;
    }
    if (!of.text || of.bytes >= 32) {
        from->at = start;
        return skip(from, 0);
    }
    text[of.bytes] = 0;
    return take(from, text, (size_t)of.bytes);
}

/* What a MessagePack map says that it is. */
static tgr_file_kind kind_of_map(cursor *from)
{
    head map;
    char key[32], value[32];
    if (!take_head(from, &map) || !map.map) {
        return TGR_KIND_UNKNOWN;
    }
    for (uint64_t i = 0; i < map.values; i += 2) {
        if (!take_text(from, key)) {
            return TGR_KIND_UNKNOWN;
        }
        if (strcmp(key, "format") == 0) {
            bool text = take_text(from, value);
            return text && strcmp(value, "tagroute.router") == 0       ? TGR_KIND_ROUTER
                   : text && strcmp(value, "tagroute.vocabulary") == 0 ? TGR_KIND_VOCABULARY
                                                                       : TGR_KIND_UNKNOWN;
        }
        if (!skip(from, 0)) {
            return TGR_KIND_UNKNOWN;
        }
    }
    return TGR_KIND_UNKNOWN;
}

/* ---- HDF5 ------------------------------------------------------------------------------ */

static tgr_status kind_of_hdf5(const tgr_h5_file *file, tgr_file_kind *kind, tgr_error *error)
{
    hid_t uns = 0, own = 0, x = 0, matrix = 0;
    char *format = NULL;
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_h5_child(file, file->id, "uns", &uns, error));
    if (uns && H5Iget_type(uns) == H5I_GROUP) {
        TGR_TRY(tgr_h5_child(file, uns, "tagroute", &own, error));
    }
    if (own && H5Iget_type(own) == H5I_GROUP) {
        TGR_TRY(tgr_texts_scalar(file, own, "format", &format, error));
    }
    TGR_TRY(tgr_h5_child(file, file->id, "X", &x, error));
    if (format && strcmp(format, TGR_DECISIONS_FORMAT) == 0) {
        *kind = TGR_KIND_DECISIONS;
    } else if (x) {
        *kind = TGR_KIND_QUERIES;
    } else { /* or a 10x file */
        TGR_TRY(tgr_h5_child(file, file->id, "matrix", &matrix, error));
        if (matrix && H5Iget_type(matrix) == H5I_GROUP &&
            H5Lexists(matrix, "barcodes", H5P_DEFAULT) > 0) {
            *kind = TGR_KIND_QUERIES;
        }
    }
done:
    tgr_mem_free(format);
    tgr_h5_close(matrix);
    tgr_h5_close(x);
    tgr_h5_close(own);
    tgr_h5_close(uns);
    return status;
}

static tgr_status open_and_tell(const char *path, tgr_file_kind *kind, tgr_error *error)
{
    tgr_h5_file file;
    if (H5Fis_hdf5(path) <= 0) {
        return TGR_OK;
    }
    tgr_status status = tgr_h5_open(path, &file, error);
    if (status == TGR_OK) {
        status = kind_of_hdf5(&file, kind, error);
        tgr_h5_file_close(&file);
    }
    return status;
}

static tgr_status try_to_tell(void *data, tgr_error *error)
{
    tgr_file_kind kind;
    return open_and_tell(data, &kind, error);
}

static tgr_status kind_of_descriptor(int fd, const char *path, tgr_file_kind *kind,
                                     tgr_error *error)
{
    struct stat about;
    if (fstat(fd, &about) != 0) {
        return tgr_fail_io(error, path, "open", errno);
    }
    if (!S_ISREG(about.st_mode)) {
        return S_ISDIR(about.st_mode) ? tgr_fail_io(error, path, "open", EISDIR) : TGR_OK;
    }
    cursor *from = tgr_mem_zalloc(1, sizeof(*from));
    if (!from) {
        return tgr_fail_memory(error, path);
    }
    from->fd = fd;
    from->size = (uint64_t)about.st_size;
    *kind = kind_of_map(from);
    tgr_mem_free(from);
    return TGR_OK;
}

tgr_status tgr_file_kind_of(const char *path, tgr_file_kind *kind, tgr_error *error)
{
    *kind = TGR_KIND_UNKNOWN;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return tgr_fail_io(error, path, "open", errno);
    }
    tgr_status status = kind_of_descriptor(fd, path, kind, error);
    close(fd);
    if (status != TGR_OK || *kind != TGR_KIND_UNKNOWN) {
        return status;
    }
    tgr_h5_quiet quiet;
    tgr_h5_quiet_begin(&quiet);
    status = tgr_probe(path, try_to_tell, (void *)(uintptr_t)path, error);
    if (status == TGR_OK) {
        status = open_and_tell(path, kind, error);
    }
    tgr_h5_quiet_end(&quiet);
    return status;
}
