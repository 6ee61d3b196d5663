/* tagger_settings.c - see tagger_settings.h. */
#include "engine/router/tagger_settings.h"

#include <msgpack/pack.h>

#include "engine/base/error.h"
#include "engine/router/cursor.h"
#include "engine/router/fields.h"
#include "engine/router/pack.h"

void tgr_tagger_settings_map(const tgr_buffer *settings, uint32_t count, tgr_buffer *map)
{
    msgpack_packer packer;
    msgpack_packer_init(&packer, map, tgr_pack_to_buffer);
    msgpack_pack_map(&packer, count);
    if (settings->length > 0) {
        tgr_buffer_add(map, settings->bytes, settings->length);
    }
}

tgr_status tgr_tagger_settings_read(const void *map, size_t length, tgr_buffer *settings,
                                    uint32_t *count, tgr_error *error)
{
    static const char *const beside[] = {"kind", "version", "category_tag", "digest"};
    tgr_cursor whole = {map, length, 0}, cursor = whole;
    tgr_fields fields;
    tgr_status status = TGR_OK;
    if (tgr_cursor_skip(&whole) != TGR_CURSOR_OK || whole.at != length) {
        return tgr_fail(error, TGR_ERR_INPUT,
                        "the tagger's settings are damaged: they are no MessagePack value");
    }
    *count = 0;
    TGR_TRY(tgr_fields_read(&fields, "the tagger's settings", beside, 4, &cursor, settings, count,
                            error));
    for (size_t i = 0; i < 4; i++) {
        if (tgr_fields_has(&fields, i)) {
            return tgr_fields_complain(&fields, i, "does not belong there", error);
        }
    }
done:
    return status;
}
