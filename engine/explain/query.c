/* query.c - finding a row by its number or id. */
#include "engine/explain/query.h"

#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/options.h"
#include "engine/pass.h"
#include "engine/router/router.h"

/* Whether a batch has the id, and in which row. */
static bool has_id(const tgr_batch *batch, const char *id, size_t length, size_t *row)
{
    const tgr_texts *ids = &batch->ids;
    for (size_t i = 0; i < batch->rows; i++) {
        if (ids->offsets[i + 1] - ids->offsets[i] == length &&
            memcmp(ids->bytes + ids->offsets[i], id, length) == 0) {
            *row = i;
            return true;
        }
    }
    return false;
}

/* From the first row on, with all that a walk has: reading ahead, bounded memory, progress. */
static tgr_status search(const tgr_explain_options *options, const tgr_run *run, uint64_t *found,
                         tgr_error *error)
{
    tgr_pass pass;
    size_t length = strlen(options->id);
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_pass_open(&pass, &options->input, 1, NULL, error));
    if (!pass.files[0]->has_ids) {
        status = tgr_fail(error, TGR_ERR_ARGUMENT,
                          "%s: its queries have no ids; name the query by its row (--row)",
                          options->input);
        goto done;
    }
    for (;;) {
        tgr_batch *batch;
        size_t file, row;
        TGR_TRY(tgr_pass_next(&pass, TGR_WANT_IDS, "searching", run, &batch, &file, error));
        if (batch == NULL) {
            status = tgr_fail(error, TGR_ERR_ARGUMENT, "%s: no query has the id '%.200s'",
                              options->input, options->id);
            goto done;
        }
        if (has_id(batch, options->id, length, &row)) {
            *found = batch->first_row + row;
            break;
        }
    }
done:
    tgr_pass_close(&pass);
    return status;
}

tgr_status tgr_one_query_find(tgr_one_query *query, const tgr_explain_options *options,
                              const tgr_run *run, tgr_error *error)
{
    tgr_status status = TGR_OK;
    query->row = options->row;
    if (options->id != NULL) {
        TGR_TRY(search(options, run, &query->row, error));
    }
    TGR_TRY(tgr_query_open(options->input, &query->opened, error));
    query->file = query->opened;
    if (query->row >= query->file->rows) {
        status = tgr_fail(error, TGR_ERR_ARGUMENT,
                          "%s: has no row %llu; its %llu rows count from 0", options->input,
                          (unsigned long long)query->row, (unsigned long long)query->file->rows);
    }
done:
    return status;
}

tgr_status tgr_one_query_read(tgr_one_query *query, unsigned want, tgr_error *error)
{
    if (query->opened == NULL) {
        return TGR_OK; /* it is there */
    }
    want |= query->file->has_ids ? TGR_WANT_IDS : 0;
    tgr_status status =
        tgr_query_read(query->opened, query->row, 1, SIZE_MAX, want, &query->batch, error);
    if (status == TGR_OK && query->batch.rows != 1) {
        status = tgr_fail(error, TGR_ERR_INTERNAL, "%s: row %llu could not be read alone",
                          query->file->path, (unsigned long long)query->row);
    }
    return status;
}

/* Rows beyond the one are not there for the view, so its block is this row. */
tgr_status tgr_one_query_of_rows(tgr_one_query *query, const tgr_explain_options *options,
                                 const tgr_router *router, tgr_error *error)
{
    tgr_rows_view *view = &query->view;
    tgr_rows rows = {.size = sizeof rows};
    tgr_status status = TGR_OK;
    query->row = options->row;
    TGR_TRY(tgr_options_copy(&rows, sizeof rows, options->rows, error));
    if (options->row >= rows.rows) {
        return tgr_fail(error, TGR_ERR_ARGUMENT, "there is no row %llu; the %llu rows count from 0",
                        (unsigned long long)options->row, (unsigned long long)rows.rows);
    }
    rows.rows = options->row + 1;
    TGR_TRY(tgr_rows_view_open(view, &rows, router->tags, 1, error));
    view->copies = true; /* counts are transformed in place */
    TGR_TRY(tgr_rows_view_block(view, options->row, error));
    if (rows.eligible != NULL) {
        view->batch.eligible = rows.eligible + options->row * router->model_count;
    }
    query->file = &view->file;
    query->batch = view->batch;
done:
    return status;
}

void tgr_one_query_close(tgr_one_query *query)
{
    if (query->opened != NULL) {
        tgr_batch_free(&query->batch);
        tgr_query_close(query->opened);
    }
    tgr_rows_view_close(&query->view);
    tgr_strings_free(query->made.tags);
    tgr_mem_free(query->columns);
    tgr_mem_free(query->values);
    *query = (tgr_one_query){0};
}
