/* npy_header.c - a dictionary of three keys in Python's notation, such as
 * {'descr': '<f4', 'fortran_order': False, 'shape': (1000, 5), }.
 */
#include "engine/store/npy_header.h"

#include <string.h>

#include "engine/base/error.h"

#define WIDEST 4096 /* characters of one string */

typedef struct reading {
    const char *at;
    const char *path;
    char type[32]; /* of an element */
    bool has_type, has_order, has_shape, by_column;
    int rank;
    uint64_t extent[2];
} reading;

static void skip_space(reading *work)
{
    work->at += strspn(work->at, " \t\r\n");
}

/* Goes over a character; false where another stands there. */
static bool take(reading *work, char wanted)
{
    skip_space(work);
    bool there = *work->at == wanted;
    work->at += there;
    return there;
}

static bool take_word(reading *work, const char *word)
{
    skip_space(work);
    size_t length = strlen(word);
    bool there = strncmp(work->at, word, length) == 0;
    work->at += there ? length : 0;
    return there;
}

/* A string in either kind of quotes, without escapes, which none of these strings has. */
static bool take_text(reading *work, char *text, size_t size)
{
    skip_space(work);
    char quote = *work->at;
    const char *end = quote == '\'' || quote == '"' ? strchr(work->at + 1, quote) : NULL;
    size_t length = end == NULL ? size : (size_t)(end - work->at - 1);
    if (length >= size) {
        return false;
    }
    memcpy(text, work->at + 1, length);
    text[length] = '\0';
    work->at = end + 1;
    return true;
}

static bool take_number(reading *work, uint64_t *number)
{
    skip_space(work);
    size_t digits = strspn(work->at, "0123456789");
    *number = 0;
    for (size_t i = 0; i < digits; i++) {
        if (__builtin_mul_overflow(*number, UINT64_C(10), number) ||
            __builtin_add_overflow(*number, (uint64_t)(work->at[i] - '0'), number)) {
            return false;
        }
    }
    work->at += digits;
    return digits > 0;
}

/* (1000,) or (1000, 5); more extents are counted, and refused by whoever asks for the rank. */
static bool take_shape(reading *work)
{
    if (!take(work, '(')) {
        return false;
    }
    work->rank = 0;
    while (!take(work, ')')) {
        uint64_t extent;
        if (work->rank == 32 || !take_number(work, &extent)) {
            return false;
        }
        if (work->rank < 2) {
            work->extent[work->rank] = extent;
        }
        work->rank++;
        if (!take(work, ',')) {
            return take(work, ')');
        }
    }
    return true;
}

static bool take_order(reading *work)
{
    work->by_column = take_word(work, "True");
    return work->by_column || take_word(work, "False");
}

/* An element that has fields is described by a list, which is no text. */
static bool take_pair(reading *work)
{
    char key[32];
    if (!take_text(work, key, sizeof key) || !take(work, ':')) {
        return false;
    }
    if (strcmp(key, "descr") == 0) {
        return work->has_type = take_text(work, work->type, sizeof work->type);
    }
    if (strcmp(key, "fortran_order") == 0) {
        return work->has_order = take_order(work);
    }
    return strcmp(key, "shape") == 0 && (work->has_shape = take_shape(work));
}

static bool take_all(reading *work)
{
    if (!take(work, '{')) {
        return false;
    }
    while (!take(work, '}')) {
        if (!take_pair(work)) {
            return false;
        }
        if (!take(work, ',') && !take(work, '}')) {
            return false;
        }
        if (work->at[-1] == '}') {
            break;
        }
    }
    skip_space(work);
    return *work->at == '\0' && work->has_type && work->has_order && work->has_shape;
}

/* ---- types ----------------------------------------------------------------------------------- */

static bool is_power(uint64_t size, uint64_t least, uint64_t most)
{
    return size >= least && size <= most && (size & (size - 1)) == 0;
}

/* Such as <f4, |i1, >U12; false for objects, times, complex numbers and the like. */
static bool read_type(reading *work, tgr_npy *npy)
{
    const char *type = work->type;
    bool big = type[0] == '>';
    if (type[0] == '\0' || strchr("<>=|", type[0]) == NULL || type[1] == '\0') {
        return false;
    }
    work->at = type + 2;
    uint64_t size;
    if (!take_number(work, &size) || *work->at != '\0' || size == 0 || size > WIDEST) {
        return false;
    }
    npy->width = (size_t)size;
    npy->swapped = big && size > 1;
    switch (type[1]) {
    case 'f':
        npy->kind = TGR_NPY_FLOAT;
        return is_power(size, 4, 8);
    case 'i':
        npy->kind = TGR_NPY_SIGNED;
        return is_power(size, 1, 8);
    case 'u':
        npy->kind = TGR_NPY_UNSIGNED;
        return is_power(size, 1, 8);
    case 'U':
        npy->kind = TGR_NPY_UNICODE;
        npy->width = 4 * (size_t)size;
        npy->swapped = big;
        return true;
    case 'S':
        npy->kind = TGR_NPY_BYTES;
        npy->swapped = false;
        return true;
    default:
        return false;
    }
}

tgr_status tgr_npy_parse(const char *text, const char *path, tgr_npy *npy, tgr_error *error)
{
    reading work = {.at = text, .path = path};
    if (!take_all(&work)) {
        return tgr_fail(error, TGR_ERR_INPUT,
                        "%s: its header is not that of an array of numbers or strings; write it "
                        "with numpy.save",
                        path);
    }
    if (!read_type(&work, npy)) {
        return tgr_fail(error, TGR_ERR_INPUT,
                        "%s: its elements are '%s', which is not read: floats of 32 or 64 bits, "
                        "integers and strings are",
                        path, work.type);
    }
    if (work.rank < 1 || work.rank > 2) {
        return tgr_fail(error, TGR_ERR_INPUT, "%s: it has %d dimensions, where 1 or 2 are read",
                        path, work.rank);
    }
    npy->by_column = work.by_column;
    npy->rank = work.rank;
    npy->rows = work.extent[0];
    npy->columns = work.rank == 2 ? work.extent[1] : 1;
    return TGR_OK;
}
