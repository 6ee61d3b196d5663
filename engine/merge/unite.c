/* unite.c - the names of several query files, numbered together. */
#include "engine/merge/unite.h"

#include <inttypes.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/ingest/source_name.h"

const char *tgr_union_base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

const tgr_strings *tgr_union_names(const tgr_query_file *file, tgr_coded which)
{
    const tgr_strings *const names[TGR_CODED_KEPT] = {
        [TGR_CODED_CATEGORY] = file->categories,
        [TGR_CODED_SPLIT] = file->splits,
        [TGR_CODED_ALLOW] = file->allows,
        [TGR_CODED_DENY] = file->denies,
        [TGR_CODED_NEEDS] = file->needs,
        [TGR_CODED_TOKENS_FROM] = file->tokens_from,
        [TGR_CODED_LOGGED_MODEL] = file->logged_models,
    };
    return which < TGR_CODED_KEPT ? names[which] : file->more[which - TGR_CODED_KEPT];
}

const int32_t *tgr_union_codes(const tgr_batch *batch, tgr_coded which)
{
    const int32_t *const codes[TGR_CODED_KEPT] = {
        [TGR_CODED_CATEGORY] = batch->category,
        [TGR_CODED_SPLIT] = batch->split,
        [TGR_CODED_ALLOW] = batch->allow,
        [TGR_CODED_DENY] = batch->deny,
        [TGR_CODED_NEEDS] = batch->needs,
        [TGR_CODED_TOKENS_FROM] = batch->tokens_from,
        [TGR_CODED_LOGGED_MODEL] = batch->logged_model,
    };
    return which < TGR_CODED_KEPT ? codes[which] : batch->more[which - TGR_CODED_KEPT];
}

/* ---- names ----------------------------------------------------------------------------- */

/* Adds names to a dictionary, or (tags not NULL) to the table of tags; *numbers says where each
 * stands there. names NULL: there are none. */
static bool add_names(const tgr_strings *names, tgr_strings *to, tgr_tag_table *tags,
                      uint32_t **numbers)
{
    uint32_t count = names == NULL ? 0 : tgr_strings_count(names);
    *numbers = tgr_mem_alloc(count, sizeof **numbers);
    for (uint32_t i = 0; i < count; i++) {
        size_t length;
        const char *text = *numbers == NULL ? NULL : tgr_strings_get(names, i, &length);
        uint32_t number = text == NULL   ? TGR_STRING_NONE
                          : tags != NULL ? tgr_tag_table_intern(tags, text, length)
                                         : tgr_strings_add(to, text, length);
        if (number == TGR_STRING_NONE) {
            return false;
        }
        (*numbers)[i] = number;
    }
    return *numbers != NULL;
}

/* ---- sources --------------------------------------------------------------------------- */

/* The source of that name, new or known; NULL where memory is short. *known says which. */
static tgr_source_mark *name_source(tgr_columns *columns, const tgr_buffer *name, uint32_t *number,
                                    bool *known)
{
    if (name->failed || name->bytes == NULL) {
        return NULL;
    }
    *number = tgr_strings_find(columns->sources, name->bytes, name->length);
    *known = *number != TGR_STRING_NONE;
    if (!*known) {
        *number = (uint32_t)columns->log_count;
        if (tgr_columns_begin_log(columns, name->bytes, NULL) != TGR_OK) {
            return NULL;
        }
    }
    return &columns->logs[*number].mark;
}

/* Whether two marks may be of one log. */
static bool same_log(const tgr_source_mark *one, const tgr_source_mark *other)
{
    return one->length == TGR_LENGTH_UNKNOWN || other->length == TGR_LENGTH_UNKNOWN ||
           (one->length == other->length && one->content == other->content);
}

/* Takes in what a file says of a source: shards of a run have each seen a part of it. */
static void take_mark(tgr_source_mark *to, const tgr_source_mark *from, bool shard)
{
    if (from->length != TGR_LENGTH_UNKNOWN) {
        to->content = shard ? to->content + from->content : from->content;
        to->length = from->length;
    }
}

/* Logs of one name that are not the same get numbers behind it, as in ingest. */
static bool add_source(tgr_columns *columns, const tgr_query_file *file, uint32_t i,
                       uint32_t *number)
{
    bool shard = file->shards > 0, known = false;
    tgr_source_mark own = {.length = TGR_LENGTH_UNKNOWN};
    tgr_buffer name = {0};
    size_t length;
    const char *text = tgr_strings_get(file->sources, i, &length);
    if (file->source_bytes != NULL && file->source_bytes[i] >= 0) {
        own.length = (uint64_t)file->source_bytes[i];
        own.content = file->source_hashes[i];
    }
    tgr_buffer_add(&name, text, length);
    tgr_source_mark *mark = name_source(columns, &name, number, &known);
    for (unsigned next = 2; mark != NULL && known && !shard && !same_log(mark, &own); next++) {
        name.length = length;
        tgr_buffer_format(&name, "#%u", next);
        mark = name_source(columns, &name, number, &known);
    }
    if (mark != NULL) {
        take_mark(mark, &own, shard);
    }
    tgr_buffer_free(&name);
    return mark != NULL;
}

static bool add_sources(tgr_columns *columns, const tgr_query_file *file, uint32_t **numbers)
{
    uint32_t count = file->sources == NULL ? 0 : tgr_strings_count(file->sources);
    *numbers = tgr_mem_alloc(count, sizeof **numbers);
    bool enough = *numbers != NULL;
    for (uint32_t i = 0; i < count && enough; i++) {
        enough = add_source(columns, file, i, &(*numbers)[i]);
    }
    return enough;
}

/* What a file without sources is from is the file itself. */
static bool add_own_source(const tgr_query_file *file, tgr_columns *columns, uint32_t *number)
{
    bool known;
    tgr_buffer name = {0};
    tgr_source_name_text(tgr_union_base_name(file->path), &name);
    bool named = name_source(columns, &name, number, &known) != NULL;
    tgr_buffer_free(&name);
    return named;
}

/* ---- a file ---------------------------------------------------------------------------- */

static bool add_file(tgr_union *all, tgr_union_file *to, const tgr_query_file *file)
{
    tgr_columns *columns = &all->columns;
    bool enough = add_names(file->tags, NULL, &columns->tags, &to->tags) &&
                  add_names(file->models, columns->models, NULL, &to->models) &&
                  add_sources(columns, file, &to->sources);
    for (int i = 0; i < TGR_CODED_COLUMNS && enough; i++) {
        enough = add_names(tgr_union_names(file, (tgr_coded)i), columns->coded[i].names, NULL,
                           &to->coded[i]);
    }
    return enough && (file->sources != NULL || add_own_source(file, columns, &to->source));
}

/* ---- the router's tags ----------------------------------------------------------------- */

static bool same_first_tags(const tgr_strings *one, const tgr_strings *other, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        size_t length, other_length;
        const char *text = tgr_strings_get(one, i, &length);
        const char *other_text = tgr_strings_get(other, i, &other_length);
        if (length != other_length || memcmp(text, other_text, length) != 0) {
            return false;
        }
    }
    return true;
}

/* How many tags come first in every file, because one router numbered them. */
static uint32_t shared_router_tags(const tgr_pass *pass)
{
    const tgr_query_file *first = pass->files[0];
    uint32_t count = first->router_tags <= first->columns ? first->router_tags : 0;
    for (size_t i = 1; i < pass->file_count && count > 0; i++) {
        const tgr_query_file *file = pass->files[i];
        if (file->router_tags != count || file->columns < count ||
            !same_first_tags(first->tags, file->tags, count)) {
            count = 0;
        }
    }
    return count;
}

/* ---- all files ------------------------------------------------------------------------- */

/* What any file has, the union has. */
static void take_facts(tgr_union *all, const tgr_query_file *file)
{
    tgr_facts *facts = &all->columns.facts;
    facts->rows += file->rows;
    facts->has_text |= file->has_text;
    facts->has_record_parts |= file->has_record_parts;
    for (int i = 0; i < TGR_SKIP_REASONS; i++) {
        all->skipped[i] += file->skipped[i];
    }
    facts->has_score |= file->has_score;
    facts->has_outcome |= file->has_outcome;
    facts->has_cost |= file->has_cost;
    facts->has_completion_tokens |= file->has_completion_tokens;
    facts->has_propensities |= file->has_propensities;
    if (file->tagger_digest[0] != '\0') {
        all->tagged = file;
    }
}

/* ---- columns that ingest was asked for ----------------------------------------------------- */

static bool add_kept(const tgr_query_file *file, tgr_strings *kept)
{
    uint32_t count = file->kept == NULL ? 0 : tgr_strings_count(file->kept);
    for (uint32_t i = 0; i < count; i++) {
        size_t length;
        const char *name = tgr_strings_get(file->kept, i, &length);
        if (tgr_strings_add(kept, name, length) == TGR_STRING_NONE) {
            return false;
        }
    }
    return true;
}

tgr_status tgr_union_open_kept(tgr_union *all, tgr_pass *pass, tgr_error *error)
{
    const char *names[TGR_MORE_COLUMNS];
    tgr_status status = TGR_OK;
    all->kept = tgr_strings_new();
    bool enough = all->kept != NULL;
    for (size_t i = 0; i < pass->file_count && enough; i++) {
        enough = add_kept(pass->files[i], all->kept);
    }
    if (!enough) {
        return tgr_fail_memory(error, "the names of columns");
    }
    uint32_t count = tgr_strings_count(all->kept);
    if (count > TGR_MORE_COLUMNS) {
        return tgr_fail(error, TGR_ERR_INPUT,
                        "together the files have %" PRIu32 " columns of kept fields, more than the "
                        "%d that a query file has",
                        count, TGR_MORE_COLUMNS);
    }
    for (uint32_t i = 0; i < count; i++) {
        names[i] = tgr_strings_get(all->kept, i, NULL);
    }
    for (size_t i = 0; i < pass->file_count && count > 0 && status == TGR_OK; i++) {
        status = tgr_query_open_more(pass->files[i], names, count, TGR_CODED_MAX, error);
    }
    return status;
}

/* Models that were judged join those of the files. */
static bool add_judged(tgr_columns *columns, tgr_judgements *judged)
{
    columns->facts.has_score |= judged->has_score;
    columns->facts.has_outcome |= judged->has_outcome;
    columns->facts.has_propensities |= judged->has_propensity;
    columns->facts.weight_rows += judged->has_weight;
    return add_names(judged->models, columns->models, NULL, &judged->numbers);
}

tgr_status tgr_union_open(tgr_union *all, const tgr_pass *pass, const char *path, tgr_error *error)
{
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_columns_open(&all->columns, path, NULL, error));
    all->files = tgr_mem_zalloc(pass->file_count, sizeof *all->files);
    bool enough = all->files != NULL;
    for (size_t i = 0; i < pass->file_count && enough; i++) {
        all->count = i + 1;
        enough = add_file(all, &all->files[i], pass->files[i]);
        take_facts(all, pass->files[i]);
    }
    if (!enough || (all->judged != NULL && !add_judged(&all->columns, all->judged))) {
        status = tgr_fail_memory(error, "the names in query files");
        goto done;
    }
    all->columns.tags.numbered = shared_router_tags(pass); /* the first file's came first */
    if (tgr_strings_count(all->columns.models) > TGR_MODELS_MAX) {
        status = tgr_fail(error, TGR_ERR_INPUT,
                          "together the files have %u models, more than the %d that are handled",
                          tgr_strings_count(all->columns.models), TGR_MODELS_MAX);
    }
done:
    return status;
}

void tgr_union_free(tgr_union *all)
{
    for (size_t i = 0; i < all->count; i++) {
        tgr_mem_free(all->files[i].tags);
        tgr_mem_free(all->files[i].models);
        tgr_mem_free(all->files[i].sources);
        for (int k = 0; k < TGR_CODED_COLUMNS; k++) {
            tgr_mem_free(all->files[i].coded[k]);
        }
    }
    tgr_mem_free(all->files);
    tgr_strings_free(all->kept);
    if (all->columns.models != NULL) {
        tgr_columns_free(&all->columns);
    }
    *all = (tgr_union){0};
}
