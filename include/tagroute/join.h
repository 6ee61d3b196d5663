/* join.h - judgements of some queries, joined to the query file that has all of them. */
#ifndef TAGROUTE_JOIN_H
#define TAGROUTE_JOIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tagroute/run.h>
#include <tagroute/status.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tgr_join_options {
    size_t size;                 /* sizeof(tgr_join_options) */
    const char *queries;         /* a query file */
    const char *const *outcomes; /* files of judgements, see docs/formats.md; read in order */
    size_t outcome_count;
    const char *output; /* the query file to write; replaced atomically */
    bool compress;      /* as tgr_ingest_options has it, likewise the next */
    bool compact;
} tgr_join_options;

#define TGR_UNMATCHED_SHOWN 5

typedef struct tgr_join_report {
    uint64_t queries;
    uint64_t judgements;                           /* distinct (id, model) pairs that were read */
    uint64_t joined_queries;                       /* rows that got one at least */
    uint64_t ids;                                  /* distinct ids that were read */
    uint64_t unmatched;                            /* of these, those that no query has */
    char first_unmatched[TGR_UNMATCHED_SHOWN][64]; /* in the order they came, cut where long */
    uint64_t models;                               /* of the output */
} tgr_join_report;

/* Defaults: nothing. */
TGR_API void tgr_join_options_init(tgr_join_options *options);

/* Writes options->queries with the judgements in /obsm/score and /obsm/outcome, their propensities
 * in /obsm/propensity and the weights of their queries in /obs/weight. A judgement takes
 * the place of what was known of its pair; of several of one pair the last counts. All rows with an
 * id get its judgements. Judgements are held in memory, queries are not. TGR_ERR_INPUT at the first
 * judgement that is not as it should be, or where no id is that of a query. `report` may be NULL.
 */
TGR_API tgr_status tgr_join(const tgr_join_options *options, tgr_join_report *report,
                            const tgr_run *run, tgr_error *error);

#ifdef __cplusplus
}
#endif
#endif
