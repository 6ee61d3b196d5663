/* columns.c - appends parts to the spools, in the numbers of the run. */
#include "engine/ingest/columns.h"

#include <inttypes.h>
#include <math.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/runtime.h"
#include "engine/ingest/excess.h"
#include "engine/ingest/spooled_row.h"

const char *const tgr_spool_names[TGR_SPOOLS] = {
    "category", "split", "allow",   "deny",  "needs", "tokens_from", "logged_model",
    "kept1",    "kept2", "kept3",   "kept4", "kept5", "kept6",       "kept7",
    "kept8",    "rows",  "models",  "ids",   "texts", "places",      "tokens",
    "cached",   "costs", "weights", "names"};

void tgr_columns_spools(tgr_columns *columns, tgr_spool *spools[TGR_SPOOLS])
{
    tgr_spool *others[] = {&columns->entries,       &columns->models_done,  &columns->ids,
                           &columns->texts,         &columns->places,       &columns->prompt_tokens,
                           &columns->cached_tokens, &columns->logged_costs, &columns->weights,
                           &columns->names};
    for (int i = 0; i < TGR_CODED_COLUMNS; i++) {
        spools[i] = &columns->coded[i].codes;
    }
    memcpy(spools + TGR_CODED_COLUMNS, others, sizeof others);
}

void tgr_columns_dictionaries(const tgr_columns *columns,
                              tgr_strings *dictionaries[TGR_CODED_COLUMNS + 2])
{
    for (int i = 0; i < TGR_CODED_COLUMNS; i++) {
        dictionaries[i] = columns->coded[i].names;
    }
    dictionaries[TGR_CODED_COLUMNS] = columns->models;
    dictionaries[TGR_CODED_COLUMNS + 1] = columns->tags.names;
}

static void set_paths(tgr_columns *columns, const char *path)
{
    tgr_spool *spools[TGR_SPOOLS];
    tgr_columns_spools(columns, spools);
    for (int i = 0; i < TGR_SPOOLS; i++) {
        spools[i]->path = path;
    }
}

tgr_status tgr_columns_open(tgr_columns *columns, const char *path, const tgr_router *router,
                            tgr_error *error)
{
    *columns = (tgr_columns){0};
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
    columns->names_saved[TGR_CODED_COLUMNS + 1] = columns->tags.numbered;
    return TGR_OK;
}

void tgr_columns_free(tgr_columns *columns)
{
    tgr_spool *spools[TGR_SPOOLS];
    tgr_columns_spools(columns, spools);
    for (int i = 0; i < TGR_SPOOLS; i++) {
        tgr_spool_free(spools[i]);
    }
    for (int i = 0; i < TGR_CODED_COLUMNS; i++) {
        tgr_strings_free(columns->coded[i].names);
    }
    tgr_tag_table_free(&columns->tags);
    tgr_strings_free(columns->models);
    tgr_strings_free(columns->sources);
    tgr_mem_free(columns->logs);
    tgr_mem_free(columns->numbers);
    tgr_mem_free(columns->kept);
    tgr_mem_free(columns->packed);
    *columns = (tgr_columns){0};
}

tgr_status tgr_columns_name_log(tgr_columns *columns, const char *source, tgr_error *error)
{
    uint32_t number = tgr_strings_add(columns->sources, source, strlen(source));
    return number == TGR_STRING_NONE ? tgr_fail_memory(error, "the names of the logs") : TGR_OK;
}

tgr_status tgr_columns_begin_log(tgr_columns *columns, const char *source, tgr_error *error)
{
    void *logs = columns->logs;
    bool enough =
        tgr_mem_grow(&logs, &columns->log_capacity, columns->log_count + 1, sizeof *columns->logs);
    columns->logs = logs;
    if (!enough) {
        return tgr_fail_memory(error, "the names of the logs");
    }
    tgr_status status = columns->named ? TGR_OK : tgr_columns_name_log(columns, source, error);
    if (status == TGR_OK) {
        uint32_t number = tgr_strings_find(columns->sources, source, strlen(source));
        columns->logs[columns->log_count++] =
            (tgr_log_rows){.source = number, .mark = {.length = TGR_LENGTH_UNKNOWN}};
    }
    return status;
}

/* Appends the same few bytes for some rows. */
static tgr_status make_up(tgr_spool *spool, uint64_t rows, const void *bytes, size_t length,
                          tgr_error *error)
{
    tgr_status status = TGR_OK;
    for (uint64_t row = 0; row < rows && status == TGR_OK; row++) {
        status = tgr_spool_append(spool, bytes, length, error);
    }
    return status;
}

/* What a row has that has nothing. */
typedef struct missing {
    const void *bytes;
    size_t length;
} missing;

/* Appends a column of a part. had, has: whether rows before, and rows of the part, are in it. */
static tgr_status append(tgr_columns *columns, const tgr_part *part, tgr_spool *spool, bool had,
                         bool has, const tgr_buffer *rows, missing none, tgr_error *error)
{
    tgr_status status = TGR_OK;
    if (!has) {
        return had ? make_up(spool, part->facts.rows, none.bytes, none.length, error) : TGR_OK;
    }
    if (!had) {
        TGR_TRY(make_up(spool, columns->facts.rows, none.bytes, none.length, error));
    }
    TGR_TRY(tgr_spool_append(spool, rows->bytes, rows->length, error));
done:
    return status;
}

/* Puts the numbers of the run for `count` names of a part into columns->numbers. */
static bool reserve_numbers(tgr_columns *columns, size_t count)
{
    void *numbers = columns->numbers;
    bool enough =
        tgr_mem_grow(&numbers, &columns->number_capacity, count, sizeof *columns->numbers);
    columns->numbers = numbers;
    return enough;
}

static bool number_names(tgr_columns *columns, tgr_strings *names, const tgr_strings *of_part)
{
    uint32_t count = tgr_strings_count(of_part);
    if (!reserve_numbers(columns, count)) {
        return false;
    }
    for (uint32_t number = 0; number < count; number++) {
        size_t length;
        const char *text = tgr_strings_get(of_part, number, &length);
        columns->numbers[number] = tgr_strings_add(names, text, length);
        if (columns->numbers[number] == TGR_STRING_NONE) {
            return false;
        }
    }
    return true;
}

/* ---- tags ---------------------------------------------------------------------------------------
 */

static void add_total(tgr_tag *tag, const tgr_tag *more)
{
    tag->queries += more->queries;
    if (__builtin_add_overflow(tag->total, more->total, &tag->total)) {
        tag->total = more->total > 0 ? TGR_TAG_TOTAL_LARGEST : -TGR_TAG_TOTAL_LARGEST;
    }
    tgr_tag_bound(tag);
}

/* The number of the run for a tag that stays in every part, which is looked up once. */
static uint32_t *kept_number(tgr_columns *columns, const tgr_tag_table *of_part, uint32_t number)
{
    if (columns->kept == NULL && of_part->kept > 0) {
        columns->kept = tgr_mem_alloc(of_part->kept, sizeof *columns->kept);
        columns->kept_count = columns->kept != NULL ? of_part->kept : 0;
        for (uint32_t i = 0; i < columns->kept_count; i++) {
            columns->kept[i] = TGR_STRING_NONE;
        }
    }
    return number < columns->kept_count ? &columns->kept[number] : NULL;
}

#define SOON 16 /* tags ahead */

/* What is to be counted of a kept tag that comes soon is sent for: all of a tagger's together are
 * more than the nearest caches hold. */
static inline void send_for(const tgr_columns *columns, uint32_t number)
{
    if (number < columns->kept_count && columns->kept[number] != TGR_STRING_NONE) {
        __builtin_prefetch(&columns->tags.tags[columns->kept[number]]);
    }
}

static uint32_t number_tag(tgr_columns *columns, const tgr_tag_table *of_part, uint32_t number)
{
    uint32_t *kept = kept_number(columns, of_part, number);
    if (kept != NULL && *kept != TGR_STRING_NONE) {
        return *kept;
    }
    size_t length;
    const char *text = tgr_strings_get(of_part->names, number, &length);
    uint32_t found = tgr_tag_table_intern(&columns->tags, text, length);
    if (kept != NULL) {
        *kept = found;
    }
    return found;
}

/* Tags that only bad records of the part have are left out. */
static bool number_tags(tgr_columns *columns, tgr_tag_table *of_part)
{
    if (!reserve_numbers(columns, of_part->count)) {
        return false;
    }
    if (of_part->many) { /* else all is in the smaller place */
        tgr_tag_table_settle(of_part);
    }
    uint32_t few = of_part->many ? 0 : of_part->kept;
    for (uint32_t number = 0; number < of_part->count; number++) {
        send_for(columns, number + SOON);
        tgr_tag tag = number < few ? tgr_tag_of_few(of_part->few[number]) : of_part->tags[number];
        if (tag.queries == 0) {
            continue;
        }
        uint32_t found = number_tag(columns, of_part, number);
        if (found == TGR_STRING_NONE) {
            return false;
        }
        columns->numbers[number] = found;
        add_total(&columns->tags.tags[found], &tag);
    }
    return true;
}

static tgr_status add_entries(tgr_columns *columns, tgr_part *part, tgr_error *error)
{
    if (!number_tags(columns, &part->tags)) {
        return tgr_fail_memory(error, "the tag dictionary");
    }
    void *packed = columns->packed;
    bool enough = tgr_mem_grow(&packed, &columns->packed_capacity, part->entries.length, 1);
    columns->packed = packed;
    if (!enough) {
        return tgr_fail_memory(error, "the rows of a log");
    }
    bool narrow = columns->tags.count <= TGR_NARROW_TAGS && !part->facts.weighted &&
                  part->facts.largest <= TGR_NARROW_COUNT;
    const char *at = part->entries.bytes;
    char *to = columns->packed;
    for (uint64_t row = 0; row < part->facts.rows; row++) {
        uint32_t count;
        memcpy(&count, at, sizeof count);
        at += sizeof count;
        const tgr_row_entry *entries = (const tgr_row_entry *)(const void *)at; /* aligned to 4 */
        to += tgr_spooled_row_pack(entries, count, columns->numbers, narrow, to);
        at += count * sizeof *entries;
    }
    return tgr_spool_append(&columns->entries, columns->packed, (size_t)(to - columns->packed),
                            error);
}

/* ---- the others ---------------------------------------------------------------------------------
 */

static tgr_status add_codes(tgr_columns *columns, tgr_part *part, tgr_coded which, tgr_error *error)
{
    static const int32_t none = -1;
    tgr_coded_column *column = &columns->coded[which];
    tgr_part_codes *of_part = &part->coded[which];
    bool had = column->used;
    if (of_part->used) {
        int32_t *codes = (int32_t *)(void *)of_part->codes.bytes;
        if (!number_names(columns, column->names, of_part->names)) {
            return tgr_fail_memory(error, "the names in a log");
        }
        for (uint64_t row = 0; row < part->facts.rows; row++) {
            codes[row] = codes[row] < 0 ? none : (int32_t)columns->numbers[codes[row]];
        }
    }
    column->used |= of_part->used;
    return append(columns, part, &column->codes, had, of_part->used, &of_part->codes,
                  (missing){&none, sizeof none}, error);
}

static tgr_status add_models(tgr_columns *columns, tgr_part *part, tgr_error *error)
{
    static const uint32_t none = 0;
    if (part->facts.has_models && !number_names(columns, columns->models, part->models)) {
        return tgr_fail_memory(error, "the names of models");
    }
    char *at = part->models_done.bytes;
    for (uint64_t row = 0; row < part->facts.rows && part->facts.has_models; row++) {
        uint32_t count;
        memcpy(&count, at, sizeof count);
        at += sizeof count;
        tgr_spooled_model *models = (tgr_spooled_model *)(void *)at;
        for (uint32_t i = 0; i < count; i++) {
            models[i].model = columns->numbers[models[i].model];
        }
        at += count * sizeof *models;
    }
    return append(columns, part, &columns->models_done, columns->facts.has_models,
                  part->facts.has_models, &part->models_done, (missing){&none, sizeof none}, error);
}

static tgr_status add_texts(tgr_columns *columns, tgr_part *part, tgr_error *error)
{
    static const uint32_t none = 0;
    return append(columns, part, &columns->texts, columns->facts.has_text, part->facts.has_text,
                  &part->texts, (missing){&none, sizeof none}, error);
}

static tgr_status add_prompt_tokens(tgr_columns *columns, tgr_part *part, tgr_error *error)
{
    static const double none = NAN;
    return append(columns, part, &columns->prompt_tokens, columns->facts.prompt_token_rows > 0,
                  part->facts.prompt_token_rows > 0, &part->prompt_tokens,
                  (missing){&none, sizeof none}, error);
}

static tgr_status add_cached_tokens(tgr_columns *columns, tgr_part *part, tgr_error *error)
{
    static const double none = NAN;
    return append(columns, part, &columns->cached_tokens, columns->facts.cached_token_rows > 0,
                  part->facts.cached_token_rows > 0, &part->cached_tokens,
                  (missing){&none, sizeof none}, error);
}

static tgr_status add_logged_costs(tgr_columns *columns, tgr_part *part, tgr_error *error)
{
    static const double none = NAN;
    return append(columns, part, &columns->logged_costs, columns->facts.logged_cost_rows > 0,
                  part->facts.logged_cost_rows > 0, &part->logged_costs,
                  (missing){&none, sizeof none}, error);
}

static tgr_status add_weights(tgr_columns *columns, tgr_part *part, tgr_error *error)
{
    static const double none = NAN;
    return append(columns, part, &columns->weights, columns->facts.weight_rows > 0,
                  part->facts.weight_rows > 0, &part->weights, (missing){&none, sizeof none},
                  error);
}

tgr_status tgr_columns_add(tgr_columns *columns, tgr_part *part, uint64_t *row, tgr_error *error)
{
    tgr_status status = TGR_OK;
    if (part->facts.rows == 0) {
        return TGR_OK;
    }
    TGR_TRY(tgr_excess_check(columns, part, row, error));
    TGR_TRY(add_entries(columns, part, error));
    for (int i = 0; i < TGR_CODED_COLUMNS; i++) {
        TGR_TRY(add_codes(columns, part, (tgr_coded)i, error));
    }
    TGR_TRY(tgr_spool_append(&columns->ids, part->ids.bytes, part->ids.length, error));
    TGR_TRY(add_texts(columns, part, error));
    TGR_TRY(add_prompt_tokens(columns, part, error));
    TGR_TRY(add_cached_tokens(columns, part, error));
    TGR_TRY(add_logged_costs(columns, part, error));
    TGR_TRY(add_weights(columns, part, error));
    TGR_TRY(add_models(columns, part, error));
    TGR_TRY(tgr_spool_append(&columns->places, part->places.bytes, part->places.length, error));
    tgr_facts_add(&columns->facts, &part->facts);
    columns->logs[columns->log_count - 1].rows += part->facts.rows;
done:
    return status;
}
