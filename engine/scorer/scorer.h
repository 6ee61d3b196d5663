/* scorer.h - what turns the training queries into W and b. A scorer is one file. */
#ifndef TGR_SCORER_SCORER_H
#define TGR_SCORER_SCORER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tagroute/run.h>
#include <tagroute/status.h>

#include "engine/base/exact.h"
#include "engine/router/router.h"
#include "engine/scorer/rows.h"
#include "engine/scorer/values.h"

/* Sums over the training queries, row-major. Those of tags are in units of 2^-40 (exact.h), counts
 * included, so that weights other than integers add up as exactly. Outcomes are in the order loss,
 * tie, win. */
typedef struct tgr_sums {
    size_t tags, models;
    const tgr_sum *occurrences;    /* tags: n_t */
    const tgr_sum *outcomes;       /* tags x models x 3: n_tk(r) */
    const tgr_sum *model_outcomes; /* models x 3: judged queries */
} tgr_sums;

/* All that a scorer may learn from; it says which parts it wants. */
typedef struct tgr_learning {
    tgr_sums sums; /* outcomes only where wanted */
    const tgr_value_sums *values;
    tgr_row_source *rows; /* where the scorer walks, or has a parameter to choose */
    size_t folds;         /* of the rows and, where there is a parameter to choose, of the values */
    double parameter;     /* NaN: to be chosen; the scorer sets it to what it chose */
    int threads;
    const tgr_run *run;
} tgr_learning;

typedef struct tgr_scorer {
    const char *name;
    tgr_count default_count;
    const char *parameter; /* "kappa", "alpha"; NULL: it has none */
    bool wants_outcomes, wants_values;
    bool walks; /* wants the rows even where its parameter is given */
    /* Fills weights (tags x models) and bias (models). Sums of hostile weights may make one
     * overflow: the caller checks that all are finite. */
    tgr_status (*learn)(tgr_learning *learning, const tgr_router *settings, float *weights,
                        float *bias, tgr_error *error);
} tgr_scorer;

/* All there are, ended by NULL. */
extern const tgr_scorer *const tgr_scorers[];

/* NULL where there is none of that name. */
const tgr_scorer *tgr_scorer_by_name(const char *name);

/* The names there are, as "a, b", static storage. For messages. */
const char *tgr_scorer_names(void);

/* rewards: of a win, a tie, a loss. The sum over outcomes (loss, tie, win) of count * reward. */
double tgr_reward_sum(const double rewards[3], double losses, double ties, double wins);

/* The mean reward of a model's judged queries (loss, tie, win, in units of 2^-40); NaN where there
 * is none. */
double tgr_mean_reward(const double rewards[3], const tgr_sum outcomes[3]);

extern const tgr_scorer tgr_scorer_paper, tgr_scorer_bayes, tgr_scorer_ridge, tgr_scorer_mixed;

#endif
