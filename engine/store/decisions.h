/* decisions.h - decisions out, in any of three formats, and back in for `info`. */
#ifndef TGR_STORE_DECISIONS_H
#define TGR_STORE_DECISIONS_H

#include <stdbool.h>
#include <stdint.h>

#include <tagroute/policy.h>
#include <tagroute/route.h>
#include <tagroute/status.h>

#include "engine/store/batch.h"

typedef struct tgr_decisions_plan {
    uint64_t rows;             /* how many decisions will be written; known beforehand */
    const char *const *models; /* names, in the router's order */
    size_t model_count;
    const char *reference; /* name */
    tgr_policy policy;
    const double *thresholds;
    size_t threshold_count;
    const char *fallback; /* or NULL */
    bool ids, margins;    /* HDF5 only */
    size_t id_width;      /* bytes of the longest id; HDF5 only */
    const char *router_digest;
    const char *const *query_digests; /* one a query file, "" for foreign ones */
    size_t query_count;
} tgr_decisions_plan;

typedef struct tgr_decisions_writer tgr_decisions_writer;

/* Settles TGR_DECISIONS_AUTO by the path's ending; TGR_ERR_ARGUMENT where that says nothing, or
 * where HDF5 is to go to standard output ("-"). */
tgr_status tgr_decision_format_of(const char *path, tgr_decision_format *format, tgr_error *error);

/* `path` "-" is standard output (text formats only). The plan must outlive the writer. */
tgr_status tgr_decisions_open(const char *path, tgr_decision_format format,
                              const tgr_decisions_plan *plan, tgr_decisions_writer **writer,
                              tgr_error *error);

/* Appends `rows` decisions. model: rows x thresholds, -1 undecided. margin: rows x thresholds, NaN
 * where there is none; may be NULL where the plan has no margins and the format is HDF5. ids: NULL
 * bytes where the query files have none (then HDF5 index and text ids are the row numbers). */
tgr_status tgr_decisions_put(tgr_decisions_writer *writer, const tgr_texts *ids,
                             const int16_t *model, const float *margin, size_t rows,
                             tgr_error *error);
tgr_status tgr_decisions_commit(tgr_decisions_writer *writer, tgr_error *error);
void tgr_decisions_free(tgr_decisions_writer *writer); /* NULL allowed; abandons */

/* What a decision file in HDF5 holds, counted. */
typedef struct tgr_decisions_summary {
    uint64_t rows;
    char *policy;
    char *router_digest;
    char *query_digest; /* the first one */
    size_t threshold_count;
    double *thresholds;
    size_t model_count;
    char **models;
    uint64_t *chosen; /* thresholds x (models + 1), the last being undecided */
    bool has_ids, has_margins;
} tgr_decisions_summary;

tgr_status tgr_decisions_summarise(const char *path, tgr_decisions_summary *summary,
                                   tgr_error *error);
void tgr_decisions_summary_free(tgr_decisions_summary *summary);

#endif
