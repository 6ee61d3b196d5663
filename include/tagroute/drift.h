/* drift.h - how far one set of queries is from another: tags, categories, what a router knows. */
#ifndef TAGROUTE_DRIFT_H
#define TAGROUTE_DRIFT_H

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

typedef struct tgr_drift_options {
    size_t size;                            /* sizeof(tgr_drift_options) */
    const char *first, *second;             /* query files */
    const char *first_split, *second_split; /* NULL: every query */
    const tgr_router *router;               /* whose tags are known; NULL: none is asked */
    size_t most;                            /* shifted tags, and categories, to list */
    uint64_t seed;                          /* of the relabellings */
} tgr_drift_options;

/* Of two distributions, each 0 where they are the same. docs/metrics.md defines them. */
typedef struct tgr_drift_sizes {
    double jensen_shannon;  /* bits, at most 1 */
    double psi;             /* population stability index, without bound */
    double total_variation; /* at most 1 */
} tgr_drift_sizes;

#define TGR_DRIFT_ROUNDS 19

/* A value that drifted: how many queries have it. */
typedef struct tgr_drift_shift {
    const char *name; /* NULL: queries without a category */
    uint64_t first, second;
    double first_share, second_share; /* of the queries */
    double log_odds;                  /* above 0: more in the second */
    double z;                         /* log_odds over its standard error */
} tgr_drift_shift;

/* What is said of tags, and of categories. Chance is what the sizes come to where the labels first
 * and second are dealt to the queries at random, in TGR_DRIFT_ROUNDS rounds. */
typedef struct tgr_drift_part {
    uint64_t values; /* distinct, of both */
    tgr_drift_sizes measured, chance_mean, chance_most;
    bool beyond; /* Jensen-Shannon is larger than in every round: chance does so 1 time in 20 */
    size_t shift_count;
    const tgr_drift_shift *shifts; /* by falling size of z; ties in byte order */
} tgr_drift_part;

typedef struct tgr_drift_side {
    uint64_t queries;
    uint64_t tags;            /* standing on queries, each once a query */
    uint64_t no_tag;          /* queries without any */
    uint64_t distinct;        /* tags that some query has */
    uint64_t only, only_tags; /* distinct tags that the other side lacks; standing on queries */
    uint64_t known_tags;      /* standing on queries, and known to the router */
    uint64_t no_known_tag;    /* queries */
} tgr_drift_side;

typedef struct tgr_drift {
    tgr_drift_side first, second;
    bool with_router;
    tgr_drift_part tags;
    bool with_categories; /* some query has one */
    tgr_drift_part categories;
    uint64_t seed;
    struct tgr_drift_memory *memory; /* the library's own */
} tgr_drift;

/* Defaults: 20 shifts, seed 1. */
TGR_API void tgr_drift_options_init(tgr_drift_options *options);

/* One walk over each side; memory grows with distinct tags and categories alone (about 200 bytes
 * each), and the result does not depend on threads. Tags are compared by name, however files were
 * tagged; a message says where taggers differ. TGR_ERR_INPUT for bad files and sides without a
 * query. *drift is the caller's, freed with tgr_drift_free. */
TGR_API tgr_status tgr_drift_measure(const tgr_drift_options *options, tgr_drift **drift,
                                     const tgr_run *run, tgr_error *error);
TGR_API void tgr_drift_free(tgr_drift *drift); /* NULL allowed */

/* As one JSON object; *text is the caller's, to be freed with tgr_free. */
TGR_API tgr_status tgr_drift_json(const tgr_drift *drift, char **text, tgr_error *error);

#ifdef __cplusplus
}
#endif
#endif
