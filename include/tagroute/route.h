/* route.h - every query of one or more query files gets a model. */
#ifndef TAGROUTE_ROUTE_H
#define TAGROUTE_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tagroute/aligned.h>
#include <tagroute/export.h>
#include <tagroute/policy.h>
#include <tagroute/router.h>
#include <tagroute/run.h>
#include <tagroute/solve.h>
#include <tagroute/status.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum tgr_decision_format {
    TGR_DECISIONS_AUTO = 0, /* by the output's ending: .h5 .hdf5 .h5ad, .jsonl .ndjson, .msgpack */
    TGR_DECISIONS_H5 = 1,
    TGR_DECISIONS_JSONL = 2,
    TGR_DECISIONS_MSGPACK = 3
} tgr_decision_format;

typedef struct tgr_route_options {
    size_t size;               /* sizeof(tgr_route_options) */
    const char *const *inputs; /* query files, taken as one in this order */
    size_t input_count;
    const char *output; /* replaced atomically; "-": standard output (not for HDF5) */
    tgr_decision_format format;
    tgr_policy policy;
    const double *thresholds; /* decided in one pass */
    size_t threshold_count;   /* at least 1 */
    const char *fallback; /* NULL, or the model of queries without a known tag or eligible model */
    const char *split;    /* NULL: every query */
    bool ids;             /* HDF5: write the queries' ids (the text formats always do) */
    bool margins;         /* HDF5: write margins (the text formats always do) */
    size_t block_rows;    /* 0: chosen; rows scored and decided at once; the result is the same */

    /* Continue what a run with the same inputs and options left when it was stopped; start afresh
     * where there is nothing of it; do nothing where the output is there already. */
    bool resume;
    double checkpoint_seconds; /* between two checkpoints; 0: 5 */
    uint32_t shard, shards;    /* shards > 0: decide only the queries of this one, 1 .. shards */
    /* The likeness in spelling, a cosine above 0, up to 1, from which a tag that neither the router
     * nor its mapping knows counts as the nearest one of these; above 1: none does; 0: as the
     * router's mapping says, and none where it has no mapping. */
    double align_min;
    tgr_goal goal; /* kind other than TGR_GOAL_NONE: find the threshold; none is given then */
} tgr_route_options;

typedef enum tgr_cost_source {                      /* what a model's cost is computed from */
                               TGR_COST_NONE = 0,   /* nothing known */
                               TGR_COST_TOKENS = 1, /* prices, the query's prompt tokens, expected
                                                       completion tokens */
                               TGR_COST_MEAN =
                                   2, /* the mean of recorded costs in the training data */
                               TGR_COST_FLAT = 3 /* a flat cost given by the user */
} tgr_cost_source;

typedef struct tgr_route_report {
    uint64_t queries; /* decided upon */
    uint64_t nonzeros;
    uint64_t no_known_tag; /* queries none of whose tags the router knows */
    uint64_t fell_back;    /* queries that went to the fallback */
    uint64_t undecided;    /* no eligible model and no fallback */
    uint64_t unknown_tags; /* columns that the router does not know, summed over files */
    tgr_aligned_tags aligned;
    size_t models;
    size_t thresholds;
    uint64_t *chosen; /* thresholds x models: how many queries */
    double *cost;     /* thresholds: expected USD in total, NaN where one is not known */
    tgr_cost_source *cost_source; /* models: the best source that any query used */
    uint64_t resumed;             /* of the queries: decided upon by a run before */
    bool complete;                /* resume: the output was there already, and nothing was done */
    tgr_solution solution;        /* goal.kind TGR_GOAL_NONE: nothing was to be found */
} tgr_route_report;

/* Defaults: margin, no thresholds (the caller sets them), everything else off. */
TGR_API void tgr_route_options_init(tgr_route_options *options);

/* Scores and decides, block by block; the score matrix of all queries is never held. Memory does
 * not grow with the number of queries. `report` may be NULL, else tgr_route_report_free releases
 * what it owns. TGR_ERR_INPUT for bad files or a tagger that differs from the router's;
 * TGR_ERR_ARGUMENT where the policy needs a cost that a model lacks (the sentence names it).
 *
 * Decisions go to .NAME.partial beside the output, and every few seconds .NAME.checkpoint says how
 * far they are on the disk. Both stay when the run is cancelled or killed, or cannot read on, and
 * `resume` continues from them: the output has the same bytes as that of a run never stopped.
 * TGR_ERR_ARGUMENT where they are of another router, other inputs or options. A run that fails
 * otherwise, or without `resume` finds some left, removes them. Standard output cannot be resumed.
 *
 * Shard i of N takes the queries that a run without shards would decide floor((i - 1) D / N)-th to
 * before floor(i D / N)-th, of D, numbered from 0. Its file says so (a text file's in a second one,
 * OUTPUT.shard), and tgr_merge makes of all of them what that run would write.
 *
 * A router with a mapping of tags (`tgr_ingest` with a mapping) is applied to files that were
 * tagged without it, as well: columns become what the mapping says, and the decisions are those of
 * the file that ingesting with the router gives. Where tags of a query become one, counts add up to
 * at most 65535, and weights as 32-bit floats are added in float64.
 *
 * With a goal the queries are read a few times first, to find the threshold that meets it. Costs
 * are expected ones; queries that tie at the threshold are let pass in their order as far as the
 * goal allows, so that a budget is kept and less than the cost of one query is left of it. A
 * quality is measured on those queries that are judged. TGR_ERR_UNREACHABLE where no threshold
 * meets the goal, TGR_ERR_UNSUPPORTED for shards. The solution's goal names the model with the
 * options' own text. */
TGR_API tgr_status tgr_route(const tgr_router *router, const tgr_route_options *options,
                             tgr_route_report *report, const tgr_run *run, tgr_error *error);

TGR_API void tgr_route_report_free(tgr_route_report *report); /* NULL allowed */

/* As one JSON object, which says the same for any number of threads; of a run that found its output
 * there, only that. router, options: those of the run. *text is the caller's, to be freed with
 * tgr_free. */
TGR_API tgr_status tgr_route_report_json(const tgr_route_report *report, const tgr_router *router,
                                         const tgr_route_options *options, char **text,
                                         tgr_error *error);

#ifdef __cplusplus
}
#endif
#endif
