/* judge.h - how each model did on the training queries: an outcome for counting, a number for
 * regression. */
#ifndef TGR_FIT_JUDGE_H
#define TGR_FIT_JUDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tagroute/run.h>
#include <tagroute/status.h>

#include "engine/fit/pieces.h"
#include "engine/fit/tags.h"
#include "engine/fit/walk.h"
#include "engine/judgement.h"
#include "engine/router/router.h"
#include "engine/router/serve.h"

/* What every walk over judged queries needs. */
typedef struct tgr_fit_source {
    tgr_fit_walk *walk;
    const tgr_fit_tags *tags;
    const int32_t *columns; /* files x models: each model's column, or -1 */
    const tgr_router *router;
    const tgr_run *run;
} tgr_fit_source;

/* One thread's share of the judging. */
typedef struct tgr_fit_judge {
    tgr_judgement *judgements; /* models */
    uint64_t *model_outcomes;  /* models x 3 */
    tgr_sum *beyond;           /* models x 3: what weights add to these, in units of 2^-40 */
    uint64_t queries;          /* of which anything is recorded */
    uint64_t derived, assumed, reference_recorded;
    uint64_t dependent; /* queries whose outcomes would be others with another reference */
} tgr_fit_judge;

/* A batch being judged, with its values transformed. */
typedef struct tgr_fit_judging {
    const tgr_fit_source *source;
    tgr_fit_judge *judges;
    size_t judge_count;
    tgr_batch *batch;
    size_t file, file_models;
    const int32_t *columns; /* models: of the batch's file */
    bool all_there;         /* the file has a column of outcomes for each model */
    tgr_fit_pieces pieces;  /* of the batch */

    void *outcomes; /* int8_t, rows x models: -1 not judged, 0 loss, 1 tie, 2 win */
    size_t outcome_capacity;
    bool want_y;
    void *y; /* float, rows x models: the recorded score, else the outcome's reward, else NaN */
    size_t y_capacity;
    tgr_transform transform;
} tgr_fit_judging;

/* Closed in any case. */
tgr_status tgr_fit_judging_open(tgr_fit_judging *work, const tgr_fit_source *source, bool want_y,
                                tgr_error *error);
void tgr_fit_judging_close(tgr_fit_judging *work);

/* Goes on to the next batch of the walk; work->batch is NULL at its end. Its rows are yet to be
 * judged, piece by piece. */
tgr_status tgr_fit_judging_next(tgr_fit_judging *work, const char *phase, tgr_error *error);

/* Judges rows [begin, end) of the batch; thread: below judge_count, nobody else's at the time. */
void tgr_fit_judge_rows(tgr_fit_judging *work, size_t thread, size_t begin, size_t end);

#endif
