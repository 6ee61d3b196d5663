/* column_numbers.c - one number a query: a plain dataset, or values with a mask. */
#include "engine/store/column.h"

#include <math.h>

#include "engine/base/error.h"

static tgr_status not_numbers(const tgr_h5_file *file, tgr_h5_name name, tgr_error *error)
{
    return tgr_fail(error, TGR_ERR_INPUT,
                    "%s: %s does not hold numbers in an encoding that is read", file->path,
                    name.text);
}

static tgr_status open_nullable(const tgr_h5_file *file, hid_t group, uint64_t rows,
                                tgr_number_column *column, tgr_error *error)
{
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_array_open(file, group, "values", &column->values, error));
    TGR_TRY(tgr_array_open(file, group, "mask", &column->mask, error));
    if (!column->values.dataset || !column->mask.dataset || column->mask.kind == TGR_ARRAY_FLOAT ||
        !tgr_array_is_number(&column->mask)) {
        return not_numbers(file, tgr_h5_name_of(group, NULL), error);
    }
    TGR_TRY(tgr_array_expect(&column->mask, 1, rows, error));
done:
    return status;
}

tgr_status tgr_number_column_open(const tgr_h5_file *file, hid_t group, const char *name,
                                  uint64_t rows, tgr_number_column *column, tgr_error *error)
{
    *column = (tgr_number_column){0};
    hid_t object;
    tgr_status status = tgr_h5_child(file, group, name, &object, error);
    if (status != TGR_OK || object == 0) {
        return status;
    }
    if (H5Iget_type(object) == H5I_GROUP) {
        status = open_nullable(file, object, rows, column, error);
        tgr_h5_close(object);
    } else {
        status = tgr_array_take(file, object, &column->values, error);
    }
    if (status == TGR_OK && !tgr_array_is_number(&column->values)) {
        status = not_numbers(file, column->values.name, error);
    }
    if (status == TGR_OK) {
        status = tgr_array_expect(&column->values, 1, rows, error);
    }
    column->present = status == TGR_OK;
    if (status != TGR_OK) {
        tgr_number_column_close(column);
    }
    return status;
}

/* Sets the masked rows to NaN, a piece at a time. */
static tgr_status apply_mask(const tgr_array *mask, uint64_t first, uint64_t count, double *values,
                             tgr_error *error)
{
    int64_t piece[1024];
    for (uint64_t done = 0; done < count;) {
        uint64_t now = count - done < 1024 ? count - done : 1024;
        tgr_status status = tgr_array_read_int64(mask, first + done, now, piece, error);
        if (status != TGR_OK) {
            return status;
        }
        for (uint64_t i = 0; i < now; i++) {
            values[done + i] = piece[i] ? (double)NAN : values[done + i];
        }
        done += now;
    }
    return TGR_OK;
}

tgr_status tgr_number_column_read(const tgr_number_column *column, uint64_t first, uint64_t count,
                                  double *values, tgr_error *error)
{
    tgr_status status = tgr_array_read_double(&column->values, first, count, values, error);
    if (status == TGR_OK && column->mask.dataset) {
        status = apply_mask(&column->mask, first, count, values, error);
    }
    return status;
}

void tgr_number_column_close(tgr_number_column *column)
{
    tgr_array_close(&column->values);
    tgr_array_close(&column->mask);
    *column = (tgr_number_column){0};
}
