/* vocabulary_read.c - a vocabulary's file, down to the settings of its tagger. Nothing in it is
 * trusted. */
#include <stdint.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/router/fields.h"
#include "engine/router/file_bytes.h"
#include "engine/router/schema.h"
#include "engine/router/tagger_settings.h"
#include "engine/tagger/tagger_map.h"
#include "engine/tagger/vocabulary_file.h"

enum { FORMAT, VERSION, TAGGER, LEARNT_FROM, QUERIES, KEYS };
static const char *const key_names[KEYS] = {"format", "version", "tagger", "learnt_from",
                                            "queries"};

static tgr_status glance(const char *bytes, size_t length, tgr_error *error)
{
    unsigned char first = length > 0 ? (unsigned char)bytes[0] : 0;
    if ((first & 0xf0) != 0x80 && first != 0xde && first != 0xdf) {
        return tgr_fail(error, TGR_ERR_INPUT,
                        "this is no vocabulary, which `tagroute tag --learn` writes");
    }
    return TGR_OK;
}

static tgr_status need_version(const tgr_fields *fields, size_t field, uint64_t known,
                               tgr_error *error)
{
    tgr_item item;
    tgr_status status = tgr_fields_need(fields, field, TGR_ITEM_UNSIGNED, &item, NULL, error);
    if (status == TGR_OK && item.as.whole != known) {
        return tgr_fail(error, TGR_ERR_UNSUPPORTED,
                        "it is of version %llu, and this tagroute knows version %llu; use a newer "
                        "tagroute or learn it again",
                        (unsigned long long)item.as.whole, (unsigned long long)known);
    }
    return status;
}

static tgr_status read_tagger(const tgr_fields *fields, char **kind, tgr_buffer *pairs,
                              uint32_t *count, tgr_error *error)
{
    enum { KIND, TAGGER_VERSION, CATEGORY_TAG, DIGEST, TAGGER_KEYS };
    static const char *const names[TAGGER_KEYS] = {"kind", "version", "category_tag", "digest"};
    tgr_item item;
    tgr_fields tagger;
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_fields_need(fields, TAGGER, TGR_ITEM_MAP, &item, NULL, error));
    tgr_cursor cursor = fields->at[TAGGER];
    TGR_TRY(tgr_fields_read(&tagger, "tagger", names, TAGGER_KEYS, &cursor, pairs, count, error));
    TGR_TRY(need_version(&tagger, TAGGER_VERSION, TGR_TAGGER_VERSION, error));
    TGR_TRY(tgr_fields_text(&tagger, KIND, kind, error));
done:
    return status;
}

/* Appends each phrase's count as a uint64_t. */
static tgr_status read_queries(const tgr_fields *fields, tgr_buffer *queries, tgr_error *error)
{
    tgr_item all, one;
    tgr_cursor cursor;
    tgr_status status = tgr_fields_need(fields, QUERIES, TGR_ITEM_ARRAY, &all, &cursor, error);
    for (uint32_t i = 0; status == TGR_OK && i < all.count; i++) {
        if (tgr_cursor_next(&cursor, &one) != TGR_CURSOR_OK || one.kind != TGR_ITEM_UNSIGNED) {
            return tgr_fields_complain(fields, QUERIES, "must be a list of counts", error);
        }
        tgr_buffer_add(queries, &one.as.whole, sizeof one.as.whole);
    }
    return status == TGR_OK && queries->failed ? tgr_fail_memory(error, "the vocabulary") : status;
}

/* queries: NULL, or where counts go. */
static tgr_status decode(const char *bytes, size_t length, char **kind, tgr_buffer *pairs,
                         uint32_t *count, tgr_buffer *queries, tgr_error *error)
{
    tgr_cursor whole = {bytes, length, 0}, cursor = whole;
    tgr_buffer unknown = {0};
    uint32_t unknown_pairs = 0;
    tgr_fields fields;
    tgr_item item;
    tgr_status status = TGR_OK;
    if (tgr_cursor_skip(&whole) != TGR_CURSOR_OK || whole.at != length) {
        return tgr_fail(error, TGR_ERR_INPUT,
                        "it is cut off or damaged: its %zu bytes are not one MessagePack value",
                        length);
    }
    TGR_TRY(
        tgr_fields_read(&fields, "", key_names, KEYS, &cursor, &unknown, &unknown_pairs, error));
    TGR_TRY(tgr_fields_need(&fields, FORMAT, TGR_ITEM_STRING, &item, NULL, error));
    if (!tgr_item_is(&item, TGR_VOCABULARY_FORMAT)) {
        TGR_TRY(
            tgr_fields_complain(&fields, FORMAT, "must be \"" TGR_VOCABULARY_FORMAT "\"", error));
    }
    TGR_TRY(need_version(&fields, VERSION, TGR_VOCABULARY_VERSION, error));
    TGR_TRY(read_tagger(&fields, kind, pairs, count, error));
    if (queries != NULL) {
        TGR_TRY(read_queries(&fields, queries, error));
    }
done:
    tgr_buffer_free(&unknown);
    return status;
}

static tgr_status read_file(const char *path, char **kind, tgr_buffer *pairs, uint32_t *count,
                            tgr_buffer *queries, tgr_error *error)
{
    tgr_file_bytes file;
    tgr_status status = tgr_file_bytes_read(path, SIZE_MAX / 2, 0, glance, &file, error);
    if (status != TGR_OK) {
        return status;
    }
    status = decode(file.bytes, file.length, kind, pairs, count, queries, error);
    tgr_mem_free(file.bytes);
    if (status != TGR_OK) {
        tgr_error_prefix(error, "%s", path);
    }
    return status;
}

tgr_status tgr_vocabulary_settings(const char *path, char **kind, tgr_buffer *pairs,
                                   uint32_t *count, tgr_error *error)
{
    return read_file(path, kind, pairs, count, NULL, error);
}

static tgr_status take_phrases(const char *kind, const tgr_buffer *pairs, uint32_t count,
                               const tgr_buffer *queries, tgr_vocabulary *vocabulary,
                               tgr_error *error)
{
    tgr_buffer map = {0};
    tgr_status status = TGR_OK;
    if (!tgr_tagger_kind_known(kind)) {
        return tgr_fail(error, TGR_ERR_UNSUPPORTED, "this version does not know the tagger '%s'",
                        kind);
    }
    tgr_tagger_settings_map(pairs, count, &map);
    if (map.failed) {
        status = tgr_fail_memory(error, "the vocabulary");
        goto done;
    }
    TGR_TRY(tgr_tagger_map_read(kind, map.bytes, map.length, vocabulary, error));
    uint32_t phrases = tgr_strings_count(vocabulary->phrases);
    if (queries->length != phrases * sizeof *vocabulary->queries) {
        status = tgr_fail(error, TGR_ERR_INPUT, "it has %u phrases, and counts of %zu of them",
                          phrases, queries->length / sizeof *vocabulary->queries);
    } else if (phrases > 0) {
        memcpy(vocabulary->queries, queries->bytes, queries->length);
    }
done:
    tgr_buffer_free(&map);
    return status;
}

tgr_status tgr_vocabulary_load(const char *path, tgr_vocabulary *vocabulary, tgr_error *error)
{
    char *kind = NULL;
    tgr_buffer pairs = {0}, queries = {0};
    uint32_t count = 0;
    tgr_status status = read_file(path, &kind, &pairs, &count, &queries, error);
    if (status == TGR_OK) {
        status = take_phrases(kind, &pairs, count, &queries, vocabulary, error);
        if (status != TGR_OK) {
            tgr_error_prefix(error, "%s", path);
        }
    }
    tgr_mem_free(kind);
    tgr_buffer_free(&pairs);
    tgr_buffer_free(&queries);
    return status;
}
