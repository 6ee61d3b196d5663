/* anndata.c - AnnData's encodings, written. */
#include "engine/store/anndata.h"

#include "engine/base/error.h"

hid_t tgr_anndata_creation(hid_t class)
{
    hid_t creation = H5Pcreate(class);
    if (creation > 0 && H5Pset_obj_track_times(creation, 0) < 0) {
        H5Pclose(creation);
        return H5I_INVALID_HID;
    }
    return creation;
}

hid_t tgr_anndata_string_type(void)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    if (type > 0 && (H5Tset_size(type, H5T_VARIABLE) < 0 || H5Tset_cset(type, H5T_CSET_UTF8) < 0)) {
        H5Tclose(type);
        return H5I_INVALID_HID;
    }
    return type;
}

/* numpy's bool as h5py stores it. */
static hid_t boolean_type(void)
{
    const int8_t no = 0, yes = 1;
    hid_t type = H5Tenum_create(H5T_NATIVE_INT8);
    if (type > 0 &&
        (H5Tenum_insert(type, "FALSE", &no) < 0 || H5Tenum_insert(type, "TRUE", &yes) < 0)) {
        H5Tclose(type);
        return H5I_INVALID_HID;
    }
    return type;
}

/* Ends every writer of one attribute or small dataset: judged first, then everything is closed. */
static tgr_status finish(bool ok, tgr_anndata at, hid_t type, hid_t space, hid_t made,
                         tgr_error *error)
{
    tgr_status status = tgr_target_check(at.target, ok, error);
    tgr_h5_close(made);
    tgr_h5_close(space);
    tgr_h5_close(type);
    return status;
}

/* Writes an attribute and closes its type and space. */
static tgr_status write_attribute(tgr_anndata at, const char *name, hid_t type, hid_t space,
                                  const void *value, tgr_error *error)
{
    hid_t made = -1;
    bool ok = type > 0 && space > 0 &&
              (made = H5Acreate2(at.group, name, type, space, H5P_DEFAULT, H5P_DEFAULT)) > 0 &&
              (!value || H5Awrite(made, type, value) >= 0);
    return finish(ok, at, type, space, made, error);
}

tgr_status tgr_anndata_text(tgr_anndata at, const char *name, const char *text, tgr_error *error)
{
    return write_attribute(at, name, tgr_anndata_string_type(), H5Screate(H5S_SCALAR), &text,
                           error);
}

tgr_status tgr_anndata_texts(tgr_anndata at, const char *name, const char *const *texts,
                             size_t count, tgr_error *error)
{
    hsize_t shape = count;
    return write_attribute(at, name, tgr_anndata_string_type(), H5Screate_simple(1, &shape, NULL),
                           count ? texts : NULL, error);
}

tgr_status tgr_anndata_flag(tgr_anndata at, const char *name, bool value, tgr_error *error)
{
    int8_t byte = value;
    return write_attribute(at, name, boolean_type(), H5Screate(H5S_SCALAR), &byte, error);
}

tgr_status tgr_anndata_pair(tgr_anndata at, const char *name, const int64_t pair[2],
                            tgr_error *error)
{
    hsize_t shape = 2;
    return write_attribute(at, name, H5Tcopy(H5T_NATIVE_INT64), H5Screate_simple(1, &shape, NULL),
                           pair, error);
}

tgr_status tgr_anndata_encode(tgr_anndata at, const char *type, const char *version,
                              tgr_error *error)
{
    tgr_status status = tgr_anndata_text(at, "encoding-type", type, error);
    return status == TGR_OK ? tgr_anndata_text(at, "encoding-version", version, error) : status;
}

tgr_status tgr_anndata_group(tgr_anndata at, const char *name, const char *type,
                             const char *version, tgr_anndata *made, tgr_error *error)
{
    hid_t creation = tgr_anndata_creation(H5P_GROUP_CREATE);
    *made = (tgr_anndata){.target = at.target};
    made->group =
        creation > 0 ? H5Gcreate2(at.group, name, H5P_DEFAULT, creation, H5P_DEFAULT) : -1;
    tgr_status status = tgr_target_check(at.target, made->group > 0, error);
    tgr_h5_close(creation);
    if (status == TGR_OK) {
        status = tgr_anndata_encode(*made, type, version, error);
    }
    if (status != TGR_OK) {
        tgr_h5_close(made->group);
        made->group = 0;
    }
    return status;
}

tgr_status tgr_anndata_empty_dict(tgr_anndata at, const char *name, tgr_error *error)
{
    tgr_anndata made;
    tgr_status status = tgr_anndata_group(at, name, "dict", "0.1.0", &made, error);
    tgr_h5_close(made.group);
    return status;
}

tgr_status tgr_anndata_frame(tgr_anndata at, const char *name, const char *const *columns,
                             size_t count, tgr_anndata *made, tgr_error *error)
{
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_anndata_group(at, name, "dataframe", "0.2.0", made, error));
    TGR_TRY(tgr_anndata_text(*made, "_index", "_index", error));
    TGR_TRY(tgr_anndata_texts(*made, "column-order", columns, count, error));
done:
    if (status != TGR_OK) {
        tgr_h5_close(made->group);
        made->group = 0;
    }
    return status;
}

/* HDF5 clears a megabyte or two each time that it converts a handful of strings, unless told to
 * take less. */
#define CONVERSION_BYTES ((size_t)8 << 10)

static hid_t small_transfer(void)
{
    hid_t transfer = H5Pcreate(H5P_DATASET_XFER);
    if (transfer > 0 && H5Pset_buffer(transfer, CONVERSION_BYTES, NULL, NULL) < 0) {
        tgr_h5_close(transfer);
        return H5I_INVALID_HID;
    }
    return transfer;
}

/* Writes a small dataset with its encoding and closes its type and space. */
static tgr_status write_dataset(tgr_anndata at, const char *name, hid_t type, hid_t space,
                                const void *value, const char *encoding, tgr_error *error)
{
    hid_t creation = tgr_anndata_creation(H5P_DATASET_CREATE);
    hid_t transfer = small_transfer();
    hid_t made = -1;
    bool ok =
        type > 0 && space > 0 && creation > 0 && transfer > 0 &&
        (made = H5Dcreate2(at.group, name, type, space, H5P_DEFAULT, creation, H5P_DEFAULT)) > 0 &&
        (!value || H5Dwrite(made, type, H5S_ALL, H5S_ALL, transfer, value) >= 0);
    tgr_status status = tgr_target_check(at.target, ok, error);
    tgr_h5_close(transfer);
    tgr_h5_close(creation);
    if (status == TGR_OK) {
        status = tgr_anndata_encode((tgr_anndata){made, at.target}, encoding, "0.2.0", error);
    }
    tgr_h5_close(made);
    tgr_h5_close(space);
    tgr_h5_close(type);
    return status;
}

tgr_status tgr_anndata_put_text(tgr_anndata at, const char *name, const char *text,
                                tgr_error *error)
{
    return write_dataset(at, name, tgr_anndata_string_type(), H5Screate(H5S_SCALAR), &text,
                         "string", error);
}

tgr_status tgr_anndata_put_integer(tgr_anndata at, const char *name, int64_t value,
                                   tgr_error *error)
{
    return write_dataset(at, name, H5Tcopy(H5T_NATIVE_INT64), H5Screate(H5S_SCALAR), &value,
                         "numeric-scalar", error);
}

tgr_status tgr_anndata_put_flag(tgr_anndata at, const char *name, bool value, tgr_error *error)
{
    int8_t byte = value;
    return write_dataset(at, name, boolean_type(), H5Screate(H5S_SCALAR), &byte, "numeric-scalar",
                         error);
}

tgr_status tgr_anndata_put_texts(tgr_anndata at, const char *name, const char *const *texts,
                                 size_t count, tgr_error *error)
{
    hsize_t shape = count;
    return write_dataset(at, name, tgr_anndata_string_type(), H5Screate_simple(1, &shape, NULL),
                         count ? texts : NULL, "string-array", error);
}

tgr_status tgr_anndata_put_bytes(tgr_anndata at, const char *name, const void *bytes, size_t length,
                                 tgr_error *error)
{
    hsize_t shape = length;
    return write_dataset(at, name, H5Tcopy(H5T_NATIVE_UINT8), H5Screate_simple(1, &shape, NULL),
                         length ? bytes : NULL, "array", error);
}

tgr_status tgr_anndata_put_doubles(tgr_anndata at, const char *name, const double *values,
                                   size_t count, tgr_error *error)
{
    hsize_t shape = count;
    return write_dataset(at, name, H5Tcopy(H5T_NATIVE_DOUBLE), H5Screate_simple(1, &shape, NULL),
                         count ? values : NULL, "array", error);
}
