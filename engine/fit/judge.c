/* judge.c - batches of the walk, judged row by row. */
#include "engine/fit/judge.h"

#include <math.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/runtime.h"

tgr_status tgr_fit_judging_open(tgr_fit_judging *work, const tgr_fit_source *source, bool want_y,
                                tgr_error *error)
{
    size_t threads = (size_t)tgr_run_threads(source->run), models = source->router->model_count;
    *work = (tgr_fit_judging){.source = source, .want_y = want_y};
    work->judges = tgr_mem_zalloc(threads, sizeof *work->judges);
    if (work->judges == NULL) {
        return tgr_fail_memory(error, "judging queries");
    }
    work->judge_count = threads;
    for (size_t i = 0; i < threads; i++) {
        tgr_fit_judge *one = &work->judges[i];
        one->judgements = tgr_mem_alloc(models, sizeof *one->judgements);
        one->model_outcomes = tgr_mem_zalloc(models, 3 * sizeof *one->model_outcomes);
        one->beyond = tgr_mem_zalloc(models, 3 * sizeof *one->beyond);
        if (one->judgements == NULL || one->model_outcomes == NULL || one->beyond == NULL) {
            return tgr_fail_memory(error, "judging queries");
        }
    }
    return TGR_OK;
}

void tgr_fit_judging_close(tgr_fit_judging *work)
{
    for (size_t i = 0; i < work->judge_count; i++) {
        tgr_mem_free(work->judges[i].judgements);
        tgr_mem_free(work->judges[i].model_outcomes);
        tgr_mem_free(work->judges[i].beyond);
    }
    tgr_mem_free(work->judges);
    tgr_mem_free(work->outcomes);
    tgr_mem_free(work->y);
    tgr_fit_pieces_free(&work->pieces);
    tgr_transform_free(&work->transform);
    *work = (tgr_fit_judging){0};
}

static tgr_status make_room(tgr_fit_judging *work, tgr_error *error)
{
    size_t cells;
    const tgr_batch *batch = work->batch;
    if (__builtin_mul_overflow(batch->rows, work->source->router->model_count, &cells) ||
        !tgr_mem_grow(&work->outcomes, &work->outcome_capacity, cells, 1) ||
        (work->want_y && !tgr_mem_grow(&work->y, &work->y_capacity, cells, sizeof(float))) ||
        !tgr_fit_pieces_cut(&work->pieces, &batch->x, work->judge_count)) {
        return tgr_fail_memory(error, "the outcomes of a block of queries");
    }
    return TGR_OK;
}

tgr_status tgr_fit_judging_next(tgr_fit_judging *work, const char *phase, tgr_error *error)
{
    const tgr_fit_source *from = work->source;
    tgr_status status = tgr_fit_walk_next(from->walk, TGR_WANT_SCORE | TGR_WANT_OUTCOME, phase,
                                          from->run, &work->batch, &work->file, error);
    if (status != TGR_OK || work->batch == NULL) {
        return status;
    }
    const tgr_query_file *file = from->walk->pass.files[work->file];
    size_t models = from->router->model_count;
    work->file_models = tgr_strings_count(file->models);
    work->columns = from->columns + work->file * models;
    work->all_there = work->batch->outcome != NULL;
    for (size_t model = 0; model < models; model++) {
        work->all_there &= work->columns[model] >= 0;
    }
    status = tgr_serve_transform(from->router, work->batch, &work->transform, error);
    if (status != TGR_OK) {
        tgr_error_prefix(error, "%s", file->path);
        return status;
    }
    return make_room(work, error);
}

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

static void judge_row(const tgr_fit_judging *work, tgr_fit_judge *one, size_t row, int8_t *outcomes)
{
    const tgr_batch *batch = work->batch;
    size_t models = work->source->router->model_count;
    size_t reference = work->source->router->reference;
    if (work->all_there &&
        copy_outcomes(batch->outcome + row * work->file_models, work->columns, models, outcomes)) {
        for (size_t model = 0; model < models; model++) {
            one->model_outcomes[3 * model + (size_t)outcomes[model]]++;
        }
        one->reference_recorded++;
        one->queries++;
        return;
    }
    tgr_judge_row(batch, row, work->columns, work->file_models, models, reference, one->judgements);
    bool anything = false;
    for (size_t model = 0; model < models; model++) {
        const tgr_judgement *judgement = &one->judgements[model];
        outcomes[model] = judgement->outcome;
        anything |= judgement->outcome >= 0 || !isnan(judgement->score);
        if (judgement->outcome >= 0) {
            one->model_outcomes[3 * model + (size_t)judgement->outcome]++;
            one->derived += judgement->derived;
            one->assumed += judgement->assumed;
            one->reference_recorded += model == reference && !judgement->assumed;
        }
    }
    one->queries += anything;
    one->dependent += anything;
}

/* A row counts once already. */
static void weigh_row(tgr_fit_judge *one, tgr_weight weight, const int8_t *outcomes, size_t models)
{
    for (size_t model = 0; model < models; model++) {
        if (outcomes[model] >= 0) {
            one->beyond[3 * model + (size_t)outcomes[model]] += weight - TGR_WEIGHT_ONE;
        }
    }
}

static void fill_y(const tgr_fit_judging *work, size_t row, const int8_t *outcomes, float *y)
{
    const tgr_batch *batch = work->batch;
    const tgr_router *router = work->source->router;
    for (size_t model = 0; model < router->model_count; model++) {
        int32_t column = work->columns[model];
        y[model] = batch->score == NULL || column < 0
                       ? NAN
                       : batch->score[row * work->file_models + (size_t)column];
        if (isnan(y[model]) && outcomes[model] >= 0) {
            y[model] = (float)router->rewards[2 - outcomes[model]];
        }
    }
}

void tgr_fit_judge_rows(tgr_fit_judging *work, size_t thread, size_t begin, size_t end)
{
    size_t models = work->source->router->model_count;
    const tgr_weight *weights = work->source->walk->weights;
    int8_t *outcomes = work->outcomes;
    for (size_t row = begin; row < end; row++) {
        judge_row(work, &work->judges[thread], row, outcomes + row * models);
        if (weights != NULL) {
            weigh_row(&work->judges[thread], weights[row], outcomes + row * models, models);
        }
        if (work->want_y) {
            fill_y(work, row, outcomes + row * models, (float *)work->y + row * models);
        }
    }
}
