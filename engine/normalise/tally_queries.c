/* tally_queries.c - counts of query files' tags, file after file. */
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
static bool end_file(tgr_tag_tally *tally, const columns *of, const tgr_query_file *file)
{
    bool added = true;
    for (uint32_t column = 0; added && column < file->columns && of->met != NULL; column++) {
        size_t length;
        const char *tag = tgr_strings_get(file->tags, column, &length);
        if (of->met[column] && !is_category(file, tag)) {
            added = tgr_tag_tally_add(tally, tag, length, of->sums[column]);
        }
    }
    return added;
}

/* The walk goes file by file, and a file of which no query is asked for never comes. */
static tgr_status walk(tgr_tag_tally *tally, tgr_pass *pass, const tgr_run *run, tgr_error *error)
{
    tgr_status status = TGR_OK;
    columns of = {.file = SIZE_MAX};
    for (;;) {
        tgr_batch *batch;
        size_t file = SIZE_MAX;
        TGR_TRY(tgr_pass_next(pass, 0, "counting tags", run, &batch, &file, error));
        if (of.file != SIZE_MAX && (batch == NULL || file != of.file)) {
            if (!end_file(tally, &of, pass->files[of.file])) {
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
done:
    forget_file(&of);
    return status;
}

tgr_status tgr_tag_tally_queries(tgr_tag_tally *tally, const char *const *inputs, size_t count,
                                 const char *split, const tgr_run *run, tgr_error *error)
{
    tgr_status status = TGR_OK;
    tgr_pass pass = {0};
    TGR_TRY(tgr_pass_open(&pass, inputs, count, split, error));
    TGR_TRY(walk(tally, &pass, run, error));
done:
    tgr_pass_close(&pass);
    return status;
}
