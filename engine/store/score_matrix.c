/* score_matrix.c - scores from elsewhere out of an untrusted file. */
#include "engine/store/score_matrix.h"

#include <inttypes.h>
#include <math.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/store/array.h"
#include "engine/store/npy.h"
#include "engine/store/probe.h"
#include "engine/store/texts.h"
#include "kernels/kernels.h"

struct tgr_score_matrix_h5 {
    tgr_h5_file file;
    tgr_array scores, models;
};

/* ---- HDF5 ------------------------------------------------------------------------------------ */

static tgr_status open_scores(tgr_score_matrix *matrix, tgr_error *error)
{
    struct tgr_score_matrix_h5 *hdf5 = matrix->hdf5;
    tgr_array *scores = &hdf5->scores;
    tgr_status status = tgr_array_open(&hdf5->file, hdf5->file.id, "scores", scores, error);
    if (status != TGR_OK) {
        return status;
    }
    if (!scores->dataset) {
        return tgr_fail(error, TGR_ERR_INPUT,
                        "%s: it has no dataset 'scores'; scores from elsewhere are the datasets "
                        "'scores' (a row of numbers for each query) and, where its columns are "
                        "named, 'models' (strings)",
                        matrix->path);
    }
    if (!tgr_array_is_number(scores)) {
        return tgr_fail(error, TGR_ERR_INPUT, "%s: 'scores' holds no numbers", matrix->path);
    }
    matrix->rows = scores->rows;
    matrix->columns = scores->columns <= TGR_MODELS_MAX ? (size_t)scores->columns : SIZE_MAX;
    return tgr_array_expect(scores, 2, scores->rows, error);
}

static tgr_status open_models(tgr_score_matrix *matrix, tgr_error *error)
{
    struct tgr_score_matrix_h5 *hdf5 = matrix->hdf5;
    tgr_array *models = &hdf5->models;
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_texts_open(&hdf5->file, hdf5->file.id, "models", models, error));
    if (!models->dataset) {
        return TGR_OK;
    }
    TGR_TRY(tgr_array_expect(models, 1, hdf5->scores.columns, error));
    if (!tgr_array_is_text(models)) {
        TGR_TRY(tgr_fail(error, TGR_ERR_INPUT, "%s: 'models' holds no strings", matrix->path));
    }
    TGR_TRY(tgr_texts_distinct(models, "model", &matrix->models, error));
done:
    return status;
}

static tgr_status check_columns(const tgr_score_matrix *matrix, tgr_error *error)
{
    return matrix->columns >= 1 && matrix->columns <= TGR_MODELS_MAX
               ? TGR_OK
               : tgr_fail(error, TGR_ERR_INPUT, "%s: scores have 1 to %d columns, one a model",
                          matrix->path, TGR_MODELS_MAX);
}

static tgr_status open_hdf5(tgr_score_matrix *matrix, tgr_error *error)
{
    tgr_status status = TGR_OK;
    matrix->hdf5 = tgr_mem_zalloc(1, sizeof *matrix->hdf5);
    if (matrix->hdf5 == NULL) {
        return tgr_fail_memory(error, matrix->path);
    }
    TGR_TRY(tgr_h5_open(matrix->path, &matrix->hdf5->file, error));
    TGR_TRY(open_scores(matrix, error));
    TGR_TRY(check_columns(matrix, error));
    TGR_TRY(open_models(matrix, error));
done:
    return status;
}

static void close_hdf5(tgr_score_matrix *matrix)
{
    if (matrix->hdf5 != NULL) {
        tgr_array_close(&matrix->hdf5->scores);
        tgr_array_close(&matrix->hdf5->models);
        tgr_h5_file_close(&matrix->hdf5->file);
        tgr_mem_free(matrix->hdf5);
        matrix->hdf5 = NULL;
    }
}

/* In a child: all that later reads would have HDF5 follow. */
static tgr_status try_to_open(void *data, tgr_error *error)
{
    tgr_score_matrix matrix = *(const tgr_score_matrix *)data;
    tgr_status status = open_hdf5(&matrix, error);
    if (status == TGR_OK) {
        tgr_array_touch(&matrix.hdf5->scores);
    }
    close_hdf5(&matrix);
    tgr_strings_free(matrix.models);
    return status;
}

static tgr_status probe_and_open(tgr_score_matrix *matrix, tgr_error *error)
{
    tgr_h5_quiet quiet;
    tgr_h5_quiet_begin(&quiet);
    tgr_status status = tgr_probe(matrix->path, try_to_open, matrix, error);
    if (status == TGR_OK) {
        status = open_hdf5(matrix, error);
    }
    tgr_h5_quiet_end(&quiet);
    return status;
}

/* ---- .npy ------------------------------------------------------------------------------------ */

static tgr_status open_npy(tgr_score_matrix *matrix, tgr_error *error)
{
    matrix->npy = tgr_mem_zalloc(1, sizeof *matrix->npy);
    if (matrix->npy == NULL) {
        return tgr_fail_memory(error, matrix->path);
    }
    tgr_status status = tgr_npy_open(matrix->path, matrix->npy, error);
    if (status != TGR_OK) {
        return status;
    }
    if (matrix->npy->kind != TGR_NPY_FLOAT || matrix->npy->rank != 2) {
        return tgr_fail(error, TGR_ERR_INPUT,
                        "%s: scores are an array of two dimensions, queries x models, of floats of "
                        "32 or 64 bits",
                        matrix->path);
    }
    matrix->rows = matrix->npy->rows;
    matrix->columns =
        matrix->npy->columns <= TGR_MODELS_MAX ? (size_t)matrix->npy->columns : SIZE_MAX;
    return check_columns(matrix, error);
}

/* ---- either ---------------------------------------------------------------------------------- */

tgr_status tgr_score_matrix_open(const char *path, tgr_score_matrix *matrix, tgr_error *error)
{
    *matrix = (tgr_score_matrix){.path = tgr_mem_string(path)};
    if (matrix->path == NULL) {
        return tgr_fail_memory(error, path);
    }
    tgr_status status = tgr_npy_is(path) ? open_npy(matrix, error) : probe_and_open(matrix, error);
    if (status != TGR_OK) {
        tgr_score_matrix_close(matrix);
    }
    return status;
}

void tgr_score_matrix_close(tgr_score_matrix *matrix)
{
    if (matrix->hdf5 != NULL) {
        tgr_h5_quiet quiet;
        tgr_h5_quiet_begin(&quiet);
        close_hdf5(matrix);
        tgr_h5_quiet_end(&quiet);
    }
    if (matrix->npy != NULL) {
        tgr_npy_close(matrix->npy);
        tgr_mem_free(matrix->npy);
    }
    tgr_strings_free(matrix->models);
    tgr_mem_free(matrix->path);
    *matrix = (tgr_score_matrix){0};
}

static tgr_status read_values(tgr_score_matrix *matrix, uint64_t first, size_t count, float *values,
                              tgr_error *error)
{
    if (matrix->npy != NULL) {
        return tgr_npy_read_float(matrix->npy, first, count, values, error);
    }
    tgr_h5_quiet quiet;
    tgr_h5_quiet_begin(&quiet);
    tgr_status status = tgr_array_read_float(&matrix->hdf5->scores, first, count, values, error);
    tgr_h5_quiet_end(&quiet);
    return status;
}

tgr_status tgr_score_matrix_read(tgr_score_matrix *matrix, uint64_t first, size_t count,
                                 float *values, tgr_error *error)
{
    tgr_status status = read_values(matrix, first, count, values, error);
    for (size_t i = 0; status == TGR_OK && i < count * matrix->columns; i++) {
        if (!isfinite(values[i])) {
            status = tgr_fail(error, TGR_ERR_INPUT,
                              "%s: row %" PRIu64 ", column %zu (counted from 0) is no finite "
                              "number within float32; every query needs a score for every model",
                              matrix->path, first + i / matrix->columns, i % matrix->columns);
        }
    }
    return status;
}
