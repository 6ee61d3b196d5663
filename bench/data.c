/* data.c - the arrays of a run: allocated, filled, cut into pieces. */
#include "bench/data.h"

#include <math.h>
#include <string.h>

#include "bench/limits.h"
#include "bench/rows.h"
#include "datasets/generate/random.h"
#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/cut.h"

/* As the engine cuts. */
#define PIECE_ROWS    ((size_t)4096)
#define PIECE_ENTRIES ((size_t)32768)

enum { PURPOSE_WEIGHTS = 101, PURPOSE_BIAS, PURPOSE_COSTS };

size_t tgr_bench_value_size(tgr_value_type type)
{
    return type == TGR_F32 ? 4 : type == TGR_U16 ? 2 : 1;
}

tgr_csr tgr_bench_csr(const tgr_bench_data *data, bool narrow)
{
    return (tgr_csr){
        .rows = data->rows,
        .indptr = data->indptr,
        .indices = data->indices,
        .values = data->values,
        .value_type = data->value_type,
        .narrow = narrow ? data->narrow : NULL,
    };
}

void tgr_bench_data_free(tgr_bench_data *data)
{
    void *const arrays[] = {
        data->indptr,   data->indices,   data->narrow,        data->values,
        data->weights,  data->bias,      data->plain_weights, data->flat,
        data->price_in, data->price_out, data->eligible,      data->prompt_tokens,
        data->outcomes, data->model,     data->bounds,        data->limit_bounds,
    };
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
        tgr_mem_free_aligned(arrays[i]);
    }
    *data = (tgr_bench_data){0};
}

/* Bell-shaped around nothing, as fitted weights are; every one of its own, so that ties are as rare
 * as in life. */
static void fill_weights(tgr_bench_data *data, uint64_t seed)
{
    for (size_t t = 0; t < data->columns; t++) {
        tgr_gen_random random = tgr_gen_stream(tgr_gen_key(seed, PURPOSE_WEIGHTS), t);
        float *row = data->weights + t * data->stride;
        for (size_t k = 0; k < data->models; k++) {
            row[k] = (float)(0.1 * tgr_gen_normal(tgr_gen_next(&random)));
        }
    }
    tgr_gen_random random = tgr_gen_stream(tgr_gen_key(seed, PURPOSE_BIAS), 0);
    for (size_t k = 0; k < data->models; k++) {
        data->bias[k] = (float)(0.02 * tgr_gen_normal(tgr_gen_next(&random)));
    }
}

/* From a dear model to cheaper ones; no two alike. */
static void fill_costs(tgr_bench_data *data, uint64_t seed)
{
    tgr_gen_random random = tgr_gen_stream(tgr_gen_key(seed, PURPOSE_COSTS), 0);
    for (size_t k = 0; k < data->models; k++) {
        double price = 1e-5 * (0.05 + tgr_gen_uniform(tgr_gen_next(&random)));
        data->price_in[k] = price;
        data->price_out[k] = 3 * price * 180;
        data->flat[k] = 150 * data->price_in[k] + data->price_out[k];
    }
}

static tgr_status allocate_models(tgr_bench_data *data, tgr_error *error)
{
    data->stride = tgr_weights_stride(data->models);
    data->weights = tgr_mem_aligned(data->columns, data->stride * sizeof *data->weights);
    data->bias = tgr_mem_aligned(data->stride, sizeof *data->bias);
    data->flat = tgr_mem_aligned(data->models, sizeof *data->flat);
    data->price_in = tgr_mem_aligned(data->models, sizeof *data->price_in);
    data->price_out = tgr_mem_aligned(data->models, sizeof *data->price_out);
    if (data->weights == NULL || data->bias == NULL || data->flat == NULL ||
        data->price_in == NULL || data->price_out == NULL) {
        return tgr_fail_memory(error, "the weights");
    }
    memset(data->weights, 0, data->columns * data->stride * sizeof *data->weights);
    memset(data->bias, 0, data->stride * sizeof *data->bias);
    return TGR_OK;
}

static tgr_status allocate_row_data(tgr_bench_data *data, const tgr_bench_needs *needs,
                                    tgr_error *error)
{
    bool missing = false;
    if (needs->tokens) {
        data->prompt_tokens = tgr_mem_aligned(data->rows, sizeof *data->prompt_tokens);
        missing = missing || data->prompt_tokens == NULL;
    }
    if (needs->masks) {
        size_t row_bytes = data->mask_words * sizeof *data->eligible;
        data->eligible = tgr_mem_aligned(data->rows, row_bytes);
        missing = missing || data->eligible == NULL;
    }
    if (needs->outcomes) {
        data->outcomes = tgr_mem_aligned(data->rows, data->models);
        missing = missing || data->outcomes == NULL;
    }
    return missing ? tgr_fail_memory(error, "what queries have beside tags") : TGR_OK;
}

tgr_status tgr_bench_data_make(tgr_bench_data *data, const tgr_bench_shape *shape,
                               const tgr_bench_needs *needs, const tgr_team *team, tgr_error *error)
{
    *data = (tgr_bench_data){
        .rows = (size_t)shape->queries,
        .columns = shape->tags,
        .models = shape->models,
        .value_type = tgr_bench_value_type(shape->values),
        .mask_words = (shape->models + 63) / 64,
    };
    tgr_status status = tgr_bench_rows_make(data, shape, team, error);
    if (status == TGR_OK) {
        status = allocate_models(data, error);
    }
    if (status == TGR_OK) {
        status = allocate_row_data(data, needs, error);
    }
    if (status != TGR_OK) {
        return status;
    }
    fill_weights(data, shape->seed);
    fill_costs(data, shape->seed);
    tgr_bench_rows_fill(data, shape->seed, team);
    return tgr_bench_data_finish(data, needs, team, error);
}

static uint64_t clear_decisions(const void *work, size_t thread, size_t begin, size_t end)
{
    const tgr_bench_data *data = work;
    (void)thread;
    memset(data->model + begin, 0x55, (end - begin) * sizeof *data->model);
    return 0;
}

static tgr_status cut(tgr_bench_data *data, tgr_error *error)
{
    uint64_t entries = tgr_bench_entries(data);
    size_t most = tgr_cut_most(data->rows, entries, PIECE_ROWS, PIECE_ENTRIES);
    data->bounds = tgr_mem_aligned(most + 1, sizeof *data->bounds);
    double mean = data->rows > 0 ? (double)entries / (double)data->rows : 0;
    data->length = mean < 1 ? 1 : mean > TGR_LIMIT_LENGTH ? TGR_LIMIT_LENGTH : (size_t)lround(mean);
    data->limit_rows = (size_t)(entries / data->length);
    data->limit_pieces = (data->limit_rows + PIECE_ROWS - 1) / PIECE_ROWS;
    data->limit_bounds = tgr_mem_aligned(data->limit_pieces + 1, sizeof *data->limit_bounds);
    if (data->bounds == NULL || data->limit_bounds == NULL) {
        return tgr_fail_memory(error, "the pieces of the work");
    }
    data->pieces = tgr_cut_rows(data->indptr, data->rows, PIECE_ROWS, PIECE_ENTRIES, data->bounds);
    for (size_t i = 0; i <= data->limit_pieces; i++) {
        size_t bound = i * PIECE_ROWS;
        data->limit_bounds[i] = bound < data->limit_rows ? bound : data->limit_rows;
    }
    return TGR_OK;
}

tgr_status tgr_bench_data_finish(tgr_bench_data *data, const tgr_bench_needs *needs,
                                 const tgr_team *team, tgr_error *error)
{
    tgr_status status = cut(data, error);
    if (status != TGR_OK) {
        return status;
    }
    size_t decisions;
    size_t rows = data->rows > data->limit_rows ? data->rows : data->limit_rows;
    if (__builtin_mul_overflow(rows, needs->thresholds, &decisions)) {
        return tgr_fail_memory(error, "the decisions");
    }
    data->model = tgr_mem_aligned(decisions, sizeof *data->model);
    data->plain_weights = tgr_mem_aligned(data->columns, data->models * sizeof(float));
    if (data->model == NULL || data->plain_weights == NULL) {
        return tgr_fail_memory(error, "the decisions");
    }
    for (size_t t = 0; t < data->columns; t++) {
        memcpy(data->plain_weights + t * data->models, data->weights + t * data->stride,
               data->models * sizeof(float));
    }
    tgr_team_share(team, team->most_threads, decisions, clear_decisions, data);
    return TGR_OK;
}
