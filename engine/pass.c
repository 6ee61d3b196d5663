/* pass.c - walking over query files in batches. */
#include "engine/pass.h"

#include <stdio.h>
#include <string.h>

#include "engine/base/buffer.h"
#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/runtime.h"

/* A batch is large enough to keep every thread busy and small enough to stay a few dozen megabytes:
 * 64 Ki rows of five tags are 2 MB of indices. */
#define BATCH_ROWS     ((size_t)64 * 1024)
#define BATCH_NONZEROS ((size_t)4 * 1024 * 1024)

static tgr_status open_files(tgr_pass *pass, const char *const *inputs, size_t input_count,
                             tgr_error *error)
{
    pass->files = tgr_mem_zalloc(input_count, sizeof *pass->files);
    if (pass->files == NULL) {
        return tgr_fail_memory(error, "the list of query files");
    }
    for (size_t i = 0; i < input_count; i++) {
        tgr_status status = tgr_query_open(inputs[i], &pass->files[i], error);
        if (status != TGR_OK) {
            return status;
        }
        pass->file_count = i + 1;
        pass->rows += pass->files[i]->rows;
        pass->nonzeros += pass->files[i]->nonzeros;
    }
    return TGR_OK;
}

/* "train, test" of all files. */
static void list_splits(const tgr_pass *pass, tgr_buffer *names)
{
    for (size_t file = 0; file < pass->file_count; file++) {
        const tgr_strings *splits = pass->files[file]->splits;
        for (uint32_t i = 0; splits != NULL && i < tgr_strings_count(splits); i++) {
            const char *name = tgr_strings_get(splits, i, NULL);
            if (names->length == 0 || strstr(names->bytes, name) == NULL) {
                tgr_buffer_format(names, "%s%s", names->length > 0 ? ", " : "", name);
            }
        }
    }
}

static int split_code(const tgr_query_file *file, const char *split)
{
    if (file->splits == NULL) {
        return -1;
    }
    uint32_t code = tgr_strings_find(file->splits, split, strlen(split));
    return code == TGR_STRING_NONE ? -1 : (int)code;
}

static tgr_status check_split(const tgr_pass *pass, tgr_error *error)
{
    for (size_t file = 0; file < pass->file_count; file++) {
        if (split_code(pass->files[file], pass->split) >= 0) {
            return TGR_OK;
        }
    }
    tgr_buffer names = {0};
    list_splits(pass, &names);
    tgr_status status =
        names.length > 0 ? tgr_fail(error, TGR_ERR_ARGUMENT, "%s has no split '%s'; it has %s",
                                    pass->files[0]->path, pass->split, names.bytes)
                         : tgr_fail(error, TGR_ERR_ARGUMENT,
                                    "%s has no splits, so '%s' is none of them; leave --split out",
                                    pass->files[0]->path, pass->split);
    tgr_buffer_free(&names);
    return status;
}

tgr_status tgr_pass_open(tgr_pass *pass, const char *const *inputs, size_t input_count,
                         const char *split, tgr_error *error)
{
    *pass = (tgr_pass){0};
    if (input_count == 0) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "no query file was given");
    }
    tgr_status status = open_files(pass, inputs, input_count, error);
    if (status == TGR_OK && split != NULL && split[0] != '\0') {
        pass->split = tgr_mem_string(split);
        status = pass->split == NULL ? tgr_fail_memory(error, "a name") : check_split(pass, error);
    }
    if (status != TGR_OK) {
        tgr_pass_close(pass);
    }
    return status;
}

void tgr_pass_close(tgr_pass *pass)
{
    for (size_t i = 0; i < pass->file_count; i++) {
        tgr_query_close(pass->files[i]);
    }
    tgr_mem_free(pass->files);
    tgr_mem_free(pass->split);
    tgr_mem_free(pass->keep);
    tgr_batch_free(&pass->batch);
    *pass = (tgr_pass){0};
}

/* Marks the rows of the split; returns how many there are. */
static tgr_status mark_split(tgr_pass *pass, int code, size_t *kept, tgr_error *error)
{
    const tgr_batch *batch = &pass->batch;
    void *keep = pass->keep;
    if (!tgr_mem_grow(&keep, &pass->keep_capacity, batch->rows, sizeof *pass->keep)) {
        return tgr_fail_memory(error, "a block of queries");
    }
    pass->keep = keep;
    *kept = 0;
    for (size_t row = 0; row < batch->rows; row++) {
        pass->keep[row] = batch->split != NULL && batch->split[row] == code;
        *kept += pass->keep[row];
    }
    return TGR_OK;
}

/* Reads the next rows of the current file; batch.rows is 0 where the file is at its end. */
static tgr_status read_rows(tgr_pass *pass, unsigned want, const char *phase, const tgr_run *run,
                            tgr_error *error)
{
    tgr_status status = tgr_run_check(run, error);
    if (status != TGR_OK) {
        return status;
    }
    status = tgr_query_read(pass->files[pass->file], pass->row, BATCH_ROWS, BATCH_NONZEROS, want,
                            &pass->batch, error);
    if (status == TGR_OK) {
        pass->row += pass->batch.rows;
        pass->rows_done += pass->batch.rows;
        tgr_run_progress(run, phase, "queries", pass->rows_done, pass->rows, pass->rows_done);
    }
    return status;
}

tgr_status tgr_pass_next(tgr_pass *pass, unsigned want, const char *phase, const tgr_run *run,
                         tgr_batch **batch, size_t *file, tgr_error *error)
{
    *batch = NULL;
    if (pass->split != NULL) {
        want |= TGR_WANT_SPLIT;
    }
    while (pass->file < pass->file_count) {
        const tgr_query_file *current = pass->files[pass->file];
        int code = pass->split == NULL ? -1 : split_code(current, pass->split);
        if (pass->row >= current->rows || (pass->split != NULL && code < 0)) {
            pass->rows_done += current->rows - pass->row;
            pass->file++;
            pass->row = 0;
            continue;
        }
        tgr_status status = read_rows(pass, want, phase, run, error);
        size_t kept = pass->batch.rows;
        if (status == TGR_OK && pass->split != NULL) {
            status = mark_split(pass, code, &kept, error);
        }
        if (status != TGR_OK) {
            return status;
        }
        if (kept == 0) {
            continue;
        }
        if (kept < pass->batch.rows) {
            tgr_batch_select(&pass->batch, tgr_strings_count(current->models), pass->keep);
        }
        *batch = &pass->batch;
        *file = pass->file;
        pass->next = pass->rows_done;
        return TGR_OK;
    }
    tgr_pass_begin_at(pass, pass->begin);
    return TGR_OK;
}

void tgr_pass_begin_at(tgr_pass *pass, uint64_t row)
{
    pass->begin = pass->next = pass->rows_done = row;
    pass->file = 0;
    while (pass->file < pass->file_count && row >= pass->files[pass->file]->rows) {
        row -= pass->files[pass->file++]->rows;
    }
    pass->row = row;
}

tgr_status tgr_pass_count(tgr_pass *pass, const tgr_run *run, uint64_t *queries, tgr_error *error)
{
    *queries = pass->rows;
    if (pass->split == NULL) {
        return TGR_OK;
    }
    *queries = 0;
    for (;;) {
        tgr_batch *batch;
        size_t file;
        tgr_status status = tgr_pass_next(pass, 0, "counting", run, &batch, &file, error);
        if (status != TGR_OK || batch == NULL) {
            return status;
        }
        *queries += batch->rows;
    }
}
