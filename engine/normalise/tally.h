/* tally.h - the tags of query files, logs, routers and vocabularies, and how often each was seen.
 */
#ifndef TGR_NORMALISE_TALLY_H
#define TGR_NORMALISE_TALLY_H

#include <stddef.h>

#include <tagroute/normalise.h>
#include <tagroute/run.h>
#include <tagroute/status.h>

#include "engine/base/exact.h"
#include "engine/base/strings.h"

typedef struct tgr_tag_tally {
    tgr_strings *tags;
    double *seen;
    tgr_sum *sums; /* what `seen` is rounded from */
    size_t capacity;
} tgr_tag_tally;

/* Tags made of categories are left out, as are tags that no query of the split has. What is no
 * HDF5, router or vocabulary is a log, whose records' tags are counted as ingest would; of a
 * router, the counts that it learnt from; of a vocabulary, the texts that it learnt from which had
 * the phrase, or of the phrases that stand for a tag, the one that the most had. */
tgr_status tgr_tag_tally_read(tgr_tag_tally *tally, const tgr_normalise_options *options,
                              const tgr_run *run, tgr_error *error);
void tgr_tag_tally_free(tgr_tag_tally *tally); /* harmless on a zeroed structure */

/* Adds to what was seen of a tag; false where memory is short. */
bool tgr_tag_tally_add(tgr_tag_tally *tally, const char *tag, size_t length, tgr_sum seen);

/* The parts of it: files of one kind each. */
tgr_status tgr_tag_tally_queries(tgr_tag_tally *tally, const char *const *inputs, size_t count,
                                 const char *split, const tgr_run *run, tgr_error *error);
tgr_status tgr_tag_tally_logs(tgr_tag_tally *tally, const char *const *inputs, size_t count,
                              const tgr_normalise_options *options, const tgr_run *run,
                              tgr_error *error);
tgr_status tgr_tag_tally_router(tgr_tag_tally *tally, const char *path, tgr_error *error);
tgr_status tgr_tag_tally_vocabulary(tgr_tag_tally *tally, const char *path, tgr_error *error);

#endif
