/* check.c - what was timed must have decided as the reference does.
 *
 * Of every question a sample of rows is decided by the reference; of every entry the sample is
 * compared, and a hash of all its decisions with that of the first entry of the question. */
#include <string.h>

#include <xxhash.h>

#include "bench/count.h"
#include "bench/entry.h"
#include "bench/reference.h"
#include "engine/base/error.h"
#include "engine/base/memory.h"

#define CHUNK_ROWS  ((size_t)4096)
#define SAMPLE_ROWS ((size_t)200000)

/* Chunk i of the sample, spread over all rows; the last one ends with the last row. */
static size_t chunk_begin(size_t rows, size_t chunks, size_t i)
{
    return chunks == 1 ? 0
                       : (size_t)((double)(rows - CHUNK_ROWS) * (double)i / (double)(chunks - 1));
}

static size_t chunk_rows(size_t rows)
{
    return rows < CHUNK_ROWS ? rows : CHUNK_ROWS;
}

static size_t chunks_of(size_t rows)
{
    size_t wanted = (SAMPLE_ROWS + CHUNK_ROWS - 1) / CHUNK_ROWS;
    size_t all = (rows + CHUNK_ROWS - 1) / CHUNK_ROWS;
    return all < wanted ? all : wanted;
}

static tgr_status prepare(const tgr_bench_run *run, tgr_bench_question *question, tgr_error *error)
{
    const tgr_bench_data *data = &run->data;
    size_t chunks = chunks_of(data->rows), rows = chunk_rows(data->rows);
    size_t count = rows * question->threshold_count;
    question->expected = tgr_mem_alloc(chunks * count, sizeof *question->expected);
    if (question->expected == NULL) {
        return tgr_fail_memory(error, "the decisions to compare with");
    }
    tgr_csr x = tgr_bench_csr(data, false);
    tgr_decider decider = tgr_bench_decider(run, question);
#pragma omp parallel for num_threads(run->team.most_threads) schedule(dynamic, 1)
    for (size_t i = 0; i < chunks; i++) {
        size_t begin = chunk_begin(data->rows, chunks, i);
        tgr_bench_reference(&x, data, &decider, begin, begin + rows,
                            question->expected + i * count);
    }
    return TGR_OK;
}

tgr_status tgr_bench_check_prepare(tgr_bench_run *run, tgr_error *error)
{
    size_t sampled = chunks_of(run->data.rows) * chunk_rows(run->data.rows);
    run->sample_rows = sampled < run->data.rows ? sampled : run->data.rows;
    tgr_status status = TGR_OK;
    for (size_t i = 0; i < run->question_count && status == TGR_OK; i++) {
        status = prepare(run, &run->questions[i], error);
    }
    return status;
}

static tgr_status differs(const tgr_bench_entry *entry, size_t row, int got, int wanted,
                          tgr_error *error)
{
    return tgr_fail(error, TGR_ERR_INTERNAL,
                    "'%s' is wrong: it sends row %zu to model %d, the reference to %d; no figure "
                    "of this run is worth anything, please report it",
                    entry->name, row, got, wanted);
}

static tgr_status check_decisions(tgr_bench_run *run, const tgr_bench_entry *entry,
                                  tgr_error *error)
{
    const tgr_bench_data *data = &run->data;
    tgr_bench_question *question = &run->questions[entry->question];
    size_t chunks = chunks_of(data->rows), thresholds = question->threshold_count;
    size_t count = chunk_rows(data->rows) * thresholds;
    for (size_t i = 0; i < chunks; i++) {
        size_t first = chunk_begin(data->rows, chunks, i) * thresholds;
        const int16_t *expected = question->expected + i * count;
        for (size_t j = 0; j < count; j++) {
            if (data->model[first + j] != expected[j]) {
                return differs(entry, (first + j) / thresholds, data->model[first + j], expected[j],
                               error);
            }
        }
    }
    uint64_t hash = XXH3_64bits(data->model, data->rows * thresholds * sizeof *data->model);
    if (question->hash == 0) {
        question->hash = hash;
    }
    if (question->hash != hash) {
        return tgr_fail(error, TGR_ERR_INTERNAL,
                        "'%s' is wrong: its decisions are not those of the entries before it; no "
                        "figure of this run is worth anything, please report it",
                        entry->name);
    }
    return TGR_OK;
}

/* Rows of the limits' one length, [begin, begin + rows), as a matrix. */
static tgr_csr limit_rows(const tgr_bench_data *data, size_t begin, size_t rows, int64_t *indptr)
{
    for (size_t i = 0; i <= rows; i++) {
        indptr[i] = (int64_t)((begin + i) * data->length);
    }
    tgr_csr x = tgr_bench_csr(data, false);
    x.rows = rows;
    x.indptr = indptr;
    return x;
}

static tgr_status check_ceiling(const tgr_bench_run *run, const tgr_bench_entry *entry,
                                tgr_error *error)
{
    const tgr_bench_data *data = &run->data;
    const tgr_bench_question *question = &run->questions[entry->question];
    tgr_decider decider = tgr_bench_decider(run, question);
    /* The ceiling decides by one simple rule. */
    static const double nothing = 0;
    decider.eligible = NULL;
    decider.prompt_tokens = NULL;
    decider.threshold_count = 1;
    if (question->policy != TGR_BENCH_MARGIN) {
        decider.rule = TGR_RULE_UTILITY;
        decider.thresholds = &nothing;
    }
    size_t chunks = chunks_of(data->limit_rows), rows = chunk_rows(data->limit_rows);
    for (size_t i = 0; i < chunks; i++) {
        int64_t indptr[CHUNK_ROWS + 1];
        int16_t expected[CHUNK_ROWS];
        size_t begin = chunk_begin(data->limit_rows, chunks, i);
        tgr_csr x = limit_rows(data, begin, rows, indptr);
        tgr_bench_reference(&x, data, &decider, 0, rows, expected);
        for (size_t j = 0; j < rows; j++) {
            if (data->model[begin + j] != expected[j]) {
                return differs(entry, begin + j, data->model[begin + j], expected[j], error);
            }
        }
    }
    return TGR_OK;
}

static tgr_status check_touch(const tgr_bench_run *run, const tgr_bench_entry *entry,
                              tgr_error *error)
{
    const tgr_bench_data *data = &run->data;
    tgr_weights w = {data->models, data->stride, data->weights, data->bias};
    int64_t indptr[CHUNK_ROWS + 1];
    size_t rows = chunk_rows(data->limit_rows);
    tgr_csr x = limit_rows(data, 0, rows, indptr), whole = tgr_bench_csr(data, entry->narrow);
    tgr_limit_job job = {.x = &whole, .w = &w, .length = data->length};
    uint32_t seen = entry->limits->touch(&job, 0, rows);
    for (size_t row = 0; row < rows; row++) {
        float scores[TGR_MODELS_MAX];
        tgr_ref_score(&x, &w, row, row + 1, scores, data->models);
        for (size_t k = 0; k < data->models; k++) {
            uint32_t bits;
            memcpy(&bits, &scores[k], sizeof bits);
            seen ^= bits;
        }
    }
    if (seen != 0) {
        return tgr_fail(error, TGR_ERR_INTERNAL,
                        "'%s' is wrong: its sums are not the reference's; no figure of this run is "
                        "worth anything, please report it",
                        entry->name);
    }
    return TGR_OK;
}

tgr_status tgr_bench_check(tgr_bench_run *run, const tgr_bench_entry *entry, tgr_error *error)
{
    switch (entry->kind) {
    case TGR_BENCH_TOUCH:
        return check_touch(run, entry, error);
    case TGR_BENCH_CEILING:
        return check_ceiling(run, entry, error);
    case TGR_BENCH_ROUTE:
    case TGR_BENCH_DENSELY:
    case TGR_BENCH_PLAIN:
    case TGR_BENCH_VECTORISED:
        return check_decisions(run, entry, error);
    case TGR_BENCH_COUNT:
        return tgr_bench_count_check(run, entry, error);
    case TGR_BENCH_READ:
        return TGR_OK;
    }
    return TGR_OK;
}
