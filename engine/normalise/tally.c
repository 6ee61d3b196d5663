/* tally.c - counts of tags, file after file. */
#include "engine/normalise/tally.h"

#include <string.h>

#include "engine/base/error.h"
#include "engine/base/exact.h"
#include "engine/base/memory.h"
#include "engine/pass.h"

/* Sums of one file's columns; which were met. */
typedef struct columns {
    size_t file;
    tgr_sum *sums;
    bool *met;
} columns;

static bool is_category(const tgr_query_file *file, const char *tag)
{
    return file->category_tag && strncmp(tag, "cat:", 4) == 0;
}

static float value_at(const tgr_csr *x, int64_t at)
{
    switch (x->value_type) {
    case TGR_U8:
        return ((const uint8_t *)x->values)[at];
    case TGR_U16:
        return ((const uint16_t *)x->values)[at];
    default:
        return ((const float *)x->values)[at];
    }
}

static void add_batch(columns *of, const tgr_csr *x, size_t rows)
{
    for (int64_t at = x->indptr[0]; at < x->indptr[rows]; at++) {
        uint32_t column = x->narrow != NULL ? x->narrow[at] : x->indices[at];
        double value = (double)value_at(x, at);
        value = value > TGR_EXACT_LIMIT ? TGR_EXACT_LIMIT : value;
        value = value < -TGR_EXACT_LIMIT ? -TGR_EXACT_LIMIT : value;
        of->sums[column] += tgr_exact_term(value);
        of->met[column] = true;
    }
}

static bool begin_file(columns *of, const tgr_query_file *file)
{
    of->sums = tgr_mem_zalloc(file->columns, sizeof *of->sums);
    of->met = tgr_mem_zalloc(file->columns, sizeof *of->met);
    return of->sums != NULL && of->met != NULL;
}

static void forget_file(columns *of)
{
    tgr_mem_free(of->sums);
    tgr_mem_free(of->met);
    of->sums = NULL;
    of->met = NULL;
}

/* Adds a file's tags to those of the files before it. */
static bool end_file(tgr_tag_tally *tally, size_t *capacity, tgr_sum **sums, const columns *of,
                     const tgr_query_file *file)
{
    for (uint32_t column = 0; column < file->columns && of->met != NULL; column++) {
        size_t length;
        const char *tag = tgr_strings_get(file->tags, column, &length);
        if (!of->met[column] || is_category(file, tag)) {
            continue;
        }
        uint32_t before = tgr_strings_count(tally->tags);
        uint32_t number = tgr_strings_add(tally->tags, tag, length);
        void *grown = *sums;
        if (number == TGR_STRING_NONE ||
            !tgr_mem_grow(&grown, capacity, (size_t)before + 1, sizeof **sums)) {
            return false;
        }
        *sums = grown;
        (*sums)[number] = (number == before ? 0 : (*sums)[number]) + of->sums[column];
    }
    return true;
}

static tgr_status round_sums(tgr_tag_tally *tally, const tgr_sum *sums, tgr_error *error)
{
    uint32_t count = tgr_strings_count(tally->tags);
    tally->seen = tgr_mem_alloc(count, sizeof *tally->seen);
    if (tally->seen == NULL) {
        return tgr_fail_memory(error, "the tags");
    }
    for (uint32_t tag = 0; tag < count; tag++) {
        tally->seen[tag] = tgr_exact_value(sums[tag]);
    }
    return TGR_OK;
}

/* The walk goes file by file, and a file of which no query is asked for never comes. */
static tgr_status walk(tgr_tag_tally *tally, tgr_pass *pass, const tgr_run *run, tgr_error *error)
{
    tgr_status status = TGR_OK;
    columns of = {.file = SIZE_MAX};
    tgr_sum *sums = NULL;
    size_t capacity = 0;
    for (;;) {
        tgr_batch *batch;
        size_t file = SIZE_MAX;
        TGR_TRY(tgr_pass_next(pass, 0, "counting tags", run, &batch, &file, error));
        if (of.file != SIZE_MAX && (batch == NULL || file != of.file)) {
            if (!end_file(tally, &capacity, &sums, &of, pass->files[of.file])) {
                TGR_TRY(tgr_fail_memory(error, "the tags"));
            }
            forget_file(&of);
        }
        if (batch == NULL) {
            break;
        }
        if (of.sums == NULL && !begin_file(&of, pass->files[file])) {
            TGR_TRY(tgr_fail_memory(error, "the tags"));
        }
        of.file = file;
        add_batch(&of, &batch->x, batch->rows);
    }
    TGR_TRY(round_sums(tally, sums, error));
done:
    forget_file(&of);
    tgr_mem_free(sums);
    return status;
}

tgr_status tgr_tag_tally_read(tgr_tag_tally *tally, const char *const *inputs, size_t count,
                              const char *split, const tgr_run *run, tgr_error *error)
{
    tgr_status status = TGR_OK;
    tgr_pass pass = {0};
    *tally = (tgr_tag_tally){.tags = tgr_strings_new()};
    if (tally->tags == NULL) {
        return tgr_fail_memory(error, "the tags");
    }
    TGR_TRY(tgr_pass_open(&pass, inputs, count, split, error));
    TGR_TRY(walk(tally, &pass, run, error));
done:
    tgr_pass_close(&pass);
    if (status != TGR_OK) {
        tgr_tag_tally_free(tally);
    }
    return status;
}

void tgr_tag_tally_free(tgr_tag_tally *tally)
{
    tgr_strings_free(tally->tags);
    tgr_mem_free(tally->seen);
    *tally = (tgr_tag_tally){0};
}
