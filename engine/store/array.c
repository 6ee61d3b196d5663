/* array.c - one dataset of an untrusted HDF5 file: checked when opened, then read by ranges of
 * rows. */
#include "engine/store/array.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/error.h"

/* A dataset may promise at most this many times the bytes it stores (deflate reaches 1032), beside
 * a slack that any machine can afford. */
#define EXPANSION_MAX 2000
#define SLACK         (UINT64_C(64) << 20)
#define CHUNK_CACHE   (1u << 20) /* HDF5's default */

static tgr_status refuse(const tgr_array *array, const char *why, tgr_error *error)
{
    return tgr_fail(error, TGR_ERR_INPUT, "%s: %s %s", array->file->path, array->name.text, why);
}

/* h5py stores numpy's bool as an enumeration of two bytes. */
static bool is_boolean(hid_t type)
{
    int8_t value[2] = {-1, -1};
    return H5Tget_size(type) == 1 && H5Tget_nmembers(type) == 2 &&
           H5Tenum_valueof(type, "FALSE", &value[0]) >= 0 &&
           H5Tenum_valueof(type, "TRUE", &value[1]) >= 0 && value[0] == 0 && value[1] == 1;
}

static tgr_status read_type(tgr_array *array, tgr_error *error)
{
    hid_t type = H5Dget_type(array->dataset);
    H5T_class_t class = type > 0 ? H5Tget_class(type) : H5T_NO_CLASS;
    bool known = true;
    array->width = array->stored_width = type > 0 ? H5Tget_size(type) : 0;
    if (class == H5T_INTEGER) {
        array->kind = TGR_ARRAY_INTEGER;
        array->is_signed = H5Tget_sign(type) != H5T_SGN_NONE;
        known = array->width <= 8;
    } else if (class == H5T_FLOAT) {
        array->kind = TGR_ARRAY_FLOAT;
        known = array->width <= 16;
    } else if (class == H5T_ENUM && is_boolean(type)) {
        array->kind = TGR_ARRAY_BOOLEAN;
    } else if (class == H5T_STRING) {
        array->kind = H5Tis_variable_str(type) > 0 ? TGR_ARRAY_VARIABLE : TGR_ARRAY_FIXED;
        known = array->width <= TGR_TEXT_MAX;
    } else {
        known = false;
    }
    if (!known || array->width == 0) {
        tgr_h5_close(type);
        return refuse(array, "is neither numbers nor strings of a size that is read", error);
    }
    if (array->kind == TGR_ARRAY_FIXED) {
        array->native = H5Tcopy(type);
        array->direct = H5Tget_strpad(type) != H5T_STR_SPACEPAD;
    } else if (array->kind == TGR_ARRAY_VARIABLE) {
        array->native = H5Tcopy(H5T_C_S1);
        if (H5Tset_size(array->native, H5T_VARIABLE) < 0 ||
            H5Tset_cset(array->native, H5Tget_cset(type)) < 0) {
            tgr_h5_close(array->native);
            array->native = -1;
        }
    } else {
        array->native = H5Tget_native_type(type, H5T_DIR_ASCEND);
        array->direct = array->native > 0 && H5Tequal(type, array->native) > 0;
        array->width = array->native > 0 ? H5Tget_size(array->native) : 0;
    }
    bool ok = array->native >= 0;
    tgr_h5_close(type);
    return tgr_h5_readable(ok, array->file->path, array->name.text, error);
}

static tgr_status read_shape(tgr_array *array, tgr_error *error)
{
    array->space = H5Dget_space(array->dataset);
    array->rank = array->space > 0 ? H5Sget_simple_extent_ndims(array->space) : -1;
    bool simple = array->rank >= 0 && H5Sget_simple_extent_type(array->space) != H5S_NULL;
    if (!simple || array->rank > 2) {
        return refuse(array, "has more than two dimensions, or none", error);
    }
    hsize_t shape[2] = {1, 1};
    if (array->rank > 0 && H5Sget_simple_extent_dims(array->space, shape, NULL) < 0) {
        return tgr_h5_readable(false, array->file->path, array->name.text, error);
    }
    array->rows = shape[0];
    array->columns = shape[1];
    return TGR_OK;
}

/* rows * columns * width, or UINT64_MAX where that overflows. */
static uint64_t declared_bytes(const tgr_array *array)
{
    uint64_t bytes;
    if (__builtin_mul_overflow(array->rows, array->columns, &bytes) ||
        __builtin_mul_overflow(bytes, (uint64_t)array->stored_width, &bytes)) {
        return UINT64_MAX;
    }
    return bytes;
}

static tgr_status check_contiguous(tgr_array *array, uint64_t declared, uint64_t stored,
                                   tgr_error *error)
{
    haddr_t offset = H5Dget_offset(array->dataset);
    if (offset == HADDR_UNDEF) { /* never written: nothing but fill values */
        array->direct = false;
        return declared <= SLACK ? TGR_OK : refuse(array, "has a shape but no data", error);
    }
    if (declared > stored || offset > array->file->size || declared > array->file->size - offset) {
        return refuse(array, "promises more data than the file holds", error);
    }
    array->offset = offset;
    return TGR_OK;
}

/* Reopens a dataset whose chunks are larger than the cache, so that a chunk is not inflated again
 * for every range read from it. */
static void enlarge_cache(tgr_array *array, uint64_t chunk)
{
    hid_t access = H5Pcreate(H5P_DATASET_ACCESS);
    if (access > 0 && H5Pset_chunk_cache(access, 521, (size_t)chunk, 1.0) >= 0) {
        H5Idec_ref(array->dataset);
        array->dataset = H5Dopen2(array->file->id, array->name.text, access);
    }
    tgr_h5_close(access);
}

static tgr_status check_chunked(tgr_array *array, hid_t creation, uint64_t declared,
                                uint64_t stored, tgr_error *error)
{
    hsize_t shape[2] = {1, 1};
    array->direct = false;
    if (H5Pget_chunk(creation, 2, shape) < 0) {
        return tgr_h5_readable(false, array->file->path, array->name.text, error);
    }
    uint64_t limit = stored > (UINT64_MAX - SLACK) / EXPANSION_MAX ? UINT64_MAX - 1
                                                                   : stored * EXPANSION_MAX + SLACK;
    uint64_t chunk;
    if (__builtin_mul_overflow(shape[0], array->rank == 2 ? shape[1] : 1, &chunk) ||
        __builtin_mul_overflow(chunk, (uint64_t)array->stored_width, &chunk)) {
        chunk = UINT64_MAX;
    }
    if (stored > array->file->size || declared > limit || chunk > limit) {
        return refuse(array, "promises more data than the file holds", error);
    }
    if (chunk > CHUNK_CACHE) {
        enlarge_cache(array, chunk);
    }
    return tgr_h5_readable(array->dataset > 0, array->file->path, array->name.text, error);
}

static tgr_status check_storage(tgr_array *array, tgr_error *error)
{
    hid_t creation = H5Dget_create_plist(array->dataset);
    if (creation < 0) {
        return tgr_h5_readable(false, array->file->path, array->name.text, error);
    }
    uint64_t declared = declared_bytes(array);
    uint64_t stored = H5Dget_storage_size(array->dataset);
    tgr_status status;
    H5D_layout_t layout = H5Pget_layout(creation);
    if (layout == H5D_VIRTUAL || H5Pget_external_count(creation) != 0) {
        status = refuse(array, "keeps its data in other files, which are not followed", error);
    } else if (declared == UINT64_MAX) {
        status = refuse(array, "promises more data than the file holds", error);
    } else if (layout == H5D_CONTIGUOUS) {
        status = check_contiguous(array, declared, stored, error);
    } else if (layout == H5D_CHUNKED) {
        status = check_chunked(array, creation, declared, stored, error);
    } else if (layout == H5D_COMPACT) {
        array->direct = false;
        status =
            declared <= stored ? TGR_OK : refuse(array, "promises more data than it holds", error);
    } else {
        status = refuse(array, "has a layout that is not read", error);
    }
    tgr_h5_close(creation);
    return status;
}

tgr_status tgr_array_take(const tgr_h5_file *file, hid_t object, tgr_array *array, tgr_error *error)
{
    *array = (tgr_array){.file = file,
                         .dataset = object,
                         .text_max = TGR_TEXT_MAX,
                         .name = tgr_h5_name_of(object, NULL)};
    tgr_status status = TGR_OK;
    if (H5Iget_type(object) != H5I_DATASET) {
        status = refuse(array, "is not a dataset", error);
        goto done;
    }
    TGR_TRY(read_type(array, error));
    TGR_TRY(read_shape(array, error));
    TGR_TRY(check_storage(array, error));
done:
    if (status != TGR_OK) {
        tgr_array_close(array);
    }
    return status;
}

tgr_status tgr_array_open(const tgr_h5_file *file, hid_t group, const char *name, tgr_array *array,
                          tgr_error *error)
{
    *array = (tgr_array){.file = file};
    hid_t object;
    tgr_status status = tgr_h5_child(file, group, name, &object, error);
    if (status != TGR_OK || object == 0) {
        return status;
    }
    return tgr_array_take(file, object, array, error);
}

void tgr_array_close(tgr_array *array)
{
    tgr_h5_close(array->native);
    tgr_h5_close(array->space);
    tgr_h5_close(array->dataset);
    array->native = array->space = array->dataset = 0;
}

bool tgr_array_is_number(const tgr_array *array)
{
    return array->kind == TGR_ARRAY_INTEGER || array->kind == TGR_ARRAY_FLOAT ||
           array->kind == TGR_ARRAY_BOOLEAN;
}

bool tgr_array_is_text(const tgr_array *array)
{
    return array->kind == TGR_ARRAY_FIXED || array->kind == TGR_ARRAY_VARIABLE;
}

tgr_status tgr_array_expect(const tgr_array *array, int rank, uint64_t rows, tgr_error *error)
{
    if (array->rank != rank) {
        return tgr_fail(error, TGR_ERR_INPUT, "%s: %s has %d dimensions, not %d", array->file->path,
                        array->name.text, array->rank, rank);
    }
    if (array->rows != rows) {
        return tgr_fail(error, TGR_ERR_INPUT, "%s: %s has %llu rows, not %llu", array->file->path,
                        array->name.text, (unsigned long long)array->rows,
                        (unsigned long long)rows);
    }
    return TGR_OK;
}

static tgr_status read_direct(const tgr_array *array, uint64_t first, uint64_t count, char *bytes,
                              tgr_error *error)
{
    uint64_t row = array->columns * array->width;
    uint64_t at = array->offset + first * row;
    uint64_t left = count * row;
    while (left > 0) {
        ssize_t got =
            pread(array->file->fd, bytes, left > SSIZE_MAX ? SSIZE_MAX : (size_t)left, (off_t)at);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return tgr_fail_io(error, array->file->path, "read", errno);
        }
        if (got == 0) {
            return refuse(array, "ends early: the file was cut off while it was read", error);
        }
        bytes += got;
        at += (uint64_t)got;
        left -= (uint64_t)got;
    }
    return TGR_OK;
}

static tgr_status read_converted(const tgr_array *array, uint64_t first, uint64_t count, hid_t type,
                                 void *values, tgr_error *error)
{
    hsize_t start[2] = {first, 0}, shape[2] = {count, array->columns};
    if (array->rank == 0) {
        bool ok = H5Dread(array->dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0;
        return tgr_h5_readable(ok, array->file->path, array->name.text, error);
    }
    hid_t memory = H5Screate_simple(array->rank, shape, NULL);
    bool ok = memory > 0 &&
              H5Sselect_hyperslab(array->space, H5S_SELECT_SET, start, NULL, shape, NULL) >= 0 &&
              H5Dread(array->dataset, type, memory, array->space, H5P_DEFAULT, values) >= 0;
    tgr_status status = tgr_h5_readable(ok, array->file->path, array->name.text, error);
    tgr_h5_close(memory);
    return status;
}

/* The callers keep within the rows that tgr_array_expect has confirmed. */
static tgr_status read_as(const tgr_array *array, uint64_t first, uint64_t count, hid_t type,
                          void *values, tgr_error *error)
{
    if (count == 0 || array->columns == 0) {
        return TGR_OK;
    }
    if (first > array->rows || count > array->rows - first) {
        return refuse(array, "is shorter than expected", error);
    }
    if (array->direct && (type == array->native || H5Tequal(type, array->native) > 0)) {
        return read_direct(array, first, count, values, error);
    }
    return read_converted(array, first, count, type, values, error);
}

tgr_status tgr_array_read_raw(const tgr_array *array, uint64_t first, uint64_t count, void *values,
                              tgr_error *error)
{
    return read_as(array, first, count, array->native, values, error);
}

/* Raw elements are read into the end of the caller's array and widened from the front: no write
 * overtakes what is still to be read. */
#define WIDEN(from, to)                                                                            \
    for (uint64_t i = 0; i < total; i++) {                                                         \
        from value;                                                                                \
        memcpy(&value, end + i * sizeof(value), sizeof(value));                                    \
        ((to *)values)[i] = (to)value;                                                             \
    }

static bool is_integer(const tgr_array *array, bool is_signed, size_t width)
{
    return array->kind == TGR_ARRAY_INTEGER && array->is_signed == is_signed &&
           array->width == width;
}

tgr_status tgr_array_read_int64(const tgr_array *array, uint64_t first, uint64_t count,
                                int64_t *values, tgr_error *error)
{
    if (!is_integer(array, true, sizeof(int32_t))) {
        return read_as(array, first, count, H5T_NATIVE_INT64, values, error);
    }
    uint64_t total = count * array->columns;
    char *end = (char *)values + total * sizeof(int32_t);
    tgr_status status = tgr_array_read_raw(array, first, count, end, error);
    if (status == TGR_OK) {
        WIDEN(int32_t, int64_t)
    }
    return status;
}

/* The way of all types that are not common: through int64, a piece at a time. Only for one
 * dimension. */
static tgr_status read_narrowed(const tgr_array *array, uint64_t first, uint64_t count, int64_t low,
                                int64_t high, int64_t bad, int32_t *values, tgr_error *error)
{
    int64_t piece[1024];
    for (uint64_t done = 0; done < count;) {
        uint64_t now = count - done < 1024 ? count - done : 1024;
        tgr_status status = read_as(array, first + done, now, H5T_NATIVE_INT64, piece, error);
        if (status != TGR_OK) {
            return status;
        }
        for (uint64_t i = 0; i < now; i++) {
            int64_t value = piece[i] < low || piece[i] > high ? bad : piece[i];
            values[done + i] = (int32_t)(uint32_t)value;
        }
        done += now;
    }
    return TGR_OK;
}

tgr_status tgr_array_read_uint32(const tgr_array *array, uint64_t first, uint64_t count,
                                 uint32_t *values, tgr_error *error)
{
    uint64_t total = count;
    if (is_integer(array, true, 4)) {
        /* The bits are the same; a negative index turns into one beyond any column. */
        tgr_status status = tgr_array_read_raw(array, first, count, values, error);
        for (uint64_t i = 0; status == TGR_OK && i < total; i++) {
            values[i] |= (uint32_t) - (int32_t)(values[i] >> 31);
        }
        return status;
    }
    if (is_integer(array, false, 4)) {
        return tgr_array_read_raw(array, first, count, values, error);
    }
    if (is_integer(array, false, 2)) {
        char *end = (char *)values + total * sizeof(uint16_t);
        tgr_status status = tgr_array_read_raw(array, first, count, end, error);
        if (status == TGR_OK) {
            WIDEN(uint16_t, uint32_t)
        }
        return status;
    }
    return read_narrowed(array, first, count, 0, UINT32_MAX, UINT32_MAX, (int32_t *)values, error);
}

tgr_status tgr_array_read_int32(const tgr_array *array, uint64_t first, uint64_t count,
                                int32_t *values, tgr_error *error)
{
    uint64_t total = count;
    bool byte = is_integer(array, true, 1), half = is_integer(array, true, 2);
    if (!byte && !half && !is_integer(array, true, 4)) {
        return read_narrowed(array, first, count, INT32_MIN, INT32_MAX, -2, values, error);
    }
    char *end = (char *)values + total * (sizeof(int32_t) - array->width);
    tgr_status status = tgr_array_read_raw(array, first, count, end, error);
    if (status == TGR_OK && byte) {
        WIDEN(int8_t, int32_t)
    } else if (status == TGR_OK && half) {
        WIDEN(int16_t, int32_t)
    }
    return status;
}

tgr_status tgr_array_read_float(const tgr_array *array, uint64_t first, uint64_t count,
                                float *values, tgr_error *error)
{
    return read_as(array, first, count, H5T_NATIVE_FLOAT, values, error);
}

tgr_status tgr_array_read_double(const tgr_array *array, uint64_t first, uint64_t count,
                                 double *values, tgr_error *error)
{
    return read_as(array, first, count, H5T_NATIVE_DOUBLE, values, error);
}

tgr_status tgr_array_read_uint16(const tgr_array *array, uint64_t first, uint64_t count,
                                 uint16_t *values, tgr_error *error)
{
    return read_as(array, first, count, H5T_NATIVE_UINT16, values, error);
}
