/* walk.c - the pass where every row counts, ranges of rows read directly where not. */
#include "engine/fit/walk.h"

#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/runtime.h"
#include "engine/fit/folds.h"

/* As large as a pass's batches. */
#define BATCH_ROWS     ((size_t)64 * 1024)
#define BATCH_NONZEROS ((size_t)4 * 1024 * 1024)

void tgr_fit_walk_all(tgr_fit_walk *walk)
{
    walk->begin = walk->at = walk->pass.begin;
    walk->end = walk->pass.end;
    walk->without = walk->only = -1;
}

void tgr_fit_walk_shard(tgr_fit_walk *walk, uint64_t shard, uint64_t shards)
{
    /* floor(i * rows / shards), without the product */
    uint64_t rows = walk->pass.rows, each = rows / shards, left = rows % shards;
    tgr_fit_walk_all(walk);
    walk->begin = (shard - 1) * each + (shard - 1) * left / shards;
    walk->end = shard * each + shard * left / shards;
    walk->at = walk->begin;
}

void tgr_fit_walk_close(tgr_fit_walk *walk)
{
    tgr_batch_free(&walk->part);
    tgr_mem_free(walk->keep);
    tgr_mem_free(walk->numbers);
    tgr_mem_free(walk->batch_folds);
    tgr_mem_free(walk->weight_memory);
    tgr_pass_close(&walk->pass);
    *walk = (tgr_fit_walk){0};
}

static bool grow(tgr_fit_walk *walk, size_t rows)
{
    void *keep = walk->keep, *numbers = walk->numbers, *folds = walk->batch_folds;
    bool enough = tgr_mem_grow(&keep, &walk->keep_capacity, rows, sizeof *walk->keep);
    enough = enough && tgr_mem_grow(&numbers, &walk->number_capacity, rows, sizeof *walk->numbers);
    enough = enough && tgr_mem_grow(&folds, &walk->fold_capacity, rows, 1);
    walk->keep = keep;
    walk->numbers = numbers;
    walk->batch_folds = folds;
    return enough;
}

/* The file of a row, and how many rows come before that file. */
static size_t file_of(const tgr_pass *pass, uint64_t row, uint64_t *before)
{
    size_t file = 0;
    for (*before = 0; row - *before >= pass->files[file]->rows; file++) {
        *before += pass->files[file]->rows;
    }
    return file;
}

static uint64_t rows_before(const tgr_pass *pass, size_t file)
{
    uint64_t before = 0;
    for (size_t i = 0; i < file; i++) {
        before += pass->files[i]->rows;
    }
    return before;
}

/* The split's code in a file; -1 where the file does not have it. */
static int split_code(const tgr_query_file *file, const char *split)
{
    uint32_t code = file->splits == NULL ? TGR_STRING_NONE
                                         : tgr_strings_find(file->splits, split, strlen(split));
    return code == TGR_STRING_NONE ? -1 : (int)code;
}

/* Reads the next rows of the range; part.rows is 0 at its end. */
static tgr_status read_part(tgr_fit_walk *walk, unsigned want, const char *phase,
                            const tgr_run *run, size_t *file, tgr_error *error)
{
    const tgr_pass *pass = &walk->pass;
    tgr_status status = tgr_run_check(run, error);
    walk->part.rows = 0;
    if (status != TGR_OK || walk->at >= walk->end) {
        walk->at = walk->begin;
        return status;
    }
    uint64_t before;
    *file = file_of(pass, walk->at, &before);
    uint64_t left = walk->end - walk->at, first = walk->at - before;
    uint64_t of_file = pass->files[*file]->rows - first;
    left = of_file < left ? of_file : left;
    status =
        tgr_query_read(pass->files[*file], first, left < BATCH_ROWS ? (size_t)left : BATCH_ROWS,
                       BATCH_NONZEROS, want, &walk->part, error);
    if (status == TGR_OK) {
        walk->at += walk->part.rows;
        tgr_run_progress(run, phase, "queries", walk->at - walk->begin, walk->end - walk->begin,
                         walk->at - walk->begin);
    }
    return status;
}

/* The next batch of the range, its rows' numbers set, without those outside the split. */
static tgr_status next_of_part(tgr_fit_walk *walk, unsigned want, const char *phase,
                               const tgr_run *run, tgr_batch **batch, size_t *file,
                               tgr_error *error)
{
    const tgr_pass *pass = &walk->pass;
    want |= pass->split == NULL ? 0 : TGR_WANT_SPLIT;
    tgr_batch *part = *batch = &walk->part;
    for (;;) {
        tgr_status status = read_part(walk, want, phase, run, file, error);
        if (status != TGR_OK || part->rows == 0) {
            *batch = NULL;
            return status;
        }
        if (!grow(walk, part->rows)) {
            return tgr_fail_memory(error, "a block of queries");
        }
        int code = pass->split == NULL ? -1 : split_code(pass->files[*file], pass->split);
        size_t kept = 0;
        for (size_t row = 0; row < part->rows; row++) {
            walk->keep[row] = pass->split == NULL ||
                              (code >= 0 && part->split != NULL && part->split[row] == code);
            walk->numbers[kept] = part->first_row + row;
            kept += walk->keep[row];
        }
        if (kept > 0) {
            if (kept < part->rows) {
                tgr_batch_select(part, tgr_strings_count(pass->files[*file]->models), walk->keep);
            }
            return TGR_OK;
        }
    }
}

/* Likewise of the pass. */
static tgr_status next_of_pass(tgr_fit_walk *walk, unsigned want, const char *phase,
                               const tgr_run *run, tgr_batch **batch, size_t *file,
                               tgr_error *error)
{
    tgr_pass *pass = &walk->pass;
    tgr_status status = tgr_pass_next(pass, want, phase, run, batch, file, error);
    if (status != TGR_OK || *batch == NULL) {
        return status;
    }
    size_t rows = (*batch)->rows;
    if (!grow(walk, rows)) {
        return tgr_fail_memory(error, "a block of queries");
    }
    uint64_t number = (*batch)->first_row;
    for (size_t row = 0, at = 0; row < rows; row++, at++) {
        while (pass->split != NULL && !pass->keep[at]) {
            at++;
        }
        walk->numbers[row] = number + at;
    }
    return TGR_OK;
}

/* Drops the rows whose fold is not wanted, and looks up the folds of the others. */
static void select_folds(tgr_fit_walk *walk, tgr_batch *batch, size_t file)
{
    uint64_t before = rows_before(&walk->pass, file);
    size_t kept = 0, rows = batch->rows;
    for (size_t row = 0; row < rows; row++) {
        int fold = tgr_fit_fold(walk->folds, before + walk->numbers[row] - walk->begin);
        walk->keep[row] = fold != walk->without && (walk->only < 0 || fold == walk->only);
        walk->numbers[kept] = walk->numbers[row];
        walk->batch_folds[kept] = (uint8_t)fold;
        kept += walk->keep[row];
    }
    if (kept < rows) {
        tgr_batch_select(batch, tgr_strings_count(walk->pass.files[file]->models), walk->keep);
    }
}

static tgr_status next_batch(tgr_fit_walk *walk, unsigned want, const char *phase,
                             const tgr_run *run, tgr_batch **batch, size_t *file, tgr_error *error)
{
    bool whole = walk->begin == walk->pass.begin && walk->end == walk->pass.end;
    walk->selected = !whole || walk->pass.split != NULL || walk->folds != NULL;
    if (whole && walk->folds == NULL && walk->pass.split == NULL) {
        return tgr_pass_next(&walk->pass, want, phase, run, batch, file, error);
    }
    for (;;) {
        tgr_status status = whole ? next_of_pass(walk, want, phase, run, batch, file, error)
                                  : next_of_part(walk, want, phase, run, batch, file, error);
        if (status != TGR_OK || *batch == NULL || walk->folds == NULL) {
            return status;
        }
        select_folds(walk, *batch, *file);
        if ((*batch)->rows > 0) {
            return TGR_OK;
        }
    }
}

static tgr_status take_weights(tgr_fit_walk *walk, const tgr_batch *batch, tgr_error *error)
{
    walk->weights = NULL;
    if (batch->weight == NULL) {
        return TGR_OK;
    }
    if (!tgr_mem_grow(&walk->weight_memory, &walk->weight_capacity, batch->rows,
                      sizeof *walk->weights)) {
        return tgr_fail_memory(error, "a block of queries");
    }
    tgr_weight *weights = walk->weight_memory;
    for (size_t row = 0; row < batch->rows; row++) {
        weights[row] = tgr_weight_of(batch->weight[row]);
    }
    walk->weights = weights;
    return TGR_OK;
}

tgr_status tgr_fit_walk_next(tgr_fit_walk *walk, unsigned want, const char *phase,
                             const tgr_run *run, tgr_batch **batch, size_t *file, tgr_error *error)
{
    tgr_status status = next_batch(walk, want | TGR_WANT_WEIGHT, phase, run, batch, file, error);
    return status != TGR_OK || *batch == NULL ? status : take_weights(walk, *batch, error);
}

uint64_t tgr_fit_walk_row(const tgr_fit_walk *walk, const tgr_batch *batch, size_t row)
{
    return walk->selected ? walk->numbers[row] : batch->first_row + row;
}
