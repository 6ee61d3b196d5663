/* query_header.c - /uns/tagroute of a query file: models, tagger, digest. */
#include <inttypes.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/store/query_source.h"

#define SETTINGS_MOST ((uint64_t)256 << 20)

static tgr_status read_integer(const tgr_h5_file *file, hid_t group, const char *name,
                               int64_t *value, tgr_error *error)
{
    tgr_array array;
    tgr_status status = tgr_array_open(file, group, name, &array, error);
    if (status == TGR_OK && array.dataset && tgr_array_is_number(&array) && array.rank < 2 &&
        array.rows == 1) {
        status = tgr_array_read_int64(&array, 0, 1, value, error);
    }
    tgr_array_close(&array);
    return status;
}

static tgr_status read_models(tgr_query_file *file, hid_t group, tgr_error *error)
{
    tgr_array array;
    tgr_status status = tgr_texts_open(&file->source->file, group, "models", &array, error);
    if (status != TGR_OK || !array.dataset) {
        return status;
    }
    tgr_strings *models = NULL;
    TGR_TRY(tgr_array_expect(&array, 1, array.rows, error));
    if (array.rows > TGR_MODELS_MAX) {
        status = tgr_fail(error, TGR_ERR_INPUT,
                          "%s: %" PRIu64 " models are more than the %d that are handled",
                          file->path, array.rows, TGR_MODELS_MAX);
        goto done;
    }
    TGR_TRY(tgr_texts_distinct(&array, "model", &models, error));
    tgr_strings_free(file->models);
    file->models = models;
done:
    tgr_array_close(&array);
    return status;
}

/* A map that only whoever knows the tagger can read. */
static tgr_status read_settings(tgr_query_file *file, hid_t tagger, tgr_error *error)
{
    tgr_array array;
    void *bytes = NULL;
    tgr_status status = tgr_array_open(&file->source->file, tagger, "settings", &array, error);
    if (status != TGR_OK || !array.dataset) {
        goto done;
    }
    if (array.kind != TGR_ARRAY_INTEGER || array.width != 1 || array.rank != 1 || array.rows == 0 ||
        array.rows > SETTINGS_MOST) {
        status = tgr_fail(error, TGR_ERR_INPUT, "%s: the tagger's settings are no list of bytes",
                          file->path);
        goto done;
    }
    bytes = tgr_mem_alloc((size_t)array.rows, 1);
    if (bytes == NULL) {
        status = tgr_fail_memory(error, "the tagger's settings");
        goto done;
    }
    TGR_TRY(tgr_array_read_raw(&array, 0, array.rows, bytes, error));
    file->tagger_settings = bytes;
    file->tagger_settings_length = (size_t)array.rows;
    bytes = NULL;
done:
    tgr_mem_free(bytes);
    tgr_array_close(&array);
    return status;
}

static void take(char **into, char *text)
{
    if (text != NULL) {
        tgr_mem_free(*into);
        *into = text;
    }
}

static tgr_status read_tagger(tgr_query_file *file, hid_t group, tgr_error *error)
{
    const tgr_h5_file *h5 = &file->source->file;
    hid_t tagger = 0;
    char *digest = NULL, *kind = NULL;
    int64_t category_tag = 0;
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_h5_group(h5, group, "tagger", &tagger, error));
    if (tagger) {
        TGR_TRY(tgr_texts_scalar(h5, tagger, "kind", &kind, error));
        TGR_TRY(tgr_texts_scalar(h5, tagger, "digest", &digest, error));
        TGR_TRY(read_integer(h5, tagger, "category_tag", &category_tag, error));
        TGR_TRY(read_settings(file, tagger, error));
    }
    file->category_tag = category_tag != 0;
    take(&file->tagger_kind, kind);
    take(&file->tagger_digest, digest);
    kind = digest = NULL;
done:
    tgr_mem_free(kind);
    tgr_mem_free(digest);
    tgr_h5_close(tagger);
    return status;
}

/* What ingest noted of other schemas' records: columns that were asked for, records passed over. */
static tgr_status read_notes(tgr_query_file *file, hid_t group, tgr_error *error)
{
    const tgr_h5_file *h5 = &file->source->file;
    hid_t kept = 0;
    tgr_array array = {0};
    tgr_status status = TGR_OK;
    for (int i = 0; i < TGR_SKIP_REASONS; i++) {
        int64_t count = 0;
        TGR_TRY(read_integer(h5, group, tgr_skipped_names[i], &count, error));
        file->skipped[i] = count > 0 ? (uint64_t)count : 0;
    }
    TGR_TRY(tgr_h5_group(h5, group, "kept", &kept, error));
    if (kept) {
        TGR_TRY(tgr_texts_open(h5, kept, "columns", &array, error));
    }
    if (array.dataset && array.rank == 1 && array.rows <= TGR_MORE_COLUMNS) {
        TGR_TRY(tgr_texts_distinct(&array, "column", &file->kept, error));
    }
done:
    tgr_array_close(&array);
    tgr_h5_close(kept);
    return status;
}

/* Where the rows have their place in a larger whole; numbers that cannot be count as none. */
static tgr_status read_place(tgr_query_file *file, hid_t group, tgr_error *error)
{
    const tgr_h5_file *h5 = &file->source->file;
    int64_t router_tags = 0, shard = 0, shards = 0;
    char *digest = NULL;
    tgr_status status = TGR_OK;
    TGR_TRY(read_integer(h5, group, "router_tags", &router_tags, error));
    TGR_TRY(read_integer(h5, group, "shard", &shard, error));
    TGR_TRY(read_integer(h5, group, "shards", &shards, error));
    TGR_TRY(tgr_texts_scalar(h5, group, "run_digest", &digest, error));
    file->router_tags = router_tags > 0 && router_tags < UINT32_MAX ? (uint32_t)router_tags : 0;
    if (shard > 0 && shard <= shards && shards <= UINT32_MAX && digest && strlen(digest) == 32) {
        file->shard = (uint64_t)shard;
        file->shards = (uint64_t)shards;
        memcpy(file->run_digest, digest, sizeof(file->run_digest));
    }
done:
    tgr_mem_free(digest);
    return status;
}

/* The file is tagroute's own, unchanged, where every dataset carries its checksum and the digest is
 * over exactly these. */
static tgr_status read_digest(tgr_query_file *file, hid_t group, tgr_error *error)
{
    const tgr_h5_file *h5 = &file->source->file;
    tgr_checksum checksums[TGR_DATASETS];
    bool complete;
    char *recorded = NULL;
    tgr_status status = tgr_layout_checksums(h5, checksums, &complete, error);
    if (status == TGR_OK && complete) {
        status = tgr_texts_scalar(h5, group, "digest", &recorded, error);
    }
    if (status != TGR_OK || !recorded) {
        return status;
    }
    char digest[33];
    const tgr_digest_facts tagger = {file->tagger_kind, file->tagger_digest, file->category_tag,
                                     file->router_tags, file->shard,         file->shards,
                                     file->run_digest};
    tgr_layout_digest(checksums, &tagger, digest);
    if (strcmp(recorded, digest) == 0) {
        file->source->own = true;
        tgr_mem_free(file->digest);
        file->digest = recorded;
        return TGR_OK;
    }
    tgr_mem_free(recorded);
    return TGR_OK;
}

tgr_status tgr_query_read_header(tgr_query_file *file, tgr_error *error)
{
    const tgr_h5_file *h5 = &file->source->file;
    hid_t uns = 0, group = 0;
    char *format = NULL;
    int64_t version = 0;
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_h5_group(h5, h5->id, "uns", &uns, error));
    if (!uns) {
        goto done;
    }
    TGR_TRY(tgr_h5_child(h5, uns, "tagroute", &group, error));
    if (!group || H5Iget_type(group) != H5I_GROUP) {
        goto done;
    }
    TGR_TRY(tgr_texts_scalar(h5, group, "format", &format, error));
    TGR_TRY(read_integer(h5, group, "version", &version, error));
    if (format && strcmp(format, TGR_DECISIONS_FORMAT) == 0) {
        status =
            tgr_fail(error, TGR_ERR_INPUT, "%s: a file of decisions, not of queries", file->path);
        goto done;
    }
    TGR_TRY(read_models(file, group, error));
    if (format && strcmp(format, TGR_QUERIES_FORMAT) == 0) {
        if (version > TGR_FORMAT_VERSION) {
            status = tgr_fail(error, TGR_ERR_INPUT,
                              "%s: written by a newer tagroute (format version %" PRId64
                              "); update tagroute",
                              file->path, version);
            goto done;
        }
        TGR_TRY(read_tagger(file, group, error));
        TGR_TRY(read_place(file, group, error));
        TGR_TRY(read_notes(file, group, error));
        TGR_TRY(read_digest(file, group, error));
        if (!file->source->own) { /* what was changed is no shard any more */
            file->shard = file->shards = 0;
        }
    }
done:
    tgr_mem_free(format);
    tgr_h5_close(group);
    tgr_h5_close(uns);
    return status;
}
