/* rows.c - drawing the rows of a made-up world. */
#include "bench/rows.h"

#include <math.h>

#include "datasets/generate/record.h"
#include "engine/base/error.h"
#include "engine/base/memory.h"

#define PURPOSE_ROW 104
#define TOPICS      40

typedef struct making {
    tgr_bench_data *data;
    tgr_bench_values values;
    const tgr_gen_world *world;
    int64_t *before; /* threads: entries of the rows of each, then of all before it */
    uint64_t key;
} making;

static uint64_t count_entries(const void *work, size_t thread, size_t begin, size_t end)
{
    const making *make = work;
    int64_t count = 0;
    for (size_t row = begin; row < end; row++) {
        int64_t one[2];
        count += tgr_gen_csr_indptr(make->world, row, row + 1, one);
        make->data->indptr[row + 1] = count;
    }
    make->before[thread] = count;
    return 0;
}

static uint64_t number_entries(const void *work, size_t thread, size_t begin, size_t end)
{
    const making *make = work;
    for (size_t row = begin; row < end; row++) {
        make->data->indptr[row + 1] += make->before[thread];
    }
    return 0;
}

static void put_value(const making *make, size_t at, uint32_t tag, uint8_t count)
{
    void *values = make->data->values;
    switch (make->values) {
    case TGR_BENCH_ONES:
        ((uint8_t *)values)[at] = 1;
        return;
    case TGR_BENCH_U8:
        ((uint8_t *)values)[at] = count;
        return;
    case TGR_BENCH_U16:
        ((uint16_t *)values)[at] = count;
        return;
    case TGR_BENCH_F32:
        ((float *)values)[at] = (float)count * (0.25F + (float)(tag % 97) / 128.0F);
    }
}

static uint64_t fill_entries(const void *work, size_t thread, size_t begin, size_t end)
{
    const making *make = work;
    tgr_bench_data *data = make->data;
    (void)thread;
    for (size_t row = begin; row < end; row++) {
        tgr_gen_tags tags;
        tgr_gen_draw_tags(make->world, row, &tags);
        size_t at = (size_t)data->indptr[row];
        for (uint32_t i = 0; i < tags.count; i++) {
            data->indices[at + i] = tags.ids[i];
            put_value(make, at + i, tags.ids[i], tags.counts[i]);
            if (data->narrow != NULL) {
                data->narrow[at + i] = (uint16_t)tags.ids[i];
            }
        }
    }
    return 0;
}

static tgr_status allocate_entries(tgr_bench_data *data, size_t entries, tgr_error *error)
{
    data->indices = tgr_mem_aligned(entries, sizeof *data->indices);
    data->values = tgr_mem_aligned(entries, tgr_bench_value_size(data->value_type));
    bool missing = data->indices == NULL || data->values == NULL;
    if (data->columns <= UINT16_MAX + 1) {
        data->narrow = tgr_mem_aligned(entries, sizeof *data->narrow);
        missing = missing || data->narrow == NULL;
    }
    return missing ? tgr_fail_memory(error, "the queries' tags; fewer --queries need less")
                   : TGR_OK;
}

static tgr_status open_world(const tgr_bench_shape *shape, tgr_gen_world **world, tgr_error *error)
{
    tgr_gen_options options;
    tgr_gen_options_init(&options);
    options.seed = shape->seed;
    options.tags = shape->tags;
    options.topics = shape->tags < TOPICS ? shape->tags : TOPICS;
    options.models = 1; /* tags are all that is drawn */
    options.min_tags = shape->min_tags;
    options.max_tags = shape->max_tags;
    options.zipf = shape->zipf;
    return tgr_gen_world_new(&options, world, error);
}

static tgr_status draw(making *make, const tgr_team *team, tgr_error *error)
{
    tgr_bench_data *data = make->data;
    int threads = team->most_threads;
    tgr_team_share(team, threads, data->rows, count_entries, make);
    int64_t total = 0;
    for (int i = 0; i < threads; i++) {
        int64_t here = make->before[i];
        make->before[i] = total;
        total += here;
    }
    data->indptr[0] = 0;
    tgr_team_share(team, threads, data->rows, number_entries, make);
    tgr_status status = allocate_entries(data, (size_t)total, error);
    if (status == TGR_OK) {
        tgr_team_share(team, threads, data->rows, fill_entries, make);
    }
    return status;
}

tgr_status tgr_bench_rows_make(tgr_bench_data *data, const tgr_bench_shape *shape,
                               const tgr_team *team, tgr_error *error)
{
    making make = {.data = data, .values = shape->values};
    tgr_gen_world *world = NULL;
    tgr_status status = open_world(shape, &world, error);
    make.world = world;
    make.before = tgr_mem_zalloc((size_t)team->most_threads, sizeof *make.before);
    data->indptr = tgr_mem_aligned(data->rows + 1, sizeof *data->indptr);
    if (status == TGR_OK && (make.before == NULL || data->indptr == NULL)) {
        status = tgr_fail_memory(error, "the queries; fewer --queries need less");
    }
    if (status == TGR_OK) {
        status = draw(&make, team, error);
    }
    tgr_mem_free(make.before);
    tgr_gen_world_free(world);
    return status;
}

/* Three of four models may serve a query; hardly ever none. */
static void fill_mask(tgr_bench_data *data, size_t row, tgr_gen_random *random)
{
    for (size_t word = 0; word < data->mask_words; word++) {
        size_t left = data->models - 64 * word;
        uint64_t models = left < 64 ? (UINT64_C(1) << left) - 1 : ~UINT64_C(0);
        uint64_t bits = tgr_gen_next(random) | tgr_gen_next(random);
        data->eligible[row * data->mask_words + word] = bits & models;
    }
}

static uint64_t fill_row_data(const void *work, size_t thread, size_t begin, size_t end)
{
    const making *make = work;
    tgr_bench_data *data = make->data;
    (void)thread;
    for (size_t row = begin; row < end; row++) {
        tgr_gen_random random = tgr_gen_stream(make->key, row);
        if (data->prompt_tokens != NULL) {
            data->prompt_tokens[row] = floor(150 * exp(tgr_gen_normal(tgr_gen_next(&random))));
        }
        if (data->eligible != NULL) {
            fill_mask(data, row, &random);
        }
        for (size_t k = 0; data->outcomes != NULL && k < data->models; k++) {
            uint32_t outcome = tgr_gen_below(tgr_gen_next(&random), 3);
            data->outcomes[row * data->models + k] = (int8_t)outcome;
        }
    }
    return 0;
}

void tgr_bench_rows_fill(tgr_bench_data *data, uint64_t seed, const tgr_team *team)
{
    making make = {.data = data, .key = tgr_gen_key(seed, PURPOSE_ROW)};
    tgr_team_share(team, team->most_threads, data->rows, fill_row_data, &make);
}
