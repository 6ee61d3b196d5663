/* column.h - the columns of a query file beside X, whichever of AnnData's encodings they have.
 *
 * codes: few distinct texts (split, category, allow, deny, needs). numbers: one a query, or
 * missing. matrix: one a query and model.
 */
#ifndef TGR_STORE_COLUMN_H
#define TGR_STORE_COLUMN_H

#include "engine/base/strings.h"
#include "engine/store/array.h"
#include "engine/store/texts.h"

/* A categorical as stored, or a column of strings numbered when it was opened. */
typedef struct tgr_code_column {
    bool present;
    tgr_array codes;
    int32_t *loaded; /* instead of codes */
    int64_t limit;   /* codes are below it */
    uint32_t most;   /* distinct values of a column of strings; set before it is opened, 0: any */
} tgr_code_column;

/* Opens a member of /obs; column->most is set. *names becomes the dictionary, the caller's; NULL
 * where there is no column. */
tgr_status tgr_code_column_open(const tgr_h5_file *file, hid_t obs, const char *name, uint64_t rows,
                                tgr_code_column *column, tgr_strings **names, tgr_error *error);
tgr_status tgr_code_column_read(const tgr_code_column *column, uint64_t first, uint64_t count,
                                int32_t *codes, tgr_error *error);
void tgr_code_column_close(tgr_code_column *column);

/* A plain dataset, or AnnData's nullable group of values and mask. */
typedef struct tgr_number_column {
    bool present;
    tgr_array values;
    tgr_array mask; /* dataset 0: nothing is masked */
} tgr_number_column;

tgr_status tgr_number_column_open(const tgr_h5_file *file, hid_t group, const char *name,
                                  uint64_t rows, tgr_number_column *column, tgr_error *error);
/* NaN where a value is missing. */
tgr_status tgr_number_column_read(const tgr_number_column *column, uint64_t first, uint64_t count,
                                  double *values, tgr_error *error);
void tgr_number_column_close(tgr_number_column *column);

/* A dense array with a column a model, or a data frame whose columns are named like models. */
typedef struct tgr_matrix_column {
    bool present;
    size_t models;
    tgr_array dense;          /* dataset 0: a data frame */
    tgr_number_column *frame; /* models; not present where the frame lacks one */
    double *scratch;
    size_t scratch_capacity;
} tgr_matrix_column;

/* Opens a member of /obsm. models: the names so far; where there are none yet, a data frame brings
 * them. */
tgr_status tgr_matrix_column_open(const tgr_h5_file *file, hid_t obsm, const char *name,
                                  uint64_t rows, tgr_strings *models, tgr_matrix_column *column,
                                  tgr_error *error);
/* Row-major, NaN where a value is missing. */
tgr_status tgr_matrix_column_read(tgr_matrix_column *column, uint64_t first, uint64_t count,
                                  float *values, tgr_error *error);
void tgr_matrix_column_close(tgr_matrix_column *column);

#endif
