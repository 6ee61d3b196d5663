/* score_matrix.h - scores of queries x models that somebody else computed: an HDF5 file with the
 * dataset `scores` (numbers of any type) and, if it likes, `models` (strings, a column's name
 * each); or a .npy array of floats. */
#ifndef TGR_STORE_SCORE_MATRIX_H
#define TGR_STORE_SCORE_MATRIX_H

#include <stddef.h>
#include <stdint.h>

#include <tagroute/status.h>

#include "engine/base/strings.h"

typedef struct tgr_score_matrix {
    char *path;
    uint64_t rows;
    size_t columns;
    tgr_strings *models;              /* number = column; NULL where the file has no names */
    struct tgr_score_matrix_h5 *hdf5; /* the store's own; */
    struct tgr_npy *npy;              /* one of both */
} tgr_score_matrix;

/* Opens and checks the file, which is not trusted. TGR_ERR_INPUT where it is not as it should be,
 * or has more columns than a router may have models. */
tgr_status tgr_score_matrix_open(const char *path, tgr_score_matrix *matrix, tgr_error *error);
void tgr_score_matrix_close(tgr_score_matrix *matrix); /* harmless on a zeroed one */

/* Reads rows, all of which must be there. TGR_ERR_INPUT where one holds what is no finite number.
 */
tgr_status tgr_score_matrix_read(tgr_score_matrix *matrix, uint64_t first, size_t count,
                                 float *values, tgr_error *error);

#endif
