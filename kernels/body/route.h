/* route.h - the one algorithm of scoring and deciding, written once and compiled for each
 * instruction set.
 *
 * Included by kernels/<arch>/<isa>.c after a header that defines the vectors (see vectors.md). It
 * works on blocks of up to a thousand rows, which stay in the first two levels of cache:
 *
 * Order: rows are ranked by length, so that loops over entries run the same number of times again
 * and again. One mispredicted branch a row is what a plain loop loses.
 *
 * Widen: columns become offsets into W, and counts floats.
 *
 * Score: four rows at a time (fewer where rows of W are wide), each a sum in registers of whole
 * rows of W, in entry order, one fused multiply-add an entry.
 *
 * Decide: sixteen rows at a time, transposed, so that models are compared down the columns.
 *
 * Short rows beside few models go another way (short.h), which widens nothing.
 *
 * No step rounds or reorders anything within a row, so the bits are those of kernels/ref.
 */
#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "kernels/body/job.h"
#include "kernels/kernels.h"

#include "kernels/body/unroll.h"

#include "kernels/body/ahead.h"
#include "kernels/body/order.h"
#include "kernels/body/score.h"
#include "kernels/body/widen.h"

#include "kernels/body/decide.h"

#include "kernels/body/choose_decide.h"
#include "kernels/body/in_order.h"

#ifdef TGR_SHORT_GROUP
#include "kernels/body/short.h"
#endif

/* Scores of `groups` groups of the tile, into job->rows. */
typedef void score_tile_function(tgr_job *job, size_t groups);

TGR_INLINE void score_tile(tgr_job *job, size_t groups, size_t stride, bool ones)
{
    bool done = groups == TGR_TILE / TGR_GROUP && ((stride == 4 && score_short_tile_4(job, ones)) ||
                                                   (stride == 8 && score_short_tile_8(job, ones)));
    for (size_t at = 0; !done && at < groups * TGR_GROUP; at += TGR_GROUP) {
        score_group(job, at, stride, ones);
    }
}

/* An instance for each width that deserves one, and each with and without counts to multiply by. */
#define SCORE_TILE(NAME, STRIDE, ONES)                                                             \
    static void NAME(tgr_job *job, size_t groups)                                                  \
    {                                                                                              \
        score_tile(job, groups, STRIDE, ONES);                                                     \
    }

SCORE_TILE(score_tile_4, 4, false)
SCORE_TILE(score_tile_4_ones, 4, true)
SCORE_TILE(score_tile_8, 8, false)
SCORE_TILE(score_tile_8_ones, 8, true)
SCORE_TILE(score_tile_wide, 16, false)
SCORE_TILE(score_tile_wide_ones, 16, true)

static score_tile_function *choose_score(size_t stride, bool ones)
{
    if (stride == 4) {
        return ones ? score_tile_4_ones : score_tile_4;
    }
    if (stride == 8) {
        return ones ? score_tile_8_ones : score_tile_8;
    }
    return ones ? score_tile_wide_ones : score_tile_wide;
}

/* The scores of the tile's rows to where each belongs; the last row may come several times. */
static void put_scores(const tgr_job *job, float *scores)
{
    size_t stride = job->row_stride;
    for (size_t i = 0; i < TGR_TILE; i++) {
        memcpy(scores + job->tile_rows[i] * stride, job->rows + i * stride,
               stride * sizeof *scores);
    }
}

static void route_block(tgr_job *job, decide_tile_function *decide, bool ones)
{
    score_tile_function *score = choose_score(job->row_stride, ones);
    for (size_t i = 0; i < job->block_rows; i += TGR_TILE) {
        job->tile_rows = job->order + i;
        ask_ahead(job);
        score(job, TGR_TILE / TGR_GROUP);
        if (job->keeps) {
            put_scores(job, job->kept);
            keep_going(job, decide);
            continue;
        }
        transpose_tile(job, job->row_stride);
        decide(job);
    }
}

/* A row of more entries than a block holds: its sum goes on from part to part. Leaves its scores as
 * those of the tile's first row. */
static void score_long_row(tgr_job *job, size_t row)
{
    const tgr_csr *x = job->x;
    job->block_begin = row;
    job->tile_rows = job->order;
    memset(job->order, 0, TGR_TILE * sizeof *job->order);
    tgr_job_start_from_bias(job);
    for (int64_t entry = x->indptr[row]; entry < x->indptr[row + 1]; entry += TGR_BLOCK_ENTRIES) {
        int64_t end = entry + TGR_BLOCK_ENTRIES;
        end = end < x->indptr[row + 1] ? end : x->indptr[row + 1];
        bool ones = widen_entries(job, entry, (size_t)(end - entry));
        job->start[0] = 0;
        job->length[0] = (uint32_t)(end - entry);
        choose_score(job->row_stride, ones)(job, 1);
        memcpy(job->start_sums, job->rows, job->row_stride * sizeof *job->start_sums);
    }
    tgr_job_start_from_bias(job);
}

static void route_long_row(tgr_job *job, size_t row, decide_tile_function *decide)
{
    decide_all(job, decide);
    fill_tile(job);
    score_long_row(job, row);
    memcpy(job->kept, job->rows, job->row_stride * sizeof *job->rows);
    decide_in_order(job, decide, job->kept, row, row + 1);
}

/* Widens and orders the block's rows; returns whether every count is one. */
static bool prepare_block(tgr_job *job, size_t end)
{
    int64_t first = job->x->indptr[job->block_begin];
    int64_t last = job->x->indptr[job->block_begin + job->block_rows];
    plan_next_block(job, end);
    bool ones = widen_entries(job, first, (size_t)(last - first));
    order_rows(job, measure_rows(job));
    return ones;
}

/* Scores that are kept have to find room. */
static size_t most_rows(const tgr_job *job, size_t most)
{
    size_t room = TGR_KEPT_SCORES / job->row_stride;
    return job->keeps && room < most ? room : most;
}

/* The next rows up to `end` as a short block; false where they are none, and nothing is done. */
static bool route_short_block(tgr_job *job, size_t row, size_t end, decide_tile_function *decide)
{
#ifdef TGR_SHORT_GROUP
    const tgr_csr *x = job->x;
    if (!may_be_short(job)) {
        return false;
    }
    size_t rows = tgr_block_length(x, row, end, most_rows(job, TGR_SHORT_ROWS));
    rows = short_reach(x, row, rows);
    int64_t first = x->indptr[row], entries = x->indptr[row + rows] - first;
    if (rows == 0 || (uint64_t)entries >= rows * TGR_SHORT_ROW) {
        return false;
    }
    job->block_begin = row;
    job->block_rows = rows;
    uint32_t longest = measure_rows(job);
    if (longest >= TGR_SHORT_ROW) {
        return false;
    }
    job->columns =
        x->narrow != NULL ? (const void *)(x->narrow + first) : (const void *)(x->indices + first);
    job->values = (const uint8_t *)x->values + first;
    plan_next_block(job, end);
    bool masked = job->decider->eligible != NULL && job->decider->models <= 8 && !job->keeps;
    job->served = masked ? job->served_room : NULL;
    order_runs(job, longest);
    choose_short(job, all_ones(job->values, (size_t)entries))(job, decide);
    return true;
#else
    (void)job, (void)row, (void)end, (void)decide;
    return false;
#endif
}

static void TGR_VARIANT(route)(const tgr_csr *x, const tgr_weights *w, const tgr_decider *decider,
                               size_t begin, size_t end, void *scratch, const tgr_choice *choice)
{
    tgr_job job;
    tgr_job_open(&job, x, w, decider, choice, scratch);
    decide_tile_function *decide = choose_decide(decider, choice);
    for (size_t row = begin; row < end; row += job.block_rows) {
        if (!route_short_block(&job, row, end, decide)) {
            job.served = NULL;
            job.block_begin = row;
            job.block_rows = tgr_block_length(x, row, end, most_rows(&job, TGR_BLOCK_ROWS));
            if (job.block_rows == 0) {
                route_long_row(&job, row, decide);
                job.block_rows = 1;
                continue;
            }
            bool ones = prepare_block(&job, end);
            route_block(&job, decide, ones);
        }
        if (job.keeps) {
            keep_block(&job, decide, row, row + job.block_rows);
        }
    }
    decide_all(&job, decide);
    fill_tile(&job);
    s_streamed();
}

static void score_block(tgr_job *job, float *scores, bool ones)
{
    score_tile_function *score = choose_score(job->row_stride, ones);
    for (size_t i = 0; i < job->block_rows; i += TGR_TILE) {
        job->tile_rows = job->order + i;
        ask_ahead(job);
        score(job, TGR_TILE / TGR_GROUP);
        put_scores(job, scores);
    }
}

static void TGR_VARIANT(score)(const tgr_csr *x, const tgr_weights *w, size_t begin, size_t end,
                               void *scratch, float *scores)
{
    tgr_job job;
    tgr_job_open(&job, x, w, NULL, NULL, scratch);
    for (size_t row = begin; row < end; row += job.block_rows) {
        float *to = scores + (row - begin) * job.row_stride;
        job.block_begin = row;
        job.block_rows = tgr_block_length(x, row, end, TGR_BLOCK_ROWS);
        if (job.block_rows == 0) {
            score_long_row(&job, row);
            memcpy(to, job.rows, job.row_stride * sizeof *to);
            job.block_rows = 1;
            continue;
        }
        bool ones = prepare_block(&job, end);
        score_block(&job, to, ones);
    }
}
