/* fit.h - TagScorer: a router from the outcomes that a query file records. */
#ifndef TAGROUTE_FIT_H
#define TAGROUTE_FIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tagroute/export.h>
#include <tagroute/router.h>
#include <tagroute/run.h>
#include <tagroute/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How X enters the sums and, stored in the router, the scores. */
typedef enum tgr_count {
    TGR_COUNT_RAW = 0,     /* as it is */
    TGR_COUNT_BINARY = 1,  /* 1 where a tag stands */
    TGR_COUNT_LOG = 2,     /* float32(log1p(x)) */
    TGR_COUNT_DEFAULT = -1 /* the scorer's own */
} tgr_count;

typedef struct tgr_fit_options {
    size_t size;               /* sizeof(tgr_fit_options) */
    const char *const *inputs; /* query files, taken as one */
    size_t input_count;
    const char *scorer;        /* "paper", "bayes", "ridge", "mixed" */
    const char *reference;     /* model, or NULL: the model of the highest mean cost */
    const char *const *models; /* NULL: all of the query files, in byte order */
    size_t model_count;
    const char *split; /* NULL: "train" where some file has it, else every query; "" every query */
    double min_count;  /* tags with a smaller n_t are dropped */
    tgr_count count;
    double rewards[3]; /* of a win, a tie, a loss */
    double kappa;      /* of bayes, above 0; NaN: chosen by cross-validation */
    double alpha;      /* of ridge and mixed, not below 0; NaN: likewise */
    uint64_t memory;   /* bytes for holding training queries, where they are walked more than a few
                        * times; more than fit are read again each time. 0: as the run says */
    uint32_t folds;    /* by which kappa or alpha is chosen, and tgr_fit_compare measures: 2 to 64;
                        * 0: 5. An error where nothing is chosen by them */
} tgr_fit_options;

typedef struct tgr_fit_report {
    uint64_t queries;   /* read */
    uint64_t training;  /* of them used */
    uint64_t tags_seen; /* distinct tags in the training queries */
    uint64_t tags;      /* kept */
    uint64_t models;
    uint64_t judged;         /* (query, model) pairs with an outcome, derived ones included */
    uint64_t derived;        /* of them: outcomes derived from scores */
    uint64_t assumed_ties;   /* of them: the reference's, not recorded */
    double parameter;        /* kappa or alpha, given or chosen; NaN where the scorer has none */
    uint64_t judged_queries; /* of the training queries: those with any outcome or score of the
                              * router's models */
} tgr_fit_report;

/* Defaults: scorer "paper", min_count 5, default count, rewards 1, 0.15, -1, parameters chosen. */
TGR_API void tgr_fit_options_init(tgr_fit_options *options);

struct tgr_price_options; /* prices.h */

/* Fits a router. On success *router is the caller's; on failure it is NULL. prices, report and run
 * may be NULL.
 *
 * Models are those asked for, in that order, else all of the files in byte order; at most 1024.
 * Tags with at least min_count occurrences are kept, numbered by falling count, ties by byte order.
 * A pair without a recorded outcome gets it from the scores of the model and the reference, where
 * both are there; the reference's own, where neither is, is a tie if another model of the query has
 * a recorded one.
 *
 * Reference: where none is named, the model of the highest cost of an average training query, the
 * first of equals. That cost is the mean of the recorded ones, else prices times mean tokens, else
 * the flat cost; `prices` are applied before, and completion tokens given there win over the mean.
 *
 * bayes, ridge and mixed learn from y: the recorded score, else the reward of the outcome. Their
 * parameter, unless given, is the one whose predictions correlate best with the differences
 * measured between each model and the reference, over `folds` folds of the training queries: by
 * XXH3 of the text, else of the id. ridge and mixed minimise squared errors iteratively; their
 * queries are held in memory (about 8 bytes a tag and 4 a model, each query) within `memory`, else
 * read once a step.
 *
 * Every sum is exact, so weights and means do not depend on threads, order of rows, or how they are
 * split over files. The router also holds margin quantiles: the ceil(share * n)-th largest margin
 * of the n training queries for shares 0.1 to 0.9; of more than 50 million queries, every s-th
 * counts.
 *
 * Memory does not grow with the queries but for 4 bytes each (200 MB at most) for the margins. The
 * files are read three times. Model means and sums need |value| <= 2^22.
 *
 * TGR_ERR_ARGUMENT for unknown models, a split that no file has, options out of range, or where no
 * model's cost is known to choose the reference by (the sentence lists the models). TGR_ERR_INPUT
 * where there is nothing to learn from, no tag is frequent enough, files were tagged differently,
 * or a value cannot be summed exactly (the sentence names file and row). */
TGR_API tgr_status tgr_fit(const tgr_fit_options *options, const struct tgr_price_options *prices,
                           tgr_router **router, tgr_fit_report *report, const tgr_run *run,
                           tgr_error *error);

/* Learns from one shard of the rows of all inputs, floor((shard - 1) * rows / shards) up to
 * floor(shard * rows / shards), and writes a partial fit: every sum, exact, and every tag. Shards
 * count from 1; at most 65,536. tgr_fit_merge makes of all of them the router that one run over
 * everything gives, byte for byte.
 *
 * TGR_ERR_ARGUMENT for ridge and mixed, which cannot be learnt in parts; TGR_ERR_INPUT where no
 * reference is named and outcomes depend on it. A shard may well hold no training query. */
TGR_API tgr_status tgr_fit_shard(const tgr_fit_options *options,
                                 const struct tgr_price_options *prices, uint64_t shard,
                                 uint64_t shards, const char *output, tgr_fit_report *report,
                                 const tgr_run *run, tgr_error *error);

/* Makes a router of all parts of a fit, in any order. queries: the query files that they were
 * fitted from, in the same order, for the margin quantiles (and kappa, where it is to be chosen);
 * where query_count is 0 the router has no quantiles, and a warning says so. report and run may be
 * NULL.
 *
 * TGR_ERR_INPUT for damaged parts, for parts that do not belong together, and where one is missing
 * (the sentence names which); TGR_ERR_ARGUMENT for query files that are others, or lacking where
 * kappa is to be chosen. */
TGR_API tgr_status tgr_fit_merge(const char *const *parts, size_t part_count,
                                 const char *const *queries, size_t query_count,
                                 tgr_router **router, tgr_fit_report *report, const tgr_run *run,
                                 tgr_error *error);

/* Whether tgr_fit_merge could make a router of these parts. Each thing that is wrong (a part that
 * is damaged, missing, there twice, or of another fit) is a message, and TGR_ERR_INPUT counts them.
 * *shards, unless NULL: how many the fit has. */
TGR_API tgr_status tgr_fit_merge_check(const char *const *parts, size_t part_count,
                                       uint64_t *shards, const tgr_run *run, tgr_error *error);

/* A figure with its bootstrap interval of 95 %; NaN where it is not defined. */
typedef struct tgr_fit_figure {
    double value, low, high;
} tgr_fit_figure;

enum { TGR_FIT_AUC, TGR_FIT_APGR, TGR_FIT_CPT50, TGR_FIT_CPT80, TGR_FIT_FIGURES };

typedef struct tgr_fit_compared {
    const char *scorer;
    const char *input; /* the file that was fitted, where each was for itself; else NULL */
    double tags;       /* kept, mean over the folds */
    tgr_fit_figure figures[TGR_FIT_FIGURES];
    tgr_fit_figure gains[TGR_FIT_FIGURES]; /* over the first entry, paired; NaN in the first */
} tgr_fit_compared;

typedef struct tgr_fit_comparison {
    uint64_t queries; /* held out, each once */
    size_t folds, replicates;
    size_t count;
    tgr_fit_compared *entries; /* by file, then by scorer */
} tgr_fit_comparison;

/* Fits every scorer as often as there are folds, each time without one fold of the training queries
 * (see tgr_fit), and measures margin routing on the fold left out: what tags are kept, parameters,
 * reference and means are all learnt without it. Figures are those of docs/metrics.md by the share
 * of queries sent to the reference, also with more than two models, the others being represented by
 * the best of them for each query; they are averaged over the folds. Intervals: Poisson bootstrap
 * over queries, seeded, the same draws for all entries. Queries whose reference or other model is
 * not judged are left out. kappa, alpha and count, where given, hold for every scorer that has
 * them.
 *
 * each: every input is fitted for itself, so that ways to tag the same queries can be compared;
 * TGR_ERR_INPUT where a file does not hold the queries of the first in the same order. Else the
 * inputs are one.
 *
 * Memory: about 20 bytes a query and entry. *comparison is the caller's, freed with
 * tgr_fit_comparison_free. */
TGR_API tgr_status tgr_fit_compare(const tgr_fit_options *options, bool each,
                                   const struct tgr_price_options *prices,
                                   tgr_fit_comparison **comparison, const tgr_run *run,
                                   tgr_error *error);
TGR_API void tgr_fit_comparison_free(tgr_fit_comparison *comparison); /* NULL allowed */

/* Whether a file looks like a partial fit; false where it cannot be read. */
TGR_API bool tgr_partial_fit_is(const char *path);

#ifdef __cplusplus
}
#endif
#endif
