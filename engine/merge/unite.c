/* unite.c - the names of several query files, numbered together. */
#include "engine/merge/unite.h"

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
    const tgr_strings *const names[TGR_CODED_COLUMNS] = {
        [TGR_CODED_CATEGORY] = file->categories, [TGR_CODED_SPLIT] = file->splits,
        [TGR_CODED_ALLOW] = file->allows,        [TGR_CODED_DENY] = file->denies,
        [TGR_CODED_NEEDS] = file->needs,         [TGR_CODED_TOKENS_FROM] = file->tokens_from,
    };
    return names[which];
}

const int32_t *tgr_union_codes(const tgr_batch *batch, tgr_coded which)
{
    const int32_t *const codes[TGR_CODED_COLUMNS] = {
        [TGR_CODED_CATEGORY] = batch->category, [TGR_CODED_SPLIT] = batch->split,
        [TGR_CODED_ALLOW] = batch->allow,       [TGR_CODED_DENY] = batch->deny,
        [TGR_CODED_NEEDS] = batch->needs,       [TGR_CODED_TOKENS_FROM] = batch->tokens_from,
    };
    return codes[which];
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

/* What a file without sources is from is the file itself. */
static bool add_own_source(const tgr_query_file *file, tgr_strings *sources, uint32_t *number)
{
    tgr_buffer name = {0};
    tgr_source_name_text(tgr_union_base_name(file->path), &name);
    *number = name.failed || name.bytes == NULL ? TGR_STRING_NONE
                                                : tgr_strings_add(sources, name.bytes, name.length);
    tgr_buffer_free(&name);
    return *number != TGR_STRING_NONE;
}

static bool add_file(tgr_union *all, tgr_union_file *to, const tgr_query_file *file)
{
    tgr_columns *columns = &all->columns;
    bool enough = add_names(file->tags, NULL, &columns->tags, &to->tags) &&
                  add_names(file->models, columns->models, NULL, &to->models) &&
                  add_names(file->sources, columns->sources, NULL, &to->sources);
    for (int i = 0; i < TGR_CODED_COLUMNS && enough; i++) {
        enough = add_names(tgr_union_names(file, (tgr_coded)i), columns->coded[i].names, NULL,
                           &to->coded[i]);
    }
    return enough && (file->sources != NULL || add_own_source(file, columns->sources, &to->source));
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
    facts->has_score |= file->has_score;
    facts->has_outcome |= file->has_outcome;
    facts->has_cost |= file->has_cost;
    facts->has_completion_tokens |= file->has_completion_tokens;
    if (file->tagger_digest[0] != '\0') {
        all->tagged = file;
    }
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
    if (!enough) {
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
    if (all->columns.models != NULL) {
        tgr_columns_free(&all->columns);
    }
    *all = (tgr_union){0};
}
