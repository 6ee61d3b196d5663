/* assign_split.c - a hash as a number from 0 to 1. */
#include "engine/ingest/assign_split.h"

#include <math.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "engine/base/error.h"

tgr_status tgr_assign_split_check(const tgr_split_share *splits, size_t count, tgr_error *error)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        size_t length = splits[i].name == NULL ? 0 : strlen(splits[i].name);
        if (length == 0 || length > TGR_NAME_MAX) {
            return tgr_fail(error, TGR_ERR_ARGUMENT,
                            "a split to assign has a name of 1 to %d bytes", TGR_NAME_MAX);
        }
        if (!(splits[i].share > 0 && splits[i].share <= 1)) {
            return tgr_fail(error, TGR_ERR_ARGUMENT,
                            "the share of a split to assign is above 0, up to 1 (100 %%)");
        }
        sum += splits[i].share;
    }
    return sum <= 1 + 1e-9 ? TGR_OK
                           : tgr_fail(error, TGR_ERR_ARGUMENT,
                                      "the shares of the splits to assign add up to more than 1");
}

/* Tags in any order, and repeated or counted, are the same. */
static uint64_t hash_tags(const tgr_record *record)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < record->tag_count; i++) {
        const tgr_tag_entry *entry = &record->tags[i];
        uint64_t hash = XXH3_64bits(entry->tag.bytes, entry->tag.length);
        sum += hash * (uint64_t)(int64_t)llrint(fmax(-0x1p40, fmin(entry->value, 0x1p40)) * 0x1p16);
    }
    return XXH3_64bits(&sum, sizeof sum);
}

void tgr_assign_split(const tgr_split_share *splits, size_t count, tgr_record *record)
{
    if (count == 0 || record->split.bytes != NULL) {
        return;
    }
    uint64_t hash = record->text.bytes != NULL && record->text.length > 0
                        ? XXH3_64bits(record->text.bytes, record->text.length)
                        : hash_tags(record);
    double place = (double)(hash >> 11) * 0x1p-53, end = 0;
    for (size_t i = 0; i < count; i++) {
        end += splits[i].share;
        if (place < end || (i + 1 == count && end > 1 - 1e-9)) {
            record->split = (tgr_text){splits[i].name, strlen(splits[i].name)};
            return;
        }
    }
}
