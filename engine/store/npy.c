/* npy.c - reading .npy files by rows, whichever way they lie. */
#include "engine/store/npy.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/store/npy_header.h"

#define MAGIC       "\x93NUMPY"
#define MAGIC_BYTES 6
#define HEADER_MOST ((size_t)1 << 20)
#define ROOM_BYTES  ((size_t)1 << 16)

/* ---- opening --------------------------------------------------------------------------------- */

/* All of it; false at the end of the file, where errno is 0, and where reading fails. */
static bool read_at(int fd, uint64_t offset, void *bytes, size_t length)
{
    char *to = bytes;
    while (length > 0) {
        ssize_t got = pread(fd, to, length, (off_t)offset);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            errno = got == 0 ? 0 : errno;
            return false;
        }
        to += got;
        offset += (uint64_t)got;
        length -= (size_t)got;
    }
    return true;
}

static tgr_status fail_read(const char *path, int reason, tgr_error *error)
{
    return reason != 0
               ? tgr_fail_io(error, path, "read", reason)
               : tgr_fail(error, TGR_ERR_INPUT, "%s: cut off, or changed while it was read", path);
}

bool tgr_npy_is(const char *path)
{
    char magic[MAGIC_BYTES];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool is =
        fd >= 0 && read_at(fd, 0, magic, sizeof magic) && memcmp(magic, MAGIC, sizeof magic) == 0;
    if (fd >= 0) {
        close(fd);
    }
    return is;
}

static tgr_status open_file(tgr_npy *npy, uint64_t *size, tgr_error *error)
{
    struct stat about;
    npy->fd = open(npy->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (npy->fd < 0 || fstat(npy->fd, &about) != 0) {
        return tgr_fail_io(error, npy->path, "open", errno);
    }
    *size = (uint64_t)about.st_size;
    return S_ISREG(about.st_mode)
               ? TGR_OK
               : tgr_fail(error, TGR_ERR_INPUT, "%s: not a regular file", npy->path);
}

/* Where the text begins, and how long it is. */
static tgr_status read_front(const tgr_npy *npy, size_t *begin, size_t *length, tgr_error *error)
{
    unsigned char front[12];
    if (!read_at(npy->fd, 0, front, sizeof front)) {
        return fail_read(npy->path, errno, error);
    }
    if (memcmp(front, MAGIC, MAGIC_BYTES) != 0 || front[6] < 1 || front[6] > 3) {
        return tgr_fail(error, TGR_ERR_INPUT, "%s: not an array as numpy.save writes it",
                        npy->path);
    }
    bool early = front[6] == 1;
    *begin = early ? 10 : 12;
    *length = early ? front[8] | (size_t)front[9] << 8
                    : front[8] | (size_t)front[9] << 8 | (size_t)front[10] << 16 |
                          (size_t)front[11] << 24;
    return *length <= HEADER_MOST
               ? TGR_OK
               : tgr_fail(error, TGR_ERR_INPUT, "%s: its header is larger than any", npy->path);
}

static tgr_status read_header(tgr_npy *npy, uint64_t size, tgr_error *error)
{
    size_t begin = 0, length = 0;
    tgr_status status = read_front(npy, &begin, &length, error);
    if (status != TGR_OK) {
        return status;
    }
    if (begin + length > size) {
        return fail_read(npy->path, 0, error);
    }
    char *text = tgr_mem_zalloc(length + 1, 1);
    if (text == NULL) {
        return tgr_fail_memory(error, npy->path);
    }
    status = read_at(npy->fd, begin, text, length) ? tgr_npy_parse(text, npy->path, npy, error)
                                                   : fail_read(npy->path, errno, error);
    npy->offset = begin + length;
    tgr_mem_free(text);
    return status;
}

static tgr_status check_size(const tgr_npy *npy, uint64_t size, tgr_error *error)
{
    uint64_t elements = 0, bytes = 0;
    bool fits = !__builtin_mul_overflow(npy->rows, npy->columns, &elements) &&
                !__builtin_mul_overflow(elements, (uint64_t)npy->width, &bytes);
    if (!fits || bytes > size - npy->offset) {
        return tgr_fail(error, TGR_ERR_INPUT,
                        "%s: cut off: its header promises more than the file holds", npy->path);
    }
    return bytes == size - npy->offset
               ? TGR_OK
               : tgr_fail(error, TGR_ERR_INPUT, "%s: something follows the array in the file",
                          npy->path);
}

tgr_status tgr_npy_open(const char *path, tgr_npy *npy, tgr_error *error)
{
    uint64_t size = 0;
    tgr_status status = TGR_OK;
    *npy = (tgr_npy){.fd = -1, .path = tgr_mem_string(path)};
    npy->room = tgr_mem_alloc(1, ROOM_BYTES);
    if (npy->path == NULL || npy->room == NULL) {
        TGR_TRY(tgr_fail_memory(error, path));
    }
    TGR_TRY(open_file(npy, &size, error));
    TGR_TRY(read_header(npy, size, error));
    TGR_TRY(check_size(npy, size, error));
done:
    if (status != TGR_OK) {
        tgr_npy_close(npy);
    }
    return status;
}

void tgr_npy_close(tgr_npy *npy)
{
    if (npy->path != NULL && npy->fd >= 0) {
        close(npy->fd);
    }
    tgr_mem_free(npy->path);
    tgr_mem_free(npy->room);
    *npy = (tgr_npy){0};
}

/* ---- elements -------------------------------------------------------------------------------- */

static uint64_t read_bits(const tgr_npy *npy, const char *from, size_t width)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < width; i++) {
        size_t place = npy->swapped ? width - 1 - i : i;
        bits |= (uint64_t)(unsigned char)from[i] << (8 * place);
    }
    return bits;
}

static float to_float(const tgr_npy *npy, const char *from)
{
    uint64_t bits = read_bits(npy, from, npy->width);
    if (npy->width == sizeof(float)) {
        uint32_t low = (uint32_t)bits;
        float value;
        memcpy(&value, &low, sizeof value);
        return value;
    }
    double value;
    memcpy(&value, &bits, sizeof value);
    return (float)value;
}

static int64_t to_int64(const tgr_npy *npy, const char *from)
{
    uint64_t bits = read_bits(npy, from, npy->width);
    if (npy->kind == TGR_NPY_UNSIGNED) {
        return bits > INT64_MAX ? INT64_MAX : (int64_t)bits;
    }
    unsigned unused = 64 - 8 * (unsigned)npy->width;
    return (int64_t)(bits << unused) >> unused;
}

/* ---- rows ------------------------------------------------------------------------------------ */

typedef void convert(const tgr_npy *npy, const char *from, void *values, size_t index);

static void put_float(const tgr_npy *npy, const char *from, void *values, size_t index)
{
    ((float *)values)[index] = to_float(npy, from);
}

static void put_int64(const tgr_npy *npy, const char *from, void *values, size_t index)
{
    ((int64_t *)values)[index] = to_int64(npy, from);
}

/* Elements that lie one after another, from `element` on, into every `step`-th value. */
static tgr_status read_run(tgr_npy *npy, uint64_t element, size_t count, convert *put, void *values,
                           size_t at, size_t step, tgr_error *error)
{
    size_t most = ROOM_BYTES / npy->width;
    while (count > 0) {
        size_t now = count < most ? count : most;
        if (!read_at(npy->fd, npy->offset + element * npy->width, npy->room, now * npy->width)) {
            return fail_read(npy->path, errno, error);
        }
        for (size_t i = 0; i < now; i++) {
            put(npy, npy->room + i * npy->width, values, at);
            at += step;
        }
        element += now;
        count -= now;
    }
    return TGR_OK;
}

static tgr_status read_rows(tgr_npy *npy, uint64_t first, size_t count, convert *put, void *values,
                            tgr_error *error)
{
    size_t columns = (size_t)npy->columns;
    tgr_status status = TGR_OK;
    if (!npy->by_column) {
        return read_run(npy, first * columns, count * columns, put, values, 0, 1, error);
    }
    for (size_t column = 0; status == TGR_OK && column < columns; column++) {
        status =
            read_run(npy, column * npy->rows + first, count, put, values, column, columns, error);
    }
    return status;
}

tgr_status tgr_npy_read_float(tgr_npy *npy, uint64_t first, size_t count, float *values,
                              tgr_error *error)
{
    return read_rows(npy, first, count, put_float, values, error);
}

tgr_status tgr_npy_read_int64(tgr_npy *npy, uint64_t first, size_t count, int64_t *values,
                              tgr_error *error)
{
    return read_rows(npy, first, count, put_int64, values, error);
}

/* ---- strings --------------------------------------------------------------------------------- */

size_t tgr_npy_text_room(const tgr_npy *npy)
{
    return npy->width + 1;
}

/* What is no character becomes the replacement character, which is in no model's name. */
static size_t put_utf8(uint32_t code, char *to)
{
    bool valid = code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
    code = valid ? code : 0xfffd;
    if (code < 0x80) {
        to[0] = (char)code;
        return 1;
    }
    size_t more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    static const unsigned char lead[] = {0, 0xc0, 0xe0, 0xf0};
    for (size_t i = more; i > 0; i--) {
        to[i] = (char)(0x80 | (code & 0x3f));
        code >>= 6;
    }
    to[0] = (char)(lead[more] | code);
    return more + 1;
}

/* Strings are asked for one by one, and read by many. */
static tgr_status hold_row(tgr_npy *npy, uint64_t row, tgr_error *error)
{
    if (row >= npy->held_first && row - npy->held_first < npy->held) {
        return TGR_OK;
    }
    uint64_t most = ROOM_BYTES / npy->width, left = npy->rows - row;
    npy->held_first = row;
    npy->held = left < most ? left : most;
    if (!read_at(npy->fd, npy->offset + row * npy->width, npy->room, npy->held * npy->width)) {
        npy->held = 0;
        return fail_read(npy->path, errno, error);
    }
    return TGR_OK;
}

tgr_status tgr_npy_read_text(tgr_npy *npy, uint64_t row, char *text, size_t *length,
                             tgr_error *error)
{
    size_t unit = npy->kind == TGR_NPY_UNICODE ? 4 : 1, put = 0;
    tgr_status status = hold_row(npy, row, error);
    if (status != TGR_OK) {
        return status;
    }
    const char *from = npy->room + (row - npy->held_first) * npy->width;
    for (size_t at = 0; at < npy->width; at += unit) {
        uint32_t code = (uint32_t)read_bits(npy, from + at, unit);
        if (code == 0) {
            break;
        }
        if (unit == 4) {
            put += put_utf8(code, text + put);
        } else {
            text[put++] = (char)code;
        }
    }
    text[put] = '\0';
    *length = put;
    return TGR_OK;
}
