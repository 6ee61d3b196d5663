/* walk.h - the training queries, walked again and again: those of a split, of a range of rows,
 * and of some folds only. */
#ifndef TGR_FIT_WALK_H
#define TGR_FIT_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tagroute/run.h>
#include <tagroute/status.h>

#include "engine/base/weight.h"
#include "engine/fit/folds.h"
#include "engine/pass.h"

typedef struct tgr_fit_walk {
    tgr_pass pass; /* opened by whoever walks */
    /* Rows of all files, one after another, that count: [begin, end). */
    uint64_t begin, end;
    const tgr_folds *folds; /* of each of those rows, or NULL */
    int without;            /* the fold that is left out; -1: none */
    int only;               /* the one fold that is wanted; -1: every one */

    /* where a walk over a part of the rows stands */
    uint64_t at;
    tgr_batch part;
    bool *keep;
    size_t keep_capacity;

    /* of the last batch, where it is not simply a run of rows: each row's number in its file */
    bool selected;
    uint64_t *numbers;
    size_t number_capacity;
    uint8_t *batch_folds; /* of the last batch's rows, where there are folds */
    size_t fold_capacity;

    const tgr_weight *weights; /* of the last batch's rows; NULL: each is 1 */
    void *weight_memory;
    size_t weight_capacity;
} tgr_fit_walk;

/* Sets a walk over every row of the pass (in a crew, of its share), once that is open. */
void tgr_fit_walk_all(tgr_fit_walk *walk);
/* Shard `shard` of `shards`, counted from 1. */
void tgr_fit_walk_shard(tgr_fit_walk *walk, uint64_t shard, uint64_t shards);
void tgr_fit_walk_close(tgr_fit_walk *walk); /* the pass too; harmless on a zeroed structure */

/* As tgr_pass_next. */
tgr_status tgr_fit_walk_next(tgr_fit_walk *walk, unsigned want, const char *phase,
                             const tgr_run *run, tgr_batch **batch, size_t *file, tgr_error *error);

/* The row of the file that a row of the last batch is. */
uint64_t tgr_fit_walk_row(const tgr_fit_walk *walk, const tgr_batch *batch, size_t row);

#endif
