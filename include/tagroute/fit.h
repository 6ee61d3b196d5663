/* fit.h - TagScorer: a router from the outcomes that a query file records. */
#ifndef TAGROUTE_FIT_H
#define TAGROUTE_FIT_H

#include <stddef.h>
#include <stdint.h>

#include <tagroute/export.h>
#include <tagroute/router.h>
#include <tagroute/run.h>
#include <tagroute/status.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum tgr_count { /* how X enters the sums and, stored in the router, the scores */
    TGR_COUNT_RAW = 0,   /* as it is */
    TGR_COUNT_BINARY = 1, /* 1 where a tag stands */
    TGR_COUNT_LOG = 2,   /* float32(log1p(x)) */
    TGR_COUNT_DEFAULT = -1 /* the scorer's own */
} tgr_count;

typedef struct tgr_fit_options {
    size_t size;               /* sizeof(tgr_fit_options) */
    const char *const *inputs; /* query files, taken as one */
    size_t input_count;
    const char *scorer;        /* "paper" */
    const char *reference;     /* model, or NULL: the model of the highest mean cost */
    const char *const *models; /* NULL: all of the query files, in byte order */
    size_t model_count;
    const char *split;         /* NULL: "train" where there are splits, else every query; "" every query */
    double min_count;          /* tags with a smaller n_t are dropped */
    tgr_count count;
    double rewards[3];         /* of a win, a tie, a loss */
} tgr_fit_options;

typedef struct tgr_fit_report {
    uint64_t queries;      /* read */
    uint64_t training;     /* of them used */
    uint64_t tags_seen;    /* distinct tags in the training queries */
    uint64_t tags;         /* kept */
    uint64_t models;
    uint64_t judged;       /* (query, model) pairs with an outcome, derived ones included */
    uint64_t derived;      /* of them: outcomes derived from scores */
    uint64_t assumed_ties; /* of them: the reference's, not recorded */
} tgr_fit_report;

/* Defaults: scorer "paper", min_count 5, default count, rewards 1, 0.15, -1. */
TGR_API void tgr_fit_options_init(tgr_fit_options *options);

/* Fits a router. On success *router is the caller's. Sums are exact, so the result does not depend on
 * threads, order of rows or how they are split over files. TGR_ERR_ARGUMENT for unknown models or
 * options; TGR_ERR_INPUT where the files hold no outcome or score to learn from. The model order and
 * reference are fixed here. `prices`, if not NULL, are applied before the reference is chosen by
 * cost. Margin quantiles over the training queries are stored in the router. */
struct tgr_price_options;
TGR_API tgr_status tgr_fit(const tgr_fit_options *options, const struct tgr_price_options *prices,
                           tgr_router **router, tgr_fit_report *report, const tgr_run *run,
                           tgr_error *error);

#ifdef __cplusplus
}
#endif
#endif
