/* text.c - a text's tags as `ingest --router` gives them, in the column order that it gives them.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/explain/query.h"
#include "engine/ingest/row.h"
#include "engine/ingest/tagging.h"
#include "engine/log/json.h"

#define TEXT_NAME "the text"

/* The ways of ingest, for one record. */
typedef struct text_reading {
    tgr_run_tagger tagger;
    tgr_tag_table table;
    tgr_tagging tagging;
    tgr_row row;
} text_reading;

static void close_reading(text_reading *reading)
{
    tgr_row_free(&reading->row);
    tgr_tagging_close(&reading->tagging);
    tgr_tag_table_free(&reading->table);
    tgr_run_tagger_close(&reading->tagger);
}

static tgr_status check(const tgr_explain_options *options, const text_reading *reading,
                        tgr_error *error)
{
    if (reading->tagger.tagger == NULL) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "the router has no tagger: its queries came with their tags; explain a "
                        "query of a query file");
    }
    const char *texts[] = {options->text, options->category};
    for (size_t i = 0; i < 2; i++) {
        if (texts[i] != NULL && !tgr_utf8_valid(texts[i], strlen(texts[i]))) {
            return tgr_fail(error, TGR_ERR_ARGUMENT, "the %s is not UTF-8",
                            i == 0 ? "text" : "category");
        }
    }
    if (options->category != NULL && strlen(options->category) > TGR_NAME_MAX) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "the category is longer than %d bytes",
                        TGR_NAME_MAX);
    }
    return TGR_OK;
}

static tgr_status open_reading(text_reading *reading, const tgr_explain_options *options,
                               const tgr_router *router, tgr_error *error)
{
    const tgr_ingest_options ingest = {.router = "the router"};
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_run_tagger_open(&reading->tagger, &ingest, router, error));
    TGR_TRY(check(options, reading, error));
    if (!tgr_tag_table_open(&reading->table, NULL) ||
        !tgr_tag_table_keep(&reading->table, reading->tagger.tagger)) {
        return tgr_fail_memory(error, "the tags of a text");
    }
    TGR_TRY(tgr_tagging_open(&reading->tagging, reading->tagger.tagger, error));
done:
    return status;
}

static tgr_text text_of(const char *text)
{
    return (tgr_text){text, text == NULL ? 0 : strlen(text)};
}

static tgr_status tag_text(text_reading *reading, const tgr_explain_options *options,
                           tgr_error *error)
{
    const tgr_record record = {.text = text_of(options->text),
                               .category = text_of(options->category),
                               .prompt_tokens = options->prompt_tokens};
    const tgr_normalisation *normalisation = &reading->tagger.normalisation;
    const tgr_row_source source = {
        .category_tag = reading->tagger.category_tag,
        .normalisation = normalisation->aligner == NULL ? NULL : normalisation,
        .tagging = &reading->tagging,
        .use = TGR_TEXT_WITHOUT_TAGS,
    };
    tgr_fault fault;
    tgr_status status = tgr_row_build(&reading->row, &reading->table, &record, &source, &fault);
    if (status == TGR_ERR_INPUT) {
        return tgr_fail(error, status, "the text: %s", fault.why);
    }
    return status == TGR_OK ? TGR_OK : tgr_fail_memory(error, "the tags of a text");
}

/* An entry, and where the router numbers its tag; tags that are new to it come last. */
typedef struct placed_entry {
    uint32_t number, order;
    float value;
    const char *tag;
    size_t length;
} placed_entry;

static int by_place(const void *left, const void *right)
{
    const placed_entry *a = left, *b = right;
    uint32_t first = a->number == b->number ? a->order : a->number;
    uint32_t second = a->number == b->number ? b->order : b->number;
    return (first > second) - (first < second);
}

static void place_entries(const text_reading *reading, const tgr_router *router,
                          placed_entry *placed)
{
    for (size_t i = 0; i < reading->row.count; i++) {
        placed_entry *entry = &placed[i];
        entry->value = reading->row.entries[i].value;
        entry->order = (uint32_t)i;
        entry->tag =
            tgr_strings_get(reading->table.names, reading->row.entries[i].tag, &entry->length);
        entry->number = tgr_strings_find(router->tags, entry->tag, entry->length);
    }
    qsort(placed, reading->row.count, sizeof *placed, by_place);
}

/* The entries become the columns of a file that has one row. */
static bool make_file(tgr_one_query *query, const placed_entry *placed, size_t count)
{
    query->columns = tgr_mem_alloc(count, sizeof *query->columns);
    query->values = tgr_mem_alloc(count, sizeof *query->values);
    tgr_strings *tags = query->made.tags = tgr_strings_new();
    bool made = query->columns != NULL && query->values != NULL && tags != NULL;
    for (size_t i = 0; made && i < count; i++) {
        query->columns[i] = (uint32_t)i;
        query->values[i] = placed[i].value;
        made = tgr_strings_add(tags, placed[i].tag, placed[i].length) == i;
    }
    query->ends[1] = (int64_t)count;
    return made;
}

static void fill_file(tgr_one_query *query, const tgr_explain_options *options, size_t count)
{
    static char name[] = TEXT_NAME;
    tgr_query_file *file = &query->made;
    file->path = name;
    file->rows = 1;
    file->columns = (uint32_t)count;
    file->nonzeros = count;
    file->value_type = TGR_F32;
    file->has_prompt_tokens = !isnan(options->prompt_tokens);
    query->file = file;
    query->prompt_tokens = options->prompt_tokens;
    query->batch = (tgr_batch){
        .rows = 1,
        .x = {1, query->ends, query->columns, query->values, TGR_F32, NULL},
        .prompt_tokens = file->has_prompt_tokens ? &query->prompt_tokens : NULL,
    };
}

tgr_status tgr_one_query_of_text(tgr_one_query *query, const tgr_explain_options *options,
                                 const tgr_router *router, tgr_error *error)
{
    text_reading reading = {0};
    placed_entry *placed = NULL;
    tgr_status status = TGR_OK;
    TGR_TRY(open_reading(&reading, options, router, error));
    TGR_TRY(tag_text(&reading, options, error));
    placed = tgr_mem_alloc(reading.row.count, sizeof *placed);
    if (placed == NULL) {
        status = tgr_fail_memory(error, "the tags of a text");
        goto done;
    }
    place_entries(&reading, router, placed);
    if (!make_file(query, placed, reading.row.count)) {
        status = tgr_fail_memory(error, "the tags of a text");
        goto done;
    }
    fill_file(query, options, reading.row.count);
done:
    tgr_mem_free(placed);
    close_reading(&reading);
    return status;
}
