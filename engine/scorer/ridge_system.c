/* ridge_system.c - conjugate gradients with a diagonal preconditioner, column by column in step. */
#include "engine/scorer/ridge_system.h"

#include <math.h>
#include <omp.h>
#include <string.h>

#include "engine/base/crew.h"
#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/runtime.h"
#include "engine/scorer/sums.h"

#define MOST_STEPS 400
#define SUM_BITS   61 /* of an integer that sums up */

static bool fill_right(tgr_ridge_system *system, const tgr_value_sums *sums)
{
    for (size_t group = 0; group < system->groups; group++) {
        tgr_value_sums rest;
        if (!tgr_value_sums_without(sums, system->groups == 1 ? -1 : (int)group, &rest)) {
            tgr_value_sums_free(&rest);
            return false;
        }
        for (size_t model = 0; model < system->models; model++) {
            size_t column = group * system->models + model;
            double mean = tgr_value_mean(&rest, model);
            mean = isnan(mean) ? 0 : mean;
            system->mean[column] = mean;
            for (size_t tag = 0; tag < system->tags; tag++) {
                size_t place = tag * system->models + model;
                double n = tgr_exact_value(rest.x[place]);
                system->judged[tag * system->columns + column] = n;
                system->right[tag * system->columns + column] =
                    fma(-mean, n, tgr_exact_value(rest.xy[place]));
            }
        }
        tgr_value_sums_free(&rest);
    }
    return true;
}

bool tgr_ridge_open(tgr_ridge_system *system, const tgr_value_sums *sums,
                    const tgr_row_source *rows, size_t groups, int threads, const tgr_run *run)
{
    size_t columns = groups * sums->models, tags = sums->tags, cells;
    *system = (tgr_ridge_system){.tags = tags,
                                 .models = sums->models,
                                 .groups = groups,
                                 .columns = columns,
                                 .rows = rows,
                                 .run = run};
    if (__builtin_mul_overflow(tags, columns, &cells) || cells > SIZE_MAX / sizeof(double)) {
        return false;
    }
    system->threads = tgr_tables_worth_it(cells * sizeof *system->sums, threads);
    double **const tables[] = {&system->judged,   &system->right,     &system->weights,
                               &system->residual, &system->direction, &system->product};
    bool enough = true;
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        *tables[i] = tgr_mem_zalloc(cells, sizeof **tables[i]);
        enough &= *tables[i] != NULL;
    }
    system->penalty = tgr_mem_zalloc(tags, sizeof *system->penalty);
    system->mean = tgr_mem_zalloc(columns, sizeof *system->mean);
    system->scale = tgr_mem_zalloc(columns, sizeof *system->scale);
    system->scalars = tgr_mem_zalloc(columns, 5 * sizeof *system->scalars);
    system->sums = tgr_mem_zalloc(system->threads * cells, sizeof *system->sums);
    system->scores = tgr_mem_zalloc(system->threads * columns, sizeof *system->scores);
    enough = enough && system->penalty != NULL && system->mean != NULL && system->scale != NULL &&
             system->scalars != NULL && system->sums != NULL && system->scores != NULL;
    return enough && fill_right(system, sums);
}

void tgr_ridge_free(tgr_ridge_system *system)
{
    double *const tables[] = {system->penalty, system->mean,     system->judged,  system->right,
                              system->weights, system->residual, system->product, system->direction,
                              system->scale,   system->scores,   system->scalars};
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        tgr_mem_free(tables[i]);
    }
    tgr_mem_free(system->sums);
    *system = (tgr_ridge_system){0};
}

/* x w for each column of one query, 0 where it is not among the column's queries; scaled. */
static void score_row(const tgr_ridge_system *system, const tgr_row_block *block, size_t row,
                      const double *vectors, double *scores)
{
    size_t columns = system->columns, models = system->models;
    memset(scores, 0, columns * sizeof *scores);
    for (int64_t at = block->indptr[row]; at < block->indptr[row + 1]; at++) {
        const double *vector = vectors + block->tags[at] * columns;
        double value = block->values == NULL ? 1 : (double)block->values[at];
        for (size_t c = 0; c < columns; c++) {
            scores[c] += value * vector[c];
        }
    }
    const float *y = block->y + row * models;
    for (size_t group = 0; group < system->groups; group++) {
        bool left_out = system->groups > 1 && block->folds[row] == group;
        for (size_t model = 0; model < models; model++) {
            double *score = &scores[group * models + model];
            *score =
                left_out || isnan(y[model]) ? 0 : *score * system->scale[group * models + model];
        }
    }
}

static void spread_row(const tgr_ridge_system *system, const tgr_row_block *block, size_t row,
                       double *scores, int64_t *sums)
{
    size_t columns = system->columns;
    for (size_t c = 0; block->values == NULL && c < columns; c++) {
        scores[c] = nearbyint(scores[c]);
    }
    for (int64_t at = block->indptr[row]; at < block->indptr[row + 1]; at++) {
        int64_t *of_tag = sums + block->tags[at] * columns;
        if (block->values == NULL) {
            for (size_t c = 0; c < columns; c++) {
                of_tag[c] += (int64_t)scores[c];
            }
        } else {
            double value = (double)block->values[at];
            for (size_t c = 0; c < columns; c++) {
                of_tag[c] += (int64_t)nearbyint(value * scores[c]);
            }
        }
    }
}

/* The same of a query that counts as often as its weight says. */
static void spread_weighted_row(const tgr_ridge_system *system, const tgr_row_block *block,
                                size_t row, const double *scores, int64_t *sums)
{
    size_t columns = system->columns;
    for (int64_t at = block->indptr[row]; at < block->indptr[row + 1]; at++) {
        int64_t *of_tag = sums + block->tags[at] * columns;
        double value = block->values == NULL ? 1 : (double)block->values[at];
        for (size_t c = 0; c < columns; c++) {
            int64_t term = (int64_t)nearbyint(value * scores[c]);
            of_tag[c] += (int64_t)tgr_weigh(block->weights[row], term);
        }
    }
}

typedef struct multiplying {
    const tgr_ridge_system *system;
    const double *vectors;
} multiplying;

static void multiply_block(void *user, const tgr_row_block *block)
{
    const multiplying *work = user;
    const tgr_ridge_system *system = work->system;
    size_t cells = system->tags * system->columns;
#pragma omp parallel for num_threads((int)system->threads) schedule(dynamic, 256)
    for (size_t row = 0; row < block->rows; row++) {
        size_t thread = (size_t)omp_get_thread_num();
        double *scores = system->scores + thread * system->columns;
        score_row(system, block, row, work->vectors, scores);
        if (block->weights == NULL) {
            spread_row(system, block, row, scores, system->sums + thread * cells);
        } else {
            spread_weighted_row(system, block, row, scores, system->sums + thread * cells);
        }
    }
}

/* A power of two for each column with which no sum leaves SUM_BITS bits. */
static void choose_scales(tgr_ridge_system *system, const double *vectors)
{
    const tgr_row_source *rows = system->rows;
    double most = rows->count * rows->largest_x * rows->longest;
    for (size_t c = 0; c < system->columns; c++) {
        double largest = 0;
        for (size_t tag = 0; tag < system->tags; tag++) {
            largest = fmax(largest, fabs(vectors[tag * system->columns + c]));
        }
        int exponent = 0;
        frexp(most * largest, &exponent);
        system->scale[c] =
            largest > 0 && isfinite(most * largest) ? ldexp(1, SUM_BITS - exponent) : 0;
    }
}

/* product = (X'X + diag(penalty)) vectors */
static tgr_status multiply(tgr_ridge_system *system, const double *vectors, tgr_error *error)
{
    size_t columns = system->columns, cells = system->tags * columns;
    multiplying work = {system, vectors};
    choose_scales(system, vectors);
    memset(system->sums, 0, system->threads * cells * sizeof *system->sums);
    tgr_status status = system->rows->walk(system->rows->rows, multiply_block, &work, error);
    for (size_t thread = 1; thread < system->threads; thread++) {
        for (size_t cell = 0; cell < cells; cell++) {
            system->sums[cell] += system->sums[thread * cells + cell];
        }
    }
    if (status == TGR_OK) {
        status = tgr_crew_sum(system->run, (uint64_t *)(void *)system->sums, cells, error);
    }
    for (size_t cell = 0; status == TGR_OK && cell < cells; cell++) {
        int64_t sum = system->sums[cell];
        double scale = system->scale[cell % columns];
        system->product[cell] =
            (scale > 0 ? (double)sum / scale : 0) + system->penalty[cell / columns] * vectors[cell];
    }
    return status;
}

/* What the residual is divided by to get closer to the error. */
static double diagonal(const tgr_ridge_system *system, size_t tag, size_t cell)
{
    double value = fmax(system->judged[cell], 0) + system->penalty[tag];
    return value > 0 ? value : 1;
}

/* sums[c] = the vectors' product, left over the diagonal where so wanted, right. */
static void dot(const tgr_ridge_system *system, const double *left, const double *right,
                bool conditioned, double *sums)
{
    size_t columns = system->columns;
    memset(sums, 0, columns * sizeof *sums);
    for (size_t tag = 0; tag < system->tags; tag++) {
        for (size_t c = 0; c < columns; c++) {
            size_t cell = tag * columns + c;
            double value = left[cell] * right[cell];
            sums[c] += conditioned ? value / diagonal(system, tag, cell) : value;
        }
    }
}

/* direction = residual over the diagonal + factor * direction; 0 in columns that are done. */
static void turn(tgr_ridge_system *system, const double *factors, const double *sizes,
                 const double *enough)
{
    size_t columns = system->columns;
    for (size_t tag = 0; tag < system->tags; tag++) {
        for (size_t c = 0; c < columns; c++) {
            size_t cell = tag * columns + c;
            double ahead = system->residual[cell] / diagonal(system, tag, cell);
            system->direction[cell] =
                sizes[c] > enough[c] ? ahead + factors[c] * system->direction[cell] : 0;
        }
    }
}

static void step(tgr_ridge_system *system, const double *lengths)
{
    size_t cells = system->tags * system->columns;
    for (size_t cell = 0; cell < cells; cell++) {
        double length = lengths[cell % system->columns];
        system->weights[cell] += length * system->direction[cell];
        system->residual[cell] -= length * system->product[cell];
    }
}

static bool all_done(const double *sizes, const double *enough, size_t columns)
{
    for (size_t c = 0; c < columns; c++) {
        if (sizes[c] > enough[c]) {
            return false;
        }
    }
    return true;
}

tgr_status tgr_ridge_solve(tgr_ridge_system *system, double tolerance, tgr_error *error)
{
    size_t columns = system->columns, cells = system->tags * columns;
    double *enough = system->scalars, *sizes = enough + columns, *factors = sizes + columns;
    double *lengths = factors + columns, *before = lengths + columns;
    dot(system, system->right, system->right, true, enough);
    for (size_t c = 0; c < columns; c++) {
        enough[c] *= tolerance * tolerance;
        factors[c] = 0;
    }
    tgr_status status = multiply(system, system->weights, error);
    for (size_t cell = 0; cell < cells; cell++) {
        system->residual[cell] = system->right[cell] - system->product[cell];
    }
    dot(system, system->residual, system->residual, true, sizes);
    for (int i = 0; status == TGR_OK && i < MOST_STEPS && !all_done(sizes, enough, columns); i++) {
        turn(system, factors, sizes, enough);
        status = multiply(system, system->direction, error);
        dot(system, system->direction, system->product, false, lengths);
        for (size_t c = 0; c < columns; c++) {
            lengths[c] = lengths[c] > 0 ? sizes[c] / lengths[c] : 0;
            before[c] = sizes[c];
        }
        step(system, lengths);
        dot(system, system->residual, system->residual, true, sizes);
        for (size_t c = 0; c < columns; c++) {
            factors[c] = before[c] > 0 ? sizes[c] / before[c] : 0;
        }
    }
    return status;
}
