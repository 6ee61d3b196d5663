/* count.c - outcomes summed by tag and model, in pieces, by the engine's own sums. */
#include "bench/count.h"

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/scorer/sums.h"

struct tgr_bench_counting {
    tgr_outcome_sums sums;
    uint32_t *slots; /* columns: each is a tag of its own */
};

void tgr_bench_count_close(tgr_bench_entry *entry)
{
    if (entry->counting != NULL) {
        tgr_outcome_sums_free(&entry->counting->sums);
        tgr_mem_free(entry->counting->slots);
        tgr_mem_free(entry->counting);
        entry->counting = NULL;
    }
}

static bool open_counting(const tgr_bench_run *run, const tgr_bench_entry *entry,
                          struct tgr_bench_counting *counting)
{
    const tgr_bench_data *data = &run->data;
    counting->slots = tgr_mem_alloc(data->columns, sizeof *counting->slots);
    for (size_t i = 0; counting->slots != NULL && i < data->columns; i++) {
        counting->slots[i] = (uint32_t)i;
    }
    return tgr_outcome_sums_open(&counting->sums, entry->kernels, data->columns, data->models,
                                 data->value_type == TGR_F32, entry->threads) &&
           counting->slots != NULL;
}

tgr_status tgr_bench_count_open(const tgr_bench_run *run, tgr_bench_entry *entry, tgr_error *error)
{
    entry->counting = tgr_mem_zalloc(1, sizeof *entry->counting);
    if (entry->counting == NULL || !open_counting(run, entry, entry->counting)) {
        return tgr_fail_memory(error, "the sums of outcomes");
    }
    return TGR_OK;
}

typedef struct working {
    const tgr_bench_data *data;
    struct tgr_bench_counting *counting;
    tgr_csr x;
} working;

static uint64_t count_piece(const void *work, size_t thread, size_t begin, size_t end)
{
    const working *w = work;
    tgr_outcome_sums_add(&w->counting->sums, thread, &w->x, w->counting->slots, w->data->outcomes,
                         begin, end);
    return 0;
}

/* No more threads than there are tables. */
static tgr_team_time count_all(const tgr_bench_run *run, const tgr_bench_entry *entry,
                               struct tgr_bench_counting *counting)
{
    working work = {&run->data, counting, tgr_bench_csr(&run->data, entry->narrow)};
    size_t tables = counting->sums.table_count;
    int threads = tables < (size_t)entry->threads ? (int)tables : entry->threads;
    uint64_t seen;
    return tgr_team_run(&run->team, threads, run->data.bounds, run->data.pieces, count_piece, &work,
                        &seen);
}

tgr_team_time tgr_bench_count_run(const tgr_bench_run *run, const tgr_bench_entry *entry)
{
    return count_all(run, entry, entry->counting);
}

static int64_t term_at(const tgr_bench_data *data, size_t entry)
{
    switch (data->value_type) {
    case TGR_U8:
        return (int64_t)((const uint8_t *)data->values)[entry] << 40;
    case TGR_U16:
        return (int64_t)((const uint16_t *)data->values)[entry] << 40;
    default:
        return tgr_exact_term(((const float *)data->values)[entry]);
    }
}

static void count_plainly(const tgr_bench_data *data, tgr_sum *sums)
{
    for (size_t row = 0; row < data->rows; row++) {
        const int8_t *outcomes = data->outcomes + row * data->models;
        for (int64_t entry = data->indptr[row]; entry < data->indptr[row + 1]; entry++) {
            tgr_sum *of_tag = sums + data->indices[entry] * data->models * 3;
            int64_t term = term_at(data, (size_t)entry);
            for (size_t k = 0; k < data->models; k++) {
                if (outcomes[k] >= 0) {
                    of_tag[3 * k + (size_t)outcomes[k]] += term;
                }
            }
        }
    }
}

static tgr_status compare(const tgr_bench_run *run, const tgr_bench_entry *entry,
                          const tgr_sum *got, const tgr_sum *wanted, tgr_error *error)
{
    size_t lanes = run->data.models * 3;
    for (size_t i = 0; i < run->data.columns * lanes; i++) {
        if (got[i] != wanted[i]) {
            return tgr_fail(error, TGR_ERR_INTERNAL,
                            "'%s' is wrong: tag %zu, model %zu has another sum than a plain loop "
                            "gives; no figure of this run is worth anything, please report it",
                            entry->name, i / lanes, i % lanes / 3);
        }
    }
    return TGR_OK;
}

tgr_status tgr_bench_count_check(const tgr_bench_run *run, const tgr_bench_entry *entry,
                                 tgr_error *error)
{
    size_t cells = run->data.columns * run->data.models * 3;
    tgr_sum *wanted = tgr_mem_zalloc(cells, sizeof *wanted);
    struct tgr_bench_counting counting = {0};
    tgr_status status = TGR_OK;
    if (wanted == NULL || !open_counting(run, entry, &counting)) {
        status = tgr_fail_memory(error, "the sums to compare with");
    } else {
        count_all(run, entry, &counting);
        count_plainly(&run->data, wanted);
        status = compare(run, entry, tgr_outcome_sums_total(&counting.sums), wanted, error);
    }
    tgr_outcome_sums_free(&counting.sums);
    tgr_mem_free(counting.slots);
    tgr_mem_free(wanted);
    return status;
}
