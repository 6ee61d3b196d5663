/* spooled_row.h - a row of X on its way through a spool: 3 bytes an entry where tags and counts are
 * small enough, as nearly all are, else 8.
 */
#ifndef TGR_INGEST_SPOOLED_ROW_H
#define TGR_INGEST_SPOOLED_ROW_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "engine/ingest/row.h"
#include "engine/ingest/spool.h"

#define TGR_NARROW_TAGS  ((uint32_t)1 << 16) /* that a narrow row can name */
#define TGR_NARROW_COUNT 255

/* In the spool: a number of 32 bits, twice the count of entries, plus 1 where they are wide. Then
 * the entries; of narrow ones first all tags in 16 bits, and then all counts in 8. */
typedef struct tgr_spooled_row {
    uint32_t count;
    bool wide;
    const char *bytes;
} tgr_spooled_row;

/* Packs the entries, whose tags become those of `numbers`; returns how many bytes it takes, at most
 * 4 and 8 an entry. narrow: they are small enough. */
size_t tgr_spooled_row_pack(const tgr_row_entry *entries, uint32_t count, const uint32_t *numbers,
                            bool narrow, char *to);

/* Takes the next row of a spool, whose entries go to `room`, which has place for `most`. */
tgr_status tgr_spooled_row_take(tgr_spool *spool, tgr_row_entry *room, uint64_t most,
                                tgr_spooled_row *row, tgr_error *error);

/* An entry of a narrow row; and of any. */
static inline tgr_row_entry tgr_spooled_narrow_entry(const tgr_spooled_row *row, uint32_t i)
{
    uint16_t tag;
    memcpy(&tag, row->bytes + i * sizeof tag, sizeof tag);
    return (tgr_row_entry){tag, (uint8_t)row->bytes[row->count * sizeof tag + i]};
}

static inline tgr_row_entry tgr_spooled_entry(const tgr_spooled_row *row, uint32_t i)
{
    tgr_row_entry entry;
    if (!row->wide) {
        return tgr_spooled_narrow_entry(row, i);
    }
    memcpy(&entry, row->bytes + i * sizeof entry, sizeof entry);
    return entry;
}

#endif
