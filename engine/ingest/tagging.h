/* tagging.h - what a run tags with: the router's tagger, a vocabulary, or nothing, where records
 * bring their tags. */
#ifndef TGR_INGEST_TAGGING_H
#define TGR_INGEST_TAGGING_H

#include <tagroute/ingest.h>

#include "engine/router/router.h"
#include "engine/tagger/normalisation.h"
#include "engine/tagger/tagger.h"

/* Starts zeroed. */
typedef struct tgr_run_tagger {
    char *kind;
    bool category_tag;
    char digest[33];
    tgr_buffer settings;             /* a MessagePack map, or nothing */
    tgr_tagger *tagger;              /* NULL: records bring their tags */
    tgr_normalisation normalisation; /* zeroed: tags stay as they are */
} tgr_run_tagger;

/* router: NULL, or loaded from options->router. */
tgr_status tgr_run_tagger_open(tgr_run_tagger *tagger, const tgr_ingest_options *options,
                               const tgr_router *router, tgr_error *error);
void tgr_run_tagger_close(tgr_run_tagger *tagger); /* harmless on a zeroed structure */

#endif
