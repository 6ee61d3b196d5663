/* anndata.h - AnnData's encodings, written: groups and datasets with their types as attributes. */
#ifndef TGR_STORE_ANNDATA_H
#define TGR_STORE_ANNDATA_H

#include "engine/store/h5.h"
#include "engine/store/target.h"

/* Where things are written: a group (or the root) of a file. */
typedef struct tgr_anndata {
    hid_t group;
    const tgr_target *target;
} tgr_anndata;

/* An attribute of variable-length UTF-8, a list of such, a truth value, a pair of integers. */
tgr_status tgr_anndata_text(tgr_anndata at, const char *name, const char *text, tgr_error *error);
tgr_status tgr_anndata_texts(tgr_anndata at, const char *name, const char *const *texts,
                             size_t count, tgr_error *error);
tgr_status tgr_anndata_flag(tgr_anndata at, const char *name, bool value, tgr_error *error);
tgr_status tgr_anndata_pair(tgr_anndata at, const char *name, const int64_t pair[2],
                            tgr_error *error);

/* encoding-type and encoding-version. */
tgr_status tgr_anndata_encode(tgr_anndata at, const char *type, const char *version,
                              tgr_error *error);

/* Creates a group with an encoding; *made.group is the caller's to close with tgr_h5_close. */
tgr_status tgr_anndata_group(tgr_anndata at, const char *name, const char *type,
                             const char *version, tgr_anndata *made, tgr_error *error);
/* The same for an empty `dict`, closed again. */
tgr_status tgr_anndata_empty_dict(tgr_anndata at, const char *name, tgr_error *error);
/* A group that is a dataframe: its index is the dataset `_index`, its columns are `columns`. */
tgr_status tgr_anndata_frame(tgr_anndata at, const char *name, const char *const *columns,
                             size_t count, tgr_anndata *made, tgr_error *error);

/* Scalars of a dict. */
tgr_status tgr_anndata_put_text(tgr_anndata at, const char *name, const char *text,
                                tgr_error *error);
tgr_status tgr_anndata_put_integer(tgr_anndata at, const char *name, int64_t value,
                                   tgr_error *error);
tgr_status tgr_anndata_put_flag(tgr_anndata at, const char *name, bool value, tgr_error *error);

/* Small arrays of a dict. */
tgr_status tgr_anndata_put_texts(tgr_anndata at, const char *name, const char *const *texts,
                                 size_t count, tgr_error *error);
tgr_status tgr_anndata_put_doubles(tgr_anndata at, const char *name, const double *values,
                                   size_t count, tgr_error *error);
tgr_status tgr_anndata_put_bytes(tgr_anndata at, const char *name, const void *bytes, size_t length,
                                 tgr_error *error);

/* Properties of a new object without time stamps: H5P_DATASET_CREATE or H5P_GROUP_CREATE. */
hid_t tgr_anndata_creation(hid_t class);
/* The type of variable-length UTF-8 strings. */
hid_t tgr_anndata_string_type(void);

#endif
