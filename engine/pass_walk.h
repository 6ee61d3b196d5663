/* pass_walk.h - a walk's batches, read ahead by a thread where that can be had. Between pass.c and
 * pass_walk.c. */
#ifndef TGR_PASS_WALK_H
#define TGR_PASS_WALK_H

#include "engine/pass.h"

typedef struct tgr_pass_position { /* where a walk stands */
    size_t file;
    uint64_t row;       /* of that file */
    uint64_t rows_done; /* over all files */
} tgr_pass_position;

typedef struct tgr_pass_walk tgr_pass_walk;

tgr_pass_walk *tgr_pass_walk_new(const tgr_pass *pass); /* NULL where memory is short */
void tgr_pass_walk_free(tgr_pass_walk *walk);           /* NULL allowed; waits for its thread */

typedef struct tgr_pass_step {  /* what a walk gives */
    tgr_batch *batch;           /* NULL: the end */
    const bool *keep;           /* which rows it was made of; NULL where there is no split */
    size_t file;                /* it is from */
    tgr_pass_position position; /* where the walk stands after it */
} tgr_pass_step;

/* The next batch, as tgr_pass_next. */
tgr_status tgr_pass_walk_next(tgr_pass_walk *walk, unsigned want, const tgr_run *run,
                              tgr_pass_step *step, tgr_error *error);

/* Where a row lies, counted over all files. */
tgr_pass_position tgr_pass_place(const tgr_pass *pass, uint64_t row);

/* Where the walk goes on from; what was read ahead is dropped. */
void tgr_pass_walk_begin_at(tgr_pass_walk *walk, const tgr_pass_position *position);

/* The number of the pass's split in a file; -1 where the file lacks it. */
int tgr_pass_split_code(const tgr_pass *pass, size_t file);

#endif
