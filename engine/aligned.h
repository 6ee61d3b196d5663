/* aligned.h - a query file as if it had been ingested with the router: its tags brought to those
 * that the router has, when it is routed.
 *
 * A router's mapping says what tags become. Where the file was tagged without it, and alike but for
 * that, each of its columns is looked up once: in the mapping, by rule, the nearest in spelling
 * (tagger/align.h). Columns of a row that become one tag are added, and a row's tags put in the
 * router's order: what is scored is the row that `ingest --router` would have written.
 */
#ifndef TGR_ALIGNED_H
#define TGR_ALIGNED_H

#include <stdbool.h>
#include <stdint.h>

#include <tagroute/aligned.h>
#include <tagroute/run.h>

#include "engine/router/router.h"
#include "engine/store/canonical.h"
#include "engine/store/query_read.h"
#include "engine/tagger/align.h"

/* Starts zeroed. */
typedef struct tgr_aligned {
    bool active;         /* else the file's tags are the router's as they are */
    tgr_query_file view; /* the file, with its tags brought to the router's; it owns nothing */
    tgr_strings *tags;   /* of the view: the router's, then those that the router does not know */
    uint32_t *becomes;   /* of each of the file's columns: the view's, or TGR_DROPPED */
    uint64_t counts[TGR_ALIGNMENTS]; /* columns, by how they came to their tags */
    uint64_t dropped;                /* columns that a mapping drops; they are in no count */

    int64_t *indptr; /* of the batch at hand */
    uint32_t *indices;
    float *values;
    size_t indptr_capacity, index_capacity, value_capacity;
    tgr_canonical_scratch scratch;
} tgr_aligned;

/* Decides whether a file has to be aligned, and does it. least: the cosine from which a tag that is
 * known neither to the mapping nor to the router becomes the nearest one of these, above 1: none;
 * 0: as the router's mapping says, and nothing where it has none. A file that was tagged otherwise
 * than the router's training data is left as it is, for tgr_serve_open to refuse. */
tgr_status tgr_aligned_open(tgr_aligned *aligned, const tgr_router *router,
                            const tgr_query_file *file, double least, tgr_error *error);
void tgr_aligned_close(tgr_aligned *aligned); /* harmless on a zeroed structure */

/* Adds the counts of a file that was aligned. */
void tgr_aligned_add(const tgr_aligned *aligned, tgr_aligned_tags *sum);

/* Tells the run how a file's tags were brought to the router's, and which it does not know. */
void tgr_aligned_tell(const tgr_aligned *aligned, const tgr_query_file *file, uint32_t unknown,
                      const tgr_run *run);

/* What stands for the file. */
const tgr_query_file *tgr_aligned_file(const tgr_aligned *aligned, const tgr_query_file *file);

/* Gives a batch of the file the view's columns, unless it has them from the last call. Its X lives
 * in `aligned` until the next call. Counts are added, to at most 65535. TGR_ERR_INPUT where weights
 * add up to more than a float holds. */
tgr_status tgr_aligned_batch(tgr_aligned *aligned, tgr_batch *batch, tgr_error *error);

#endif
