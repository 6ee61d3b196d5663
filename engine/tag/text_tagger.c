/* text_tagger.c - columns for all tags that a tagger gives, found once: by its mapping, where it
 * has one. */
#include "engine/tag/text_tagger.h"

#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"

static bool add_router_tags(tgr_text_tagger *made, const tgr_router *router)
{
    uint32_t count = router == NULL ? 0 : tgr_strings_count(router->tags);
    for (uint32_t i = 0; i < count; i++) {
        size_t length;
        const char *tag = tgr_strings_get(router->tags, i, &length);
        if (tgr_strings_add(made->tags, tag, length) != i) {
            return false;
        }
    }
    made->known = count;
    return true;
}

/* The column of one of the tagger's tags; false where memory is short. */
static bool find_column(tgr_text_tagger *made, const tgr_normalisation *mapping, const char *tag,
                        size_t length, uint32_t *column)
{
    tgr_alignment how = TGR_ALIGNED_NOT;
    uint32_t becomes = 0;
    if (mapping != NULL && !tgr_align(mapping->aligner, tag, length, &how, &becomes)) {
        return false;
    }
    if (how != TGR_ALIGNED_NOT && becomes == TGR_DROPPED) {
        *column = TGR_NO_COLUMN;
        return true;
    }
    if (how != TGR_ALIGNED_NOT) {
        tag = tgr_strings_get(mapping->mapping->tags, becomes, &length);
    }
    *column = tgr_strings_add(made->tags, tag, length);
    return *column != TGR_STRING_NONE;
}

static tgr_status make_columns(tgr_text_tagger *made, const tgr_router *router, tgr_error *error)
{
    const tgr_tagger *tagger = made->found.tagger.tagger;
    const tgr_normalisation *mapping = tgr_found_tagger_mapping(&made->found);
    uint32_t count = tgr_tagger_tags(tagger);
    made->tags = tgr_strings_new();
    made->columns = tgr_mem_alloc(count, sizeof *made->columns);
    bool complete = made->tags != NULL && made->columns != NULL && add_router_tags(made, router);
    for (uint32_t tag = 0; tag < count && complete; tag++) {
        size_t length;
        const char *text = tgr_tagger_tag(tagger, tag, &length);
        complete = find_column(made, mapping, text, length, &made->columns[tag]);
    }
    return complete ? TGR_OK : tgr_fail_memory(error, "the tags of a tagger");
}

static tgr_status begin(tgr_text_tagger **tagger, tgr_error *error)
{
    *tagger = tgr_mem_zalloc(1, sizeof **tagger);
    return *tagger != NULL ? TGR_OK : tgr_fail_memory(error, "a tagger");
}

static tgr_status end(tgr_status status, tgr_text_tagger **tagger)
{
    if (status != TGR_OK) {
        tgr_text_tagger_free(*tagger);
        *tagger = NULL;
    }
    return status;
}

tgr_status tgr_text_tagger_load(const char *path, tgr_text_tagger **tagger, tgr_error *error)
{
    tgr_status status = TGR_OK;
    TGR_TRY(begin(tagger, error));
    tgr_found_tagger *found = &(*tagger)->found;
    TGR_TRY(tgr_found_tagger_open(found, path, error));
    TGR_TRY(make_columns(*tagger, found->router, error));
    tgr_router_free(found->router);
    found->router = NULL;
done:
    return end(status, tagger);
}

tgr_status tgr_text_tagger_of_router(const tgr_router *router, tgr_text_tagger **tagger,
                                     tgr_error *error)
{
    const tgr_ingest_options options = {.size = sizeof options, .router = "the router"};
    tgr_status status = TGR_OK;
    TGR_TRY(begin(tagger, error));
    tgr_run_tagger *opened = &(*tagger)->found.tagger;
    TGR_TRY(tgr_run_tagger_open(opened, &options, router, error));
    if (opened->tagger == NULL) {
        TGR_TRY(tgr_fail(error, TGR_ERR_ARGUMENT,
                         "the router has no tagger for texts: the queries that it learnt from came "
                         "with their tags"));
    }
    TGR_TRY(make_columns(*tagger, router, error));
done:
    return end(status, tagger);
}

void tgr_text_tagger_free(tgr_text_tagger *tagger)
{
    if (tagger != NULL) {
        tgr_found_tagger_close(&tagger->found);
        tgr_strings_free(tagger->tags);
        tgr_mem_free(tagger->columns);
        tgr_mem_free(tagger);
    }
}

uint32_t tgr_text_tagger_tags(const tgr_text_tagger *tagger)
{
    return tgr_strings_count(tagger->tags);
}

uint32_t tgr_text_tagger_known(const tgr_text_tagger *tagger)
{
    return tagger->known;
}

const char *tgr_text_tagger_tag(const tgr_text_tagger *tagger, uint32_t column)
{
    return column < tgr_strings_count(tagger->tags) ? tgr_strings_get(tagger->tags, column, NULL)
                                                    : NULL;
}

uint32_t tgr_text_tagger_category(const tgr_text_tagger *tagger, const char *category,
                                  tgr_buffer *scratch)
{
    if (category == NULL || !tagger->found.tagger.category_tag) {
        return TGR_NO_COLUMN;
    }
    tgr_buffer_clear(scratch);
    tgr_buffer_text(scratch, "cat:");
    tgr_buffer_text(scratch, category);
    uint32_t column = scratch->failed
                          ? TGR_STRING_NONE
                          : tgr_strings_find(tagger->tags, scratch->bytes, scratch->length);
    return column < tagger->known ? column : TGR_NO_COLUMN;
}
