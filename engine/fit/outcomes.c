/* outcomes.c - judging batches and summing them, in parallel. */
#include "engine/fit/outcomes.h"

#include <omp.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/runtime.h"
#include "engine/isa.h"

typedef struct counting {
    const tgr_fit_source *source;
    const tgr_fit_wanted *wanted;
    tgr_fit_outcomes *outcomes;
    tgr_fit_judging judging;
    size_t threads;
} counting;

/* Judges and sums the batch, piece by piece. The first row whose values cannot be summed is
 * returned, else the number of rows. */
static size_t count_batch(counting *work)
{
    tgr_fit_outcomes *outcomes = work->outcomes;
    tgr_fit_judging *judging = &work->judging;
    const tgr_csr *x = &judging->batch->x;
    const size_t *bounds = judging->pieces.bounds;
    const uint32_t *tag_of = work->source->tags->files[judging->file].tag;
    const uint8_t *folds = work->wanted->value_folds > 1 ? work->source->walk->batch_folds : NULL;
    const tgr_weight *weights = work->source->walk->weights;
    size_t first_bad = x->rows;
#pragma omp parallel for num_threads((int)work->threads) schedule(dynamic, 1)                      \
    reduction(min                                                                                  \
              : first_bad)
    for (size_t piece = 0; piece < judging->pieces.count; piece++) {
        size_t thread = (size_t)omp_get_thread_num();
        size_t begin = bounds[piece], end = bounds[piece + 1], bad;
        tgr_fit_judge_rows(judging, thread, begin, end);
        if (work->wanted->outcomes && weights == NULL) {
            tgr_outcome_sums_add(&outcomes->sums, thread, x, tag_of, judging->outcomes, begin, end);
        } else if (work->wanted->outcomes) {
            tgr_outcome_sums_add_weighted(&outcomes->sums, x, tag_of, judging->outcomes, weights,
                                          begin, end);
        }
        if (work->wanted->value_folds > 0 &&
            !tgr_value_sums_add(&outcomes->values[thread], x, tag_of, judging->y, folds, weights,
                                begin, end, &bad)) {
            first_bad = bad < first_bad ? bad : first_bad;
        }
    }
    return first_bad;
}

static void add_up(tgr_fit_outcomes *outcomes, const tgr_fit_judging *judging, size_t models)
{
    for (size_t i = 0; i < judging->judge_count; i++) {
        const tgr_fit_judge *one = &judging->judges[i];
        outcomes->queries += one->queries;
        outcomes->derived += one->derived;
        outcomes->assumed += one->assumed;
        outcomes->reference_recorded += one->reference_recorded;
        outcomes->dependent += one->dependent;
        for (size_t cell = 0; cell < 3 * models; cell++) {
            outcomes->model_outcomes[cell] +=
                ((tgr_sum)one->model_outcomes[cell] << 40) + one->beyond[cell];
            outcomes->judged += one->model_outcomes[cell];
        }
    }
    for (size_t i = 1; i < outcomes->value_count; i++) {
        tgr_value_sums_merge(&outcomes->values[0], &outcomes->values[i]);
    }
}

static tgr_status fail_at(const counting *work, size_t row, tgr_error *error)
{
    const tgr_fit_walk *walk = work->source->walk;
    return tgr_fail(
        error, TGR_ERR_INPUT,
        "%s: row %llu holds a score, or a tag weight times a score, beyond %.0f, which cannot be "
        "summed exactly; choose another unit for the scores, or take --count binary",
        walk->pass.files[work->judging.file]->path,
        (unsigned long long)tgr_fit_walk_row(walk, work->judging.batch, row), TGR_EXACT_LIMIT);
}

static tgr_status walk_batches(counting *work, tgr_error *error)
{
    for (;;) {
        tgr_status status = tgr_fit_judging_next(&work->judging, "counting outcomes", error);
        if (status != TGR_OK || work->judging.batch == NULL) {
            return status;
        }
        size_t bad = count_batch(work);
        if (bad < work->judging.batch->rows) {
            return fail_at(work, bad, error);
        }
        if (work->wanted->rows != NULL) {
            status = tgr_fit_rows_add(work->wanted->rows, &work->judging, error);
        }
        if (status != TGR_OK) {
            return status;
        }
    }
}

static tgr_status open_values(counting *work, size_t tags, tgr_error *error)
{
    tgr_fit_outcomes *outcomes = work->outcomes;
    size_t models = work->source->router->model_count, folds = work->wanted->value_folds;
    size_t bytes = tgr_value_sums_bytes(folds, tags, models);
    size_t wanted = tgr_tables_worth_it(bytes, (int)work->threads);
    outcomes->values = tgr_mem_zalloc(wanted, sizeof *outcomes->values);
    while (outcomes->values != NULL && outcomes->value_count < wanted) {
        if (!tgr_value_sums_open(&outcomes->values[outcomes->value_count], folds, tags, models)) {
            tgr_value_sums_free(&outcomes->values[outcomes->value_count]);
            break; /* the tables there are will do */
        }
        outcomes->value_count++;
    }
    if (outcomes->value_count == 0) {
        return tgr_fail_memory(error, "the sums by tag and model");
    }
    work->threads = outcomes->value_count;
    return TGR_OK;
}

static tgr_status open_outcomes(counting *work, size_t tags, tgr_error *error)
{
    const tgr_fit_source *source = work->source;
    tgr_fit_outcomes *outcomes = work->outcomes;
    const tgr_kernels *kernels;
    tgr_status status = tgr_isa_choose(&kernels, error);
    if (status != TGR_OK) {
        return status;
    }
    bool reals = source->router->count == TGR_COUNT_LOG;
    for (size_t i = 0; i < source->walk->pass.file_count; i++) {
        reals |= source->walk->pass.files[i]->value_type == TGR_F32;
    }
    if (!tgr_outcome_sums_open(&outcomes->sums, kernels, tags, source->router->model_count, reals,
                               (int)work->threads)) {
        return tgr_fail_memory(error, "the sums by tag and model");
    }
    work->threads = outcomes->sums.table_count;
    return TGR_OK;
}

static tgr_status open_sums(counting *work, tgr_error *error)
{
    const tgr_router *router = work->source->router;
    size_t tags = tgr_strings_count(router->tags);
    tgr_status status = TGR_OK;
    work->threads = (size_t)tgr_run_threads(work->source->run);
    work->outcomes->model_outcomes =
        tgr_mem_zalloc(router->model_count, 3 * sizeof *work->outcomes->model_outcomes);
    if (work->outcomes->model_outcomes == NULL) {
        return tgr_fail_memory(error, "the sums by tag and model");
    }
    if (work->wanted->outcomes) {
        status = open_outcomes(work, tags, error);
    }
    if (status == TGR_OK && work->wanted->value_folds > 0) {
        status = open_values(work, tags, error);
    }
    return status;
}

tgr_status tgr_fit_outcomes_count(tgr_fit_outcomes *outcomes, const tgr_fit_source *source,
                                  const tgr_fit_wanted *wanted, tgr_error *error)
{
    *outcomes = (tgr_fit_outcomes){0};
    counting work = {.source = source, .wanted = wanted, .outcomes = outcomes};
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_fit_judging_open(&work.judging, source,
                                 wanted->value_folds > 0 || wanted->rows != NULL, error));
    TGR_TRY(open_sums(&work, error));
    TGR_TRY(walk_batches(&work, error));
    add_up(outcomes, &work.judging, source->router->model_count);
done:
    tgr_fit_judging_close(&work.judging);
    return status;
}

void tgr_fit_outcomes_free(tgr_fit_outcomes *outcomes)
{
    tgr_outcome_sums_free(&outcomes->sums);
    for (size_t i = 0; i < outcomes->value_count; i++) {
        tgr_value_sums_free(&outcomes->values[i]);
    }
    tgr_mem_free(outcomes->values);
    tgr_mem_free(outcomes->model_outcomes);
    *outcomes = (tgr_fit_outcomes){0};
}
