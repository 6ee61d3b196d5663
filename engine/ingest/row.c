/* row.c - adds up the tags of one record. */
#include "engine/ingest/row.h"

#include <math.h>
#include <string.h>

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

static bool add_number(tgr_row *row, tgr_tag_table *table, uint32_t number, double value)
{
    if (number == TGR_STRING_NONE || !reserve(row, row->sum_count + 1)) {
        return false;
    }
    tgr_row_sum *sum = find_sum(row, &table->tags[number], number);
    sum->counts = sum->counts && is_count(value);
    sum->sum += value;
    return true;
}

static bool add(tgr_row *row, tgr_tag_table *table, const char *text, size_t length, double value)
{
    return add_number(row, table, tgr_tag_table_intern(table, text, length), value);
}

/* What stands for a tag, unless it is dropped. */
static bool add_normalised(tgr_row *row, tgr_tag_table *table,
                           const tgr_normalisation *normalisation, const char *text, size_t length,
                           double value)
{
    tgr_raw_tag raw;
    if (!tgr_tag_table_normalise(table, normalisation, text, length, &raw)) {
        return false;
    }
    if (raw.number == TGR_TAG_DROPPED) {
        row->dropped++;
        return true;
    }
    row->aligned[raw.how]++;
    return add_number(row, table, raw.number, value);
}

static bool add_category(tgr_row *row, tgr_tag_table *table, const tgr_text *category)
{
    tgr_buffer *tag = &row->scratch;
    tgr_buffer_clear(tag);
    tgr_buffer_add(tag, "cat:", 4);
    tgr_buffer_add(tag, category->bytes, category->length);
    return !tag->failed && add(row, table, tag->bytes, tag->length, 1.0);
}

/* A tag of the record beside those of its text, from which its first byte tells it. */
static bool add_marked(tgr_row *row, tgr_tag_table *table, const tgr_text *tag)
{
    tgr_buffer *marked = &row->scratch;
    tgr_buffer_clear(marked);
    tgr_buffer_add(marked, TGR_GIVEN_MARK, 1);
    tgr_buffer_add(marked, tag->bytes, tag->length);
    return !marked->failed && add(row, table, marked->bytes, marked->length, 1);
}

static bool add_entry(tgr_row *row, tgr_tag_table *table, const tgr_tag_entry *entry,
                      const tgr_row_source *source)
{
    const tgr_text *tag = &entry->tag;
    if (source->normalisation == NULL) {
        return add(row, table, tag->bytes, tag->length, entry->value);
    }
    return add_normalised(row, table, source->normalisation, tag->bytes, tag->length, entry->value);
}

static bool add_given(tgr_row *row, tgr_tag_table *table, const tgr_record *record,
                      const tgr_row_source *source, bool marked)
{
    for (size_t i = 0; i < record->tag_count; i++) {
        const tgr_tag_entry *entry = &record->tags[i];
        if (marked ? !add_marked(row, table, &entry->tag) : !add_entry(row, table, entry, source)) {
            return false;
        }
    }
    return true;
}

/* Where the phrases of a text go. */
typedef struct text_row {
    tgr_row *row;
    tgr_tag_table *table;
} text_row;

static bool add_phrase(void *user, const char *phrase, size_t length)
{
    const text_row *to = user;
    return add(to->row, to->table, phrase, length, 1);
}

/* The tags that a text was found to have, which the table has numbered as the tagger does. */
static bool add_found(tgr_row *row, tgr_tag_table *table, const tgr_tagging *tagging)
{
    if (!reserve(row, tagging->count)) {
        return false;
    }
    for (size_t i = 0; i < tagging->count; i++) {
        const tgr_text_tag *found = &tagging->tags[i];
        find_sum(row, &table->tags[found->tag], found->tag)->sum += found->count;
    }
    return true;
}

static bool add_found_normalised(tgr_row *row, tgr_tag_table *table, const tgr_tagging *tagging,
                                 const tgr_normalisation *normalisation)
{
    bool complete = true;
    for (size_t i = 0; i < tagging->count && complete; i++) {
        const tgr_text_tag *found = &tagging->tags[i];
        size_t length;
        const char *tag = tgr_tagger_tag(tagging->tagger, found->tag, &length);
        complete = add_normalised(row, table, normalisation, tag, length, found->count);
    }
    return complete;
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

static bool add_text(tgr_row *row, tgr_tag_table *table, const tgr_row_source *source,
                     const tgr_text *text)
{
    tgr_tagging *tagging = source->tagging;
    const tgr_tagger *tagger = tagging->tagger;
    text_row to = {row, table};
    bool complete;
    if (tagger->learns) {
        complete = tgr_ngrams_walk(&tagging->ngrams, tagger->unicode, text->bytes, text->length,
                                   add_phrase, &to);
    } else if (!tgr_tagging_read(tagging, text->bytes, text->length)) {
        complete = false;
    } else if (source->normalisation == NULL) {
        complete = add_found(row, table, tagging);
    } else {
        complete = add_found_normalised(row, table, tagging, source->normalisation);
    }
    bound(row);
    return complete;
}

static bool is_tagged(const tgr_record *record, const tgr_row_source *source)
{
    return source->tagging != NULL && record->text.bytes != NULL &&
           (source->use != TGR_TEXT_WITHOUT_TAGS || !record->has_tags);
}

static bool add_all(tgr_row *row, tgr_tag_table *table, const tgr_record *record,
                    const tgr_row_source *source)
{
    bool tags_text = is_tagged(record, source);
    bool tags_given = !tags_text || source->use == TGR_TEXT_AND_TAGS;
    row->sum_count = 0;
    memset(row->aligned, 0, sizeof row->aligned);
    row->dropped = 0;
    bool complete = !tags_text || add_text(row, table, source, &record->text);
    complete = complete && (!tags_given || add_given(row, table, record, source, tags_text));
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

/* Whether the row is what a vocabulary finds in the text, and nothing else: most rows of texts. */
static bool is_found_alone(const tgr_record *record, const tgr_row_source *source)
{
    return is_tagged(record, source) && !source->tagging->tagger->learns &&
           source->normalisation == NULL && source->use != TGR_TEXT_AND_TAGS &&
           !(source->category_tag && record->category.bytes != NULL);
}

/* Such a row: its tags are distinct, and nothing is to be added up. */
static bool store_found(tgr_row *row, tgr_tagging *tagging, const tgr_text *text)
{
    memset(row->aligned, 0, sizeof row->aligned);
    row->dropped = 0;
    if (!tgr_tagging_read(tagging, text->bytes, text->length) || !reserve(row, tagging->count)) {
        return false;
    }
    uint32_t largest = 0;
    for (size_t i = 0; i < tagging->count; i++) {
        const tgr_text_tag *found = &tagging->tags[i];
        uint32_t count = found->count < TGR_COUNT_LARGEST ? found->count : TGR_COUNT_LARGEST;
        row->entries[i] = (tgr_row_entry){found->tag, (float)count};
        largest = count > largest ? count : largest;
    }
    row->count = tagging->count;
    row->largest = (float)largest;
    return true;
}

tgr_status tgr_row_build(tgr_row *row, tgr_tag_table *table, const tgr_record *record,
                         const tgr_row_source *source, tgr_fault *fault)
{
    row->count = 0;
    row->weighted = false;
    row->largest = 0;
    if (is_found_alone(record, source)) {
        return store_found(row, source->tagging, &record->text) ? TGR_OK : TGR_ERR_NOMEM;
    }
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
    tgr_buffer_free(&row->scratch);
    *row = (tgr_row){0};
}
