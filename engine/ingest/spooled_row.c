/* spooled_row.c - see spooled_row.h. */
#include "engine/ingest/spooled_row.h"

#include "engine/base/error.h"

#define NARROW_BYTES 3 /* an entry */

size_t tgr_spooled_row_pack(const tgr_row_entry *entries, uint32_t count, const uint32_t *numbers,
                            bool narrow, char *to)
{
    uint32_t head = count << 1 | !narrow;
    memcpy(to, &head, sizeof head);
    to += sizeof head;
    if (!narrow) {
        for (uint32_t i = 0; i < count; i++, to += sizeof *entries) {
            tgr_row_entry entry = {numbers[entries[i].tag], entries[i].value};
            memcpy(to, &entry, sizeof entry);
        }
        return sizeof head + count * sizeof *entries;
    }
    uint8_t *counts = (uint8_t *)to + count * sizeof(uint16_t);
    for (uint32_t i = 0; i < count; i++) {
        uint16_t tag = (uint16_t)numbers[entries[i].tag];
        memcpy(to + i * sizeof tag, &tag, sizeof tag);
        counts[i] = (uint8_t)entries[i].value;
    }
    return sizeof head + (size_t)count * NARROW_BYTES;
}

tgr_status tgr_spooled_row_take(tgr_spool *spool, tgr_row_entry *room, uint64_t most,
                                tgr_spooled_row *row, tgr_error *error)
{
    uint32_t head = 0;
    tgr_status status = tgr_spool_take(spool, &head, sizeof head, error);
    *row = (tgr_spooled_row){head >> 1, head & 1, (const char *)room};
    if (status == TGR_OK && row->count > most) {
        return tgr_fail(error, TGR_ERR_INTERNAL, "%s: temporary data is damaged", spool->path);
    }
    size_t bytes = row->count * (row->wide ? sizeof *room : (size_t)NARROW_BYTES);
    return status == TGR_OK ? tgr_spool_take(spool, room, bytes, error) : status;
}
