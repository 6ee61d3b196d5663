/* tagging.c - settings to a tagger, whether a router or a vocabulary brings them. */
#include "engine/ingest/tagging.h"

#include <stdio.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/router/tagger_settings.h"
#include "engine/tagger/mapping_file.h"
#include "engine/tagger/tagger_map.h"
#include "engine/tagger/vocabulary_file.h"

static tgr_status set_kind(tgr_run_tagger *tagger, const char *kind, bool category_tag,
                           tgr_error *error)
{
    tagger->kind = tgr_mem_string(kind);
    tagger->category_tag = category_tag;
    return tagger->kind != NULL ? TGR_OK : tgr_fail_memory(error, "the tagger");
}

/* What the run's settings describe: a normalisation, where they have one, and a tagger of the kind.
 */
static tgr_status open_settings(tgr_run_tagger *tagger, tgr_error *error)
{
    tgr_vocabulary vocabulary = {0};
    tgr_buffer others = {0}, map = {0};
    uint32_t count = 0;
    tgr_status status = TGR_OK;
    if (tagger->settings.length > 0) {
        TGR_TRY(tgr_normalisation_take(&tagger->normalisation, tagger->settings.bytes,
                                       tagger->settings.length, &others, &count, error));
    }
    tgr_tagger_settings_map(&others, count, &map);
    if (map.failed) {
        status = tgr_fail_memory(error, "the tagger");
        goto done;
    }
    if (tgr_tagger_kind_known(tagger->kind)) {
        TGR_TRY(tgr_tagger_map_read(tagger->kind, map.bytes, map.length, &vocabulary, error));
        TGR_TRY(tgr_tagger_new(&vocabulary, &tagger->tagger, error));
    }
done:
    tgr_vocabulary_close(&vocabulary);
    tgr_buffer_free(&others);
    tgr_buffer_free(&map);
    return status;
}

/* The pairs become the run's settings. */
static tgr_status set_pairs(tgr_run_tagger *tagger, const tgr_buffer *pairs, uint32_t count,
                            tgr_error *error)
{
    tgr_tagger_digest_of(tagger->kind, tagger->category_tag, pairs, count, tagger->digest);
    if (count > 0) {
        tgr_tagger_settings_map(pairs, count, &tagger->settings);
    }
    if (tagger->settings.failed) {
        return tgr_fail_memory(error, "the tagger");
    }
    return open_settings(tagger, error);
}

/* Adds the mapping that the options name, if they do. */
static tgr_status add_mapping(const tgr_ingest_options *options, tgr_buffer *pairs, uint32_t *count,
                              tgr_error *error)
{
    tgr_mapping *mapping = NULL;
    if (options->mapping == NULL) {
        return TGR_OK;
    }
    tgr_status status = tgr_mapping_load(options->mapping, &mapping, error);
    if (status != TGR_OK) {
        return status;
    }
    tgr_normalisation_pack(mapping, options->align_min, pairs);
    tgr_mapping_free(mapping);
    *count += 1;
    return pairs->failed ? tgr_fail_memory(error, "the mapping of tags") : TGR_OK;
}

static tgr_status take_router(tgr_run_tagger *tagger, const tgr_ingest_options *options,
                              const tgr_router *router, tgr_error *error)
{
    const char *kind = router->tagger_kind;
    tgr_status status = TGR_OK;
    if (strcmp(kind, "given") != 0 && !tgr_tagger_kind_known(kind)) {
        return tgr_fail(error, TGR_ERR_UNSUPPORTED,
                        "%s: its tagger '%s' is not one that this version can apply to a log",
                        options->router, kind);
    }
    if (options->category_tag && !router->category_tag) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "%s: was fitted without the category as a tag; leave out --category-tag, "
                        "or fit a router with it",
                        options->router);
    }
    TGR_TRY(set_kind(tagger, kind, router->category_tag, error));
    status = set_pairs(tagger, &router->tagger_settings, router->tagger_setting_count, error);
    if (status != TGR_OK) {
        tgr_error_prefix(error, "%s", options->router);
    }
done:
    return status;
}

static tgr_status take_vocabulary(tgr_run_tagger *tagger, const tgr_ingest_options *options,
                                  tgr_error *error)
{
    tgr_buffer pairs = {0};
    uint32_t count = 0;
    char *kind = NULL;
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_vocabulary_settings(options->vocabulary, &kind, &pairs, &count, error));
    if (!tgr_tagger_kind_known(kind)) {
        status = tgr_fail(error, TGR_ERR_UNSUPPORTED,
                          "%s: its tagger '%s' is not one that this version can apply to a log",
                          options->vocabulary, kind);
        goto done;
    }
    TGR_TRY(set_kind(tagger, kind, options->category_tag, error));
    TGR_TRY(add_mapping(options, &pairs, &count, error));
    status = set_pairs(tagger, &pairs, count, error);
    if (status != TGR_OK) {
        tgr_error_prefix(error, "%s", options->vocabulary);
    }
done:
    tgr_mem_free(kind);
    tgr_buffer_free(&pairs);
    return status;
}

tgr_status tgr_run_tagger_open(tgr_run_tagger *tagger, const tgr_ingest_options *options,
                               const tgr_router *router, tgr_error *error)
{
    tgr_buffer pairs = {0};
    uint32_t count = 0;
    tgr_status status = TGR_OK;
    if (router != NULL) {
        return take_router(tagger, options, router, error);
    }
    if (options->vocabulary != NULL) {
        return take_vocabulary(tagger, options, error);
    }
    TGR_TRY(set_kind(tagger, "given", options->category_tag, error));
    TGR_TRY(add_mapping(options, &pairs, &count, error));
    TGR_TRY(set_pairs(tagger, &pairs, count, error));
done:
    tgr_buffer_free(&pairs);
    return status;
}

void tgr_run_tagger_close(tgr_run_tagger *tagger)
{
    tgr_mem_free(tagger->kind);
    tgr_buffer_free(&tagger->settings);
    tgr_tagger_free(tagger->tagger);
    tgr_normalisation_close(&tagger->normalisation);
    *tagger = (tgr_run_tagger){0};
}
