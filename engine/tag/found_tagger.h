/* found_tagger.h - the tagger of a file that is a vocabulary or a router. */
#ifndef TGR_TAG_FOUND_TAGGER_H
#define TGR_TAG_FOUND_TAGGER_H

#include "engine/ingest/tagging.h"

/* Starts zeroed. */
typedef struct tgr_found_tagger {
    tgr_router *router; /* NULL: the file is a vocabulary */
    tgr_run_tagger tagger;
} tgr_found_tagger;

/* TGR_ERR_INPUT for a file that is neither, and for a router that has no tagger. */
tgr_status tgr_found_tagger_open(tgr_found_tagger *found, const char *path, tgr_error *error);
void tgr_found_tagger_close(tgr_found_tagger *found); /* harmless on a zeroed structure */

/* What tags go through; NULL: they stay as they are. */
const tgr_normalisation *tgr_found_tagger_mapping(const tgr_found_tagger *found);

#endif
