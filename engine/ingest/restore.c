/* restore.c - names go to a spool of their own; how often tags were seen is counted again. */
#include "engine/ingest/restore.h"

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/ingest/spooled_row.h"

#define DICTIONARIES (TGR_CODED_COLUMNS + 2)
#define NAME_MOST    ((uint32_t)1 << 30) /* bytes of a list of names that is one category */

/* Before the bytes of a name. */
typedef struct name_head {
    uint32_t dictionary, length;
} name_head;

/* ---- saving -------------------------------------------------------------------------------------
 */

static tgr_status save_names(tgr_columns *columns, tgr_error *error)
{
    tgr_strings *dictionaries[DICTIONARIES];
    tgr_status status = TGR_OK;
    tgr_columns_dictionaries(columns, dictionaries);
    for (uint32_t i = 0; i < DICTIONARIES; i++) {
        uint32_t count = tgr_strings_count(dictionaries[i]);
        while (columns->names_saved[i] < count) {
            size_t length;
            const char *text = tgr_strings_get(dictionaries[i], columns->names_saved[i], &length);
            name_head head = {i, (uint32_t)length};
            TGR_TRY(tgr_spool_append(&columns->names, &head, sizeof head, error));
            TGR_TRY(tgr_spool_append(&columns->names, text, length, error));
            columns->names_saved[i]++;
        }
    }
done:
    return status;
}

tgr_status tgr_columns_save(tgr_columns *columns, tgr_checkpoint *checkpoint, tgr_error *error)
{
    tgr_spool *spools[TGR_SPOOLS];
    tgr_status status = TGR_OK;
    TGR_TRY(save_names(columns, error));
    tgr_columns_spools(columns, spools);
    for (int i = 0; i < TGR_SPOOLS; i++) {
        TGR_TRY(tgr_spool_flush(spools[i], error));
        checkpoint->spools[i] = tgr_spool_length(spools[i]);
    }
    for (int i = 0; i < TGR_CODED_COLUMNS; i++) {
        checkpoint->stand[TGR_STAND_CODED] |= (uint64_t)columns->coded[i].used << i;
    }
    checkpoint->facts = columns->facts;
    checkpoint->logs = columns->logs;
    checkpoint->log_count = columns->log_count;
done:
    return status;
}

/* ---- restoring ----------------------------------------------------------------------------------
 */

static tgr_status damaged(const tgr_columns *columns, tgr_error *error)
{
    return tgr_fail(error, TGR_ERR_IO,
                    "%s: temporary data of the run that stopped is damaged; leave out --resume to "
                    "start afresh",
                    columns->names.path);
}

static tgr_status restore_name(tgr_columns *columns, tgr_strings *const *dictionaries,
                               const name_head *head, const char *text, tgr_error *error)
{
    bool tag = head->dictionary == DICTIONARIES - 1;
    uint32_t number = tag ? tgr_tag_table_intern(&columns->tags, text, head->length)
                          : tgr_strings_add(dictionaries[head->dictionary], text, head->length);
    if (number == TGR_STRING_NONE) {
        return tgr_fail_memory(error, "the names in a log");
    }
    return number == columns->names_saved[head->dictionary]++ ? TGR_OK : damaged(columns, error);
}

static tgr_status restore_names(tgr_columns *columns, uint64_t length, tgr_error *error)
{
    tgr_strings *dictionaries[DICTIONARIES];
    tgr_buffer text = {0};
    tgr_status status = TGR_OK;
    tgr_columns_dictionaries(columns, dictionaries);
    TGR_TRY(tgr_spool_extend(&columns->names, length, error));
    TGR_TRY(tgr_spool_rewind(&columns->names, error));
    for (uint64_t done = 0; done < length;) {
        name_head head;
        void *bytes = text.bytes;
        TGR_TRY(tgr_spool_take(&columns->names, &head, sizeof head, error));
        if (head.dictionary >= DICTIONARIES || head.length > NAME_MOST) {
            TGR_TRY(damaged(columns, error));
        }
        if (!tgr_mem_grow(&bytes, &text.capacity, (size_t)head.length + 1, 1)) {
            TGR_TRY(tgr_fail_memory(error, "the names in a log"));
        }
        text.bytes = bytes;
        TGR_TRY(tgr_spool_take(&columns->names, text.bytes, head.length, error));
        TGR_TRY(restore_name(columns, dictionaries, &head, text.bytes, error));
        done += sizeof head + head.length;
    }
    TGR_TRY(tgr_spool_extend(&columns->names, length, error));
done:
    tgr_buffer_free(&text);
    return status;
}

/* Counts the tags of all rows again. */
static tgr_status recount(tgr_columns *columns, uint64_t length, tgr_error *error)
{
    tgr_spool *rows = &columns->entries;
    tgr_row_entry *room = tgr_mem_alloc(columns->facts.longest_row, sizeof *room);
    tgr_status status = room != NULL ? TGR_OK : tgr_fail_memory(error, "the rows of a log");
    TGR_TRY(status);
    TGR_TRY(tgr_spool_rewind(rows, error));
    for (uint64_t number = 0; number < columns->facts.rows; number++) {
        tgr_spooled_row row;
        TGR_TRY(tgr_spooled_row_take(rows, room, columns->facts.longest_row, &row, error));
        for (uint32_t i = 0; i < row.count; i++) {
            tgr_row_entry entry = tgr_spooled_entry(&row, i);
            if (entry.tag >= columns->tags.count) {
                TGR_TRY(damaged(columns, error));
            }
            tgr_tag_count(&columns->tags.tags[entry.tag], entry.value);
        }
    }
    TGR_TRY(tgr_spool_extend(rows, length, error));
done:
    tgr_mem_free(room);
    return status;
}

tgr_status tgr_columns_restore(tgr_columns *columns, const tgr_checkpoint *checkpoint,
                               const tgr_logs *logs, tgr_error *error)
{
    tgr_spool *spools[TGR_SPOOLS];
    tgr_status status = TGR_OK;
    tgr_columns_spools(columns, spools);
    for (int i = 0; i < TGR_SPOOLS; i++) {
        TGR_TRY(tgr_spool_extend(spools[i], checkpoint->spools[i], error));
        if (spools[i] == &columns->names) {
            TGR_TRY(restore_names(columns, checkpoint->spools[i], error));
        }
    }
    for (size_t i = 0; i < checkpoint->log_count; i++) {
        TGR_TRY(tgr_columns_begin_log(columns, logs->logs[i].text, error));
        columns->logs[i].rows = checkpoint->logs[i].rows;
        columns->logs[i].mark = checkpoint->logs[i].mark;
    }
    for (int i = 0; i < TGR_CODED_COLUMNS; i++) {
        columns->coded[i].used = checkpoint->stand[TGR_STAND_CODED] >> i & 1;
    }
    columns->facts = checkpoint->facts;
    TGR_TRY(recount(columns, tgr_spool_length(&columns->entries), error));
done:
    return status;
}
