/* work.h - the state of one fit, and its steps: shared by fits of everything, of a shard, of
 * all but a fold, and by the merging of shards. */
#ifndef TGR_FIT_WORK_H
#define TGR_FIT_WORK_H

#include <stdint.h>

#include <tagroute/fit.h>
#include <tagroute/prices.h>

#include "engine/fit/folds.h"
#include "engine/fit/means.h"
#include "engine/fit/outcomes.h"
#include "engine/fit/rows.h"
#include "engine/fit/tags.h"
#include "engine/fit/walk.h"
#include "engine/router/router.h"
#include "engine/scorer/scorer.h"

typedef struct tgr_fit_work {
    tgr_fit_options options;
    const tgr_scorer *scorer;
    const tgr_run *run;
    bool may_share;        /* among the processes of a crew: all steps are made for it */
    const uint64_t *share; /* the row at which this process's begins; NULL: to be found out */
    tgr_fit_walk walk;
    tgr_folds folds; /* of the walk's rows, where they are needed */
    tgr_router *router;
    int32_t *columns; /* files x models */
    tgr_fit_tags tags;
    tgr_fit_means means;
    tgr_fit_source source; /* points at the above */
    tgr_fit_outcomes outcomes;
    tgr_fit_rows rows;
    tgr_fit_report report;
} tgr_fit_work;

/* Copies the options and checks them. The work is closed in any case. */
tgr_status tgr_fit_work_start(tgr_fit_work *work, const tgr_fit_options *options,
                              const tgr_run *run, tgr_error *error);
void tgr_fit_work_close(tgr_fit_work *work);

/* Whether the scorer's parameter is still to be chosen. */
bool tgr_fit_work_chooses(const tgr_fit_work *work);

/* How many folds it is chosen by, and queries are compared on. */
static inline uint32_t tgr_fit_work_folds(const tgr_fit_work *work)
{
    return work->options.folds > 0 ? work->options.folds : TGR_FOLDS_DEFAULT;
}

/* Opens the files, without a split asked for that of the training queries where there is one. */
tgr_status tgr_fit_work_open(tgr_fit_work *work, tgr_error *error);

/* Then makes a router of the files' models. */
tgr_status tgr_fit_work_prepare(tgr_fit_work *work, const tgr_price_options *prices,
                                tgr_error *error);

/* The first walk: how often tags occur, and the models' means. all_tags: none is dropped, and there
 * may be none. */
tgr_status tgr_fit_work_count_tags(tgr_fit_work *work, bool all_tags, tgr_error *error);

/* The second walk: what the scorer learns from; `rows`: the queries themselves too. */
tgr_status tgr_fit_work_count_outcomes(tgr_fit_work *work, bool rows, tgr_error *error);

/* What the second walk found, into the router and the report; TGR_ERR_INPUT where it is nothing. */
tgr_status tgr_fit_work_note_outcomes(tgr_fit_work *work, const char *where, tgr_error *error);

/* W and b, and the parameter. */
tgr_status tgr_fit_work_learn(tgr_fit_work *work, tgr_error *error);

/* All of it but margins and digest, on files that are open. */
tgr_status tgr_fit_work_fit(tgr_fit_work *work, const tgr_price_options *prices, tgr_error *error);

#endif
