/* array.h - one dataset of an untrusted HDF5 file: checked when opened, then read by ranges of
 * rows.
 *
 * Refused: more than two dimensions, external storage, virtual datasets, data outside the file, and
 * shapes that promise far more than the file holds. What carries checksums is checked against them
 * as it is read (blocks.h says how); an array is read by one caller at a time.
 */
#ifndef TGR_STORE_ARRAY_H
#define TGR_STORE_ARRAY_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/store/h5.h"

#define TGR_TEXT_MAX                                                                               \
    1048576 /* bytes of one string; longer ones are refused unless text_max says more */

typedef enum tgr_array_class {
    TGR_ARRAY_INTEGER,
    TGR_ARRAY_FLOAT,
    TGR_ARRAY_BOOLEAN, /* h5py's enumeration of FALSE and TRUE */
    TGR_ARRAY_FIXED,   /* strings of `width` bytes, padded */
    TGR_ARRAY_VARIABLE /* strings of any length */
} tgr_array_class;

typedef struct tgr_array {
    const tgr_h5_file *file;
    hid_t dataset; /* 0: there is no such dataset */
    hid_t space;
    hid_t native; /* its type as this machine holds it */
    tgr_array_class kind;
    bool is_signed;
    size_t width;           /* bytes of an element as this machine holds it */
    size_t stored_width;    /* and in the file */
    int rank;               /* 0 (scalar, one row), 1 or 2 */
    size_t text_max;        /* bytes of one string of variable length */
    uint64_t rows, columns; /* columns: 1 unless the rank is 2 */
    bool as_stored;         /* the file's bytes are those of this machine */
    bool direct;            /* pread will do */
    uint64_t offset;        /* of a direct one, in the file */
    tgr_h5_name name;
    struct tgr_block_state *state; /* checksums, and what lies between two reads */
} tgr_array;

/* Opens a member of a group; array->dataset is 0 where there is none of that name. */
tgr_status tgr_array_open(const tgr_h5_file *file, hid_t group, const char *name, tgr_array *array,
                          tgr_error *error);
/* Takes over an object opened already. */
tgr_status tgr_array_take(const tgr_h5_file *file, hid_t object, tgr_array *array,
                          tgr_error *error);
void tgr_array_close(tgr_array *array); /* harmless on a zeroed or closed one */

bool tgr_array_is_number(const tgr_array *array); /* integer, float or boolean */
bool tgr_array_is_text(const tgr_array *array);

/* TGR_ERR_INPUT with a sentence unless the array has this rank and so many rows. */
tgr_status tgr_array_expect(const tgr_array *array, int rank, uint64_t rows, tgr_error *error);

/* Leads HDF5 through everything that a read would make it follow: chunk indexes, heaps of strings.
 * For a probe: what it finds is not told. */
void tgr_array_touch(const tgr_array *array);

/* Reads rows first .. first + count as they are stored (native byte order). Not for variable
 * strings. */
tgr_status tgr_array_read_raw(const tgr_array *array, uint64_t first, uint64_t count, void *values,
                              tgr_error *error);

/* Reads numbers with conversion. Integers out of a target's range are clamped, so a narrower target
 * is used only where the caller knows better; float overflow gives infinities. */
tgr_status tgr_array_read_int64(const tgr_array *array, uint64_t first, uint64_t count,
                                int64_t *values, tgr_error *error);
/* An index that does not fit, such as a negative one, comes as UINT32_MAX; a code as -2. */
tgr_status tgr_array_read_uint32(const tgr_array *array, uint64_t first, uint64_t count,
                                 uint32_t *values, tgr_error *error);
tgr_status tgr_array_read_int32(const tgr_array *array, uint64_t first, uint64_t count,
                                int32_t *values, tgr_error *error);
tgr_status tgr_array_read_float(const tgr_array *array, uint64_t first, uint64_t count,
                                float *values, tgr_error *error);
tgr_status tgr_array_read_double(const tgr_array *array, uint64_t first, uint64_t count,
                                 double *values, tgr_error *error);
tgr_status tgr_array_read_uint16(const tgr_array *array, uint64_t first, uint64_t count,
                                 uint16_t *values, tgr_error *error);

#endif
