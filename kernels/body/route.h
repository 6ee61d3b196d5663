/* route.h - the one algorithm of scoring and deciding, written once and compiled for each
 * instruction set.
 *
 * Included by kernels/<arch>/<isa>.c after a header that defines the vectors (see vectors.md). What
 * it does, for a block of about a thousand rows that stay in the first two levels of cache:
 *
 *   prepare  widens columns to offsets into W and counts to floats, and orders the rows by length,
 * so that loops over entries run the same number of times again and again: one mispredicted branch
 * a row is what a plain loop loses; score    four rows at a time (fewer where rows of W are wide),
 * each a sum in registers of whole rows of W, in entry order, one fused multiply-add an entry;
 *   decide   sixteen rows at a time, transposed, so that models are compared down the columns.
 *
 * No step rounds or reorders anything within a row, so the bits are those of kernels/ref.
 */
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "kernels/body/job.h"
#include "kernels/kernels.h"

#include "kernels/body/prepare.h"
#include "kernels/body/score.h"

#include "kernels/body/decide.h"

/* Rows of the block, in order of length, waiting to make a full tile. */
typedef struct tile_state {
    tgr_job *job;
    decide_tile_function *decide;
    unsigned count;
} tile_state;

/* Pads to a full tile with the last row: it is decided and stored twice, to the same effect. */
static void finish_tile(tile_state *state)
{
    tgr_job *job = state->job;
    if (state->count == 0) {
        return;
    }
    for (unsigned i = state->count; i < TGR_TILE; i++) {
        job->tile_rows[i] = job->tile_rows[state->count - 1];
        memcpy(job->rows + i * job->row_stride, job->rows + (state->count - 1) * job->row_stride,
               job->row_stride * sizeof *job->rows);
    }
    transpose_tile(job);
    state->decide(job);
    state->count = 0;
}

TGR_INLINE void score_block(tgr_job *job, decide_tile_function *decide, bool ones)
{
    tile_state state = {job, decide, 0};
    size_t last = job->block_rows - 1;
    for (size_t i = 0; i < job->block_rows; i += TGR_GROUP) {
        for (size_t j = 0; j < TGR_GROUP; j++) {
            job->tile_rows[state.count + j] = job->order[i + j < last ? i + j : last];
        }
        score_rows(job, state.count, ones);
        state.count += TGR_GROUP;
        if (state.count == TGR_TILE) {
            transpose_tile(job);
            decide(job);
            state.count = 0;
        }
    }
    finish_tile(&state);
}

/* A row of more entries than a block holds: its sum goes on from part to part. */
static void route_long_row(tgr_job *job, size_t row, decide_tile_function *decide)
{
    const tgr_csr *x = job->x;
    tgr_job_start_from_bias(job);
    for (int64_t entry = x->indptr[row]; entry < x->indptr[row + 1]; entry += TGR_BLOCK_ENTRIES) {
        int64_t end = entry + TGR_BLOCK_ENTRIES;
        end = end < x->indptr[row + 1] ? end : x->indptr[row + 1];
        bool ones = widen_entries(job, entry, (size_t)(end - entry));
        job->start[0] = 0;
        job->length[0] = (uint32_t)(end - entry);
        for (unsigned i = 0; i < TGR_TILE; i++) {
            job->tile_rows[i] = 0;
        }
        score_rows(job, 0, ones);
        memcpy(job->start_sums, job->rows, job->row_stride * sizeof *job->start_sums);
    }
    tile_state state = {job, decide, 1};
    job->block_begin = row;
    job->tile_rows[0] = 0;
    finish_tile(&state);
    tgr_job_start_from_bias(job);
}

static void TGR_VARIANT(route)(const tgr_csr *x, const tgr_weights *w, const tgr_decider *decider,
                               size_t begin, size_t end, void *scratch, const tgr_choice *choice)
{
    tgr_job job;
    tgr_job_open(&job, x, w, decider, choice, scratch);
    decide_tile_function *decide = choose_decide(decider, choice);
    for (size_t row = begin; row < end; row += job.block_rows) {
        job.block_begin = row;
        job.block_rows = tgr_block_length(x, row, end);
        if (job.block_rows == 0) {
            route_long_row(&job, row, decide);
            job.block_rows = 1;
            continue;
        }
        prefetch_next_block(&job, end);
        int64_t first = x->indptr[row];
        bool ones = widen_entries(&job, first, (size_t)(x->indptr[row + job.block_rows] - first));
        order_rows(&job);
        if (ones) {
            score_block(&job, decide, true);
        } else {
            score_block(&job, decide, false);
        }
    }
}
