/* compare.c - every scorer, and every way to tag the same queries, on the same folds, judged on
 * what it has not seen. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/crew.h"
#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/options.h"
#include "engine/base/runtime.h"
#include "engine/decide.h"
#include "engine/fit/folds.h"
#include "engine/fit/held_out.h"
#include "engine/fit/unite.h"
#include "engine/fit/work.h"
#include "engine/judgement.h"

#define REPLICATES 200

/* What one scorer makes of one fold. */
typedef struct routed {
    tgr_held_out *queries;
    size_t count, capacity;
} routed;

typedef struct comparing {
    tgr_fit_options options;
    bool each; /* file for itself */
    const tgr_price_options *prices;
    const tgr_run *run;
    tgr_folds folds; /* of every row that is this process's, alike in each file */
    uint64_t rows;   /* of all processes */
    uint64_t begin;  /* the first of this process's */
    size_t fold_count;
    size_t scorers, files, entries; /* an entry is a file with a scorer, or all files with one */
    routed *of;                     /* entries x folds */
    uint64_t *tags;                 /* kept, of each entry, in all folds together */
    double *points;
    double *figures; /* entries x figures x (1 + replicates) */
} comparing;

static routed *routed_at(const comparing *work, size_t entry, size_t fold)
{
    return &work->of[entry * work->fold_count + fold];
}

static void close_comparing(comparing *work)
{
    for (size_t i = 0; i < work->entries * work->fold_count; i++) {
        tgr_mem_free(work->of[i].queries);
    }
    tgr_mem_free(work->of);
    tgr_mem_free(work->tags);
    tgr_fit_folds_free(&work->folds);
    tgr_mem_free(work->points);
    tgr_mem_free(work->figures);
}

/* The score where it is recorded, else whether the answer is accepted. */
static float quality(const tgr_judgement *judgement)
{
    return !isnan(judgement->score)  ? judgement->score
           : judgement->outcome >= 0 ? (float)(judgement->outcome > 0)
                                     : NAN;
}

static tgr_status take_batch(routed *into, const tgr_fit_work *fit, const tgr_decide *decide,
                             const tgr_batch *batch, size_t file, tgr_judgement *judgements,
                             tgr_error *error)
{
    const tgr_router *router = fit->router;
    size_t models = router->model_count;
    void *queries = into->queries;
    bool enough =
        tgr_mem_grow(&queries, &into->capacity, into->count + batch->rows, sizeof *into->queries);
    into->queries = queries;
    if (!enough) {
        return tgr_fail_memory(error, "the queries held out");
    }
    for (size_t row = 0; row < batch->rows; row++) {
        tgr_held_out *query = &into->queries[into->count];
        int other = decide->model[row];
        tgr_judge_row(batch, row, fit->columns + file * models,
                      tgr_strings_count(fit->walk.pass.files[file]->models), models,
                      router->reference, judgements);
        *query =
            (tgr_held_out){NAN, NAN, NAN, (uint32_t)into->count,
                           fit->walk.weights == NULL ? TGR_WEIGHT_ONE : fit->walk.weights[row]};
        if (other >= 0) {
            query->margin = decide->margin[row];
            query->other = quality(&judgements[other]);
            query->reference = quality(&judgements[router->reference]);
        }
        into->count++;
    }
    return TGR_OK;
}

/* Routes the fold that was left out. */
static tgr_status route_fold(tgr_fit_work *fit, int fold, routed *into, tgr_error *error)
{
    static const double everyone = -INFINITY;
    const tgr_decide_plan plan = {.router = fit->router,
                                  .policy = TGR_POLICY_MARGIN,
                                  .thresholds = &everyone,
                                  .threshold_count = 1,
                                  .fallback = -1,
                                  .want_margins = true,
                                  .threads = tgr_run_threads(fit->run)};
    tgr_decide decide;
    size_t entered = SIZE_MAX, file;
    tgr_batch *batch;
    tgr_status status = TGR_OK;
    tgr_judgement *judgements = tgr_mem_alloc(fit->router->model_count, sizeof *judgements);
    fit->walk.without = -1;
    fit->walk.only = fold;
    TGR_TRY(tgr_decide_open(&decide, &plan, error));
    if (judgements == NULL) {
        TGR_TRY(tgr_fail_memory(error, "the queries held out"));
    }
    for (;;) {
        TGR_TRY(tgr_fit_walk_next(&fit->walk,
                                  TGR_JUDGEMENT_WANTS | TGR_WANT_ELIGIBILITY |
                                      TGR_WANT_PROMPT_TOKENS | tgr_row_prices_want(fit->router),
                                  "judging", fit->run, &batch, &file, error));
        if (batch == NULL) {
            break;
        }
        if (file != entered) {
            TGR_TRY(tgr_decide_file(&decide, fit->walk.pass.files[file], error));
            entered = file;
        }
        TGR_TRY(tgr_decide_batch(&decide, batch, error));
        TGR_TRY(take_batch(into, fit, &decide, batch, file, judgements, error));
    }
done:
    tgr_decide_close(&decide);
    tgr_mem_free(judgements);
    return status;
}

/* The folds of all rows; where each file stands for itself, they show whether its queries are those
 * of the first. Processes of a crew each look at the same rows of every file. */
static tgr_status read_folds(comparing *work, tgr_fit_work *fit, const char *path, tgr_error *error)
{
    tgr_folds folds;
    uint64_t begin = fit->walk.begin, end = fit->walk.end, rows = fit->walk.pass.rows;
    tgr_status status = tgr_fit_folds_read(&fit->walk.pass, begin, end, (uint32_t)work->fold_count,
                                           work->run, &folds, error);
    if (status == TGR_OK && work->folds.words == NULL) {
        work->folds = folds;
        work->rows = rows;
        work->begin = begin;
        return TGR_OK;
    }
    bool same = status == TGR_OK && rows == work->rows &&
                memcmp(folds.words, work->folds.words,
                       (size_t)tgr_fit_folds_words(&folds, end - begin) * sizeof *folds.words) == 0;
    tgr_fit_folds_free(&folds);
    return status != TGR_OK ? status
           : same           ? TGR_OK
                            : tgr_fail(error, TGR_ERR_INPUT,
                                       "%s does not hold the queries of %s in the same order, so they cannot "
                                                 "be compared",
                                       path, work->options.inputs[0]);
}

static tgr_status fit_fold(comparing *work, size_t entry, int fold, tgr_error *error)
{
    tgr_fit_work fit;
    tgr_fit_options options = work->options;
    size_t scorer = entry % work->scorers, file = entry / work->scorers;
    if (work->each) {
        options.inputs += file;
        options.input_count = 1;
    }
    const char *parameter = tgr_scorers[scorer]->parameter;
    options.scorer = tgr_scorers[scorer]->name;
    options.kappa = parameter != NULL && strcmp(parameter, "kappa") == 0 ? options.kappa : NAN;
    options.alpha = parameter != NULL && strcmp(parameter, "alpha") == 0 ? options.alpha : NAN;
    bool chosen = parameter != NULL && isnan(options.kappa) && isnan(options.alpha);
    options.folds = chosen ? (uint32_t)work->fold_count : 0;
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_fit_work_start(&fit, &options, work->run, error));
    fit.may_share = true;
    fit.share = work->folds.words == NULL ? NULL : &work->begin;
    TGR_TRY(tgr_fit_work_open(&fit, error));
    if (scorer == 0 && fold == 0) {
        TGR_TRY(read_folds(work, &fit, options.inputs[0], error));
    }
    fit.walk.folds = &work->folds;
    fit.walk.without = fold;
    TGR_TRY(tgr_fit_work_fit(&fit, work->prices, error));
    TGR_TRY(tgr_router_update_digest(fit.router, error));
    routed *into = routed_at(work, entry, (size_t)fold);
    TGR_TRY(route_fold(&fit, fold, into, error));
    TGR_TRY(tgr_held_out_unite(&into->queries, &into->count, work->run, error));
    work->tags[entry] += tgr_router_tags(fit.router);
done:
    tgr_fit_work_close(&fit);
    return status;
}

/* Folds are drawn from apart: each has numbers of its own. */
static void number_queries(comparing *work)
{
    for (size_t entry = 0; entry < work->entries; entry++) {
        uint32_t before = 0;
        for (size_t fold = 0; fold < work->fold_count; fold++) {
            routed *of = routed_at(work, entry, fold);
            for (size_t i = 0; i < of->count; i++) {
                of->queries[i].number += before;
            }
            before += (uint32_t)of->count;
            of->count = tgr_held_out_sort(of->queries, of->count);
        }
    }
}

/* The mean over the folds in which each figure is defined. */
static void measure(const comparing *work, size_t entry, unsigned replicate, double *figures)
{
    double sums[TGR_FIT_FIGURES] = {0}, counts[TGR_FIT_FIGURES] = {0};
    for (size_t fold = 0; fold < work->fold_count; fold++) {
        double of_fold[TGR_FIT_FIGURES];
        const routed *of = routed_at(work, entry, fold);
        tgr_held_out_figures(of->queries, of->count, replicate, work->points, of_fold);
        for (size_t i = 0; i < TGR_FIT_FIGURES; i++) {
            sums[i] += isnan(of_fold[i]) ? 0 : of_fold[i];
            counts[i] += !isnan(of_fold[i]);
        }
    }
    for (size_t i = 0; i < TGR_FIT_FIGURES; i++) {
        figures[i] = counts[i] > 0 ? sums[i] / counts[i] : NAN;
    }
}

static int rising(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* values[0] is the figure, the others are replicates. */
static tgr_fit_figure figure_of(double value, double *replicates, size_t count)
{
    size_t defined = 0;
    for (size_t i = 0; i < count; i++) {
        if (!isnan(replicates[i])) {
            replicates[defined++] = replicates[i];
        }
    }
    tgr_fit_figure figure = {value, NAN, NAN};
    if (defined > 1 && !isnan(value)) {
        qsort(replicates, defined, sizeof *replicates, rising);
        figure.low = replicates[(size_t)(0.025 * (double)(defined - 1) + 0.5)];
        figure.high = replicates[(size_t)(0.975 * (double)(defined - 1) + 0.5)];
    }
    return figure;
}

/* What an entry comes to, beside the first. */
static void summarise(const comparing *work, size_t entry, tgr_fit_compared *one)
{
    size_t each = TGR_FIT_FIGURES, rows = (REPLICATES + 1) * each;
    const double *own = work->figures + entry * rows, *first = work->figures;
    one->scorer = tgr_scorers[entry % work->scorers]->name;
    one->input = work->each ? work->options.inputs[entry / work->scorers] : NULL;
    one->tags = (double)work->tags[entry] / (double)work->fold_count;
    for (size_t i = 0; i < each; i++) {
        double values[REPLICATES], gains[REPLICATES];
        for (size_t replicate = 1; replicate <= REPLICATES; replicate++) {
            values[replicate - 1] = own[replicate * each + i];
            gains[replicate - 1] = own[replicate * each + i] - first[replicate * each + i];
        }
        one->figures[i] = figure_of(own[i], values, REPLICATES);
        one->gains[i] = figure_of(entry == 0 ? NAN : own[i] - first[i], gains, REPLICATES);
    }
}

static tgr_status measure_all(comparing *work, tgr_fit_comparison *comparison, tgr_error *error)
{
    size_t each = TGR_FIT_FIGURES, most = 0, rows = (REPLICATES + 1) * each;
    for (size_t i = 0; i < work->entries * work->fold_count; i++) {
        most = work->of[i].count > most ? work->of[i].count : most;
    }
    work->points = tgr_mem_alloc(2 * (most + 1), sizeof *work->points);
    work->figures = tgr_mem_zalloc(work->entries * rows, sizeof *work->figures);
    if (work->points == NULL || work->figures == NULL) {
        return tgr_fail_memory(error, "the figures");
    }
    for (size_t i = tgr_crew_rank(work->run); i < work->entries * (REPLICATES + 1);
         i += tgr_crew_ranks(work->run)) {
        measure(work, i / (REPLICATES + 1), (unsigned)(i % (REPLICATES + 1)),
                work->figures + i * each);
    }
    /* what others measured is nothing here, so that bits may be added */
    tgr_status status =
        tgr_crew_sum(work->run, (uint64_t *)(void *)work->figures, work->entries * rows, error);
    for (size_t entry = 0; status == TGR_OK && entry < work->entries; entry++) {
        summarise(work, entry, &comparison->entries[entry]);
    }
    return status;
}

static tgr_status open_entries(comparing *work, tgr_error *error)
{
    while (tgr_scorers[work->scorers] != NULL) {
        work->scorers++;
    }
    work->files = work->each ? work->options.input_count : 1;
    size_t entries = work->files * work->scorers;
    work->of = tgr_mem_zalloc(entries, work->fold_count * sizeof *work->of);
    work->tags = tgr_mem_zalloc(entries, sizeof *work->tags);
    if (work->of == NULL || work->tags == NULL) {
        return tgr_fail_memory(error, "the comparison");
    }
    work->entries = entries;
    return TGR_OK;
}

static tgr_status compare(comparing *work, tgr_fit_comparison **comparison, tgr_error *error)
{
    tgr_status status = TGR_OK;
    TGR_TRY(open_entries(work, error));
    for (size_t entry = 0; entry < work->entries; entry++) {
        for (int fold = 0; fold < (int)work->fold_count; fold++) {
            TGR_TRY(fit_fold(work, entry, fold, error));
        }
    }
    number_queries(work);
    tgr_fit_comparison *result = *comparison = tgr_mem_zalloc(1, sizeof *result);
    if (result == NULL) {
        return tgr_fail_memory(error, "the figures");
    }
    *result = (tgr_fit_comparison){
        .folds = work->fold_count, .replicates = REPLICATES, .count = work->entries};
    result->entries = tgr_mem_zalloc(work->entries, sizeof *result->entries);
    if (result->entries == NULL) {
        return tgr_fail_memory(error, "the figures");
    }
    for (size_t fold = 0; fold < work->fold_count; fold++) {
        result->queries += routed_at(work, 0, fold)->count;
    }
    status = measure_all(work, result, error);
done:
    return status;
}

tgr_status tgr_fit_compare(const tgr_fit_options *options, bool each,
                           const tgr_price_options *prices, tgr_fit_comparison **comparison,
                           const tgr_run *run, tgr_error *error)
{
    *comparison = NULL;
    comparing *work = tgr_mem_zalloc(1, sizeof *work);
    if (work == NULL) {
        return tgr_fail_memory(error, "the comparison");
    }
    tgr_status status = TGR_OK;
    work->prices = prices;
    work->run = run;
    work->each = each;
    tgr_fit_options_init(&work->options);
    TGR_TRY(tgr_options_copy(&work->options, sizeof work->options, options, error));
    if (each && (work->options.inputs == NULL || work->options.input_count == 0)) {
        status = tgr_fail(error, TGR_ERR_ARGUMENT, "no query file is named");
        goto done;
    }
    work->fold_count = work->options.folds > 0 ? work->options.folds : TGR_FOLDS_DEFAULT;
    if (work->fold_count < 2 || work->fold_count > TGR_FOLDS_MOST) {
        status = tgr_fail(error, TGR_ERR_ARGUMENT, "the number of folds is from 2 to %d, not %zu",
                          TGR_FOLDS_MOST, work->fold_count);
        goto done;
    }
    status = compare(work, comparison, error);
    if (status != TGR_OK) {
        tgr_fit_comparison_free(*comparison);
        *comparison = NULL;
    }
done:
    close_comparing(work);
    tgr_mem_free(work);
    return status;
}

void tgr_fit_comparison_free(tgr_fit_comparison *comparison)
{
    if (comparison != NULL) {
        tgr_mem_free(comparison->entries);
        tgr_mem_free(comparison);
    }
}
