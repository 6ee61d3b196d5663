/* fit_outcomes.c - judging batches in parallel, then summing them. */
#include "engine/fit_outcomes.h"

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/runtime.h"
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
    tgr_transform_free(&work->transform);
}

static void judge_rows(judge *one, const tgr_router *router, const tgr_batch *batch, size_t begin,
                       size_t end, const int32_t *columns, size_t file_models, int8_t *outcomes)
{
    size_t models = router->model_count;
    for (size_t row = begin; row < end; row++) {
        tgr_judge_row(batch, row, columns, file_models, models, router->reference, one->judgements);
        for (size_t model = 0; model < models; model++) {
            const tgr_judgement *judgement = &one->judgements[model];
            outcomes[row * models + model] = judgement->outcome;
            if (judgement->outcome >= 0) {
                one->model_outcomes[3 * model + (size_t)judgement->outcome]++;
                one->derived += judgement->derived;
                one->assumed += judgement->assumed;
                one->reference_recorded += model == router->reference && !judgement->assumed;
            }
        }
    }
}

static tgr_status judge_batch(judging *work, const tgr_batch *batch, const int32_t *columns,
                              size_t file_models, tgr_error *error)
{
    size_t cells;
    if (__builtin_mul_overflow(batch->rows, work->router->model_count, &cells) ||
        !tgr_mem_grow(&work->outcomes, &work->capacity, cells, 1)) {
        return tgr_fail_memory(error, "the outcomes of a block of queries");
    }
    size_t rows = batch->rows, parts = work->judge_count;
#pragma omp parallel for num_threads((int)parts) schedule(static, 1)
    for (size_t part = 0; part < parts; part++) {
        judge_rows(&work->judges[part], work->router, batch, rows * part / parts,
                   rows * (part + 1) / parts, columns, file_models, work->outcomes);
    }
    return TGR_OK;
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
        const tgr_query_file *from = pass->files[file];
        status = judge_batch(work, batch, columns + file * work->router->model_count,
                             tgr_strings_count(from->models), error);
        if (status != TGR_OK) {
            return status;
        }
        status = tgr_serve_transform(work->router, batch, &work->transform, error);
        if (status != TGR_OK) {
            tgr_error_prefix(error, "%s", from->path);
            return status;
        }
        tgr_outcome_sums_add(&outcomes->sums, &batch->x, tags->files[file].tag, work->outcomes);
    }
}

tgr_status tgr_fit_outcomes_count(tgr_fit_outcomes *outcomes, tgr_pass *pass,
                                  const tgr_fit_tags *tags, const int32_t *columns,
                                  const tgr_router *router, const tgr_run *run, tgr_error *error)
{
    *outcomes = (tgr_fit_outcomes){0};
    judging work;
    tgr_status status = open_judging(&work, router, tgr_run_threads(run), error);
    if (status != TGR_OK) {
        goto done;
    }
    outcomes->model_outcomes =
        tgr_mem_zalloc(router->model_count, 3 * sizeof *outcomes->model_outcomes);
    if (outcomes->model_outcomes == NULL ||
        !tgr_outcome_sums_open(&outcomes->sums, tgr_strings_count(router->tags),
                               router->model_count, tgr_run_threads(run))) {
        status = tgr_fail_memory(error, "the sums by tag and model");
        goto done;
    }
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
