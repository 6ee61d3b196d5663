/* save_rows.c - rows in the caller's memory as a query file: one walk to count, one to write. */
#include <tagroute/rows.h>

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/runtime.h"
#include "engine/router/router.h"
#include "engine/rows/facts.h"
#include "engine/rows/view.h"
#include "engine/store/query_write.h"

#define ID_SIZE 24 /* of a row's number */

typedef struct saving {
    tgr_rows_view view;
    tgr_row_facts facts;
    tgr_query_plan plan;
    tgr_query_writer *writer;
    char tagger_digest[33];

    uint64_t *tag_queries; /* columns */
    double *tag_counts;
    double largest;
    bool whole; /* every count is a whole number of at least 0 */

    int64_t *indptr; /* of the block at hand, as the file has it */
    void *values;
    size_t indptr_capacity, value_capacity;
    char *id_bytes;
    uint64_t *id_offsets;
    size_t id_capacity, offset_capacity;
} saving;

static double value_of(const tgr_csr *x, int64_t entry)
{
    switch (x->value_type) {
    case TGR_U8:
        return ((const uint8_t *)x->values)[entry];
    case TGR_U16:
        return ((const uint16_t *)x->values)[entry];
    case TGR_F32:
        break;
    }
    return ((const float *)x->values)[entry];
}

/* ---- the first walk -------------------------------------------------------------------------- */

static void count_block(saving *at)
{
    const tgr_csr *x = &at->view.batch.x;
    for (int64_t entry = x->indptr[0]; entry < x->indptr[x->rows]; entry++) {
        double value = value_of(x, entry);
        at->tag_queries[x->indices[entry]]++;
        at->tag_counts[x->indices[entry]] += value;
        at->whole = at->whole && value >= 0 && value == floor(value);
        at->largest = fmax(at->largest, value);
    }
    at->plan.nonzeros += (uint64_t)(x->indptr[x->rows] - x->indptr[0]);
}

static size_t longest_id(const saving *at)
{
    uint64_t rows = at->view.rows.rows;
    if (at->facts.ids == NULL) {
        return (size_t)snprintf(NULL, 0, "%" PRIu64, rows > 0 ? rows - 1 : 0);
    }
    size_t longest = 0;
    for (uint64_t row = 0; row < rows; row++) {
        size_t length = strlen(at->facts.ids[row]);
        longest = length > longest ? length : longest;
    }
    return longest;
}

static void look_at_tokens(saving *at)
{
    const double *tokens = at->view.rows.prompt_tokens;
    uint64_t known = 0, whole = 0;
    for (uint64_t row = 0; tokens != NULL && row < at->view.rows.rows; row++) {
        known += !isnan(tokens[row]);
        whole += tokens[row] == floor(tokens[row]) && tokens[row] < 0x1p63;
    }
    at->plan.has_prompt_tokens = known > 0;
    at->plan.all_prompt_tokens = known > 0 && whole == at->view.rows.rows;
}

static tgr_names names_of(const tgr_codes *codes)
{
    return (tgr_names){codes->names, codes->codes == NULL ? 0 : (uint32_t)codes->name_count};
}

static void make_plan(saving *at)
{
    const tgr_row_facts *facts = &at->facts;
    tgr_query_plan *plan = &at->plan;
    plan->rows = at->view.rows.rows;
    plan->value_type = !at->whole                  ? TGR_F32
                       : at->largest <= UINT8_MAX  ? TGR_U8
                       : at->largest <= UINT16_MAX ? TGR_U16
                                                   : TGR_F32;
    plan->compact = facts->compact;
    plan->compress = facts->compress;
    plan->no_positions = true;
    plan->tags = (tgr_names){at->view.rows.tags, at->view.rows.columns};
    plan->tag_queries = at->tag_queries;
    plan->tag_counts = at->tag_counts;
    plan->models = (tgr_names){facts->models, (uint32_t)facts->model_count};
    plan->splits = names_of(&facts->split);
    plan->categories = names_of(&facts->category);
    plan->id_width = longest_id(at);
    plan->has_score = facts->score != NULL;
    plan->has_weight = facts->weight != NULL;
    plan->has_outcome = facts->outcome != NULL;
    plan->has_cost = facts->cost != NULL;
    plan->has_completion_tokens = facts->completion_tokens != NULL;
    look_at_tokens(at);
    plan->tagger_kind = "given";
    tgr_tagger_digest("given", false, at->tagger_digest);
    plan->tagger_digest = at->tagger_digest;
}

static tgr_status count_rows(saving *at, const tgr_run *run, tgr_error *error)
{
    at->whole = true;
    at->tag_queries = tgr_mem_zalloc(at->view.rows.columns, sizeof *at->tag_queries);
    at->tag_counts = tgr_mem_zalloc(at->view.rows.columns, sizeof *at->tag_counts);
    if (at->tag_queries == NULL || at->tag_counts == NULL) {
        return tgr_fail_memory(error, "the tags' counts");
    }
    tgr_status status = TGR_OK;
    for (uint64_t row = 0; row < at->view.rows.rows; row += at->view.batch.rows) {
        TGR_TRY(tgr_run_check(run, error));
        TGR_TRY(tgr_rows_view_block(&at->view, row, error));
        count_block(at);
    }
    make_plan(at);
done:
    return status;
}

/* ---- the second ------------------------------------------------------------------------------ */

static bool make_room(saving *at, size_t rows, size_t entries)
{
    void *indptr = at->indptr, *values = at->values;
    bool grown = tgr_mem_grow(&indptr, &at->indptr_capacity, rows, sizeof *at->indptr) &&
                 tgr_mem_grow(&values, &at->value_capacity, entries, sizeof(float));
    at->indptr = indptr;
    at->values = values;
    return grown;
}

static void convert_values(const saving *at, const tgr_csr *x, int64_t first, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        double value = value_of(x, first + (int64_t)i);
        if (at->plan.value_type == TGR_U8) {
            ((uint8_t *)at->values)[i] = (uint8_t)value;
        } else if (at->plan.value_type == TGR_U16) {
            ((uint16_t *)at->values)[i] = (uint16_t)value;
        } else {
            ((float *)at->values)[i] = (float)value;
        }
    }
}

static tgr_status put_x(saving *at, int64_t *written, tgr_error *error)
{
    const tgr_csr *x = &at->view.batch.x;
    int64_t first = x->indptr[0];
    size_t count = (size_t)(x->indptr[x->rows] - first);
    tgr_status status = TGR_OK;
    if (!make_room(at, x->rows, count)) {
        return tgr_fail_memory(error, "a block of rows");
    }
    for (size_t row = 0; row < x->rows; row++) {
        at->indptr[row] = *written + (x->indptr[row + 1] - first);
    }
    *written += (int64_t)count;
    convert_values(at, x, first, count);
    TGR_TRY(tgr_query_put(at->writer, TGR_COLUMN_INDPTR, at->indptr, x->rows, error));
    TGR_TRY(tgr_query_put(at->writer, TGR_COLUMN_INDICES, x->indices + first, count, error));
    TGR_TRY(tgr_query_put(at->writer, TGR_COLUMN_VALUES, at->values, count, error));
done:
    return status;
}

/* The ids of a block, one after another. */
static tgr_status put_ids(saving *at, tgr_error *error)
{
    const tgr_batch *batch = &at->view.batch;
    size_t width = at->facts.ids == NULL ? ID_SIZE : at->plan.id_width;
    void *bytes = at->id_bytes, *offsets = at->id_offsets;
    size_t room;
    if (__builtin_mul_overflow(batch->rows, width, &room) ||
        !tgr_mem_grow(&bytes, &at->id_capacity, room + 1, 1) ||
        !tgr_mem_grow(&offsets, &at->offset_capacity, batch->rows + 1, sizeof(uint64_t))) {
        return tgr_fail_memory(error, "the ids of a block");
    }
    at->id_bytes = bytes;
    at->id_offsets = offsets;
    size_t length = 0;
    for (size_t row = 0; row < batch->rows; row++) {
        uint64_t number = batch->first_row + row;
        char *to = at->id_bytes + length;
        at->id_offsets[row] = length;
        if (at->facts.ids == NULL) {
            length += (size_t)snprintf(to, ID_SIZE, "%" PRIu64, number);
        } else {
            size_t bytes_of = strlen(at->facts.ids[number]);
            memcpy(to, at->facts.ids[number], bytes_of);
            length += bytes_of;
        }
    }
    at->id_offsets[batch->rows] = length;
    const tgr_texts ids = {at->id_bytes, at->id_offsets};
    return tgr_query_put_ids(at->writer, &ids, batch->rows, error);
}

/* A column of `each` elements of `size` bytes a row, from the caller's memory as it lies. */
static tgr_status put_column(saving *at, tgr_query_column column, const void *data, size_t size,
                             size_t each, tgr_error *error)
{
    const tgr_batch *batch = &at->view.batch;
    if (data == NULL) {
        return TGR_OK;
    }
    const char *from = (const char *)data + batch->first_row * each * size;
    return tgr_query_put(at->writer, column, from, batch->rows * each, error);
}

static tgr_status put_facts(saving *at, tgr_error *error)
{
    const tgr_row_facts *facts = &at->facts;
    size_t models = facts->model_count;
    const double *tokens = at->plan.has_prompt_tokens ? at->view.rows.prompt_tokens : NULL;
    tgr_status status = TGR_OK;
    TGR_TRY(put_column(at, TGR_COLUMN_SPLIT, facts->split.codes, 4, 1, error));
    TGR_TRY(put_column(at, TGR_COLUMN_CATEGORY, facts->category.codes, 4, 1, error));
    TGR_TRY(put_column(at, TGR_COLUMN_PROMPT_TOKENS, tokens, 8, 1, error));
    TGR_TRY(put_column(at, TGR_COLUMN_WEIGHT, facts->weight, 8, 1, error));
    TGR_TRY(put_column(at, TGR_COLUMN_SCORE, facts->score, 4, models, error));
    TGR_TRY(put_column(at, TGR_COLUMN_COST, facts->cost, 4, models, error));
    TGR_TRY(
        put_column(at, TGR_COLUMN_COMPLETION_TOKENS, facts->completion_tokens, 4, models, error));
    TGR_TRY(put_column(at, TGR_COLUMN_OUTCOME, facts->outcome, 1, models, error));
done:
    return status;
}

static tgr_status write_rows(saving *at, const char *path, const tgr_run *run, tgr_error *error)
{
    int64_t written = 0;
    uint64_t rows = at->plan.rows;
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_query_writer_open(path, &at->plan, &at->writer, error));
    TGR_TRY(tgr_query_put(at->writer, TGR_COLUMN_INDPTR, &written, 1, error));
    for (uint64_t row = 0; row < rows; row += at->view.batch.rows) {
        TGR_TRY(tgr_run_check(run, error));
        TGR_TRY(tgr_rows_view_block(&at->view, row, error));
        TGR_TRY(put_x(at, &written, error));
        TGR_TRY(put_ids(at, error));
        TGR_TRY(put_facts(at, error));
        tgr_run_progress(run, "writing", "queries", row, rows, row);
    }
    TGR_TRY(tgr_query_writer_commit(at->writer, error));
done:
    return status;
}

static void close_saving(saving *at)
{
    tgr_query_writer_free(at->writer);
    tgr_rows_view_close(&at->view);
    tgr_mem_free(at->tag_queries);
    tgr_mem_free(at->tag_counts);
    tgr_mem_free(at->indptr);
    tgr_mem_free(at->values);
    tgr_mem_free(at->id_bytes);
    tgr_mem_free(at->id_offsets);
}

tgr_status tgr_save_rows(const tgr_rows *rows, const tgr_row_facts *facts, const char *path,
                         const tgr_run *run, tgr_error *error)
{
    saving at = {0};
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_rows_view_open(&at.view, rows, NULL, tgr_run_threads(run), error));
    if (at.view.rows.eligible != NULL) {
        status = tgr_fail(error, TGR_ERR_ARGUMENT, "eligible: query files do not hold it");
        goto done;
    }
    TGR_TRY(tgr_row_facts_take(&at.facts, facts, at.view.rows.rows, error));
    TGR_TRY(count_rows(&at, run, error));
    TGR_TRY(write_rows(&at, path, run, error));
done:
    close_saving(&at);
    return status;
}
