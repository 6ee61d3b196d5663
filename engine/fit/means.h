/* means.h - exact means over the training queries: what each model cost, wrote and scored. */
#ifndef TGR_FIT_MEANS_H
#define TGR_FIT_MEANS_H

#include <stddef.h>
#include <stdint.h>

#include <tagroute/run.h>
#include <tagroute/status.h>

#include "engine/base/exact.h"
#include "engine/fit/walk.h"
#include "engine/router/router.h"

typedef struct tgr_mean {
    tgr_sum sum;
    uint64_t count; /* of values recorded */
    tgr_sum beyond; /* what weights add to that, in units of 2^-40 */
} tgr_mean;

typedef struct tgr_fit_means {
    size_t models;
    tgr_mean *cost, *completion_tokens, *score; /* models */
    tgr_mean prompt_tokens;
    size_t part_count;
    tgr_mean *parts; /* each thread's share of a batch's sums: 3 x models, and prompt tokens */
} tgr_fit_means;

/* What batches have to be read with; and TGR_WANT_PROMPT_TOKENS where their mean is of interest. */
#define TGR_FIT_MEANS_WANTS (TGR_WANT_COST | TGR_WANT_COMPLETION_TOKENS | TGR_WANT_SCORE)

/* Freed with tgr_fit_means_free in any case. */
tgr_status tgr_fit_means_open(tgr_fit_means *means, size_t models, const tgr_run *run,
                              tgr_error *error);
void tgr_fit_means_free(tgr_fit_means *means);

/* Adds a batch that the pass just gave. columns[model]: the model's column in the file, or -1.
 * TGR_ERR_INPUT at a value that cannot be summed exactly. */
tgr_status tgr_fit_means_add(tgr_fit_means *means, const tgr_fit_walk *walk, size_t file,
                             const tgr_batch *batch, const int32_t *columns,
                             const tgr_router *router, tgr_error *error);

/* Of values recorded, by their queries' weights, in units of 2^-40. */
static inline tgr_sum tgr_mean_count(const tgr_mean *mean)
{
    return ((tgr_sum)mean->count << 40) + mean->beyond;
}

/* NaN where nothing was recorded. */
double tgr_mean_value(tgr_mean mean);

/* Writes the means to the router's models. A number of completion tokens that is there already was
 * given by the user and stays. */
void tgr_fit_means_store(const tgr_fit_means *means, tgr_router *router);

#endif
