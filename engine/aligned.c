/* aligned.c - columns looked up once a file, rows added up a batch at a time. */
#include "engine/aligned.h"

#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/runtime.h"
#include "engine/router/tagger_settings.h"
#include "engine/tagger/normalisation.h"

#define COUNT_LARGEST 65535.0F /* as ingest bounds the words of a text */

/* ---- what stands for what -----------------------------------------------------------------------
 */

typedef struct knowledge { /* what a router says of tags */
    tgr_normalisation normalisation;
    tgr_buffer others; /* its tagger's settings but for that */
    uint32_t other_count;
    char bare_digest[33]; /* of its tagger without the mapping */
} knowledge;

static void forget(knowledge *known)
{
    tgr_normalisation_close(&known->normalisation);
    tgr_buffer_free(&known->others);
    *known = (knowledge){0};
}

static tgr_status learn(knowledge *known, const tgr_router *router, tgr_error *error)
{
    tgr_buffer map = {0};
    tgr_status status = TGR_OK;
    tgr_tagger_settings_map(&router->tagger_settings, router->tagger_setting_count, &map);
    if (map.failed) {
        status = tgr_fail_memory(error, "the router's tagger");
        goto done;
    }
    TGR_TRY(tgr_normalisation_take(&known->normalisation, map.bytes, map.length, &known->others,
                                   &known->other_count, error));
    tgr_tagger_digest_of(router->tagger_kind, router->category_tag, &known->others,
                         known->other_count, known->bare_digest);
done:
    tgr_buffer_free(&map);
    return status;
}

static bool is_category(const tgr_query_file *file, const tgr_router *router, const char *tag)
{
    return (file->category_tag || router->category_tag) && strncmp(tag, "cat:", 4) == 0;
}

/* Copies a mapping's tags, in their order. */
static bool copy_mapping(const tgr_mapping *from, tgr_mapping *to)
{
    for (uint32_t i = 0; i < tgr_mapping_count(from); i++) {
        size_t length;
        const char *tag = tgr_strings_get(from->tags, i, &length);
        if (tgr_mapping_add(to, tag, length) == TGR_STRING_NONE) {
            return false;
        }
        to->canonical[i] = from->canonical[i];
    }
    return true;
}

/* Adds the tags that a router has beside its mapping: each stands for itself. */
static bool add_router_tags(const tgr_query_file *file, const tgr_router *router, tgr_mapping *to)
{
    for (uint32_t i = 0; i < tgr_strings_count(router->tags); i++) {
        size_t length;
        const char *tag = tgr_strings_get(router->tags, i, &length);
        if (!is_category(file, router, tag) &&
            tgr_mapping_add(to, tag, length) == TGR_STRING_NONE) {
            return false;
        }
    }
    return true;
}

/* The router's mapping anew, with all other tags that it knows, and another least cosine. */
static tgr_status widen(knowledge *known, const tgr_query_file *file, const tgr_router *router,
                        double least, tgr_error *error)
{
    tgr_mapping *mapping = tgr_mapping_new();
    const tgr_mapping *own = known->normalisation.mapping;
    if (mapping == NULL || (own != NULL && !copy_mapping(own, mapping)) ||
        !add_router_tags(file, router, mapping)) {
        tgr_mapping_free(mapping);
        return tgr_fail_memory(error, "the mapping of tags");
    }
    tgr_normalisation_close(&known->normalisation);
    return tgr_normalisation_open(&known->normalisation, mapping, least, error);
}

/* ---- a file's columns ---------------------------------------------------------------------------
 */

static bool number_router_tags(tgr_aligned *aligned, const tgr_router *router)
{
    for (uint32_t i = 0; i < tgr_strings_count(router->tags); i++) {
        size_t length;
        const char *tag = tgr_strings_get(router->tags, i, &length);
        if (tgr_strings_add(aligned->tags, tag, length) == TGR_STRING_NONE) {
            return false;
        }
    }
    return true;
}

static bool align_column(tgr_aligned *aligned, const tgr_normalisation *normalisation,
                         uint32_t column, const char *tag, size_t length)
{
    tgr_alignment how;
    uint32_t becomes;
    if (!tgr_align(normalisation->aligner, tag, length, &how, &becomes)) {
        return false;
    }
    if (how != TGR_ALIGNED_NOT && becomes == TGR_DROPPED) {
        aligned->becomes[column] = TGR_DROPPED;
        aligned->dropped++;
        return true;
    }
    aligned->counts[how]++;
    if (how != TGR_ALIGNED_NOT) {
        tag = tgr_strings_get(normalisation->mapping->tags, becomes, &length);
    }
    aligned->becomes[column] = tgr_strings_add(aligned->tags, tag, length);
    return aligned->becomes[column] != TGR_STRING_NONE;
}

static bool align_columns(tgr_aligned *aligned, const tgr_normalisation *normalisation,
                          const tgr_router *router, const tgr_query_file *file)
{
    for (uint32_t column = 0; column < file->columns; column++) {
        size_t length;
        const char *tag = tgr_strings_get(file->tags, column, &length);
        if (is_category(file, router, tag)) {
            aligned->becomes[column] = tgr_strings_add(aligned->tags, tag, length);
            if (aligned->becomes[column] == TGR_STRING_NONE) {
                return false;
            }
        } else if (!align_column(aligned, normalisation, column, tag, length)) {
            return false;
        }
    }
    return true;
}

static tgr_status align(tgr_aligned *aligned, const knowledge *known, const tgr_router *router,
                        const tgr_query_file *file, tgr_error *error)
{
    aligned->tags = tgr_strings_new();
    aligned->becomes = tgr_mem_alloc(file->columns, sizeof *aligned->becomes);
    if (aligned->tags == NULL || aligned->becomes == NULL || !number_router_tags(aligned, router) ||
        !align_columns(aligned, &known->normalisation, router, file)) {
        return tgr_fail_memory(error, "the tags of a file");
    }
    aligned->active = true;
    aligned->view = *file;
    aligned->view.tags = aligned->tags;
    aligned->view.columns = tgr_strings_count(aligned->tags);
    aligned->view.value_type = TGR_F32;
    aligned->view.tagger_digest = router->tagger_digest;
    return TGR_OK;
}

tgr_status tgr_aligned_open(tgr_aligned *aligned, const tgr_router *router,
                            const tgr_query_file *file, double least, tgr_error *error)
{
    const char *digest = file->tagger_digest == NULL ? "" : file->tagger_digest;
    const char *own = router->tagger_digest; /* NULL: it knows models alone */
    bool same = own == NULL || strcmp(digest, own) == 0;
    knowledge known = {0};
    tgr_status status = TGR_OK;
    *aligned = (tgr_aligned){0};
    if (own == NULL || (same && least == 0)) {
        return TGR_OK;
    }
    TGR_TRY(learn(&known, router, error));
    if (!same && digest[0] != '\0' && strcmp(digest, known.bare_digest) != 0) {
        goto done;
    }
    if (least != 0) {
        TGR_TRY(widen(&known, file, router, least, error));
    }
    if (known.normalisation.aligner != NULL) {
        TGR_TRY(align(aligned, &known, router, file, error));
    }
done:
    forget(&known);
    if (status != TGR_OK) {
        tgr_aligned_close(aligned);
    }
    return status;
}

void tgr_aligned_close(tgr_aligned *aligned)
{
    tgr_strings_free(aligned->tags);
    tgr_mem_free(aligned->becomes);
    tgr_mem_free(aligned->indptr);
    tgr_mem_free(aligned->indices);
    tgr_mem_free(aligned->values);
    tgr_canonical_scratch_free(&aligned->scratch);
    *aligned = (tgr_aligned){0};
}

void tgr_aligned_add(const tgr_aligned *aligned, tgr_aligned_tags *sum)
{
    sum->files += aligned->active;
    sum->exactly += aligned->counts[TGR_ALIGNED_EXACTLY];
    sum->by_rule += aligned->counts[TGR_ALIGNED_BY_RULE];
    sum->nearest += aligned->counts[TGR_ALIGNED_NEAREST];
    sum->not_aligned += aligned->counts[TGR_ALIGNED_NOT];
    sum->dropped += aligned->dropped;
}

void tgr_aligned_tell(const tgr_aligned *aligned, const tgr_query_file *file, uint32_t unknown,
                      const tgr_run *run)
{
    if (aligned->active) {
        tgr_run_message(run, TGR_NOTE,
                        "%s: of its tags, %llu are those of the router as they are, %llu by rule, "
                        "%llu by the nearest, %llu stay as they are, %llu are dropped",
                        file->path, (unsigned long long)aligned->counts[TGR_ALIGNED_EXACTLY],
                        (unsigned long long)aligned->counts[TGR_ALIGNED_BY_RULE],
                        (unsigned long long)aligned->counts[TGR_ALIGNED_NEAREST],
                        (unsigned long long)aligned->counts[TGR_ALIGNED_NOT],
                        (unsigned long long)aligned->dropped);
    }
    if (unknown > 0) {
        tgr_run_message(run, TGR_NOTE,
                        "%s: the router does not know %lu of its %lu tags; they count nothing",
                        file->path, (unsigned long)unknown, (unsigned long)file->columns);
    }
}

const tgr_query_file *tgr_aligned_file(const tgr_aligned *aligned, const tgr_query_file *file)
{
    return aligned->active ? &aligned->view : file;
}

/* ---- rows ---------------------------------------------------------------------------------------
 */

static bool make_room(tgr_aligned *aligned, size_t rows, size_t entries)
{
    void *indptr = aligned->indptr, *indices = aligned->indices, *values = aligned->values;
    bool enough =
        tgr_mem_grow(&indptr, &aligned->indptr_capacity, rows + 1, sizeof *aligned->indptr) &&
        tgr_mem_grow(&indices, &aligned->index_capacity, entries, sizeof *aligned->indices) &&
        tgr_mem_grow(&values, &aligned->value_capacity, entries, sizeof *aligned->values);
    aligned->indptr = indptr;
    aligned->indices = indices;
    aligned->values = values;
    return enough;
}

static float value_of(const tgr_csr *x, int64_t entry)
{
    switch (x->value_type) {
    case TGR_U8:
        return ((const uint8_t *)x->values)[entry];
    case TGR_U16:
        return ((const uint16_t *)x->values)[entry];
    case TGR_F32:
        break;
    }
    return ((const float *)x->values)[entry];
}

/* The entries with their new columns, but for those that are dropped; how many. */
static size_t rename_entries(tgr_aligned *aligned, const tgr_csr *x)
{
    size_t count = 0;
    aligned->indptr[0] = 0;
    for (size_t row = 0; row < x->rows; row++) {
        for (int64_t entry = x->indptr[row]; entry < x->indptr[row + 1]; entry++) {
            uint32_t becomes = aligned->becomes[tgr_csr_column(x, entry)];
            aligned->indices[count] = becomes;
            aligned->values[count] = value_of(x, entry);
            count += becomes != TGR_DROPPED;
        }
        aligned->indptr[row + 1] = (int64_t)count;
    }
    return count;
}

static void bound(float *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        values[i] = values[i] > COUNT_LARGEST ? COUNT_LARGEST : values[i];
    }
}

tgr_status tgr_aligned_batch(tgr_aligned *aligned, tgr_batch *batch, tgr_error *error)
{
    tgr_csr *x = &batch->x;
    bool done = aligned->indices != NULL && x->indices == aligned->indices;
    if (!aligned->active || batch->rows == 0 || done) {
        return TGR_OK;
    }
    bool counts = x->value_type != TGR_F32;
    size_t room = (size_t)(x->indptr[batch->rows] - x->indptr[0]) + 1;
    if (!make_room(aligned, batch->rows, room)) {
        return tgr_fail_memory(error, "the aligned tags of a block of queries");
    }
    rename_entries(aligned, x);
    const tgr_canonical_block block = {.rows = batch->rows,
                                       .indptr = aligned->indptr,
                                       .indices = aligned->indices,
                                       .values = aligned->values,
                                       .value_type = TGR_F32,
                                       .columns = aligned->view.columns,
                                       .first_row = batch->first_row,
                                       .path = aligned->view.path};
    tgr_status status = tgr_canonical(&block, &aligned->scratch, error);
    if (status == TGR_OK) {
        if (counts) {
            bound(aligned->values, (size_t)aligned->indptr[batch->rows]);
        }
        x->indptr = aligned->indptr;
        x->indices = aligned->indices;
        x->values = aligned->values;
        x->value_type = TGR_F32;
        x->narrow = NULL;
    }
    return status;
}
