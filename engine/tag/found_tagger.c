/* found_tagger.c - told by the file's content, opened by ingest's ways. */
#include "engine/tag/found_tagger.h"

#include "engine/base/error.h"
#include "engine/store/kind.h"

static tgr_status refuse(const char *path, tgr_error *error)
{
    return tgr_fail(
        error, TGR_ERR_INPUT,
        "%s: is neither a vocabulary, which `tagroute tag --learn` writes, nor a router", path);
}

tgr_status tgr_found_tagger_open(tgr_found_tagger *found, const char *path, tgr_error *error)
{
    tgr_file_kind kind;
    tgr_ingest_options options = {.size = sizeof options};
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_file_kind_of(path, &kind, error));
    if (kind == TGR_KIND_ROUTER) {
        options.router = path;
        TGR_TRY(tgr_router_load(path, &found->router, error));
    } else if (kind == TGR_KIND_VOCABULARY) {
        options.vocabulary = path;
    } else {
        TGR_TRY(refuse(path, error));
    }
    TGR_TRY(tgr_run_tagger_open(&found->tagger, &options, found->router, error));
    if (found->tagger.tagger == NULL) {
        TGR_TRY(tgr_fail(error, TGR_ERR_INPUT,
                         "%s: has no tagger for texts: the queries that it learnt from came with "
                         "their tags",
                         path));
    }
done:
    return status;
}

void tgr_found_tagger_close(tgr_found_tagger *found)
{
    tgr_run_tagger_close(&found->tagger);
    tgr_router_free(found->router);
    found->router = NULL;
}

const tgr_normalisation *tgr_found_tagger_mapping(const tgr_found_tagger *found)
{
    const tgr_normalisation *normalisation = &found->tagger.normalisation;
    return normalisation->aligner == NULL ? NULL : normalisation;
}
