/* input.c - reading a query file into memory, batch by batch. */
#include "bench/input.h"

#include <math.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/runtime.h"
#include "engine/router/serve.h"
#include "engine/store/query_read.h"

#define BATCH_ROWS    ((size_t)1 << 16)
#define BATCH_ENTRIES ((size_t)1 << 20)

typedef struct reading {
    tgr_bench_data *data;
    const tgr_router *router;
    tgr_query_file *file;
    tgr_serve *serve;
    tgr_batch batch;
    tgr_transform transform;
    size_t capacity; /* entries */
    size_t entries;  /* so far */
} reading;

/* ---- what the router brings -------------------------------------------------------------------*/

static tgr_status take_models(tgr_bench_data *data, const tgr_serve *serve, tgr_error *error)
{
    data->models = serve->models;
    data->stride = serve->stride;
    data->reference = serve->reference;
    data->mask_words = serve->mask_words;
    data->weights = tgr_mem_aligned(data->columns, data->stride * sizeof *data->weights);
    data->bias = tgr_mem_aligned(data->stride, sizeof *data->bias);
    data->flat = tgr_mem_aligned(data->models, sizeof *data->flat);
    data->price_in = tgr_mem_aligned(data->models, sizeof *data->price_in);
    data->price_out = tgr_mem_aligned(data->models, sizeof *data->price_out);
    if (data->weights == NULL || data->bias == NULL || data->flat == NULL ||
        data->price_in == NULL || data->price_out == NULL) {
        return tgr_fail_memory(error, "the weights");
    }
    memcpy(data->weights, serve->weights, data->columns * data->stride * sizeof *data->weights);
    memset(data->bias, 0, data->stride * sizeof *data->bias);
    memcpy(data->bias, serve->bias, data->models * sizeof *data->bias);
    memcpy(data->flat, serve->flat, data->models * sizeof *data->flat);
    memcpy(data->price_in, serve->price_in, data->models * sizeof *data->price_in);
    memcpy(data->price_out, serve->price_out, data->models * sizeof *data->price_out);
    return TGR_OK;
}

/* ---- rows -------------------------------------------------------------------------------------*/

typedef struct placing {
    char *memory;
    size_t each;
} placing;

static uint64_t place(const void *work, size_t thread, size_t begin, size_t end)
{
    const placing *memory = work;
    (void)thread;
    memset(memory->memory + begin * memory->each, 0, (end - begin) * memory->each);
    return 0;
}

/* Memory whose parts lie near the threads that will begin with them. */
static void *placed(const tgr_team *team, size_t count, size_t each)
{
    placing memory = {tgr_mem_aligned(count, each), each};
    if (memory.memory != NULL) {
        tgr_team_share(team, team->most_threads, count, place, &memory);
    }
    return memory.memory;
}

static tgr_status make_room(reading *read, const tgr_team *team, tgr_error *error)
{
    tgr_bench_data *data = read->data;
    const tgr_serve *serve = read->serve;
    bool narrow = data->columns <= UINT16_MAX + 1;
    bool tokens = serve->any_price && serve->has_prompt_tokens;
    read->capacity = (size_t)read->file->nonzeros;
    data->indptr = placed(team, data->rows + 1, sizeof *data->indptr);
    data->indices = placed(team, read->capacity, sizeof *data->indices);
    data->narrow = narrow ? placed(team, read->capacity, sizeof *data->narrow) : NULL;
    data->values = placed(team, read->capacity, tgr_bench_value_size(data->value_type));
    if (tokens) {
        data->prompt_tokens = placed(team, data->rows, sizeof *data->prompt_tokens);
    }
    if (serve->any_mask) {
        data->eligible = placed(team, data->rows, data->mask_words * sizeof *data->eligible);
    }
    bool missing = data->indptr == NULL || data->indices == NULL || data->values == NULL ||
                   (narrow && data->narrow == NULL) || (tokens && data->prompt_tokens == NULL) ||
                   (serve->any_mask && data->eligible == NULL);
    return missing ? tgr_fail_memory(error, "all queries of the file at once") : TGR_OK;
}

/* Masks of a batch that restricts nobody. */
static void all_may_serve(const tgr_bench_data *data, uint64_t *masks, size_t rows)
{
    for (size_t i = 0; i < rows * data->mask_words; i++) {
        size_t left = data->models - 64 * (i % data->mask_words);
        masks[i] = left < 64 ? (UINT64_C(1) << left) - 1 : ~UINT64_C(0);
    }
}

static void copy_rows(reading *read, size_t first)
{
    tgr_bench_data *data = read->data;
    const tgr_batch *batch = &read->batch;
    size_t size = tgr_bench_value_size(data->value_type);
    size_t entries = (size_t)batch->x.indptr[batch->rows];
    for (size_t row = 0; row <= batch->rows; row++) {
        data->indptr[first + row] = (int64_t)read->entries + batch->x.indptr[row];
    }
    for (size_t i = 0; i < entries; i++) {
        size_t column = tgr_csr_column(&batch->x, (int64_t)i);
        data->indices[read->entries + i] = (uint32_t)column;
        if (data->narrow != NULL) {
            data->narrow[read->entries + i] = (uint16_t)column;
        }
    }
    memcpy((char *)data->values + read->entries * size, batch->x.values, entries * size);
    read->entries += entries;
    if (data->prompt_tokens != NULL) {
        memcpy(data->prompt_tokens + first, batch->prompt_tokens,
               batch->rows * sizeof *data->prompt_tokens);
    }
    if (data->eligible != NULL) {
        uint64_t *masks = data->eligible + first * data->mask_words;
        if (!tgr_serve_masks(read->serve, read->router, batch, masks)) {
            all_may_serve(data, masks, batch->rows);
        }
    }
}

static tgr_status read_batch(reading *read, size_t first, const tgr_team *team, tgr_error *error)
{
    tgr_bench_data *data = read->data;
    unsigned wants = tgr_serve_wants(read->serve, read->file);
    tgr_status status =
        tgr_query_read(read->file, first, BATCH_ROWS, BATCH_ENTRIES, wants, &read->batch, error);
    if (status == TGR_OK) {
        status = tgr_serve_transform(read->router, &read->batch, &read->transform, error);
    }
    if (status == TGR_OK && first == 0) {
        data->value_type = read->batch.x.value_type;
        status = make_room(read, team, error);
    }
    if (status != TGR_OK) {
        return status;
    }
    size_t rows = read->batch.rows;
    if (rows == 0 || rows > data->rows - first ||
        (size_t)read->batch.x.indptr[rows] > read->capacity - read->entries) {
        return tgr_fail(error, TGR_ERR_INPUT, "%s: holds other queries than it says, at row %zu",
                        read->file->path, first);
    }
    copy_rows(read, first);
    return TGR_OK;
}

static tgr_status read_rows(reading *read, const tgr_team *team, const tgr_run *run,
                            tgr_error *error)
{
    size_t rows = read->data->rows;
    tgr_status status = TGR_OK;
    for (size_t row = 0; row < rows && status == TGR_OK; row += read->batch.rows) {
        status = tgr_run_check(run, error);
        if (status == TGR_OK) {
            status = read_batch(read, row, team, error);
        }
        tgr_run_progress(run, "reading", "queries", row + read->batch.rows, rows,
                         row + read->batch.rows);
    }
    if (status == TGR_OK && read->entries == 0) {
        return tgr_fail(error, TGR_ERR_INPUT, "%s: no query has a tag, so there is nothing to time",
                        read->file->path);
    }
    return status;
}

static void describe(const reading *read, tgr_bench_shape *shape)
{
    const tgr_bench_data *data = read->data;
    shape->queries = data->rows;
    shape->tags = (uint32_t)data->columns;
    shape->models = (uint32_t)data->models;
    shape->values = data->value_type == TGR_F32   ? TGR_BENCH_F32
                    : data->value_type == TGR_U16 ? TGR_BENCH_U16
                                                  : TGR_BENCH_U8;
    shape->tokens = data->prompt_tokens != NULL;
    shape->masked = data->eligible != NULL;
    shape->zipf = NAN;
    shape->seed = 0;
}

static tgr_status read_file(reading *read, const tgr_bench_shape *shape, const tgr_team *team,
                            const tgr_run *run, tgr_error *error)
{
    tgr_bench_data *data = read->data;
    data->rows = (size_t)read->file->rows;
    data->columns = read->file->columns;
    tgr_status status = tgr_serve_open(read->router, read->file, &read->serve, error);
    if (status == TGR_OK && shape->policy >= TGR_BENCH_UTILITY) {
        status = tgr_serve_need_costs(read->serve, read->router, error);
    }
    if (status == TGR_OK) {
        status = take_models(data, read->serve, error);
    }
    return status == TGR_OK ? read_rows(read, team, run, error) : status;
}

tgr_status tgr_bench_input_read(tgr_bench_data *data, tgr_bench_shape *shape, const char *path,
                                const tgr_router *router, const tgr_team *team, const tgr_run *run,
                                tgr_error *error)
{
    *data = (tgr_bench_data){0};
    reading read = {.data = data, .router = router};
    tgr_status status = tgr_query_open(path, &read.file, error);
    if (status == TGR_OK) {
        status = read_file(&read, shape, team, run, error);
    }
    if (status == TGR_OK) {
        describe(&read, shape);
    }
    tgr_batch_free(&read.batch);
    tgr_transform_free(&read.transform);
    tgr_serve_close(read.serve);
    tgr_query_close(read.file);
    return status;
}
