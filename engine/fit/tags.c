/* tags.c - from each file's columns to the router's tags. */
#include "engine/fit/tags.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/number.h"
#include "engine/base/runtime.h"
#include "engine/base/crew.h"

tgr_status tgr_fit_tags_open(tgr_fit_tags *tags, const tgr_pass *pass, const tgr_run *run,
                             tgr_error *error)
{
    *tags = (tgr_fit_tags){.threads = tgr_run_threads(run)};
    tags->files = tgr_mem_zalloc(pass->file_count, sizeof *tags->files);
    if (tags->files == NULL) {
        return tgr_fail_memory(error, "the tags' counts");
    }
    tags->file_count = tags->counting = pass->file_count;
    for (size_t i = 0; i < pass->file_count; i++) {
        tgr_fit_column_counts *file = &tags->files[i];
        uint32_t columns = pass->files[i]->columns;
        file->sums = tgr_mem_zalloc(columns, sizeof *file->sums);
        file->seen = tgr_mem_zalloc(columns, sizeof *file->seen);
        file->tag = tgr_mem_alloc(columns, sizeof *file->tag);
        if (file->sums == NULL || file->seen == NULL || file->tag == NULL) {
            return tgr_fail_memory(error, "the tags' counts");
        }
    }
    return TGR_OK;
}

void tgr_fit_tags_free(tgr_fit_tags *tags)
{
    for (size_t i = 0; i < tags->file_count; i++) {
        tgr_mem_free(tags->files[i].sums);
        tgr_mem_free(tags->files[i].seen);
        tgr_mem_free(tags->files[i].tag);
    }
    tgr_fit_columns_free(&tags->columns);
    tgr_mem_free(tags->files);
    tgr_mem_free(tags->occurrences);
    *tags = (tgr_fit_tags){0};
}

/* Threads' counts of the file at hand, if any, become its sums. */
static void finish_file(tgr_fit_tags *tags)
{
    if (tags->counting < tags->file_count) {
        tgr_fit_column_counts *counts = &tags->files[tags->counting];
        tgr_fit_columns_merge(&tags->columns, counts->sums, counts->seen);
        tgr_fit_columns_free(&tags->columns);
        tags->counting = tags->file_count;
    }
}

static tgr_status begin_file(tgr_fit_tags *tags, const tgr_query_file *file, size_t number,
                             bool binary, tgr_error *error)
{
    finish_file(tags);
    bool reals = (!binary && file->value_type == TGR_F32) || file->has_weight;
    if (!tgr_fit_columns_open(&tags->columns, file->columns, reals, tags->threads)) {
        return tgr_fail_memory(error, "the tags' counts");
    }
    tags->counting = number;
    return TGR_OK;
}

tgr_status tgr_fit_tags_count(tgr_fit_tags *tags, const tgr_fit_walk *walk, size_t file,
                              const tgr_batch *batch, bool binary, tgr_error *error)
{
    const tgr_pass *pass = &walk->pass;
    tgr_status status = TGR_OK;
    if (file != tags->counting) {
        status = begin_file(tags, pass->files[file], file, binary, error);
    }
    size_t bad_row;
    if (status != TGR_OK ||
        tgr_fit_columns_add(&tags->columns, &batch->x, binary, walk->weights, &bad_row)) {
        return status;
    }
    if (bad_row == batch->rows) {
        return tgr_fail_memory(error, "the tags' counts");
    }
    return tgr_fail(error, TGR_ERR_INPUT,
                    "%s: row %llu holds a tag weight beyond %.0f, which cannot be summed exactly; "
                    "scale the weights down or take --count binary",
                    pass->files[file]->path,
                    (unsigned long long)tgr_fit_walk_row(walk, batch, bad_row), TGR_EXACT_LIMIT);
}

/* Of one file: which columns somebody has seen. */
static tgr_status unite_seen(bool *seen, uint32_t columns, const tgr_run *run, tgr_error *error)
{
    uint64_t *counts = tgr_mem_alloc(columns, sizeof *counts);
    if (counts == NULL) {
        return tgr_fail_memory(error, "the tags' counts");
    }
    for (uint32_t column = 0; column < columns; column++) {
        counts[column] = seen[column];
    }
    tgr_status status = tgr_crew_sum(run, counts, columns, error);
    for (uint32_t column = 0; status == TGR_OK && column < columns; column++) {
        seen[column] = counts[column] > 0;
    }
    tgr_mem_free(counts);
    return status;
}

tgr_status tgr_fit_tags_unite(tgr_fit_tags *tags, const tgr_pass *pass, const tgr_run *run,
                              tgr_error *error)
{
    tgr_status status = TGR_OK;
    if (tgr_run_crew(run) == NULL) {
        return TGR_OK;
    }
    finish_file(tags);
    for (size_t i = 0; i < tags->file_count; i++) {
        uint32_t columns = pass->files[i]->columns;
        TGR_TRY(tgr_crew_sum_wide(run, tags->files[i].sums, columns, error));
        TGR_TRY(unite_seen(tags->files[i].seen, columns, run, error));
    }
done:
    return status;
}

static int by_falling_count(const void *left, const void *right)
{
    const tgr_fit_tag *a = left, *b = right;
    if (a->occurrences != b->occurrences) {
        return a->occurrences > b->occurrences ? -1 : 1;
    }
    int order = memcmp(a->text, b->text, a->length < b->length ? a->length : b->length);
    return order != 0 ? order : (a->length > b->length) - (a->length < b->length);
}

/* Numbers the tags that were seen over all files, sums their counts, and writes each column's
 * number in the union to file->tag. */
static tgr_status unite(tgr_fit_tags *tags, const tgr_pass *pass, tgr_strings *names,
                        tgr_fit_tag **united, tgr_error *error)
{
    size_t capacity = 0;
    void *memory = NULL;
    for (size_t i = 0; i < tags->file_count; i++) {
        tgr_fit_column_counts *file = &tags->files[i];
        for (uint32_t column = 0; column < pass->files[i]->columns; column++) {
            file->tag[column] = TGR_STRING_NONE;
            if (!file->seen[column]) {
                continue;
            }
            size_t length;
            const char *text = tgr_strings_get(pass->files[i]->tags, column, &length);
            uint32_t before = tgr_strings_count(names);
            uint32_t number = tgr_strings_add(names, text, length);
            if (number == TGR_STRING_NONE ||
                !tgr_mem_grow(&memory, &capacity, (size_t)number + 1, sizeof **united)) {
                *united = memory;
                return tgr_fail_memory(error, "the tags of all query files");
            }
            *united = memory;
            if (number == before) {
                (*united)[number] = (tgr_fit_tag){0, text, (uint32_t)length, number};
            }
            (*united)[number].occurrences += file->sums[column];
            file->tag[column] = number;
        }
    }
    return TGR_OK;
}

uint32_t tgr_fit_tags_choose(tgr_fit_tag *united, uint32_t count, double min_count)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (tgr_exact_value(united[i].occurrences) >= min_count) {
            united[kept++] = united[i];
        }
    }
    if (kept > 1) {
        qsort(united, kept, sizeof *united, by_falling_count);
    }
    return kept;
}

tgr_status tgr_fit_tags_fail(const char *path, double min_count, uint64_t seen, tgr_error *error)
{
    if (seen == 0) {
        return tgr_fail(error, TGR_ERR_INPUT, "%s: no training query has a tag to learn from",
                        path);
    }
    char text[TGR_NUMBER_SIZE];
    tgr_number_double(text, min_count);
    return tgr_fail(error, TGR_ERR_INPUT,
                    "%s: none of the %llu tags occurs %s times in the training queries; keep rarer "
                    "ones with a smaller --min-count",
                    path, (unsigned long long)seen, text);
}

tgr_status tgr_fit_tags_fill(const tgr_fit_tag *kept, uint32_t count, tgr_router *router,
                             tgr_sum **occurrences, tgr_error *error)
{
    router->tags = tgr_strings_new();
    router->counts = tgr_mem_alloc(count, sizeof *router->counts);
    *occurrences = tgr_mem_alloc(count, sizeof **occurrences);
    if (router->tags == NULL || router->counts == NULL || *occurrences == NULL) {
        return tgr_fail_memory(error, "the router's tags");
    }
    for (uint32_t i = 0; i < count; i++) {
        if (tgr_strings_add(router->tags, kept[i].text, kept[i].length) == TGR_STRING_NONE) {
            return tgr_fail_memory(error, "the router's tags");
        }
        (*occurrences)[i] = kept[i].occurrences;
        router->counts[i] = tgr_exact_value(kept[i].occurrences);
    }
    return TGR_OK;
}

/* Turns each column's number in the union into the router's, or one behind its last. */
static tgr_status renumber(tgr_fit_tags *tags, const tgr_pass *pass, const tgr_fit_tag *kept,
                           uint32_t count, uint32_t united_count, tgr_error *error)
{
    uint32_t *number = tgr_mem_alloc(united_count, sizeof *number);
    if (number == NULL) {
        return tgr_fail_memory(error, "the tags of all query files");
    }
    for (uint32_t i = 0; i < united_count; i++) {
        number[i] = count;
    }
    for (uint32_t i = 0; i < count; i++) {
        number[kept[i].number] = i;
    }
    for (size_t i = 0; i < tags->file_count; i++) {
        uint32_t *tag = tags->files[i].tag;
        for (uint32_t column = 0; column < pass->files[i]->columns; column++) {
            tag[column] = tag[column] == TGR_STRING_NONE ? count : number[tag[column]];
        }
    }
    tgr_mem_free(number);
    return TGR_OK;
}

tgr_status tgr_fit_tags_keep(tgr_fit_tags *tags, const tgr_pass *pass, bool all, tgr_router *router,
                             tgr_error *error)
{
    tgr_status status = TGR_OK;
    tgr_fit_tag *united = NULL;
    finish_file(tags);
    tgr_strings *names = tgr_strings_new();
    if (names == NULL) {
        return tgr_fail_memory(error, "the tags of all query files");
    }
    TGR_TRY(unite(tags, pass, names, &united, error));
    uint32_t count = tgr_strings_count(names);
    tags->seen = count;
    uint32_t kept = tgr_fit_tags_choose(united, count, all ? -INFINITY : router->min_count);
    if (kept == 0 && !all) {
        TGR_TRY(tgr_fit_tags_fail(pass->files[0]->path, router->min_count, tags->seen, error));
    }
    TGR_TRY(tgr_fit_tags_fill(united, kept, router, &tags->occurrences, error));
    TGR_TRY(renumber(tags, pass, united, kept, count, error));
done:
    tgr_mem_free(united);
    tgr_strings_free(names);
    return status;
}

tgr_status tgr_fit_tags_of_router(tgr_fit_tags *tags, const tgr_pass *pass,
                                  const tgr_router *router, const tgr_run *run, tgr_error *error)
{
    tgr_status status = tgr_fit_tags_open(tags, pass, run, error);
    for (size_t i = 0; status == TGR_OK && i < tags->file_count; i++) {
        for (uint32_t column = 0; column < pass->files[i]->columns; column++) {
            size_t length;
            const char *text = tgr_strings_get(pass->files[i]->tags, column, &length);
            uint32_t number = tgr_strings_find(router->tags, text, length);
            tags->files[i].tag[column] =
                number == TGR_STRING_NONE ? tgr_strings_count(router->tags) : number;
        }
    }
    return status;
}
