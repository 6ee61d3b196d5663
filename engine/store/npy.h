/* npy.h - an array of NumPy's .npy format, which is not trusted: checked when opened, then read by
 * rows. */
#ifndef TGR_STORE_NPY_H
#define TGR_STORE_NPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tagroute/status.h>

typedef enum tgr_npy_kind {
    TGR_NPY_SIGNED,
    TGR_NPY_UNSIGNED,
    TGR_NPY_FLOAT,
    TGR_NPY_UNICODE, /* UTF-32, padded with NULs */
    TGR_NPY_BYTES    /* padded with NULs */
} tgr_npy_kind;

typedef struct tgr_npy {
    char *path;
    int fd;
    tgr_npy_kind kind;
    size_t width;              /* bytes of an element */
    bool swapped;              /* numbers and characters are stored the other way round */
    bool by_column;            /* Fortran's order */
    int rank;                  /* 1 or 2 */
    uint64_t rows, columns;    /* columns: 1 where the rank is 1 */
    uint64_t offset;           /* of the first element */
    char *room;                /* for a piece of a column or row, as stored */
    uint64_t held_first, held; /* rows of strings in it */
} tgr_npy;

/* Whether the file begins as one; false where it cannot be read. */
bool tgr_npy_is(const char *path);

/* TGR_ERR_INPUT where it is none, is cut off, has three dimensions or holds Python objects, fields
 * or other things than numbers and strings. */
tgr_status tgr_npy_open(const char *path, tgr_npy *npy, tgr_error *error);
void tgr_npy_close(tgr_npy *npy); /* harmless on a zeroed one */

/* Rows first .. first + count, which must be there, of floats (64-bit ones are rounded). */
tgr_status tgr_npy_read_float(tgr_npy *npy, uint64_t first, size_t count, float *values,
                              tgr_error *error);

/* Likewise of integers; unsigned ones beyond the largest signed one come as that. */
tgr_status tgr_npy_read_int64(tgr_npy *npy, uint64_t first, size_t count, int64_t *values,
                              tgr_error *error);

/* The most bytes of one string as UTF-8, and its NUL. */
size_t tgr_npy_text_room(const tgr_npy *npy);

/* Of an array of one column, the string of a row as UTF-8 and NUL. */
tgr_status tgr_npy_read_text(tgr_npy *npy, uint64_t row, char *text, size_t *length,
                             tgr_error *error);

#endif
