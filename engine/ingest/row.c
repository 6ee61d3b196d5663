/* row.c - adds up the tags of one record. */
#include "engine/ingest/row.h"

#include <math.h>

#include "engine/base/memory.h"

static bool is_count(double value)
{
    return value >= 1 && value <= TGR_COUNT_LARGEST && value == (double)(int32_t)value;
}

/* The tag's sum in this row, new or not. A tag's slot may be left over from another row: it holds
 * only if the row has that very tag there. */
static tgr_row_sum *find_sum(tgr_row *row, tgr_tag *tag, uint32_t number)
{
    if (tag->slot < row->sum_count && row->sums[tag->slot].tag == number) {
        return &row->sums[tag->slot];
    }
    tag->slot = (uint32_t)row->sum_count;
    row->sums[row->sum_count] = (tgr_row_sum){.tag = number, .counts = true};
    return &row->sums[row->sum_count++];
}

static bool reserve(tgr_row *row, size_t count)
{
    void *sums = row->sums;
    bool enough = tgr_mem_grow(&sums, &row->sum_capacity, count, sizeof *row->sums);
    row->sums = sums;
    void *entries = row->entries;
    enough = enough && tgr_mem_grow(&entries, &row->entry_capacity, count, sizeof *row->entries);
    row->entries = entries;
    return enough;
}

static bool add(tgr_row *row, tgr_tag_table *table, const char *text, size_t length, double value)
{
    uint32_t number = tgr_tag_table_intern(table, text, length);
    if (number == TGR_STRING_NONE || !reserve(row, row->sum_count + 1)) {
        return false;
    }
    tgr_row_sum *sum = find_sum(row, &table->tags[number], number);
    sum->counts = sum->counts && is_count(value);
    sum->sum += value;
    return true;
}

static bool add_category(tgr_row *row, tgr_tag_table *table, const tgr_text *category)
{
    tgr_buffer *tag = &row->category_tag;
    tgr_buffer_clear(tag);
    tgr_buffer_add(tag, "cat:", 4);
    tgr_buffer_add(tag, category->bytes, category->length);
    return !tag->failed && add(row, table, tag->bytes, tag->length, 1.0);
}

static bool add_given(tgr_row *row, tgr_tag_table *table, const tgr_record *record)
{
    for (size_t i = 0; i < record->tag_count; i++) {
        const tgr_tag_entry *entry = &record->tags[i];
        if (!add(row, table, entry->tag.bytes, entry->tag.length, entry->value)) {
            return false;
        }
    }
    return true;
}

/* Where the tags of a text go. */
typedef struct text_row {
    tgr_row *row;
    tgr_tag_table *table;
} text_row;

static bool add_found(void *user, const char *tag, size_t length, double count)
{
    const text_row *to = user;
    return add(to->row, to->table, tag, length, count);
}

/* A text may well say a word more often than a count can tell. */
static void bound(tgr_row *row)
{
    for (size_t i = 0; i < row->sum_count; i++) {
        if (row->sums[i].sum > TGR_COUNT_LARGEST) {
            row->sums[i].sum = TGR_COUNT_LARGEST;
        }
    }
}

static bool add_all(tgr_row *row, tgr_tag_table *table, const tgr_record *record,
                    const tgr_row_source *source)
{
    bool tags_text = source->tagging != NULL && record->text.bytes != NULL &&
                     (source->texts_only || !record->has_tags);
    bool complete;
    row->sum_count = 0;
    if (tags_text) {
        text_row to = {row, table};
        complete = tgr_tagging_text(source->tagging, record->text.bytes, record->text.length,
                                    add_found, &to);
        bound(row);
    } else {
        complete = add_given(row, table, record);
    }
    if (complete && source->category_tag && record->category.bytes != NULL) {
        complete = add_category(row, table, &record->category);
    }
    return complete;
}

/* Rounds a sum once. What rounds to nothing (weights that cancel) is no entry. */
static tgr_status store(tgr_row *row, const tgr_row_sum *sum, tgr_fault *fault)
{
    float value = (float)sum->sum;
    if (sum->counts && sum->sum > TGR_COUNT_LARGEST) {
        return tgr_fault_set(fault, TGR_BAD_TAGS, "the counts of a tag add up to more than 65535");
    }
    if (!isfinite(value)) {
        return tgr_fault_set(fault, TGR_BAD_TAGS, "a tag's weight is too large for a float");
    }
    if (value == 0) {
        return TGR_OK;
    }
    row->entries[row->count++] = (tgr_row_entry){sum->tag, value};
    row->weighted = row->weighted || !is_count(value);
    row->largest = value > row->largest ? value : row->largest;
    return TGR_OK;
}

tgr_status tgr_row_build(tgr_row *row, tgr_tag_table *table, const tgr_record *record,
                         const tgr_row_source *source, tgr_fault *fault)
{
    row->count = 0;
    row->weighted = false;
    row->largest = 0;
    if (!add_all(row, table, record, source)) {
        return TGR_ERR_NOMEM;
    }
    for (size_t i = 0; i < row->sum_count; i++) {
        tgr_status status = store(row, &row->sums[i], fault);
        if (status != TGR_OK) {
            return status;
        }
    }
    return TGR_OK;
}

void tgr_row_free(tgr_row *row)
{
    tgr_mem_free(row->entries);
    tgr_mem_free(row->sums);
    tgr_buffer_free(&row->category_tag);
    *row = (tgr_row){0};
}
