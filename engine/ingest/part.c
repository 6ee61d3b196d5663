/* part.c - takes one record apart into the columns of a piece. */
#include "engine/ingest/part.h"

#include <math.h>
#include <string.h>

#include "engine/ingest/lists.h"
#include "engine/ingest/put.h"
#include "engine/ingest/token_estimate.h"

bool tgr_part_open(tgr_part *part, const tgr_tagger *tagger)
{
    part->models = tgr_strings_new();
    bool complete = part->models != NULL && tgr_tag_table_open(&part->tags, NULL);
    for (int i = 0; i < TGR_CODED_COLUMNS && complete; i++) {
        part->coded[i].names = tgr_strings_new();
        complete = part->coded[i].names != NULL;
    }
    complete = complete && (tagger == NULL || tgr_tag_table_keep(&part->tags, tagger));
    if (!complete) {
        tgr_part_free(part);
    }
    return complete;
}

/* A buffer that a large record has blown up is given back. */
static void empty(tgr_buffer *buffer)
{
    if (buffer->capacity > 4 * TGR_PIECE_BYTES) {
        tgr_buffer_free(buffer);
    }
    buffer->length = 0;
}

void tgr_part_clear(tgr_part *part)
{
    tgr_strings_clear(part->models);
    tgr_tag_table_clear(&part->tags);
    for (int i = 0; i < TGR_CODED_COLUMNS; i++) {
        tgr_strings_clear(part->coded[i].names);
        empty(&part->coded[i].codes);
        part->coded[i].used = false;
    }
    empty(&part->entries);
    empty(&part->models_done);
    empty(&part->ids);
    empty(&part->texts);
    empty(&part->cached_tokens);
    empty(&part->logged_costs);
    empty(&part->weights);
    empty(&part->places);
    empty(&part->prompt_tokens);
    empty(&part->line_numbers);
    empty(&part->written);
    part->kept = part->lost = 0;
    part->facts = (tgr_facts){0};
    part->bad = 0;
    memset(part->bad_by_reason, 0, sizeof part->bad_by_reason);
    memset(part->skipped_by_reason, 0, sizeof part->skipped_by_reason);
    part->lines = 0;
}

void tgr_part_free(tgr_part *part)
{
    tgr_strings_free(part->models);
    tgr_tag_table_free(&part->tags);
    for (int i = 0; i < TGR_CODED_COLUMNS; i++) {
        tgr_strings_free(part->coded[i].names);
        tgr_buffer_free(&part->coded[i].codes);
    }
    tgr_buffer_free(&part->entries);
    tgr_buffer_free(&part->models_done);
    tgr_buffer_free(&part->ids);
    tgr_buffer_free(&part->texts);
    tgr_buffer_free(&part->cached_tokens);
    tgr_buffer_free(&part->logged_costs);
    tgr_buffer_free(&part->weights);
    tgr_buffer_free(&part->places);
    tgr_buffer_free(&part->prompt_tokens);
    tgr_buffer_free(&part->line_numbers);
    tgr_buffer_free(&part->written);
    tgr_buffer_free(&part->scratch);
    *part = (tgr_part){0};
}

/* Appends the same few bytes for every row so far. */
static void make_up(tgr_buffer *buffer, uint64_t rows, const void *bytes, size_t length)
{
    for (uint64_t row = 0; row < rows; row++) {
        tgr_put(buffer, bytes, length);
    }
}

/* Appends to a column that is in use, or from now on is. */
static bool append_code(tgr_part *part, tgr_coded which, const char *name, size_t length)
{
    tgr_part_codes *column = &part->coded[which];
    const int32_t missing = -1;
    int32_t code = missing;
    if (name != NULL) {
        uint32_t number = tgr_strings_add(column->names, name, length);
        if (number == TGR_STRING_NONE) {
            return false;
        }
        code = (int32_t)number;
    }
    if (!column->used) {
        column->used = true;
        make_up(&column->codes, part->facts.rows, &missing, sizeof missing);
    }
    tgr_put(&column->codes, &code, sizeof code);
    return !column->codes.failed;
}

/* Most columns are in no log's use. */
static inline bool add_code(tgr_part *part, tgr_coded which, const char *name, size_t length)
{
    return (name == NULL && !part->coded[which].used) || append_code(part, which, name, length);
}

static bool add_list(tgr_part *part, tgr_coded which, tgr_text_list *list)
{
    if (!list->present) {
        return add_code(part, which, NULL, 0);
    }
    tgr_list_spell(list, &part->scratch);
    return !part->scratch.failed &&
           add_code(part, which, part->scratch.bytes, part->scratch.length);
}

static bool add_codes(tgr_part *part, tgr_record *record)
{
    return add_code(part, TGR_CODED_CATEGORY, record->category.bytes, record->category.length) &&
           add_code(part, TGR_CODED_SPLIT, record->split.bytes, record->split.length) &&
           add_list(part, TGR_CODED_ALLOW, &record->allow) &&
           add_list(part, TGR_CODED_DENY, &record->deny) &&
           add_list(part, TGR_CODED_NEEDS, &record->needs) &&
           add_code(part, TGR_CODED_LOGGED_MODEL, record->logged_model.bytes,
                    record->logged_model.length);
}

static bool add_kept(tgr_part *part, const tgr_record *record)
{
    bool added = true;
    for (int i = 0; i < TGR_KEEP_MAX && added; i++) {
        added = add_code(part, (tgr_coded)(TGR_CODED_KEPT + i), record->kept[i].bytes,
                         record->kept[i].length);
    }
    return added;
}

static bool add_text(tgr_buffer *buffer, const char *bytes, size_t length)
{
    uint32_t prefix = (uint32_t)length; /* a record, and so a text, has fewer than 2^32 bytes */
    tgr_put(buffer, &prefix, sizeof prefix);
    if (length > 0) {
        tgr_put(buffer, bytes, length);
    }
    return !buffer->failed;
}

/* A mark and a number behind it. */
static void add_number(tgr_buffer *buffer, char mark, uint64_t number)
{
    char text[24], *at = text + sizeof text;
    do {
        *--at = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    *--at = mark;
    tgr_buffer_add(buffer, at, (size_t)(text + sizeof text - at));
}

/* The id as logged, else where the record stood. */
static bool add_id(tgr_part *part, const tgr_record *record, const tgr_log_item *item,
                   const char *source)
{
    tgr_text id = record->id;
    if (id.bytes == NULL) {
        tgr_buffer *made = &part->scratch;
        tgr_buffer_clear(made);
        tgr_buffer_text(made, source);
        add_number(made, '@', item->position);
        if (item->part > 0) {
            add_number(made, '.', item->part);
        }
        if (made->failed) {
            return false;
        }
        id = (tgr_text){made->bytes, made->length};
    }
    part->facts.id_width = tgr_larger(part->facts.id_width, id.length);
    return add_text(&part->ids, id.bytes, id.length);
}

static bool add_query_text(tgr_part *part, const tgr_text *text)
{
    const uint32_t none = 0;
    if (text->bytes == NULL && !part->facts.has_text) {
        return true;
    }
    if (!part->facts.has_text) {
        part->facts.has_text = true;
        make_up(&part->texts, part->facts.rows, &none, sizeof none);
    }
    return add_text(&part->texts, text->bytes, text->length);
}

/* A column of tokens: its values, how many rows have one, whether some is not an integer. */
typedef struct token_column {
    tgr_buffer *values;
    uint64_t *known;
    bool *parts;
} token_column;

static bool append_tokens(const token_column *column, uint64_t rows, double tokens)
{
    const double missing = NAN;
    bool known = !isnan(tokens);
    if (*column->known == 0) {
        make_up(column->values, rows, &missing, sizeof missing);
    }
    *column->known += known;
    *column->parts |= known && tokens != floor(tokens);
    tgr_put(column->values, &tokens, sizeof tokens);
    return !column->values->failed;
}

/* As with codes. */
static inline bool add_tokens(const token_column *column, uint64_t rows, double tokens)
{
    return (isnan(tokens) && *column->known == 0) || append_tokens(column, rows, tokens);
}

static bool add_logged_cost(tgr_part *part, double cost)
{
    bool parts = false;
    const token_column costs = {&part->logged_costs, &part->facts.logged_cost_rows, &parts};
    return add_tokens(&costs, part->facts.rows, cost);
}

static bool add_weight(tgr_part *part, double weight)
{
    bool parts = false;
    const token_column weights = {&part->weights, &part->facts.weight_rows, &parts};
    return add_tokens(&weights, part->facts.rows, weight);
}

/* Those of the prompt, logged or else estimated from the text, and of these the cached ones. */
static bool add_prompt_tokens(tgr_part *part, const tgr_record *record, bool estimate)
{
    tgr_facts *facts = &part->facts;
    const token_column prompt = {&part->prompt_tokens, &facts->prompt_token_rows,
                                 &facts->prompt_token_parts};
    const token_column cached = {&part->cached_tokens, &facts->cached_token_rows,
                                 &facts->cached_token_parts};
    double tokens = record->prompt_tokens;
    bool unknown = isnan(tokens) && record->text.bytes != NULL;
    const char *from = unknown && estimate ? TGR_TOKENS_ESTIMATED : NULL;
    if (from != NULL) {
        tokens = (double)tgr_estimate_tokens(record->text.bytes, record->text.length);
    }
    facts->estimated_rows += from != NULL;
    facts->unmeasured_rows += unknown && from == NULL;
    return add_tokens(&prompt, facts->rows, tokens) &&
           add_tokens(&cached, facts->rows, record->cached_prompt_tokens) &&
           add_code(part, TGR_CODED_TOKENS_FROM, from, from == NULL ? 0 : strlen(from));
}

static bool add_model(tgr_part *part, const tgr_model_entry *entry)
{
    tgr_facts *facts = &part->facts;
    uint32_t model = tgr_strings_add(part->models, entry->model.bytes, entry->model.length);
    if (model == TGR_STRING_NONE) {
        return false;
    }
    facts->has_score |= !isnan(entry->score);
    facts->has_cost |= !isnan(entry->cost);
    facts->has_completion_tokens |= !isnan(entry->completion_tokens);
    facts->has_propensities |= !isnan(entry->propensity);
    facts->has_outcome |= entry->outcome >= 0;
    facts->judged += !isnan(entry->score) || entry->outcome >= 0;
    tgr_spooled_model spooled = {
        model,         entry->score, entry->cost, entry->completion_tokens, entry->propensity,
        entry->outcome};
    tgr_put(&part->models_done, &spooled, sizeof spooled);
    return true;
}

static bool add_models(tgr_part *part, const tgr_record *record)
{
    const uint32_t none = 0;
    uint32_t count = (uint32_t)record->model_count;
    if (count == 0 && !part->facts.has_models) {
        return true;
    }
    if (!part->facts.has_models) {
        part->facts.has_models = true;
        make_up(&part->models_done, part->facts.rows, &none, sizeof none);
    }
    tgr_put(&part->models_done, &count, sizeof count);
    for (uint32_t i = 0; i < count; i++) {
        if (!add_model(part, &record->models[i])) {
            return false;
        }
    }
    return !part->models_done.failed;
}

/* Most of all tags are a tagger's own, and their values counts. */
static void count_row(tgr_tag_table *tags, const tgr_row *row)
{
    uint32_t kept = row->weighted ? 0 : tags->kept;
    if (kept > 0) {
        tgr_tag_few_row(tags);
    }
    for (size_t i = 0; i < row->count; i++) {
        const tgr_row_entry *entry = &row->entries[i];
        if (entry->tag < kept) {
            tgr_tag_few(tags, entry->tag, (uint32_t)entry->value);
        } else {
            tags->many |= entry->tag < tags->kept;
            tgr_tag_count(&tags->tags[entry->tag], entry->value);
        }
    }
}

static bool add_row(tgr_part *part, const tgr_row *row)
{
    tgr_facts *facts = &part->facts;
    uint32_t count = (uint32_t)row->count;
    count_row(&part->tags, row);
    facts->nonzeros += count;
    facts->untagged += count == 0;
    facts->weighted |= row->weighted;
    facts->largest = row->largest > facts->largest ? row->largest : facts->largest;
    facts->longest_row = tgr_larger(facts->longest_row, count);
    tgr_put(&part->entries, &count, sizeof count);
    if (count > 0) {
        tgr_put(&part->entries, row->entries, count * sizeof *row->entries);
    }
    return !part->entries.failed;
}

static bool add_place(tgr_part *part, const tgr_log_item *item)
{
    tgr_spooled_place place = {(int64_t)item->position, (uint32_t)item->length, item->part};
    uint32_t line = (uint32_t)item->line;
    part->facts.longest_record = tgr_larger(part->facts.longest_record, place.length);
    part->facts.has_record_parts |= place.part > 0;
    tgr_put(&part->places, &place, sizeof place);
    tgr_put(&part->line_numbers, &line, sizeof line);
    return !part->places.failed && !part->line_numbers.failed;
}

void tgr_part_count_tags(tgr_part *part, const tgr_row *row)
{
    for (int i = 0; i < TGR_ALIGNMENTS; i++) {
        part->facts.aligned[i] += row->aligned[i];
    }
    part->facts.dropped += row->dropped;
}

bool tgr_part_add(tgr_part *part, tgr_record *record, const tgr_row *row, const tgr_log_item *item,
                  const char *source, const tgr_text_uses *keep)
{
    /* the text last: what is read again soon after it was written would wait behind it */
    bool added = add_place(part, item) && add_row(part, row) && add_codes(part, record) &&
                 add_id(part, record, item, source) &&
                 add_prompt_tokens(part, record, keep->estimated) && add_kept(part, record) &&
                 add_logged_cost(part, record->logged_cost) && add_weight(part, record->weight) &&
                 add_models(part, record) && (!keep->kept || add_query_text(part, &record->text));
    tgr_part_count_tags(part, row);
    part->facts.rows += added;
    return added;
}

void tgr_part_skip(tgr_part *part, const tgr_log_item *item)
{
    if (part->bad++ == 0) {
        part->very_first_bad = item->reason;
    }
    if (part->bad_by_reason[item->reason]++ == 0) {
        part->first_bad[item->reason] = *item;
    }
}
