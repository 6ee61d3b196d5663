/* tally.h - the tags of query files, and how often each was seen. */
#ifndef TGR_NORMALISE_TALLY_H
#define TGR_NORMALISE_TALLY_H

#include <stddef.h>

#include <tagroute/run.h>
#include <tagroute/status.h>

#include "engine/base/strings.h"

typedef struct tgr_tag_tally {
    tgr_strings *tags;
    double *seen;
} tgr_tag_tally;

/* Tags made of categories are left out, as are tags that no query of the split has. */
tgr_status tgr_tag_tally_read(tgr_tag_tally *tally, const char *const *inputs, size_t count,
                              const char *split, const tgr_run *run, tgr_error *error);
void tgr_tag_tally_free(tgr_tag_tally *tally); /* harmless on a zeroed structure */

#endif
