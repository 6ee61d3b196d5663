/* array.c - one dataset of an untrusted HDF5 file: checked when opened, then read by ranges of
 * rows. */
#include "engine/store/array.h"

#include "engine/base/error.h"
#include "engine/store/blocks.h"

/* A dataset may promise at most this many times the bytes it stores (deflate reaches 1032), beside
 * a slack that any machine can afford. */
#define EXPANSION_MAX 2000
#define SLACK         (UINT64_C(64) << 20)
#define CHUNK_CACHE   (1u << 20) /* HDF5's default */

static tgr_status refuse(const tgr_array *array, const char *why, tgr_error *error)
{
    return tgr_fail(error, TGR_ERR_INPUT, "%s: %s %s", array->file->path, array->name.text, why);
}

/* Whether an enumeration is one of bytes. HDF5 takes the sizes of its members from what it is made
 * of, and makes room for them by its own size: where these differ it writes behind that. */
static bool is_of_bytes(hid_t type)
{
    hid_t base = H5Tget_super(type);
    bool bytes = base > 0 && H5Tget_class(base) == H5T_INTEGER && H5Tget_size(base) == 1 &&
                 H5Tget_size(type) == 1;
    tgr_h5_close(base);
    return bytes;
}

/* h5py stores numpy's bool as an enumeration of two bytes. */
static bool is_boolean(hid_t type)
{
    int8_t value[2] = {-1, -1};
    return is_of_bytes(type) && H5Tget_nmembers(type) == 2 &&
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
        array->as_stored = H5Tget_strpad(type) != H5T_STR_SPACEPAD;
    } else if (array->kind == TGR_ARRAY_VARIABLE) {
        array->native = H5Tcopy(H5T_C_S1);
        if (H5Tset_size(array->native, H5T_VARIABLE) < 0 ||
            H5Tset_cset(array->native, H5Tget_cset(type)) < 0) {
            tgr_h5_close(array->native);
            array->native = -1;
        }
    } else {
        bool byte = array->kind == TGR_ARRAY_BOOLEAN; /* which is the same everywhere */
        array->native = byte ? H5Tcopy(type) : H5Tget_native_type(type, H5T_DIR_ASCEND);
        array->as_stored = array->native > 0 && H5Tequal(type, array->native) > 0;
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
        return declared <= SLACK ? TGR_OK : refuse(array, "has a shape but no data", error);
    }
    if (declared > stored || offset > array->file->size || declared > array->file->size - offset) {
        return refuse(array, "promises more data than the file holds", error);
    }
    array->offset = offset;
    array->direct = array->as_stored;
    return TGR_OK;
}

/* What HDF5 brings itself, and those of its registered plugins that people store tables with: LZF,
 * bzip2, Blosc, LZ4, bitshuffle, Zstandard, Blosc2, zfp. HDF5 would load whatever a file names from
 * the folders of plugins; it is never asked to for any other. */
static tgr_status check_filters(const tgr_array *array, hid_t creation, tgr_error *error)
{
    static const H5Z_filter_t plugins[] = {32000, 307, 32001, 32004, 32008, 32015, 32026, 32013};
    int count = H5Pget_nfilters(creation);
    for (int i = 0; i < count; i++) {
        unsigned flags;
        size_t values = 0;
        H5Z_filter_t filter =
            H5Pget_filter2(creation, (unsigned)i, &flags, &values, NULL, 0, NULL, NULL);
        bool known = filter >= H5Z_FILTER_DEFLATE && filter <= H5Z_FILTER_SCALEOFFSET;
        for (size_t k = 0; k < sizeof(plugins) / sizeof(plugins[0]); k++) {
            known = known || filter == plugins[k];
        }
        if (!known || H5Zfilter_avail(filter) <= 0) {
            return tgr_fail(error, TGR_ERR_INPUT,
                            "%s: %s is compressed by HDF5's filter %d, which %s; store it with "
                            "deflate",
                            array->file->path, array->name.text, (int)filter,
                            known ? "is not installed here" : "is not one that is read");
        }
    }
    return count >= 0 ? TGR_OK : tgr_h5_readable(false, array->file->path, array->name.text, error);
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
                                uint64_t stored, tgr_chunks *chunks, bool *chunked,
                                tgr_error *error)
{
    hsize_t shape[2] = {1, 1};
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
    tgr_status status = check_filters(array, creation, error);
    if (status != TGR_OK) {
        return status;
    }
    *chunked = array->as_stored && array->kind != TGR_ARRAY_VARIABLE &&
               (array->rank < 2 || shape[1] == array->columns) &&
               tgr_chunks_plan(creation, array->rank, shape[0], chunk, array->width, chunks);
    if (chunk > CHUNK_CACHE) {
        enlarge_cache(array, chunk);
    }
    return tgr_h5_readable(array->dataset > 0, array->file->path, array->name.text, error);
}

static tgr_status check_storage(tgr_array *array, tgr_chunks *chunks, bool *chunked,
                                tgr_error *error)
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
        status = check_chunked(array, creation, declared, stored, chunks, chunked, error);
    } else if (layout == H5D_COMPACT) {
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
    tgr_chunks chunks;
    bool chunked = false;
    tgr_status status = TGR_OK;
    if (H5Iget_type(object) != H5I_DATASET) {
        status = refuse(array, "is not a dataset", error);
        goto done;
    }
    TGR_TRY(read_type(array, error));
    TGR_TRY(read_shape(array, error));
    TGR_TRY(check_storage(array, &chunks, &chunked, error));
    TGR_TRY(tgr_block_state_open(array, chunked ? &chunks : NULL, error));
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
    if (array->state) {
        tgr_ahead_forget(tgr_block_readers_ahead(array->file->readers), array);
    }
    tgr_block_state_free(array->state);
    array->native = array->space = array->dataset = 0;
    array->state = NULL;
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

/* The callers keep within the rows that tgr_array_expect has confirmed. */
static tgr_status read_as(const tgr_array *array, uint64_t first, uint64_t count, tgr_as as,
                          void *values, tgr_error *error)
{
    if (first > array->rows || count > array->rows - first) {
        return refuse(array, "is shorter than expected", error);
    }
    tgr_block_request request = {
        .array = array, .first = first, .count = count, .as = as, .values = values};
    return tgr_blocks_read(&request, 1, error);
}

tgr_status tgr_array_read_raw(const tgr_array *array, uint64_t first, uint64_t count, void *values,
                              tgr_error *error)
{
    return read_as(array, first, count, TGR_AS_STORED, values, error);
}

tgr_status tgr_array_read_int64(const tgr_array *array, uint64_t first, uint64_t count,
                                int64_t *values, tgr_error *error)
{
    return read_as(array, first, count, TGR_AS_I64, values, error);
}

tgr_status tgr_array_read_uint32(const tgr_array *array, uint64_t first, uint64_t count,
                                 uint32_t *values, tgr_error *error)
{
    return read_as(array, first, count, TGR_AS_U32, values, error);
}

tgr_status tgr_array_read_int32(const tgr_array *array, uint64_t first, uint64_t count,
                                int32_t *values, tgr_error *error)
{
    return read_as(array, first, count, TGR_AS_I32, values, error);
}

tgr_status tgr_array_read_float(const tgr_array *array, uint64_t first, uint64_t count,
                                float *values, tgr_error *error)
{
    return read_as(array, first, count, TGR_AS_F32, values, error);
}

tgr_status tgr_array_read_double(const tgr_array *array, uint64_t first, uint64_t count,
                                 double *values, tgr_error *error)
{
    return read_as(array, first, count, TGR_AS_F64, values, error);
}

tgr_status tgr_array_read_uint16(const tgr_array *array, uint64_t first, uint64_t count,
                                 uint16_t *values, tgr_error *error)
{
    return read_as(array, first, count, TGR_AS_U16, values, error);
}
