/* normalisation.c - see normalisation.h. */
#include "engine/tagger/normalisation.h"

#include <string.h>

#include <msgpack/pack.h>

#include "engine/base/error.h"
#include "engine/router/fields.h"
#include "engine/router/pack.h"
#include "engine/router/schema.h"

tgr_status tgr_normalisation_open(tgr_normalisation *normalisation, tgr_mapping *mapping,
                                  double least, tgr_error *error)
{
    normalisation->mapping = mapping;
    tgr_status status = tgr_aligner_new(mapping, least, &normalisation->aligner, error);
    if (status != TGR_OK) {
        tgr_normalisation_close(normalisation);
    }
    return status;
}

void tgr_normalisation_close(tgr_normalisation *normalisation)
{
    tgr_aligner_free(normalisation->aligner);
    tgr_mapping_free(normalisation->mapping);
    *normalisation = (tgr_normalisation){0};
}

/* ---- writing -------------------------------------------------------------------------------- */

static void pack_word(msgpack_packer *packer, const char *word)
{
    tgr_pack_text(packer, word, strlen(word));
}

static void pack_tag(msgpack_packer *packer, const tgr_mapping *mapping, uint32_t number)
{
    size_t length;
    const char *tag = tgr_strings_get(mapping->tags, number, &length);
    tgr_pack_text(packer, tag, length);
}

void tgr_normalisation_pack(const tgr_mapping *mapping, double least, tgr_buffer *pairs)
{
    msgpack_packer packer;
    msgpack_packer_init(&packer, pairs, tgr_pack_to_buffer);
    pack_word(&packer, "normalisation");
    msgpack_pack_map(&packer, 2);
    pack_word(&packer, "align_min");
    if (least <= 1) {
        msgpack_pack_double(&packer, least);
    } else {
        msgpack_pack_nil(&packer);
    }
    pack_word(&packer, "tags");
    msgpack_pack_map(&packer, tgr_mapping_count(mapping));
    for (uint32_t i = 0; i < tgr_mapping_count(mapping); i++) {
        pack_tag(&packer, mapping, i);
        if (mapping->canonical[i] == TGR_DROPPED) {
            msgpack_pack_nil(&packer);
        } else {
            pack_tag(&packer, mapping, mapping->canonical[i]);
        }
    }
}

/* ---- reading -------------------------------------------------------------------------------- */

enum { ALIGN_MIN, TAGS, KEYS };
static const char *const names[KEYS] = {"align_min", "tags"};

static bool is_tag(const tgr_item *item)
{
    return item->kind == TGR_ITEM_STRING && item->count > 0 &&
           tgr_name_is_text(item->as.bytes, item->count);
}

/* Numbers all tags, whose map the cursor stands in. */
static tgr_status read_tags(tgr_cursor cursor, uint32_t count, tgr_mapping *mapping,
                            tgr_error *error)
{
    for (uint32_t i = 0; i < count; i++) {
        tgr_item tag;
        if (tgr_cursor_next(&cursor, &tag) != TGR_CURSOR_OK || !is_tag(&tag) ||
            tgr_cursor_skip(&cursor) != TGR_CURSOR_OK) {
            return tgr_fail(error, TGR_ERR_INPUT, "tag %u of the normalisation is not text", i);
        }
        uint32_t number = tgr_mapping_add(mapping, tag.as.bytes, tag.count);
        if (number == TGR_STRING_NONE) {
            return tgr_fail_memory(error, "the mapping of tags");
        }
        if (number != i) {
            return tgr_fail(error, TGR_ERR_INPUT,
                            "the normalisation has the tag '%.200s' twice, as tags %u and %u",
                            tgr_strings_get(mapping->tags, number, NULL), number, i);
        }
    }
    return TGR_OK;
}

static tgr_status read_canonical(tgr_cursor cursor, uint32_t count, tgr_mapping *mapping,
                                 tgr_error *error)
{
    for (uint32_t i = 0; i < count; i++) {
        tgr_item tag, becomes;
        tgr_cursor_next(&cursor, &tag);
        tgr_cursor_next(&cursor, &becomes);
        if (becomes.kind == TGR_ITEM_NIL) {
            mapping->canonical[i] = TGR_DROPPED;
            continue;
        }
        if (!is_tag(&becomes)) {
            return tgr_fail(error, TGR_ERR_INPUT,
                            "what the tag '%.200s' of the normalisation becomes is neither text "
                            "nor nil",
                            tgr_strings_get(mapping->tags, i, NULL));
        }
        mapping->canonical[i] = tgr_strings_find(mapping->tags, becomes.as.bytes, becomes.count);
        if (mapping->canonical[i] == TGR_STRING_NONE) {
            return tgr_fail(error, TGR_ERR_INPUT,
                            "the tag '%.200s' of the normalisation becomes '%.*s', which it lacks",
                            tgr_strings_get(mapping->tags, i, NULL),
                            becomes.count > 200 ? 200 : (int)becomes.count, becomes.as.bytes);
        }
    }
    return tgr_mapping_check(mapping, error);
}

static tgr_status read_least(const tgr_fields *fields, double *least, tgr_error *error)
{
    *least = 2; /* none is so near */
    tgr_status status = tgr_fields_number(fields, ALIGN_MIN, least, error);
    if (status == TGR_OK && !(*least > 0 && *least <= 2)) {
        return tgr_fields_complain(fields, ALIGN_MIN, "must be above 0, up to 1", error);
    }
    return status;
}

static tgr_status read_map(tgr_normalisation *normalisation, tgr_cursor cursor, tgr_error *error)
{
    tgr_fields fields;
    tgr_item map;
    double least = 2;
    tgr_status status = TGR_OK;
    tgr_mapping *mapping = tgr_mapping_new();
    if (mapping == NULL) {
        return tgr_fail_memory(error, "the mapping of tags");
    }
    TGR_TRY(tgr_fields_read(&fields, "normalisation", names, KEYS, &cursor, NULL, NULL, error));
    TGR_TRY(read_least(&fields, &least, error));
    TGR_TRY(tgr_fields_need(&fields, TAGS, TGR_ITEM_MAP, &map, &cursor, error));
    TGR_TRY(read_tags(cursor, map.count, mapping, error));
    TGR_TRY(read_canonical(cursor, map.count, mapping, error));
    status = tgr_normalisation_open(normalisation, mapping, least, error);
    mapping = NULL;
done:
    tgr_mapping_free(mapping);
    return status;
}

tgr_status tgr_normalisation_take(tgr_normalisation *normalisation, const void *map, size_t length,
                                  tgr_buffer *others, uint32_t *count, tgr_error *error)
{
    static const char *const key[] = {"normalisation"};
    tgr_cursor whole = {map, length, 0}, cursor = whole;
    tgr_fields fields;
    tgr_item item;
    tgr_status status = TGR_OK;
    if (tgr_cursor_skip(&whole) != TGR_CURSOR_OK || whole.at != length) {
        return tgr_fail(error, TGR_ERR_INPUT, "the tagger's settings are no MessagePack map");
    }
    TGR_TRY(tgr_fields_read(&fields, "tagger", key, 1, &cursor, others, count, error));
    if (tgr_fields_has(&fields, 0)) {
        TGR_TRY(tgr_fields_need(&fields, 0, TGR_ITEM_MAP, &item, NULL, error));
        TGR_TRY(read_map(normalisation, fields.at[0], error));
    }
done:
    return status;
}
