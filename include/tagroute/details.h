/* details.h - what a simulation says beyond its curve: by group of queries, of how well scores
 * predict, of money. docs/metrics.md defines every figure; NaN where one is not known. */
#ifndef TAGROUTE_DETAILS_H
#define TAGROUTE_DETAILS_H

#include <tagroute/simulate.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The queries of one value of a column, simulated by themselves at the threshold of the whole
 * simulation's best point, which is the only point of their curve; metrics are those of every
 * threshold at which one of these queries changes its model. */
typedef struct tgr_slice {
    const char *value; /* NULL: queries without one */
    const tgr_simulation *simulation;
    double known_tags;     /* share of their tags that the router knows */
    uint64_t no_known_tag; /* queries */
} tgr_slice;

typedef struct tgr_breakdown { /* by falling number of queries, those without a value last */
    const char *column;
    size_t count;
    const tgr_slice *slices;
    bool without_metrics; /* thresholds were too many to be kept: metrics of slices are unknown */
} tgr_breakdown;

#define TGR_DECILES 10

/* A tenth of the judged queries, by weight, by rising prediction; equal predictions stay together.
 */
typedef struct tgr_decile {
    uint64_t queries;
    double from, to;            /* the least and the largest prediction */
    double predicted, measured; /* means */
    double weight;              /* of the queries; their number where they have none */
} tgr_decile;

typedef struct tgr_prediction {
    const char *model; /* NULL: the margin */
    uint64_t queries;  /* that are judged */
    double rank_correlation;
    double predicted, measured; /* means */
    tgr_decile deciles[TGR_DECILES];
    double weight; /* of the queries that are judged; their number where they have none */
} tgr_prediction;

/* Scores against what was measured, for each model; and the margin, the best other model's score
 * less the reference's, against the same difference of what was measured. */
typedef struct tgr_predictions {
    size_t models;
    const tgr_prediction *of; /* models */
    tgr_prediction margin;
    bool same_scale; /* scores predict the quality itself; else only their order means something */
    size_t cut_bits; /* of scores and measures, as float32, that were left out for lack of memory */
} tgr_predictions;

/* Routing by the mean of each category in place of tags. */
typedef struct tgr_category_mean {
    const tgr_simulation *simulation; /* on the same queries, thresholds of its own */
    const char *split;                /* learnt from; NULL: from the judged queries themselves */
    uint64_t training;                /* queries learnt from */
    tgr_baseline at_cost; /* its best shown point that costs no more than the router's best point */
} tgr_category_mean;

/* Everything to one model, or what was really done, against the best point. */
typedef struct tgr_savings {
    const char *baseline;            /* "logged": what was done */
    double cost, routed_cost, saved; /* USD, scaled */
    double saved_share;
    double scale; /* of all money here; 1: what the queries at hand cost */
    double quality, routed_quality;
    double recorded,
        routed_recorded; /* share of the costs that are recorded; the rest is expected */
} tgr_savings;

/* What a log says of another policy at a threshold: of queries whose logged model is known with the
 * chance that it had. Ranges are of 95 %, by the normal distribution. */
typedef struct tgr_estimate {
    double threshold;
    uint64_t matched;                       /* judged queries logged with the very model chosen */
    double effective;                       /* as many equally weighted queries say as much */
    double ips, ips_low, ips_high;          /* self-normalised inverse propensities */
    double robust, robust_low, robust_high; /* doubly robust */
} tgr_estimate;

/* What was really done. */
typedef struct tgr_logged {
    uint64_t queries;    /* logged with a model of the router */
    uint64_t others;     /* with another model, or none */
    tgr_baseline all;    /* what those of the router's models cost and achieved; coverage of them */
    double recorded;     /* share of these costs that are recorded; the rest is expected */
    const double *share; /* models, of `queries` */
    uint64_t chances;    /* queries with a known chance; estimates are over these */
    size_t estimate_count;
    const tgr_estimate *estimates; /* as the curve; NULL where no chance is known */
    bool from_scores; /* doubly robust estimates start from scores; else from each model's mean */
    double weight;    /* of `queries`; their number where they have none */
} tgr_logged;

/* A set of queries as the router's tags see it. */
typedef struct tgr_tag_view {
    uint64_t queries;
    double tags;       /* known ones, a query */
    double known_tags; /* share of the tags that are known */
    uint64_t no_known_tag;
} tgr_tag_view;

/* Quality from another sample than the log. */
typedef struct tgr_judged {
    const tgr_simulation *simulation; /* of the sample, at the log's thresholds */
    tgr_tag_view log, sample;
    double
        drift; /* half the sum over known tags of differences of their shares: 0 alike, 1 apart */
    double unseen; /* share of the log's known tags that the sample lacks, by occurrence */
} tgr_judged;

/* Where the best point was chosen, and what it promised there. */
typedef struct tgr_chosen {
    const char *split;
    uint64_t queries;
    double threshold;
    tgr_baseline promised;
} tgr_chosen;

typedef struct tgr_details {
    size_t breakdown_count;
    const tgr_breakdown *breakdowns;
    const tgr_predictions *predictions; /* NULL: not asked for; likewise below */
    const tgr_category_mean *category_mean;
    const tgr_savings *savings;
    const tgr_logged *logged;
    const tgr_judged *judged;
    const tgr_chosen *chosen;
} tgr_details;

#ifdef __cplusplus
}
#endif
#endif
