/* columns.c - takes one record apart into the columns of a run.
 *
 * A column that no record has yet is not spooled at all: the rows before its first value are made
 * up for when that comes.
 */
#include "engine/ingest/columns.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/runtime.h"
#include "engine/ingest/lists.h"
#include "engine/ingest/source_name.h"
#include "kernels/kernels.h"

static void set_paths(tgr_columns *columns, const char *path)
{
    for (int i = 0; i < TGR_CODED_COLUMNS; i++) {
        columns->coded[i].codes.path = path;
    }
    columns->entries.path = path;
    columns->models_done.path = path;
    columns->ids.path = path;
    columns->texts.path = path;
    columns->positions.path = path;
    columns->prompt_tokens.path = path;
}

tgr_status tgr_columns_open(tgr_columns *columns, const char *path, bool keep_text,
                            const tgr_router *router, tgr_error *error)
{
    *columns = (tgr_columns){.keep_text = keep_text};
    set_paths(columns, path);
    columns->models = tgr_strings_new();
    columns->sources = tgr_strings_new();
    bool complete = columns->models != NULL && columns->sources != NULL;
    for (int i = 0; i < TGR_CODED_COLUMNS; i++) {
        columns->coded[i].names = tgr_strings_new();
        complete = complete && columns->coded[i].names != NULL;
    }
    if (!complete || !tgr_tag_table_open(&columns->tags, router)) {
        tgr_columns_free(columns);
        return tgr_fail_memory(error, "the names in a log");
    }
    return TGR_OK;
}

void tgr_columns_free(tgr_columns *columns)
{
    for (int i = 0; i < TGR_CODED_COLUMNS; i++) {
        tgr_strings_free(columns->coded[i].names);
        tgr_spool_free(&columns->coded[i].codes);
    }
    tgr_spool_free(&columns->entries);
    tgr_spool_free(&columns->models_done);
    tgr_spool_free(&columns->ids);
    tgr_spool_free(&columns->texts);
    tgr_spool_free(&columns->positions);
    tgr_spool_free(&columns->prompt_tokens);
    tgr_tag_table_free(&columns->tags);
    tgr_strings_free(columns->models);
    tgr_strings_free(columns->sources);
    tgr_mem_free(columns->logs);
    tgr_buffer_free(&columns->scratch);
    *columns = (tgr_columns){0};
}

tgr_status tgr_columns_begin_log(tgr_columns *columns, const char *name, const tgr_run *run,
                                 tgr_error *error)
{
    tgr_source_name_text(name, &columns->scratch);
    void *logs = columns->logs;
    if (columns->scratch.failed || !tgr_mem_grow(&logs, &columns->log_capacity,
                                                 columns->log_count + 1, sizeof *columns->logs)) {
        return tgr_fail_memory(error, "the names of the logs");
    }
    columns->logs = logs;
    uint32_t before = tgr_strings_count(columns->sources);
    uint32_t source =
        tgr_strings_add(columns->sources, columns->scratch.bytes, columns->scratch.length);
    if (source == TGR_STRING_NONE) {
        return tgr_fail_memory(error, "the names of the logs");
    }
    if (source < before) {
        tgr_run_message(run, TGR_WARNING,
                        "several logs are named %s: the name and position that the query file "
                        "records do not tell their queries apart",
                        columns->scratch.bytes);
    }
    columns->logs[columns->log_count++] = (tgr_log_rows){.source = source};
    return TGR_OK;
}

/* Appends the same few bytes for every row so far. */
static tgr_status make_up(tgr_spool *spool, uint64_t rows, const void *bytes, size_t length,
                          tgr_error *error)
{
    tgr_status status = TGR_OK;
    for (uint64_t row = 0; row < rows && status == TGR_OK; row++) {
        status = tgr_spool_append(spool, bytes, length, error);
    }
    return status;
}

static tgr_status add_coded(tgr_columns *columns, tgr_coded which, const tgr_text *name,
                            tgr_error *error)
{
    static const char *const keys[TGR_CODED_COLUMNS] = {"category", "split", "allow", "deny",
                                                        "needs"};
    tgr_coded_column *column = &columns->coded[which];
    int32_t code = -1;
    tgr_status status = TGR_OK;
    if (name->bytes == NULL && !column->used) {
        return TGR_OK;
    }
    if (name->bytes != NULL) {
        uint32_t number = tgr_strings_add(column->names, name->bytes, name->length);
        if (number == TGR_STRING_NONE) {
            return tgr_fail_memory(error, "the names in a log");
        }
        if (number >= TGR_CODED_MAX) {
            return tgr_fail(error, TGR_ERR_INPUT,
                            "more than %" PRIu32 " distinct values of \"%s\"; it should say what "
                            "many queries share, not what each one is",
                            TGR_CODED_MAX, keys[which]);
        }
        code = (int32_t)number;
    }
    if (!column->used) {
        const int32_t missing = -1;
        column->used = true;
        status = make_up(&column->codes, columns->rows, &missing, sizeof missing, error);
    }
    return status != TGR_OK ? status : tgr_spool_append(&column->codes, &code, sizeof code, error);
}

static tgr_status add_list(tgr_columns *columns, tgr_coded which, tgr_text_list *list,
                           tgr_error *error)
{
    tgr_text spelt = {0};
    if (list->present) {
        tgr_list_spell(list, &columns->scratch);
        if (columns->scratch.failed) {
            return tgr_fail_memory(error, "a list of names");
        }
        spelt = (tgr_text){columns->scratch.bytes, columns->scratch.length};
    }
    return add_coded(columns, which, &spelt, error);
}

static tgr_status add_codes(tgr_columns *columns, tgr_record *record, tgr_error *error)
{
    tgr_status status = TGR_OK;
    TGR_TRY(add_coded(columns, TGR_CODED_CATEGORY, &record->category, error));
    TGR_TRY(add_coded(columns, TGR_CODED_SPLIT, &record->split, error));
    TGR_TRY(add_list(columns, TGR_CODED_ALLOW, &record->allow, error));
    TGR_TRY(add_list(columns, TGR_CODED_DENY, &record->deny, error));
    TGR_TRY(add_list(columns, TGR_CODED_NEEDS, &record->needs, error));
done:
    return status;
}

static tgr_status add_text(tgr_spool *spool, const char *bytes, size_t length, tgr_error *error)
{
    uint32_t prefix = (uint32_t)length; /* a record, and so a text, has fewer than 2^32 bytes */
    tgr_status status = tgr_spool_append(spool, &prefix, sizeof prefix, error);
    return status != TGR_OK || length == 0 ? status : tgr_spool_append(spool, bytes, length, error);
}

/* The id as logged, else where the record stood. */
static tgr_status add_id(tgr_columns *columns, const tgr_record *record, const tgr_log_item *item,
                         tgr_error *error)
{
    tgr_text id = record->id;
    if (id.bytes == NULL) {
        uint32_t source = columns->logs[columns->log_count - 1].source;
        tgr_buffer *made = &columns->scratch;
        tgr_buffer_clear(made);
        tgr_buffer_format(made, "%s@%" PRIu64, tgr_strings_get(columns->sources, source, NULL),
                          item->position);
        if (item->part > 0) {
            tgr_buffer_format(made, ".%" PRIu32, item->part);
        }
        if (made->failed) {
            return tgr_fail_memory(error, "an id");
        }
        id = (tgr_text){made->bytes, made->length};
    }
    columns->id_width = id.length > columns->id_width ? id.length : columns->id_width;
    return add_text(&columns->ids, id.bytes, id.length, error);
}

static tgr_status add_query_text(tgr_columns *columns, const tgr_text *text, tgr_error *error)
{
    const uint32_t none = 0;
    tgr_status status = TGR_OK;
    if (!columns->keep_text || (text->bytes == NULL && !columns->has_text)) {
        return TGR_OK;
    }
    if (!columns->has_text) {
        columns->has_text = true;
        status = make_up(&columns->texts, columns->rows, &none, sizeof none, error);
    }
    return status != TGR_OK ? status : add_text(&columns->texts, text->bytes, text->length, error);
}

static tgr_status add_prompt_tokens(tgr_columns *columns, double prompt_tokens, tgr_error *error)
{
    const double missing = NAN;
    bool known = !isnan(prompt_tokens);
    tgr_status status = TGR_OK;
    if (!known && columns->prompt_token_rows == 0) {
        return TGR_OK;
    }
    if (columns->prompt_token_rows == 0) {
        status = make_up(&columns->prompt_tokens, columns->rows, &missing, sizeof missing, error);
    }
    columns->prompt_token_rows += known;
    columns->prompt_token_parts |= known && prompt_tokens != floor(prompt_tokens);
    return status != TGR_OK ? status
                            : tgr_spool_append(&columns->prompt_tokens, &prompt_tokens,
                                               sizeof prompt_tokens, error);
}

static tgr_status add_model(tgr_columns *columns, const tgr_model_entry *entry, tgr_error *error)
{
    uint32_t model = tgr_strings_add(columns->models, entry->model.bytes, entry->model.length);
    if (model == TGR_STRING_NONE) {
        return tgr_fail_memory(error, "the names of models");
    }
    if (model >= TGR_MODELS_MAX) {
        return tgr_fail(error, TGR_ERR_INPUT,
                        "more than %d distinct models in all; the keys of \"models\" should be "
                        "names of models, the same in every record",
                        TGR_MODELS_MAX);
    }
    columns->has_score |= !isnan(entry->score);
    columns->has_cost |= !isnan(entry->cost);
    columns->has_completion_tokens |= !isnan(entry->completion_tokens);
    columns->has_outcome |= entry->outcome >= 0;
    columns->judged += !isnan(entry->score) || entry->outcome >= 0;
    tgr_spooled_model spooled = {model, entry->score, entry->cost, entry->completion_tokens,
                                 entry->outcome};
    return tgr_spool_append(&columns->models_done, &spooled, sizeof spooled, error);
}

static tgr_status add_models(tgr_columns *columns, const tgr_record *record, tgr_error *error)
{
    const uint32_t none = 0;
    uint32_t count = (uint32_t)record->model_count;
    tgr_status status = TGR_OK;
    if (count == 0 && !columns->has_models) {
        return TGR_OK;
    }
    if (!columns->has_models) {
        columns->has_models = true;
        TGR_TRY(make_up(&columns->models_done, columns->rows, &none, sizeof none, error));
    }
    TGR_TRY(tgr_spool_append(&columns->models_done, &count, sizeof count, error));
    for (uint32_t i = 0; i < count; i++) {
        TGR_TRY(add_model(columns, &record->models[i], error));
    }
done:
    return status;
}

static tgr_status add_row(tgr_columns *columns, const tgr_row *row, tgr_error *error)
{
    uint32_t count = (uint32_t)row->count;
    for (uint32_t i = 0; i < count; i++) {
        tgr_tag_count(&columns->tags.tags[row->entries[i].tag], row->entries[i].value);
    }
    columns->nonzeros += count;
    columns->untagged += count == 0;
    columns->weighted |= row->weighted;
    columns->largest = row->largest > columns->largest ? row->largest : columns->largest;
    columns->longest_row = count > columns->longest_row ? count : columns->longest_row;
    tgr_status status = tgr_spool_append(&columns->entries, &count, sizeof count, error);
    return status != TGR_OK ? status
                            : tgr_spool_append(&columns->entries, row->entries,
                                               count * sizeof *row->entries, error);
}

tgr_status tgr_columns_add(tgr_columns *columns, tgr_record *record, const tgr_row *row,
                           const tgr_log_item *item, tgr_error *error)
{
    int64_t position = (int64_t)item->position;
    tgr_status status = TGR_OK;
    TGR_TRY(add_row(columns, row, error));
    TGR_TRY(add_codes(columns, record, error));
    TGR_TRY(add_id(columns, record, item, error));
    TGR_TRY(add_query_text(columns, &record->text, error));
    TGR_TRY(add_prompt_tokens(columns, record->prompt_tokens, error));
    TGR_TRY(add_models(columns, record, error));
    TGR_TRY(tgr_spool_append(&columns->positions, &position, sizeof position, error));
    columns->rows++;
    columns->logs[columns->log_count - 1].rows++;
done:
    return status;
}
