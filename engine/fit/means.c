/* means.c - exact means over the training queries. */
#include "engine/fit/means.h"

#include <math.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/runtime.h"

#define ARRAYS 3 /* cost, completion tokens, score */

tgr_status tgr_fit_means_open(tgr_fit_means *means, size_t models, const tgr_run *run,
                              tgr_error *error)
{
    *means = (tgr_fit_means){.models = models, .part_count = (size_t)tgr_run_threads(run)};
    means->cost = tgr_mem_zalloc(models, sizeof *means->cost);
    means->completion_tokens = tgr_mem_zalloc(models, sizeof *means->completion_tokens);
    means->score = tgr_mem_zalloc(models, sizeof *means->score);
    means->parts = tgr_mem_alloc(means->part_count, (ARRAYS * models + 1) * sizeof *means->parts);
    if (means->cost == NULL || means->completion_tokens == NULL || means->score == NULL ||
        means->parts == NULL) {
        return tgr_fail_memory(error, "the models' means");
    }
    return TGR_OK;
}

void tgr_fit_means_free(tgr_fit_means *means)
{
    tgr_mem_free(means->cost);
    tgr_mem_free(means->completion_tokens);
    tgr_mem_free(means->score);
    tgr_mem_free(means->parts);
    *means = (tgr_fit_means){0};
}

static inline bool add_value(tgr_mean *mean, double value, bool may_be_below,
                             const tgr_weight *weights, size_t row)
{
    if (isnan(value)) {
        return true;
    }
    if (!tgr_exact_fits(value) || (value < 0 && !may_be_below)) {
        return false;
    }
    int64_t term = tgr_exact_term(value);
    mean->sum += weights == NULL ? term : tgr_weigh(weights[row], term);
    mean->count++;
    mean->beyond += weights == NULL ? 0 : weights[row] - TGR_WEIGHT_ONE;
    return true;
}

typedef struct array { /* one of the batch's rows x models arrays */
    tgr_mean *means;
    const float *values; /* NULL: there is none */
    const char *name;
    bool may_be_below; /* zero */
} array;

/* A value that does not fit. Arrays are told before rows, and prompt tokens come after them. */
typedef struct place {
    size_t array, row, model;
} place;

static bool is_before(const place *a, const place *b)
{
    return a->array != b->array ? a->array < b->array : a->row < b->row;
}

/* The part that rows [begin, end) have in a batch's sums. Stops at a value that does not fit.
 * Compiled once without weights and once with them. */
static inline __attribute__((always_inline)) bool
add_part(const array arrays[ARRAYS], const tgr_batch *batch, const tgr_weight *weights,
         size_t begin, size_t end, size_t models, size_t file_models, const int32_t *columns,
         tgr_mean *part, place *bad)
{
    for (size_t i = 0; i < ARRAYS; i++, part += models) {
        for (size_t row = begin; arrays[i].values != NULL && row < end; row++) {
            const float *of_row = arrays[i].values + row * file_models;
            for (size_t model = 0; model < models; model++) {
                if (columns[model] >= 0 && !add_value(&part[model], of_row[columns[model]],
                                                      arrays[i].may_be_below, weights, row)) {
                    *bad = (place){i, row, model};
                    return false;
                }
            }
        }
    }
    for (size_t row = begin; batch->prompt_tokens != NULL && row < end; row++) {
        if (!add_value(part, batch->prompt_tokens[row], false, weights, row)) {
            *bad = (place){ARRAYS, row, 0};
            return false;
        }
    }
    return true;
}

static void add_mean(tgr_mean *sum, const tgr_mean *part)
{
    sum->sum += part->sum;
    sum->count += part->count;
    sum->beyond += part->beyond;
}

static void add_up(tgr_fit_means *means, const array arrays[ARRAYS])
{
    const tgr_mean *part = means->parts;
    for (size_t i = 0; i < means->part_count; i++) {
        for (size_t j = 0; j < ARRAYS; j++) {
            for (size_t model = 0; model < means->models; model++) {
                add_mean(&arrays[j].means[model], part++);
            }
        }
        add_mean(&means->prompt_tokens, part++);
    }
}

static tgr_status fail_at(const tgr_fit_walk *walk, size_t file, const tgr_batch *batch, size_t row,
                          const char *what, const char *of, const char *model, bool may_be_below,
                          tgr_error *error)
{
    double lowest = may_be_below ? -TGR_EXACT_LIMIT : 0;
    return tgr_fail(error, TGR_ERR_INPUT,
                    "%s: row %llu holds a %s%s%s outside %.0f to %.0f, which cannot be summed "
                    "exactly; correct it or choose another unit",
                    walk->pass.files[file]->path,
                    (unsigned long long)tgr_fit_walk_row(walk, batch, row), what, of, model, lowest,
                    TGR_EXACT_LIMIT);
}

tgr_status tgr_fit_means_add(tgr_fit_means *means, const tgr_fit_walk *walk, size_t file,
                             const tgr_batch *batch, const int32_t *columns,
                             const tgr_router *router, tgr_error *error)
{
    const array arrays[ARRAYS] = {
        {means->cost, batch->cost, "cost", false},
        {means->completion_tokens, batch->completion_tokens, "number of completion tokens", false},
        {means->score, batch->score, "score", true},
    };
    size_t file_models = tgr_strings_count(walk->pass.files[file]->models);
    size_t rows = batch->rows, parts = means->part_count, each = ARRAYS * means->models + 1;
    place bad = {.array = SIZE_MAX};
    memset(means->parts, 0, parts * each * sizeof *means->parts);
#pragma omp parallel for num_threads((int)parts) schedule(static, 1)
    for (size_t i = 0; i < parts; i++) {
        place here;
        size_t begin = rows * i / parts, end = rows * (i + 1) / parts;
        tgr_mean *part = means->parts + i * each;
        if (walk->weights == NULL ? !add_part(arrays, batch, NULL, begin, end, means->models,
                                              file_models, columns, part, &here)
                                  : !add_part(arrays, batch, walk->weights, begin, end,
                                              means->models, file_models, columns, part, &here)) {
#pragma omp critical(tgr_fit_means_bad)
            bad = is_before(&here, &bad) ? here : bad;
        }
    }
    if (bad.array == ARRAYS) {
        return fail_at(walk, file, batch, bad.row, "number of prompt tokens", "", "", false, error);
    }
    if (bad.array < ARRAYS) {
        const array *one = &arrays[bad.array];
        return fail_at(walk, file, batch, bad.row, one->name, " of model ",
                       router->models[bad.model].name, one->may_be_below, error);
    }
    add_up(means, arrays);
    return TGR_OK;
}

double tgr_mean_value(tgr_mean mean)
{
    tgr_sum count = tgr_mean_count(&mean);
    return count == 0 ? NAN : tgr_exact_value(mean.sum) / tgr_exact_value(count);
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
