/* fit_outcomes.c - judging batches and summing them, in parallel. */
#include "engine/fit_outcomes.h"

#include <omp.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/runtime.h"
#include "engine/fit_pieces.h"
#include "engine/isa.h"
#include "engine/judgement.h"
#include "engine/router/serve.h"

/* One thread's share of the judging. */
typedef struct judge {
    tgr_judgement *judgements; /* models */
    uint64_t *model_outcomes;  /* models x 3 */
    uint64_t derived, assumed, reference_recorded;
} judge;

typedef struct judging {
    const tgr_router *router;
    judge *judges;
    size_t judge_count;
    void *outcomes; /* int8_t, rows x models, of the current batch */
    size_t capacity;
    tgr_fit_pieces pieces; /* likewise */
    tgr_transform transform;
} judging;

static tgr_status open_judging(judging *work, const tgr_router *router, int threads,
                               tgr_error *error)
{
    *work = (judging){.router = router};
    work->judges = tgr_mem_zalloc((size_t)threads, sizeof *work->judges);
    if (work->judges == NULL) {
        return tgr_fail_memory(error, "judging queries");
    }
    work->judge_count = (size_t)threads;
    for (size_t i = 0; i < work->judge_count; i++) {
        judge *one = &work->judges[i];
        one->judgements = tgr_mem_alloc(router->model_count, sizeof *one->judgements);
        one->model_outcomes = tgr_mem_zalloc(router->model_count, 3 * sizeof *one->model_outcomes);
        if (one->judgements == NULL || one->model_outcomes == NULL) {
            return tgr_fail_memory(error, "judging queries");
        }
    }
    return TGR_OK;
}

static void close_judging(judging *work)
{
    for (size_t i = 0; i < work->judge_count; i++) {
        tgr_mem_free(work->judges[i].judgements);
        tgr_mem_free(work->judges[i].model_outcomes);
    }
    tgr_mem_free(work->judges);
    tgr_mem_free(work->outcomes);
    tgr_fit_pieces_free(&work->pieces);
    tgr_transform_free(&work->transform);
}

/* What every row of a batch is judged with. */
typedef struct batch_models {
    const int32_t *columns; /* models */
    size_t file_models;
    bool all_there; /* the file has a column of outcomes for each model */
} batch_models;

/* The short way, where every outcome of the row is recorded. */
static bool copy_outcomes(const int8_t *recorded, const int32_t *columns, size_t models,
                          int8_t *outcomes)
{
    int8_t signs = 0;
    for (size_t model = 0; model < models; model++) {
        outcomes[model] = recorded[columns[model]];
        signs |= outcomes[model];
    }
    return signs >= 0;
}

static void judge_row(judge *one, const tgr_router *router, const tgr_batch *batch, size_t row,
                      const batch_models *from, int8_t *outcomes)
{
    size_t models = router->model_count;
    if (from->all_there &&
        copy_outcomes(batch->outcome + row * from->file_models, from->columns, models, outcomes)) {
        for (size_t model = 0; model < models; model++) {
            one->model_outcomes[3 * model + (size_t)outcomes[model]]++;
        }
        one->reference_recorded++;
        return;
    }
    tgr_judge_row(batch, row, from->columns, from->file_models, models, router->reference,
                  one->judgements);
    for (size_t model = 0; model < models; model++) {
        const tgr_judgement *judgement = &one->judgements[model];
        outcomes[model] = judgement->outcome;
        if (judgement->outcome >= 0) {
            one->model_outcomes[3 * model + (size_t)judgement->outcome]++;
            one->derived += judgement->derived;
            one->assumed += judgement->assumed;
            one->reference_recorded += model == router->reference && !judgement->assumed;
        }
    }
}

static tgr_status make_room(judging *work, const tgr_batch *batch, tgr_error *error)
{
    size_t cells;
    if (__builtin_mul_overflow(batch->rows, work->router->model_count, &cells) ||
        !tgr_mem_grow(&work->outcomes, &work->capacity, cells, 1) ||
        !tgr_fit_pieces_cut(&work->pieces, &batch->x, work->judge_count)) {
        return tgr_fail_memory(error, "the outcomes of a block of queries");
    }
    return TGR_OK;
}

/* Judges and sums the batch, piece by piece. */
static void count_batch(judging *work, tgr_outcome_sums *sums, const tgr_batch *batch,
                        const batch_models *from, const uint32_t *tag_of_column)
{
    const size_t *bounds = work->pieces.bounds;
    size_t models = work->router->model_count;
    int8_t *outcomes = work->outcomes;
#pragma omp parallel for num_threads((int)sums->table_count) schedule(dynamic, 1)
    for (size_t piece = 0; piece < work->pieces.count; piece++) {
        size_t thread = (size_t)omp_get_thread_num();
        for (size_t row = bounds[piece]; row < bounds[piece + 1]; row++) {
            judge_row(&work->judges[thread], work->router, batch, row, from,
                      outcomes + row * models);
        }
        tgr_outcome_sums_add(sums, thread, &batch->x, tag_of_column, outcomes, bounds[piece],
                             bounds[piece + 1]);
    }
}

static void add_up(tgr_fit_outcomes *outcomes, const judging *work)
{
    size_t cells = 3 * work->router->model_count;
    for (size_t i = 0; i < work->judge_count; i++) {
        const judge *one = &work->judges[i];
        outcomes->derived += one->derived;
        outcomes->assumed += one->assumed;
        outcomes->reference_recorded += one->reference_recorded;
        for (size_t cell = 0; cell < cells; cell++) {
            outcomes->model_outcomes[cell] += one->model_outcomes[cell];
            outcomes->judged += one->model_outcomes[cell];
        }
    }
}

static tgr_status walk(tgr_fit_outcomes *outcomes, judging *work, tgr_pass *pass,
                       const tgr_fit_tags *tags, const int32_t *columns, const tgr_run *run,
                       tgr_error *error)
{
    for (;;) {
        tgr_batch *batch;
        size_t file;
        tgr_status status = tgr_pass_next(pass, TGR_WANT_SCORE | TGR_WANT_OUTCOME,
                                          "counting outcomes", run, &batch, &file, error);
        if (status != TGR_OK || batch == NULL) {
            return status;
        }
        const tgr_query_file *source = pass->files[file];
        batch_models from = {columns + file * work->router->model_count,
                             tgr_strings_count(source->models), batch->outcome != NULL};
        for (size_t model = 0; model < work->router->model_count; model++) {
            from.all_there &= from.columns[model] >= 0;
        }
        status = tgr_serve_transform(work->router, batch, &work->transform, error);
        if (status != TGR_OK) {
            tgr_error_prefix(error, "%s", source->path);
            return status;
        }
        status = make_room(work, batch, error);
        if (status != TGR_OK) {
            return status;
        }
        count_batch(work, &outcomes->sums, batch, &from, tags->files[file].tag);
    }
}

static tgr_status open_sums(tgr_fit_outcomes *outcomes, const tgr_pass *pass,
                            const tgr_router *router, const tgr_run *run, tgr_error *error)
{
    const tgr_kernels *kernels;
    tgr_status status = tgr_isa_choose(&kernels, error);
    if (status != TGR_OK) {
        return status;
    }
    bool reals = router->count == TGR_COUNT_LOG;
    for (size_t i = 0; i < pass->file_count; i++) {
        reals |= pass->files[i]->value_type == TGR_F32;
    }
    outcomes->model_outcomes =
        tgr_mem_zalloc(router->model_count, 3 * sizeof *outcomes->model_outcomes);
    if (outcomes->model_outcomes == NULL ||
        !tgr_outcome_sums_open(&outcomes->sums, kernels, tgr_strings_count(router->tags),
                               router->model_count, reals, tgr_run_threads(run))) {
        return tgr_fail_memory(error, "the sums by tag and model");
    }
    return TGR_OK;
}

tgr_status tgr_fit_outcomes_count(tgr_fit_outcomes *outcomes, tgr_pass *pass,
                                  const tgr_fit_tags *tags, const int32_t *columns,
                                  const tgr_router *router, const tgr_run *run, tgr_error *error)
{
    *outcomes = (tgr_fit_outcomes){0};
    judging work;
    tgr_status status = TGR_OK;
    TGR_TRY(open_judging(&work, router, tgr_run_threads(run), error));
    TGR_TRY(open_sums(outcomes, pass, router, run, error));
    TGR_TRY(walk(outcomes, &work, pass, tags, columns, run, error));
    add_up(outcomes, &work);
done:
    close_judging(&work);
    return status;
}

void tgr_fit_outcomes_free(tgr_fit_outcomes *outcomes)
{
    tgr_outcome_sums_free(&outcomes->sums);
    tgr_mem_free(outcomes->model_outcomes);
    *outcomes = (tgr_fit_outcomes){0};
}
