/* normalise.h - the canonical set of a log's tags: rare ones dropped, the same by rule together,
 * near ones clustered; each cluster is named by its most frequent tag. */
#ifndef TGR_NORMALISE_NORMALISE_H
#define TGR_NORMALISE_NORMALISE_H

#include <tagroute/run.h>
#include <tagroute/status.h>

#include "engine/normalise/dbscan.h"
#include "engine/normalise/groups.h"
#include "engine/tagger/mapping.h"

typedef struct tgr_normalise_plan {
    double
        min_count; /* tags that are the same by rule and seen less often, together, are dropped */
    tgr_dbscan_plan dbscan;
    const char *embeddings;   /* NULL: vectors of character n-grams */
    const tgr_mapping *given; /* NULL, or what is settled already: other tags join it where they
                               * can, and it stays as it is */
    double align_least;       /* the cosine from which a tag joins the nearest given one */
} tgr_normalise_plan;

typedef struct tgr_normalised {
    tgr_mapping *mapping; /* most frequent canonical tag first, each followed by what becomes it; at
                           * the end what is dropped */
    double *seen;         /* how often each of its tags was */
    uint64_t rare;        /* tags dropped for being rare */
    uint64_t joined;      /* tags that joined given ones */
    uint64_t by_rule;     /* tags that joined a more frequent one by rule */
    uint64_t no_vector;   /* groups that the embeddings lack */
    tgr_dbscan_report clusters;
} tgr_normalised;

/* The result is the caller's on success. */
tgr_status tgr_normalise_tags(const tgr_seen_tags *tags, const tgr_normalise_plan *plan,
                              tgr_normalised *result, const tgr_run *run, tgr_error *error);
void tgr_normalised_free(tgr_normalised *result); /* harmless on a zeroed structure */

#endif
