/* simulate.h - what a policy would cost and achieve on queries whose outcomes are recorded. */
#ifndef TAGROUTE_SIMULATE_H
#define TAGROUTE_SIMULATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tagroute/aligned.h>
#include <tagroute/export.h>
#include <tagroute/policy.h>
#include <tagroute/router.h>
#include <tagroute/run.h>
#include <tagroute/status.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum tgr_quality {
    TGR_QUALITY_AUTO = 0, /* the recorded score where there is one, else accepted or not */
    TGR_QUALITY_SCORE = 1,
    TGR_QUALITY_ACCEPT = 2
} tgr_quality;

typedef struct tgr_simulate_options {
    size_t size;               /* sizeof(tgr_simulate_options) */
    const char *const *inputs; /* query files, taken as one */
    size_t input_count;
    tgr_policy policy;
    const double *thresholds; /* exactly these are shown; NULL: a readable grid of `grid` points */
    size_t threshold_count;
    size_t grid;
    const char *fallback;
    const char *split; /* NULL: every query */
    tgr_quality quality;
    uint64_t memory;        /* bytes that the walk may take, about; 0: as the run says */
    size_t bootstrap;       /* replicates; 0: no intervals */
    uint64_t seed;          /* of the bootstrap */
    bool binned;            /* do as if memory had run out, as parts that are merged do */
    uint64_t shard, shards; /* shards > 0: only the queries of this one, 0 .. shards - 1 */
    const char *partial;    /* with shards: where its sums are written to, to be merged */
    /* What <tagroute/details.h> holds: each takes another walk over the files. */
    const char *const *by; /* columns of /obs, such as "category" */
    size_t by_count;
    bool predictions;
    bool category_mean;
    const char *baseline; /* a model that everything would go to, or "logged"; NULL: no statement of
                           * savings */
    double scale;         /* of the money in that statement; 0: 1 */
    bool logged;          /* what was really done, and what it says of other decisions */
    const char *const
        *judged; /* other query files, whose recorded quality stands for the inputs' */
    size_t judged_count;
    const char *judged_split; /* of those files; NULL: every query */
    double align_min;         /* as in tgr_route_options; other than 0 it is not for shards */
    const char *choose_on; /* a split that the best point is chosen on; NULL: the judged queries */
} tgr_simulate_options;

/* Cost is in USD, the sum over the queries; NaN where one needed is not known. Quality is measured
 * on the decisions whose chosen model is judged; NaN where none is. */
typedef struct tgr_point {
    double threshold;
    double cost;
    double accept_rate;
    double mean_score;
    double coverage;     /* share of the queries whose chosen model is judged */
    const double *share; /* models; sums to 1 less the undecided */
} tgr_point;

typedef struct tgr_baseline {
    double cost;
    double accept_rate;
    double mean_score;
    double coverage;
    const char *model; /* where the baseline is one model, else NULL */
} tgr_baseline;

/* docs/metrics.md defines each; NaN where undefined. They are taken over every threshold at which
 * some query changes its model, whatever is shown; uplift and rank are those of the best point. */
typedef struct tgr_metrics {
    double auc, apgr, pauc, cpt50, cpt80, aiq, cost_save, perf_gain, uplift, rank;
} tgr_metrics;

/* 2.5 % and 97.5 % of what the replicates of a bootstrap gave, figure by figure: the doubles of
 * both simulations are bounds, all else is as in the one that they belong to. */
typedef struct tgr_intervals {
    size_t replicates;
    uint64_t seed;
    const struct tgr_simulation *low, *high; /* NULL: no intervals were asked for */
} tgr_intervals;

/* How many changes of a query from one model to another lie between two thresholds that follow each
 * other: as the threshold goes from edges[i] to edges[i + 1], counts[i] are made. For `margin`
 * these are the queries whose margin is at least edges[i] and below edges[i + 1]. */
typedef struct tgr_histogram {
    size_t bins; /* 0: no threshold changes anything, or none but a fixed one was looked at */
    const double *edges;  /* bins + 1, rising */
    const double *counts; /* whole numbers, but for weights that are none */
    double below, above;  /* changes beyond the edges */
} tgr_histogram;

/* What tokens cost in one tier of service, for prompts of more tokens than `above`. USD a token,
 * NaN where not known. */
typedef struct tgr_price_level {
    const char *tier; /* "standard", "batch", "flex" or "priority"; NULL: not from a price map */
    double above;     /* 0: prompts of any length */
    bool in_use;      /* decisions are priced by it */
    double input, output, cached;
} tgr_price_level;

/* What a model costs, as far as the router knows; NaN where it does not. In USD. */
typedef struct tgr_price {
    double input, output;          /* a prompt token, a completion token */
    double completion_tokens;      /* expected */
    double mean;                   /* a query, of the training data */
    double flat;                   /* a query, given by the user */
    double cached;                 /* a prompt token that the provider had cached */
    double token_ratio;            /* tokens of the model for one counted; NaN: 1 */
    const char *tier;              /* in use; NULL: the prices are not a price map's */
    const char *entry, *map;       /* the map's entry, and its hash; NULL where not known */
    const tgr_price_level *levels; /* those in use first, then those of the entry's other tiers */
    size_t level_count;
} tgr_price;

/* What a simulation was made from. Texts are NULL where there is nothing to say. */
typedef struct tgr_origin {
    const char *router; /* digests, 32 hexadecimal digits */
    const char *scorer; /* such as "paper" */
    const char *counts; /* "raw", "binary" or "log" */
    const char *split;  /* NULL: every query */
    const char *fallback;
    uint64_t tags;                   /* that the router knows; 0 where that is not known */
    size_t files;                    /* query files */
    const char *const *file_digests; /* files; each NULL where it has none */
    tgr_aligned_tags aligned;
    const tgr_price *prices; /* models; NULL where they are not known */
} tgr_origin;

typedef struct tgr_simulation {
    uint64_t queries;
    uint64_t undecided;
    size_t models;
    const char *const *model_names;
    size_t reference;
    tgr_policy policy;
    tgr_quality quality; /* what was measured, never AUTO */
    size_t points;
    const tgr_point *curve;
    size_t best; /* index in curve: the chosen or best point; points where there is none */
    tgr_metrics metrics;
    tgr_metrics error_bound;   /* how far each metric may be from exact; 0 unless binned */
    bool binned;               /* thresholds were too many to be kept one by one */
    const tgr_baseline *alone; /* models: each model alone */
    tgr_baseline best_single, oracle, random, cost_matched_random;
    const tgr_intervals *intervals;    /* never NULL in what tgr_simulate gives */
    const struct tgr_details *details; /* likewise; <tagroute/details.h> */
    tgr_histogram margins;
    tgr_origin origin;
    const struct tgr_solution *solution; /* <tagroute/solve.h>; NULL: no goal was to be met */
    const char *elsewhere; /* the name of what scored or decided in place of a router; else NULL */
    bool
        given; /* it decided: the curve is one point, whose threshold is NaN, whatever the policy */
    bool weighted;    /* queries have weights: figures are of the queries that they stand for */
    double weight;    /* how many these are: the sum of the weights; else as `queries` */
    double effective; /* so many queries of equal weights say as much (Kish); else as `queries` */
} tgr_simulation;

/* Defaults: margin, automatic quality, a grid of 21 points. */
TGR_API void tgr_simulate_options_init(tgr_simulate_options *options);

/* One pass over the files. On success *simulation is the caller's, to be freed with
 * tgr_simulation_free; it does not need the router any longer. Memory: a few dozen bytes for each
 * change of a query from one model to another, up to what the options allow; beyond that changes
 * are binned by threshold, which keeps every point of the curve exact and bounds the error of the
 * metrics.
 *
 * Queries without a known cost, score or outcome are no errors: what depends on them is NaN, and
 * messages say so. TGR_ERR_INPUT for bad files, a tagger that differs from the router's, files
 * without a query, and scores or costs beyond 2^22; TGR_ERR_ARGUMENT where `utility` or `slack`
 * needs an expected cost that a model lacks. */
TGR_API tgr_status tgr_simulate(const tgr_router *router, const tgr_simulate_options *options,
                                tgr_simulation **simulation, const tgr_run *run, tgr_error *error);

/* The simulation of the whole log from the partial simulations of all its shards, in any order:
 * what one run with `binned` gives. TGR_ERR_INPUT where one is missing, given twice, damaged or of
 * another run. */
TGR_API tgr_status tgr_simulate_merge(const char *const *inputs, size_t input_count,
                                      tgr_simulation **simulation, const tgr_run *run,
                                      tgr_error *error);

/* Whether a file looks like a partial simulation; false where it cannot be read. */
TGR_API bool tgr_partial_simulation_is(const char *path);

TGR_API void tgr_simulation_free(tgr_simulation *simulation); /* NULL allowed */

/* The simulation as JSON, NUL-terminated; *text is the caller's, to be freed with tgr_free. */
TGR_API tgr_status tgr_simulation_json(const tgr_simulation *simulation, char **text,
                                       size_t *length, tgr_error *error);

#ifdef __cplusplus
}
#endif
#endif
