/* densely.c - rows written out in full, and multiplied. */
#include "bench/densely.h"

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "kernels/xsmm/dense.h"

struct tgr_bench_densely {
    tgr_multiply multiply;
    tgr_dense dense;
    tgr_weights weights;
    size_t scratch_each;
    char *scratch; /* threads x scratch_each */
};

/* Generates code that gives the reference's bits. */
static bool make_code(const tgr_bench_run *run, const tgr_kernels *kernels, tgr_multiply *multiply)
{
    size_t columns = run->shape.tags, models = run->shape.models;
    if (!tgr_multiply_open(multiply, kernels->isa, tgr_weights_stride(models), TGR_DENSE_ROWS,
                           columns)) {
        return false;
    }
    void *scratch = tgr_mem_aligned(1, tgr_dense_check_scratch(columns, models));
    bool right = scratch != NULL && tgr_dense_check(multiply->run, columns, models, scratch);
    tgr_mem_free_aligned(scratch);
    if (!right) {
        tgr_multiply_close(multiply);
    }
    return right;
}

bool tgr_bench_dense_there(const tgr_bench_run *run, const tgr_kernels *kernels)
{
    tgr_multiply multiply;
    bool there = make_code(run, kernels, &multiply);
    if (there) {
        tgr_multiply_close(&multiply);
    }
    return there;
}

void tgr_bench_dense_close(tgr_bench_entry *entry)
{
    if (entry->densely != NULL) {
        tgr_multiply_close(&entry->densely->multiply);
        tgr_mem_free_aligned(entry->densely->scratch);
        tgr_mem_free(entry->densely);
        entry->densely = NULL;
    }
}

tgr_status tgr_bench_dense_open(const tgr_bench_run *run, tgr_bench_entry *entry, tgr_error *error)
{
    const tgr_bench_data *data = &run->data;
    struct tgr_bench_densely *densely = tgr_mem_zalloc(1, sizeof *densely);
    entry->densely = densely;
    if (densely == NULL) {
        return tgr_fail_memory(error, "the dense kernel");
    }
    densely->scratch_each = (tgr_dense_scratch(data->columns, data->models) + 63) / 64 * 64;
    densely->scratch = tgr_mem_aligned((size_t)entry->threads, densely->scratch_each);
    if (densely->scratch == NULL || !make_code(run, entry->kernels, &densely->multiply)) {
        return tgr_fail_memory(error, "the dense kernel");
    }
    densely->weights = (tgr_weights){data->models, data->stride, data->weights, data->bias};
    tgr_dense_open(&densely->dense, densely->multiply.run, entry->kernels, &densely->weights,
                   data->columns, 0);
    return TGR_OK;
}

typedef struct working {
    const struct tgr_bench_densely *densely;
    tgr_csr x;
    tgr_decider decider;
    tgr_choice choice;
} working;

static uint64_t route(const void *work, size_t thread, size_t begin, size_t end)
{
    const working *w = work;
    void *scratch = w->densely->scratch + w->densely->scratch_each * thread;
    tgr_dense_route(&w->densely->dense, &w->x, &w->decider, begin, end, scratch, &w->choice);
    return 0;
}

tgr_team_time tgr_bench_dense_run(const tgr_bench_run *run, const tgr_bench_entry *entry)
{
    const tgr_bench_data *data = &run->data;
    working work = {
        .densely = entry->densely,
        .x = tgr_bench_csr(data, entry->narrow),
        .decider = tgr_bench_decider(run, &run->questions[entry->question]),
        .choice = {.model = data->model},
    };
    uint64_t seen;
    return tgr_team_run(&run->team, entry->threads, data->bounds, data->pieces, route, &work,
                        &seen);
}
