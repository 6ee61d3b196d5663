/* written.c - a row's tags by name, behind all else that the record holds. */
#include "engine/ingest/written.h"

#include "engine/log/record_write.h"

bool tgr_is_written_tagged(const tgr_record *record, tgr_text_use use)
{
    return record->text.bytes != NULL && (use != TGR_TEXT_WITHOUT_TAGS || !record->has_tags);
}

static void write_tags(tgr_record_write *to, const tgr_part *part, const tgr_row *row)
{
    tgr_record_write_tags(to, (uint32_t)row->count, true);
    for (size_t i = 0; i < row->count; i++) {
        const tgr_row_entry *entry = &row->entries[i];
        size_t length;
        const char *tag = tgr_strings_get(part->tags.names, entry->tag, &length);
        tgr_record_write_counted(to, i == 0, tag, length, (uint32_t)entry->value);
    }
    tgr_record_write_end(to, true);
}

bool tgr_part_write(tgr_part *part, tgr_log_format format, const tgr_log_item *item,
                    const tgr_row *row)
{
    tgr_record_write to = {&part->written, format, false};
    if (row == NULL) {
        tgr_record_write_whole(&to, item, &part->lost);
        part->kept++;
    } else {
        tgr_record_write_begin(&to, item, &part->lost);
        write_tags(&to, part, row);
        tgr_part_count_tags(part, row);
        part->facts.untagged += row->count == 0;
        part->facts.nonzeros += row->count;
    }
    part->facts.rows += !part->written.failed;
    return !part->written.failed;
}
