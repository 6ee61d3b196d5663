/* scores.c - rows of a matrix, as queries come. */
#include "engine/elsewhere/scores.h"

#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/runtime.h"

/* ---- which column is whose ------------------------------------------------------------------- */

static tgr_status match_by_position(tgr_elsewhere_scores *scores, tgr_error *error)
{
    const tgr_score_matrix *matrix = &scores->matrix;
    size_t models = scores->router->model_count;
    if (matrix->columns != models) {
        return tgr_fail(error, TGR_ERR_INPUT,
                        "%s has %zu columns without names, where there are %zu models; it needs "
                        "one for each, in their order",
                        matrix->path, matrix->columns, models);
    }
    for (size_t model = 0; model < models; model++) {
        scores->columns[model] = (uint32_t)model;
    }
    return TGR_OK;
}

static tgr_status match_by_name(tgr_elsewhere_scores *scores, const tgr_run *run, tgr_error *error)
{
    const tgr_score_matrix *matrix = &scores->matrix;
    size_t models = scores->router->model_count;
    for (size_t model = 0; model < models; model++) {
        const char *name = scores->router->models[model].name;
        scores->columns[model] = tgr_strings_find(matrix->models, name, strlen(name));
        if (scores->columns[model] == TGR_STRING_NONE) {
            return tgr_fail(error, TGR_ERR_INPUT, "%s has no scores of model '%s'", matrix->path,
                            name);
        }
    }
    if (matrix->columns > models) {
        tgr_run_message(run, TGR_NOTE, "%s: %zu of its %zu models are not known; they get nothing",
                        matrix->path, matrix->columns - models, matrix->columns);
    }
    return TGR_OK;
}

/* ---- as scores ------------------------------------------------------------------------------- */

static void drop_others(const tgr_elsewhere_rows *rows, float *values, size_t columns)
{
    size_t kept = 0;
    for (size_t row = 0; row < rows->count; row++) {
        if (rows->keep[row]) {
            memmove(values + kept++ * columns, values + row * columns, columns * sizeof *values);
        }
    }
}

static tgr_status prepare(void *user, const tgr_batch *batch, const tgr_pass *pass, size_t file,
                          tgr_error *error)
{
    tgr_elsewhere_scores *scores = user;
    tgr_elsewhere_rows *rows = &scores->rows;
    size_t columns = scores->matrix.columns, need;
    void *values = scores->values;
    tgr_elsewhere_rows_next(rows, batch, pass, file);
    bool grown = !__builtin_mul_overflow(rows->count, columns, &need) &&
                 tgr_mem_grow(&values, &scores->capacity, need, sizeof *scores->values);
    scores->values = values;
    if (!grown) {
        return tgr_fail_memory(error, "scores from elsewhere");
    }
    tgr_status status =
        tgr_score_matrix_read(&scores->matrix, rows->first, rows->count, scores->values, error);
    if (status == TGR_OK && rows->keep != NULL) {
        drop_others(rows, scores->values, columns);
    }
    return status;
}

static void fill(void *user, const tgr_decide *decide, size_t begin, size_t end, float *into,
                 size_t stride)
{
    const tgr_elsewhere_scores *scores = user;
    size_t models = scores->router->model_count;
    for (size_t row = begin; row < end; row++) {
        const float *from = scores->values + row * scores->matrix.columns;
        for (size_t place = 0; place < models; place++) {
            into[(row - begin) * stride + place] =
                from[scores->columns[decide->serve->order[place]]];
        }
    }
}

tgr_status tgr_elsewhere_scores_open(tgr_elsewhere_scores *scores, const tgr_router *router,
                                     const char *path, const tgr_simulate_options *options,
                                     tgr_simulate_source *source, const tgr_run *run,
                                     tgr_error *error)
{
    tgr_status status = TGR_OK;
    scores->router = router;
    scores->columns = tgr_mem_alloc(router->model_count, sizeof *scores->columns);
    if (scores->columns == NULL) {
        return tgr_fail_memory(error, path);
    }
    TGR_TRY(tgr_score_matrix_open(path, &scores->matrix, error));
    TGR_TRY(scores->matrix.models == NULL ? match_by_position(scores, error)
                                          : match_by_name(scores, run, error));
    TGR_TRY(tgr_elsewhere_rows_open(&scores->rows, options, run, error));
    TGR_TRY(tgr_elsewhere_rows_fit(&scores->rows, path, scores->matrix.rows, options, error));
    source->scores = (tgr_score_source){.fill = fill, .user = scores, .knows_all = true};
    source->prepare = prepare;
    source->user = scores;
done:
    return status;
}

void tgr_elsewhere_scores_close(tgr_elsewhere_scores *scores)
{
    tgr_score_matrix_close(&scores->matrix);
    tgr_mem_free(scores->columns);
    tgr_mem_free(scores->values);
    *scores = (tgr_elsewhere_scores){0};
}
