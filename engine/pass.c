/* pass.c - walking over query files in batches. */
#include "engine/pass.h"

#include <stdio.h>
#include <string.h>

#include "engine/base/buffer.h"
#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/runtime.h"
#include "engine/pass_walk.h"

#define COUNT_ROWS ((size_t)256 * 1024) /* looked at in one go */

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

int tgr_pass_split_code(const tgr_pass *pass, size_t file)
{
    const tgr_strings *splits = pass->files[file]->splits;
    if (pass->split == NULL || splits == NULL) {
        return -1;
    }
    uint32_t code = tgr_strings_find(splits, pass->split, strlen(pass->split));
    return code == TGR_STRING_NONE ? -1 : (int)code;
}

static tgr_status check_split(const tgr_pass *pass, tgr_error *error)
{
    for (size_t file = 0; file < pass->file_count; file++) {
        if (tgr_pass_split_code(pass, file) >= 0) {
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
    pass->end = pass->rows;
    pass->begun_before = pass->file_count;
    if (status == TGR_OK) {
        pass->walk = tgr_pass_walk_new(pass);
        status = pass->walk == NULL ? tgr_fail_memory(error, "a walk over queries") : TGR_OK;
    }
    if (status != TGR_OK) {
        tgr_pass_close(pass);
    }
    return status;
}

void tgr_pass_close(tgr_pass *pass)
{
    tgr_pass_walk_free(pass->walk);
    for (size_t i = 0; i < pass->file_count; i++) {
        tgr_query_close(pass->files[i]);
    }
    tgr_mem_free(pass->files);
    tgr_mem_free(pass->split);
    *pass = (tgr_pass){0};
}

/* Said once: whoever names a split may not know that some file has nothing to give. */
static void warn_of_files_without(tgr_pass *pass, const tgr_run *run)
{
    for (size_t file = 0; pass->split != NULL && !pass->warned && file < pass->file_count; file++) {
        if (tgr_pass_split_code(pass, file) < 0) {
            tgr_run_message(run, TGR_WARNING, "%s has no split '%s': none of its queries is taken",
                            pass->files[file]->path, pass->split);
        }
    }
    pass->warned = true;
}

tgr_status tgr_pass_next(tgr_pass *pass, unsigned want, const char *phase, const tgr_run *run,
                         tgr_batch **batch, size_t *file, tgr_error *error)
{
    *batch = NULL;
    warn_of_files_without(pass, run);
    tgr_status status = tgr_run_check(run, error);
    if (status != TGR_OK) {
        return status;
    }
    tgr_pass_step step;
    status = tgr_pass_walk_next(pass->walk, want, run, &step, error);
    if (status == TGR_OK && step.batch == NULL) {
        pass->given = 0;
    } else if (status == TGR_OK) {
        *batch = step.batch;
        *file = step.file;
        pass->given += step.batch->rows;
        pass->keep = step.keep;
        pass->next = step.position.rows_done;
        uint64_t done = step.position.rows_done - pass->begin;
        tgr_run_progress(run, phase, "queries", done, pass->end - pass->begin, done);
    }
    return status;
}

void tgr_pass_advance(tgr_pass *pass, uint64_t rows, const char *phase, const tgr_run *run)
{
    pass->next += rows;
    pass->given += rows;
    uint64_t done = pass->next - pass->begin;
    tgr_run_progress(run, phase, "queries", done, pass->end - pass->begin, done);
}

tgr_pass_position tgr_pass_place(const tgr_pass *pass, uint64_t row)
{
    tgr_pass_position position = {.row = row, .rows_done = row};
    while (position.file < pass->file_count && position.row >= pass->files[position.file]->rows) {
        position.row -= pass->files[position.file++]->rows;
    }
    return position;
}

void tgr_pass_begin_at(tgr_pass *pass, uint64_t row)
{
    tgr_pass_position position = tgr_pass_place(pass, row);
    pass->next = row;
    pass->given = 0;
    tgr_pass_walk_begin_at(pass->walk, &position);
}

/* ---- counting -------------------------------------------------------------------------- */

static tgr_status count_file(tgr_pass *pass, size_t number, const tgr_run *run, int32_t *codes,
                             uint64_t *done, uint64_t *queries, tgr_error *error)
{
    tgr_query_file *file = pass->files[number];
    int code = tgr_pass_split_code(pass, number);
    for (uint64_t row = 0; row < file->rows && code >= 0;) {
        size_t now = file->rows - row < COUNT_ROWS ? (size_t)(file->rows - row) : COUNT_ROWS;
        tgr_status status = tgr_run_check(run, error);
        if (status == TGR_OK) {
            status = tgr_query_read_split(file, row, now, codes, error);
        }
        if (status != TGR_OK) {
            return status;
        }
        size_t found = 0;
        for (size_t i = 0; i < now; i++) {
            found += codes[i] == code;
        }
        *queries += found;
        row += now;
        tgr_run_progress(run, "counting", "queries", *done + row, pass->rows, *done + row);
    }
    *done += file->rows;
    return TGR_OK;
}

tgr_status tgr_pass_count(tgr_pass *pass, const tgr_run *run, uint64_t *queries, tgr_error *error)
{
    *queries = pass->rows;
    if (pass->split == NULL) {
        return TGR_OK;
    }
    *queries = 0;
    warn_of_files_without(pass, run);
    int32_t *codes = tgr_mem_alloc(COUNT_ROWS, sizeof *codes);
    tgr_status status = codes == NULL ? tgr_fail_memory(error, "a block of queries") : TGR_OK;
    uint64_t done = 0;
    for (size_t file = 0; status == TGR_OK && file < pass->file_count; file++) {
        status = count_file(pass, file, run, codes, &done, queries, error);
    }
    tgr_mem_free(codes);
    return status;
}
