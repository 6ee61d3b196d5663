/* vocabulary_read.c - a vocabulary's file, down to the settings of its tagger. Nothing in it is
 * trusted. */
#include <stdint.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/router/fields.h"
#include "engine/router/file_bytes.h"
#include "engine/router/schema.h"
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

static tgr_status decode(const char *bytes, size_t length, char **kind, tgr_buffer *pairs,
                         uint32_t *count, tgr_error *error)
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
done:
    tgr_buffer_free(&unknown);
    return status;
}

tgr_status tgr_vocabulary_settings(const char *path, char **kind, tgr_buffer *pairs,
                                   uint32_t *count, tgr_error *error)
{
    tgr_file_bytes file;
    tgr_status status = tgr_file_bytes_read(path, SIZE_MAX / 2, 0, glance, &file, error);
    if (status != TGR_OK) {
        return status;
    }
    status = decode(file.bytes, file.length, kind, pairs, count, error);
    tgr_mem_free(file.bytes);
    if (status != TGR_OK) {
        tgr_error_prefix(error, "%s", path);
    }
    return status;
}
