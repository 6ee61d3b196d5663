/* plan.h - the final order of all names, and the plan of the query file that follows from it. */
#ifndef TGR_INGEST_PLAN_H
#define TGR_INGEST_PLAN_H

#include "engine/ingest/assemble.h"
#include "engine/ingest/order.h"
#include "engine/store/query_write.h"

/* Starts zeroed. Points into the columns it was made of. */
typedef struct tgr_numbering {
    tgr_order tags, models, sources;
    tgr_order coded[TGR_CODED_COLUMNS];
    uint64_t *tag_queries; /* in the tags' final order */
    double *tag_counts;
    int64_t *source_bytes; /* in the sources' order */
    uint64_t *source_hashes;
} tgr_numbering;

tgr_status tgr_numbering_make(tgr_numbering *numbering, const tgr_columns *columns,
                              tgr_error *error);
void tgr_numbering_free(tgr_numbering *numbering);

/* Warns where compact indices were asked for but cannot be had. */
void tgr_ingest_plan_make(tgr_query_plan *plan, const tgr_columns *columns,
                          const tgr_numbering *numbering, const tgr_assembly *assembly,
                          const tgr_run *run);

#endif
