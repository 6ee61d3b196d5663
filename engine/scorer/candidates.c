/* candidates.c - held-out correlations. */
#include "engine/scorer/candidates.h"

#include <math.h>
#include <omp.h>
#include <stdbool.h>
#include <string.h>

#include "engine/base/crew.h"
#include "engine/base/error.h"
#include "engine/base/exact.h"
#include "engine/base/memory.h"

/* Differences are taken in units of the largest y, and a predicted one is cut off beyond this many:
 * their products then fit exact sums. */
#define MOST_UNITS 1024.0

typedef struct pair_sums { /* of predicted differences p and measured ones d */
    tgr_sum count;
    tgr_sum p, d, pp, dd, pd;
} pair_sums;

typedef struct judging {
    const tgr_candidates *candidates;
    double unit;
    size_t threads, cells; /* candidates x models */
    pair_sums *sums;       /* threads x cells */
    double *scores;        /* threads x cells */
} judging;

bool tgr_candidates_open(tgr_candidates *candidates, size_t count, size_t folds, size_t tags,
                         size_t models, size_t reference)
{
    size_t columns = count * folds * models;
    *candidates = (tgr_candidates){count, folds, models, reference, columns, NULL, NULL};
    candidates->weights = tgr_mem_zalloc(tags, columns * sizeof *candidates->weights);
    candidates->bias = tgr_mem_zalloc(columns, sizeof *candidates->bias);
    return candidates->weights != NULL && candidates->bias != NULL;
}

void tgr_candidates_free(tgr_candidates *candidates)
{
    tgr_mem_free(candidates->weights);
    tgr_mem_free(candidates->bias);
    *candidates = (tgr_candidates){0};
}

static void score_row(const tgr_candidates *from, const tgr_row_block *block, size_t row,
                      double *scores)
{
    size_t models = from->models, step = from->folds * models;
    size_t fold = block->folds[row] * models;
    for (size_t i = 0; i < from->count; i++) {
        memcpy(scores + i * models, from->bias + i * step + fold, models * sizeof *scores);
    }
    for (int64_t at = block->indptr[row]; at < block->indptr[row + 1]; at++) {
        const double *weights = from->weights + block->tags[at] * from->columns + fold;
        double value = block->values == NULL ? 1 : (double)block->values[at];
        for (size_t i = 0; i < from->count; i++, weights += step) {
            for (size_t model = 0; model < models; model++) {
                scores[i * models + model] += value * weights[model];
            }
        }
    }
}

static void add_pair(pair_sums *sums, double predicted, double measured, tgr_weight weight)
{
    double p = fmax(-MOST_UNITS, fmin(predicted, MOST_UNITS));
    const double terms[] = {p, measured, p * p, measured * measured, p * measured};
    tgr_sum *const into[] = {&sums->p, &sums->d, &sums->pp, &sums->dd, &sums->pd};
    sums->count += weight;
    for (size_t i = 0; i < sizeof terms / sizeof *terms; i++) {
        int64_t term = tgr_exact_term(terms[i]);
        *into[i] += weight == TGR_WEIGHT_ONE ? term : tgr_weigh(weight, term);
    }
}

static void add_row(const judging *work, const float *y, const double *scores, tgr_weight weight,
                    pair_sums *sums)
{
    const tgr_candidates *from = work->candidates;
    size_t models = from->models, reference = from->reference;
    for (size_t model = 0; model < models; model++) {
        bool alone = models == 1;
        double measured = (double)y[model] - (alone ? 0 : (double)y[reference]);
        if (isnan(measured) || (model == reference && !alone)) {
            continue;
        }
        for (size_t i = 0; i < from->count; i++) {
            const double *of = scores + i * models;
            double predicted = of[model] - (alone ? 0 : of[reference]);
            add_pair(&sums[i * models + model], predicted / work->unit, measured / work->unit,
                     weight);
        }
    }
}

static void visit(void *user, const tgr_row_block *block)
{
    const judging *work = user;
#pragma omp parallel for num_threads((int)work->threads) schedule(dynamic, 256)
    for (size_t row = 0; row < block->rows; row++) {
        size_t thread = (size_t)omp_get_thread_num();
        double *scores = work->scores + thread * work->cells;
        score_row(work->candidates, block, row, scores);
        add_row(work, block->y + row * work->candidates->models, scores,
                block->weights == NULL ? TGR_WEIGHT_ONE : block->weights[row],
                work->sums + thread * work->cells);
    }
}

static double correlation(const pair_sums *sums)
{
    double n = tgr_exact_value(sums->count), p = tgr_exact_value(sums->p),
           d = tgr_exact_value(sums->d);
    double pp = n * tgr_exact_value(sums->pp) - p * p, dd = n * tgr_exact_value(sums->dd) - d * d;
    double both = n * tgr_exact_value(sums->pd) - p * d;
    return pp > 0 && dd > 0 ? both / (sqrt(pp) * sqrt(dd)) : NAN;
}

static void add_up(judging *work)
{
    for (size_t thread = 1; thread < work->threads; thread++) {
        for (size_t cell = 0; cell < work->cells; cell++) {
            pair_sums *into = &work->sums[cell];
            const pair_sums *from = &work->sums[thread * work->cells + cell];
            into->count += from->count;
            into->p += from->p;
            into->d += from->d;
            into->pp += from->pp;
            into->dd += from->dd;
            into->pd += from->pd;
        }
    }
}

/* Of all processes of a crew. A pair's sums travel as wide numbers, the count among them. */
static tgr_status unite(judging *work, const tgr_run *run, tgr_error *error)
{
    enum { NUMBERS = 6 };
    if (tgr_run_crew(run) == NULL) {
        return TGR_OK;
    }
    tgr_sum *numbers = tgr_mem_alloc(work->cells, NUMBERS * sizeof *numbers);
    if (numbers == NULL) {
        return tgr_fail_memory(error, "judging parameters");
    }
    for (size_t cell = 0; cell < work->cells; cell++) {
        const pair_sums *one = &work->sums[cell];
        const tgr_sum all[NUMBERS] = {one->count, one->p, one->d, one->pp, one->dd, one->pd};
        memcpy(numbers + NUMBERS * cell, all, sizeof all);
    }
    tgr_status status = tgr_crew_sum_wide(run, numbers, NUMBERS * work->cells, error);
    for (size_t cell = 0; status == TGR_OK && cell < work->cells; cell++) {
        const tgr_sum *all = numbers + NUMBERS * cell;
        work->sums[cell] = (pair_sums){all[0], all[1], all[2], all[3], all[4], all[5]};
    }
    tgr_mem_free(numbers);
    return status;
}

static void compare(const judging *work, double *worth)
{
    size_t models = work->candidates->models;
    for (size_t i = 0; i < work->candidates->count; i++) {
        double sum = 0, count = 0;
        for (size_t model = 0; model < models; model++) {
            double r = correlation(&work->sums[i * models + model]);
            sum += isnan(r) ? 0 : r;
            count += !isnan(r);
        }
        worth[i] = count > 0 ? sum / count : NAN;
    }
}

/* A power of two, so that dividing by it rounds nothing. */
static double unit_of(double largest)
{
    int exponent;
    return largest > 0 ? (frexp(largest, &exponent), ldexp(1, exponent)) : 1;
}

tgr_status tgr_candidates_judge(const tgr_candidates *candidates, const tgr_row_source *rows,
                                int threads, double *worth, const tgr_run *run, tgr_error *error)
{
    judging work = {.candidates = candidates,
                    .unit = unit_of(rows->largest_y),
                    .threads = (size_t)threads,
                    .cells = candidates->count * candidates->models};
    tgr_status status = TGR_OK;
    work.sums = tgr_mem_zalloc(work.threads, work.cells * sizeof *work.sums);
    work.scores = tgr_mem_alloc(work.threads, work.cells * sizeof *work.scores);
    if (work.sums == NULL || work.scores == NULL) {
        status = tgr_fail_memory(error, "judging parameters");
    } else {
        status = rows->walk(rows->rows, visit, &work, error);
    }
    if (status == TGR_OK) {
        add_up(&work);
        status = unite(&work, run, error);
    }
    if (status == TGR_OK) {
        compare(&work, worth);
    }
    tgr_mem_free(work.sums);
    tgr_mem_free(work.scores);
    return status;
}
