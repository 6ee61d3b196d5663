/* fit_means.c - exact means over the training queries. */
#include "engine/fit_means.h"

#include <math.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/fit_place.h"

tgr_status tgr_fit_means_open(tgr_fit_means *means, size_t models, tgr_error *error)
{
    *means = (tgr_fit_means){.models = models};
    means->cost = tgr_mem_zalloc(models, sizeof *means->cost);
    means->completion_tokens = tgr_mem_zalloc(models, sizeof *means->completion_tokens);
    means->score = tgr_mem_zalloc(models, sizeof *means->score);
    if (means->cost == NULL || means->completion_tokens == NULL || means->score == NULL) {
        return tgr_fail_memory(error, "the models' means");
    }
    return TGR_OK;
}

void tgr_fit_means_free(tgr_fit_means *means)
{
    tgr_mem_free(means->cost);
    tgr_mem_free(means->completion_tokens);
    tgr_mem_free(means->score);
    *means = (tgr_fit_means){0};
}

static bool add_value(tgr_mean *mean, double value, bool may_be_below)
{
    if (isnan(value)) {
        return true;
    }
    if (!tgr_exact_fits(value) || (value < 0 && !may_be_below)) {
        return false;
    }
    mean->sum += tgr_exact_term(value);
    mean->count++;
    return true;
}

typedef struct array { /* one of the batch's rows x models arrays */
    tgr_mean *means;
    const float *values;
    const char *name;
    bool may_be_below; /* zero */
} array;

/* False at a value that does not fit, with its place set. */
static bool add_array(const array *one, size_t models, size_t rows, size_t file_models,
                      const int32_t *columns, size_t *bad_row, size_t *bad_model)
{
    for (size_t row = 0; one->values != NULL && row < rows; row++) {
        const float *of_row = one->values + row * file_models;
        for (size_t model = 0; model < models; model++) {
            if (columns[model] >= 0 &&
                !add_value(&one->means[model], of_row[columns[model]], one->may_be_below)) {
                *bad_row = row;
                *bad_model = model;
                return false;
            }
        }
    }
    return true;
}

static tgr_status fail_at(const tgr_pass *pass, size_t file, const tgr_batch *batch, size_t row,
                          const char *what, const char *of, const char *model, bool may_be_below,
                          tgr_error *error)
{
    double lowest = may_be_below ? -TGR_EXACT_LIMIT : 0;
    return tgr_fail(error, TGR_ERR_INPUT,
                    "%s: row %llu holds a %s%s%s outside %.0f to %.0f, which cannot be summed "
                    "exactly; correct it or choose another unit",
                    pass->files[file]->path, (unsigned long long)tgr_fit_row(pass, batch, row),
                    what, of, model, lowest, TGR_EXACT_LIMIT);
}

tgr_status tgr_fit_means_add(tgr_fit_means *means, const tgr_pass *pass, size_t file,
                             const tgr_batch *batch, const int32_t *columns,
                             const tgr_router *router, tgr_error *error)
{
    const array arrays[] = {
        {means->cost, batch->cost, "cost", false},
        {means->completion_tokens, batch->completion_tokens, "number of completion tokens", false},
        {means->score, batch->score, "score", true},
    };
    size_t file_models = tgr_strings_count(pass->files[file]->models);
    for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++) {
        size_t row, model;
        if (!add_array(&arrays[i], means->models, batch->rows, file_models, columns, &row,
                       &model)) {
            return fail_at(pass, file, batch, row, arrays[i].name, " of model ",
                           router->models[model].name, arrays[i].may_be_below, error);
        }
    }
    for (size_t row = 0; batch->prompt_tokens != NULL && row < batch->rows; row++) {
        if (!add_value(&means->prompt_tokens, batch->prompt_tokens[row], false)) {
            return fail_at(pass, file, batch, row, "number of prompt tokens", "", "", false, error);
        }
    }
    return TGR_OK;
}

double tgr_mean_value(tgr_mean mean)
{
    return mean.count == 0 ? NAN : tgr_exact_value(mean.sum) / (double)mean.count;
}

void tgr_fit_means_store(const tgr_fit_means *means, tgr_router *router)
{
    for (size_t model = 0; model < means->models; model++) {
        tgr_model *one = &router->models[model];
        one->mean_cost = tgr_mean_value(means->cost[model]);
        if (isnan(one->mean_completion_tokens)) {
            one->mean_completion_tokens = tgr_mean_value(means->completion_tokens[model]);
        }
        one->mean_score = tgr_mean_value(means->score[model]);
    }
}
