/* dense.c - tiles of rows: filled, multiplied, decided.
 *
 * Why zeros do no harm. W is finite, so a column that a row lacks adds fmaf(0, w, s), which is s in
 * every bit but one: a negative zero becomes a positive one where w is positive. A sum starts at
 * the bias, which is never a negative zero, and becomes one only where a product is rounded to zero
 * from below: a product smaller than the smallest float. Counts are at least one and make none;
 * weights may, in which case rows that end in a zero are summed again as they are stored. (A zero
 * of either sign stays one until something else than a zero is added, so no other sum can differ.)
 */
#include "kernels/xsmm/dense.h"

#include <math.h>
#include <string.h>

#include "kernels/xsmm/fill.h"

#define SMALLEST_FLOAT 0x1p-149

typedef struct work {
    const tgr_dense *dense;
    const tgr_csr *x;
    const tgr_decider *decider;
    const tgr_choice *choice;
    float *biases;  /* TGR_DENSE_ROWS x stride */
    float *scores;  /* TGR_DENSE_ROWS x stride */
    float *tile;    /* TGR_DENSE_ROWS x columns */
    float *widened; /* columns */
    void *scratch;  /* of the kernels */
} work;

static size_t aligned(size_t floats)
{
    return (floats * sizeof(float) + 63) / 64 * 64;
}

size_t tgr_dense_scratch(size_t columns, size_t models)
{
    size_t stride = tgr_weights_stride(models);
    return 2 * aligned(TGR_DENSE_ROWS * stride) + aligned(TGR_DENSE_ROWS * columns) +
           aligned(columns) + tgr_kernels_scratch(models);
}

static float least_weight(const tgr_weights *w, size_t columns)
{
    float least = INFINITY;
    for (size_t i = 0; i < columns; i++) {
        for (size_t model = 0; model < w->models; model++) {
            float size = fabsf(w->weights[i * w->stride + model]);
            least = size > 0 && size < least ? size : least;
        }
    }
    return least;
}

void tgr_dense_open(tgr_dense *dense, tgr_multiply_function *multiply, const tgr_kernels *kernels,
                    const tgr_weights *w, size_t columns, double least_density)
{
    *dense = (tgr_dense){
        .multiply = multiply,
        .kernels = kernels,
        .w = *w,
        .columns = columns,
        .least_entries = (size_t)ceil(least_density * TGR_DENSE_ROWS * (double)columns),
        .least_weight = least_weight(w, columns),
    };
}

static void open_work(work *job, const tgr_dense *dense, void *scratch)
{
    char *next = scratch;
    size_t stride = dense->w.stride;
    job->biases = (float *)(void *)next;
    next += aligned(TGR_DENSE_ROWS * stride);
    job->scores = (float *)(void *)next;
    next += aligned(TGR_DENSE_ROWS * stride);
    job->tile = (float *)(void *)next;
    next += aligned(TGR_DENSE_ROWS * dense->columns);
    job->widened = (float *)(void *)next;
    job->scratch = next + aligned(dense->columns);
    memset(job->biases, 0, TGR_DENSE_ROWS * stride * sizeof(float));
    for (size_t row = 0; row < TGR_DENSE_ROWS; row++) {
        memcpy(job->biases + row * stride, dense->w.bias, dense->w.models * sizeof(float));
    }
}

/* ---- the tile ------------------------------------------------------------------------------- */

/* Sums again what ends in a zero, as the row is stored. */
static void mend_zeros(const work *job, size_t begin, size_t rows)
{
    const tgr_weights *w = &job->dense->w;
    for (size_t i = 0; i < rows; i++) {
        float *scores = job->scores + i * w->stride;
        bool zero = false;
        for (size_t model = 0; model < w->models; model++) {
            zero = zero || scores[model] == 0;
        }
        if (zero) {
            tgr_ref_score(job->x, w, begin + i, begin + i + 1, scores, w->stride);
        }
    }
}

/* Leaves the scores of a tile in job->scores. */
static void score_tile(const work *job, size_t begin, size_t rows, size_t entries)
{
    const tgr_dense *dense = job->dense;
    const float *tile = job->tile;
    float least = INFINITY;
    if (job->x->value_type == TGR_F32 && entries == TGR_DENSE_ROWS * dense->columns) {
        tile = (const float *)job->x->values + job->x->indptr[begin]; /* a tile as it is */
    } else {
        least = tgr_fill_tile(job->x, begin, rows, job->tile, TGR_DENSE_ROWS, dense->columns,
                              job->widened);
    }
    memcpy(job->scores, job->biases, TGR_DENSE_ROWS * dense->w.stride * sizeof(float));
    dense->multiply(dense->w.weights, tile, job->scores);
    if ((double)least * (double)dense->least_weight < SMALLEST_FLOAT) {
        mend_zeros(job, begin, rows);
    }
}

static void route_tile(const work *job, size_t begin, size_t rows, size_t entries)
{
    const tgr_dense *dense = job->dense;
    score_tile(job, begin, rows, entries);
    dense->kernels->decide(&dense->w, job->decider, job->scores, begin, begin + rows, job->scratch,
                           job->choice);
}

static void route_sparse(const work *job, size_t begin, size_t end)
{
    if (begin < end) {
        job->dense->kernels->route(job->x, &job->dense->w, job->decider, begin, end, job->scratch,
                                   job->choice);
    }
}

void tgr_dense_route(const tgr_dense *dense, const tgr_csr *x, const tgr_decider *decider,
                     size_t begin, size_t end, void *scratch, const tgr_choice *choice)
{
    work job = {.dense = dense, .x = x, .decider = decider, .choice = choice};
    open_work(&job, dense, scratch);
    size_t sparse = begin; /* rows from here on wait for a sparse call */
    size_t rows;
    for (size_t row = begin; row < end; row += rows) {
        rows = end - row < TGR_DENSE_ROWS ? end - row : TGR_DENSE_ROWS;
        size_t entries = (size_t)(x->indptr[row + rows] - x->indptr[row]);
        if (entries >= dense->least_entries) {
            route_sparse(&job, sparse, row);
            route_tile(&job, row, rows, entries);
            sparse = row + rows;
        }
    }
    route_sparse(&job, sparse, end);
}

void tgr_dense_score(const tgr_dense *dense, const tgr_csr *x, size_t begin, size_t end,
                     void *scratch, float *scores)
{
    work job = {.dense = dense, .x = x};
    size_t stride = dense->w.stride, rows;
    open_work(&job, dense, scratch);
    for (size_t row = begin; row < end; row += rows) {
        rows = end - row < TGR_DENSE_ROWS ? end - row : TGR_DENSE_ROWS;
        size_t entries = (size_t)(x->indptr[row + rows] - x->indptr[row]);
        float *to = scores + (row - begin) * stride;
        if (entries >= dense->least_entries) {
            score_tile(&job, row, rows, entries);
            memcpy(to, job.scores, rows * stride * sizeof *to);
        } else {
            dense->kernels->score(x, &dense->w, row, row + rows, job.scratch, to);
        }
    }
}
