/* block.h - the answers to some queries of a batch at once, a column a model: what is summed of
 * every query is summed in loops down the columns.
 */
#ifndef TGR_SIMULATE_BLOCK_H
#define TGR_SIMULATE_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/decide.h"
#include "engine/simulate/answers.h"
#include "engine/simulate/tally.h"
#include "kernels/kernels.h"

/* Reused from block to block. */
typedef struct tgr_block {
    size_t count;         /* rows; columns.rows are as many and some that fill up */
    const uint32_t *rows; /* of the batch */
    tgr_answer_columns columns;
    const tgr_kernels *kernels;

    /* Where a row may restrict its models, how many may serve each; where none may, the fallback
     * alone. NULL: all may serve every row. */
    const uint32_t *candidates;

    double *memory; /* what columns point to */
    double *free;   /* TGR_ANSWER_ROWS: a bar of zeros for the rows there are */
    uint32_t *restricted;
    tgr_answer *answer; /* models: of one row, as far as they were asked for */
    bool *made;         /* models */
    size_t at;          /* that row */
} tgr_block;

bool tgr_block_open(tgr_block *block, size_t models); /* false where memory is short */
void tgr_block_close(tgr_block *block);

/* Reads up to TGR_ANSWER_ROWS rows of the batch at hand, whose numbers have to outlive the block.
 * Returns false where a cost or score is too large to be summed exactly (see exact.h); *bad_row, of
 * the batch, and *bad_model say whose. */
bool tgr_block_read(tgr_block *block, const tgr_decide *decide, const tgr_batch *batch,
                    size_t file_models, const uint32_t *rows, size_t count, size_t *bad_row,
                    size_t *bad_model);

/* A model's answer to a row of the block, with its ranks; valid until another row is asked for. */
const tgr_answer *tgr_block_answer(tgr_block *block, size_t row, size_t model);

/* Adds sums down a column to a tally; ranks are left alone. */
void tgr_block_add(tgr_tally *tally, const tgr_answer_sums *sums, uint64_t decided);

#endif
