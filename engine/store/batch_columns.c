/* batch_columns.c - the columns of /obs and /obsm of a block of queries, each value checked. */
#include "engine/store/batch_columns.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/weight.h"
#include "engine/base/wide.h"

tgr_status tgr_batch_no_memory(tgr_error *error)
{
    return tgr_fail_memory(error, "a block of queries");
}

static void *reserve(tgr_batch *batch, int column, size_t count, size_t size)
{
    column_memory *memory = &batch->memory->columns[column];
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) ||
        !tgr_mem_grow(&memory->values, &memory->capacity, bytes ? bytes : 1, 1)) {
        return NULL;
    }
    return memory->values;
}

static tgr_status read_codes(const tgr_code_column *column, int which, tgr_batch *batch,
                             int32_t **codes, tgr_error *error)
{
    if (!column->present) {
        return TGR_OK;
    }
    *codes = reserve(batch, which, batch->rows, sizeof(**codes));
    return *codes ? tgr_code_column_read(column, batch->first_row, batch->rows, *codes, error)
                  : tgr_batch_no_memory(error);
}

/* Whether each is a number of tokens, or NaN. */
TGR_WIDE(bool, all_tokens, (const double *values, size_t count), (values, count))
{
    unsigned bad = 0;
    for (size_t i = 0; i < count; i++) {
        bad |= (values[i] < 0) | (values[i] > DBL_MAX);
    }
    return !bad;
}

static tgr_status read_tokens(const tgr_number_column *column, int which, tgr_batch *batch,
                              double **tokens, tgr_error *error)
{
    if (!column->present) {
        return TGR_OK;
    }
    double *values = reserve(batch, which, batch->rows, sizeof(*values));
    if (!values) {
        return tgr_batch_no_memory(error);
    }
    tgr_status status =
        tgr_number_column_read(column, batch->first_row, batch->rows, values, error);
    bool good = status != TGR_OK || all_tokens(values, batch->rows);
    for (size_t row = 0; !good && row < batch->rows; row++) {
        if (values[row] < 0 || isinf(values[row])) {
            return tgr_fail(error, TGR_ERR_INPUT,
                            "%s: row %" PRIu64 " of %s is %g, which is no number of tokens",
                            column->values.file->path, batch->first_row + row,
                            column->values.name.text, values[row]);
        }
    }
    *tokens = values;
    return status;
}

/* Reads numbers between `least` and `most`, or NaN. */
static tgr_status read_between(const tgr_number_column *column, uint64_t first, size_t rows,
                               double least, double most, const char *what, double *values,
                               tgr_error *error)
{
    tgr_status status = tgr_number_column_read(column, first, rows, values, error);
    for (size_t row = 0; status == TGR_OK && row < rows; row++) {
        if (values[row] < least || values[row] > most) {
            status =
                tgr_fail(error, TGR_ERR_INPUT, "%s: row %" PRIu64 " of %s is %g, which is no %s",
                         column->values.file->path, first + row, column->values.name.text,
                         values[row], what);
        }
    }
    return status;
}

static tgr_status read_numbers(const tgr_number_column *column, int which, double least,
                               double most, const char *what, tgr_batch *batch, double **into,
                               tgr_error *error)
{
    if (!column->present) {
        return TGR_OK;
    }
    *into = reserve(batch, which, batch->rows, sizeof(**into));
    return *into ? read_between(column, batch->first_row, batch->rows, least, most, what, *into,
                                error)
                 : tgr_batch_no_memory(error);
}

#define WEIGHT_RANGE TGR_WEIGHT_LEAST, TGR_WEIGHT_MOST, "weight from 2^-20 to 2^20"

tgr_status tgr_batch_read_weights(tgr_query_file *file, uint64_t first, size_t rows,
                                  double *weights, tgr_error *error)
{
    return read_between(&file->source->weight, first, rows, WEIGHT_RANGE, weights, error);
}

static tgr_status read_logged(tgr_query_file *file, tgr_batch *batch, tgr_error *error)
{
    struct tgr_query_source *source = file->source;
    tgr_status status = TGR_OK;
    TGR_TRY(read_codes(&source->logged_model, LOGGED_MODEL, batch, &batch->logged_model, error));
    TGR_TRY(read_numbers(&source->logged_cost, LOGGED_COST, 0, DBL_MAX, "cost in USD", batch,
                         &batch->logged_cost, error));
    TGR_TRY(read_numbers(&source->propensity, PROPENSITY, TGR_CHANCE_LEAST, 1,
                         "chance from 2^-20 to 1", batch, &batch->propensity, error));
done:
    return status;
}

static tgr_status bad_entry(const tgr_query_file *file, const tgr_batch *batch, const char *name,
                            size_t entry, double value, tgr_error *error)
{
    size_t models = tgr_strings_count(file->models);
    return tgr_fail(error, TGR_ERR_INPUT,
                    "%s: row %" PRIu64 " of /obsm/%s holds %g, which is out of range", file->path,
                    batch->first_row + entry / models, name, value);
}

static bool is_bad(float value, float least)
{
    return value < least || isinf(value);
}

TGR_WIDE(size_t, count_bad, (const float *values, size_t count, float least),
         (values, count, least))
{
    size_t bad = 0;
    for (size_t i = 0; i < count; i++) {
        bad += (values[i] < least) | (fabsf(values[i]) == INFINITY);
    }
    return bad;
}

/* Reads floats, each NaN or finite and at least `least`. */
static tgr_status read_floats(tgr_query_file *file, tgr_matrix_column *column, const char *name,
                              int which, float least, tgr_batch *batch, float **values,
                              tgr_error *error)
{
    if (!column->present) {
        return TGR_OK;
    }
    size_t count;
    if (__builtin_mul_overflow(batch->rows, column->models, &count)) {
        return tgr_batch_no_memory(error);
    }
    float *read = reserve(batch, which, count, sizeof(*read));
    if (!read) {
        return tgr_batch_no_memory(error);
    }
    tgr_status status = tgr_matrix_column_read(column, batch->first_row, batch->rows, read, error);
    size_t bad = status == TGR_OK ? count_bad(read, count, least) : 0;
    for (size_t i = 0; bad > 0 && i < count; i++) {
        if (is_bad(read[i], least)) {
            return bad_entry(file, batch, name, i, (double)read[i], error);
        }
    }
    *values = read;
    return status;
}

static bool is_bytes(const tgr_matrix_column *column)
{
    const tgr_array *dense = &column->dense;
    return dense->dataset && dense->kind == TGR_ARRAY_INTEGER && dense->is_signed &&
           dense->width == 1;
}

static tgr_status read_outcome(tgr_query_file *file, tgr_batch *batch, tgr_error *error)
{
    tgr_matrix_column *column = &file->source->outcome;
    size_t count;
    if (!column->present) {
        return TGR_OK;
    }
    if (__builtin_mul_overflow(batch->rows, column->models, &count)) {
        return tgr_batch_no_memory(error);
    }
    int8_t *outcome = reserve(batch, OUTCOME, count, 1);
    if (!outcome) {
        return tgr_batch_no_memory(error);
    }
    tgr_status status;
    if (is_bytes(column)) {
        status = tgr_array_read_raw(&column->dense, batch->first_row, batch->rows, outcome, error);
        for (size_t i = 0; status == TGR_OK && i < count; i++) {
            if (outcome[i] < -1 || outcome[i] > 2) {
                return bad_entry(file, batch, "outcome", i, outcome[i], error);
            }
        }
    } else {
        float *read = NULL;
        status = read_floats(file, column, "outcome", WORK, -1, batch, &read, error);
        for (size_t i = 0; status == TGR_OK && i < count; i++) {
            if (read[i] > 2 || read[i] != rintf(read[i])) {
                if (!isnan(read[i])) {
                    return bad_entry(file, batch, "outcome", i, (double)read[i], error);
                }
            }
            outcome[i] = isnan(read[i]) ? -1 : (int8_t)read[i];
        }
    }
    batch->outcome = outcome;
    return status;
}

static tgr_status read_integers(const tgr_array *array, int which, tgr_batch *batch,
                                int64_t **integers, tgr_error *error)
{
    if (!array->dataset) {
        return TGR_OK;
    }
    *integers = reserve(batch, which, batch->rows, sizeof(**integers));
    return *integers ? tgr_array_read_int64(array, batch->first_row, batch->rows, *integers, error)
                     : tgr_batch_no_memory(error);
}

static tgr_status read_places(tgr_query_file *file, tgr_batch *batch, tgr_error *error)
{
    const struct tgr_query_source *from = file->source;
    tgr_status status = TGR_OK;
    TGR_TRY(read_codes(&from->source, SOURCE, batch, &batch->source, error));
    TGR_TRY(read_integers(&from->position, POSITION, batch, &batch->position, error));
    TGR_TRY(read_integers(&from->record_bytes, RECORD_BYTES, batch, &batch->record_bytes, error));
    TGR_TRY(read_integers(&from->record_part, RECORD_PART, batch, &batch->record_part, error));
done:
    return status;
}

tgr_status tgr_batch_read_obs(tgr_query_file *file, unsigned want, tgr_batch *batch,
                              tgr_error *error)
{
    struct tgr_query_source *source = file->source;
    tgr_status status = TGR_OK;
    if (want & TGR_WANT_SPLIT) {
        TGR_TRY(read_codes(&source->split, SPLIT, batch, &batch->split, error));
    }
    if (want & TGR_WANT_CATEGORY) {
        TGR_TRY(read_codes(&source->category, CATEGORY, batch, &batch->category, error));
    }
    if (want & TGR_WANT_ELIGIBILITY) {
        TGR_TRY(read_codes(&source->allow, ALLOW, batch, &batch->allow, error));
        TGR_TRY(read_codes(&source->deny, DENY, batch, &batch->deny, error));
        TGR_TRY(read_codes(&source->needs, NEEDS, batch, &batch->needs, error));
    }
    if (want & TGR_WANT_PROMPT_TOKENS) {
        TGR_TRY(read_tokens(&source->prompt_tokens, PROMPT_TOKENS, batch, &batch->prompt_tokens,
                            error));
    }
    if (want & TGR_WANT_CACHED_TOKENS) {
        TGR_TRY(read_tokens(&source->cached_tokens, CACHED_TOKENS, batch, &batch->cached_tokens,
                            error));
    }
    if (want & TGR_WANT_TOKENS_FROM) {
        TGR_TRY(read_codes(&source->tokens_from, TOKENS_FROM, batch, &batch->tokens_from, error));
    }
    if (want & TGR_WANT_PLACES) {
        TGR_TRY(read_places(file, batch, error));
    }
    for (int i = 0; want & TGR_WANT_MORE && i < TGR_MORE_COLUMNS; i++) {
        TGR_TRY(read_codes(&source->more[i], MORE + i, batch, &batch->more[i], error));
    }
    if (want & TGR_WANT_LOGGED) {
        TGR_TRY(read_logged(file, batch, error));
    }
    if (want & TGR_WANT_WEIGHT) {
        TGR_TRY(read_numbers(&source->weight, WEIGHT, WEIGHT_RANGE, batch, &batch->weight, error));
    }
done:
    return status;
}

tgr_status tgr_batch_read_obsm(tgr_query_file *file, unsigned want, tgr_batch *batch,
                               tgr_error *error)
{
    struct tgr_query_source *source = file->source;
    tgr_status status = TGR_OK;
    if (want & TGR_WANT_SCORE) {
        TGR_TRY(read_floats(file, &source->score, "score", SCORE, -INFINITY, batch, &batch->score,
                            error));
    }
    if (want & TGR_WANT_COST) {
        TGR_TRY(read_floats(file, &source->cost, "cost", COST, 0, batch, &batch->cost, error));
    }
    if (want & TGR_WANT_COMPLETION_TOKENS) {
        TGR_TRY(read_floats(file, &source->completion_tokens, "completion_tokens",
                            COMPLETION_TOKENS, 0, batch, &batch->completion_tokens, error));
    }
    if (want & TGR_WANT_OUTCOME) {
        TGR_TRY(read_outcome(file, batch, error));
    }
    if (want & TGR_WANT_LOGGED) {
        TGR_TRY(read_floats(file, &source->propensities, "propensity", PROPENSITIES, 0, batch,
                            &batch->propensities, error));
    }
done:
    return status;
}
