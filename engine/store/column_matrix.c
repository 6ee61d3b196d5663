/* column_matrix.c - a number a query and model: a dense array, or a data frame with a column a
 * model. */
#include "engine/store/column.h"

#include <math.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "kernels/kernels.h"

static tgr_status open_dense(tgr_matrix_column *column, uint64_t rows, tgr_error *error)
{
    const tgr_array *dense = &column->dense;
    tgr_status status = tgr_array_expect(dense, 2, rows, error);
    if (status != TGR_OK) {
        return status;
    }
    if (!tgr_array_is_number(dense)) {
        return tgr_fail(error, TGR_ERR_INPUT, "%s: %s does not hold numbers", dense->file->path,
                        dense->name.text);
    }
    if (column->models == 0 && dense->columns > 0) {
        return tgr_fail(error, TGR_ERR_INPUT,
                        "%s: %s has a column a model, but the models are not named: list them in "
                        "/uns/tagroute/models, or make it a data frame with a column a model",
                        dense->file->path, dense->name.text);
    }
    if (dense->columns != column->models) {
        return tgr_fail(error, TGR_ERR_INPUT, "%s: %s has %llu columns for %zu models",
                        dense->file->path, dense->name.text, (unsigned long long)dense->columns,
                        column->models);
    }
    return TGR_OK;
}

/* Where no models are known yet, the frame's columns are the models. */
static tgr_status learn_models(const tgr_h5_file *file, char **names, size_t count,
                               tgr_strings *models, tgr_error *error)
{
    if (tgr_strings_count(models) > 0) {
        return TGR_OK;
    }
    if (count > TGR_MODELS_MAX) {
        return tgr_fail(error, TGR_ERR_INPUT,
                        "%s: %zu models are more than the %d that are handled", file->path, count,
                        TGR_MODELS_MAX);
    }
    for (size_t i = 0; i < count; i++) {
        uint32_t number = tgr_strings_add(models, names[i], strlen(names[i]));
        if (number == TGR_STRING_NONE) {
            return tgr_fail_memory(error, "the names of the models");
        }
        if (number != i) {
            return tgr_fail(error, TGR_ERR_INPUT, "%s: the model '%.200s' has two columns",
                            file->path, names[i]);
        }
    }
    return TGR_OK;
}

static tgr_status open_frame(const tgr_h5_file *file, hid_t frame, uint64_t rows,
                             tgr_strings *models, tgr_matrix_column *column, tgr_error *error)
{
    char **names = NULL;
    size_t count = 0;
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_h5_texts_attribute(file, frame, "column-order", &names, &count, error));
    if (!names) {
        status = tgr_fail(error, TGR_ERR_INPUT, "%s: %s is neither an array nor a data frame",
                          file->path, tgr_h5_name_of(frame, NULL).text);
        goto done;
    }
    TGR_TRY(learn_models(file, names, count, models, error));
    column->models = tgr_strings_count(models);
    column->frame = tgr_mem_zalloc(column->models, sizeof(*column->frame));
    if (!column->frame) {
        status = tgr_fail_memory(error, "a data frame");
        goto done;
    }
    for (size_t i = 0; i < count; i++) {
        uint32_t model = tgr_strings_find(models, names[i], strlen(names[i]));
        if (model == TGR_STRING_NONE || column->frame[model].present) {
            status = tgr_fail(error, TGR_ERR_INPUT,
                              "%s: the column '%.200s' of %s is not one of the models", file->path,
                              names[i], tgr_h5_name_of(frame, NULL).text);
            goto done;
        }
        TGR_TRY(tgr_number_column_open(file, frame, names[i], rows, &column->frame[model], error));
        if (!column->frame[model].present) {
            status = tgr_fail(error, TGR_ERR_INPUT, "%s: %s lacks its column '%.200s'", file->path,
                              tgr_h5_name_of(frame, NULL).text, names[i]);
            goto done;
        }
    }
done:
    tgr_h5_texts_free(names, count);
    return status;
}

tgr_status tgr_matrix_column_open(const tgr_h5_file *file, hid_t obsm, const char *name,
                                  uint64_t rows, tgr_strings *models, tgr_matrix_column *column,
                                  tgr_error *error)
{
    *column = (tgr_matrix_column){.models = tgr_strings_count(models)};
    hid_t object;
    tgr_status status = tgr_h5_child(file, obsm, name, &object, error);
    if (status != TGR_OK || object == 0) {
        return status;
    }
    if (H5Iget_type(object) == H5I_GROUP) {
        status = open_frame(file, object, rows, models, column, error);
        tgr_h5_close(object);
    } else {
        status = tgr_array_take(file, object, &column->dense, error);
        if (status == TGR_OK) {
            status = open_dense(column, rows, error);
        }
    }
    column->present = status == TGR_OK;
    if (status != TGR_OK) {
        tgr_matrix_column_close(column);
    }
    return status;
}

static tgr_status read_frame(tgr_matrix_column *column, uint64_t first, uint64_t count,
                             float *values, tgr_error *error)
{
    void *scratch = column->scratch;
    bool grown = tgr_mem_grow(&scratch, &column->scratch_capacity, (size_t)count, sizeof(double));
    column->scratch = scratch;
    if (!grown) {
        return tgr_fail_memory(error, "a data frame");
    }
    for (size_t model = 0; model < column->models; model++) {
        tgr_status status = TGR_OK;
        if (column->frame[model].present) {
            status =
                tgr_number_column_read(&column->frame[model], first, count, column->scratch, error);
        }
        if (status != TGR_OK) {
            return status;
        }
        for (uint64_t row = 0; row < count; row++) {
            values[row * column->models + model] =
                column->frame[model].present ? (float)column->scratch[row] : NAN;
        }
    }
    return TGR_OK;
}

tgr_status tgr_matrix_column_read(tgr_matrix_column *column, uint64_t first, uint64_t count,
                                  float *values, tgr_error *error)
{
    if (column->frame) {
        return read_frame(column, first, count, values, error);
    }
    return tgr_array_read_float(&column->dense, first, count, values, error);
}

void tgr_matrix_column_close(tgr_matrix_column *column)
{
    tgr_array_close(&column->dense);
    for (size_t model = 0; column->frame && model < column->models; model++) {
        tgr_number_column_close(&column->frame[model]);
    }
    tgr_mem_free(column->frame);
    tgr_mem_free(column->scratch);
    *column = (tgr_matrix_column){0};
}
