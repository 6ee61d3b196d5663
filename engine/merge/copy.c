/* copy.c - the second pass: rows of query files, renumbered, into the one that unites them. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/buffer.h"
#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/ingest/row_sort.h"
#include "engine/merge/lay.h"
#include "engine/merge/unite.h"

typedef struct room {
    void *memory;
    size_t capacity; /* bytes */
} room;

enum { INDPTR, INDICES, VALUES, KEYS, SCRATCH, CELLS, MATRIX, OFFSETS, ROOMS };

typedef struct copying {
    const tgr_union *all;
    const tgr_numbering *numbering;
    const tgr_query_plan *plan;
    tgr_query_writer *writer;
    int64_t nonzeros; /* put so far */
    room rooms[ROOMS];
    tgr_buffer names; /* ids for files without */
    /* the batch at hand */
    const tgr_query_file *file;
    const tgr_union_file *map;
    const tgr_batch *batch;
} copying;

static void *reserve(copying *work, int which, size_t count, size_t size)
{
    room *at = &work->rooms[which];
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) ||
        !tgr_mem_grow(&at->memory, &at->capacity, bytes > 0 ? bytes : 1, 1)) {
        return NULL;
    }
    return at->memory;
}

static tgr_status no_memory(tgr_error *error)
{
    return tgr_fail_memory(error, "a block of queries");
}

/* ---- X --------------------------------------------------------------------------------- */

static void store_value(void *values, tgr_value_type type, int64_t at, float value)
{
    switch (type) {
    case TGR_U8:
        ((uint8_t *)values)[at] = (uint8_t)value;
        break;
    case TGR_U16:
        ((uint16_t *)values)[at] = (uint16_t)value;
        break;
    case TGR_F32:
        ((float *)values)[at] = value;
        break;
    }
}

/* Column and value in one number, which sorts by column. */
static uint64_t make_key(const copying *work, int64_t entry)
{
    const tgr_csr *x = &work->batch->x;
    float value = tgr_union_value(x, entry);
    uint32_t bits, number = work->map->tags[tgr_csr_column(x, entry)];
    memcpy(&bits, &value, sizeof bits);
    return (uint64_t)work->numbering->tags.place[number] << 32 | bits;
}

static tgr_status copy_row(copying *work, int64_t begin, int64_t end, uint32_t *indices,
                           void *values, tgr_error *error)
{
    size_t count = (size_t)(end - begin);
    uint64_t *keys = reserve(work, KEYS, count, sizeof *keys);
    uint64_t *scratch = reserve(work, SCRATCH, count, sizeof *scratch);
    if (keys == NULL || scratch == NULL) {
        return no_memory(error);
    }
    for (size_t i = 0; i < count; i++) {
        keys[i] = make_key(work, begin + (int64_t)i);
    }
    tgr_row_sort(keys, scratch, count);
    for (size_t i = 0; i < count; i++) {
        uint32_t bits = (uint32_t)keys[i];
        float value;
        memcpy(&value, &bits, sizeof value);
        indices[begin + (int64_t)i] = (uint32_t)(keys[i] >> 32);
        store_value(values, work->plan->value_type, begin + (int64_t)i, value);
    }
    return TGR_OK;
}

static tgr_status copy_x(copying *work, tgr_error *error)
{
    const tgr_csr *x = &work->batch->x;
    size_t rows = x->rows, nonzeros = (size_t)x->indptr[rows];
    int64_t *ends = reserve(work, INDPTR, rows, sizeof *ends);
    uint32_t *indices = reserve(work, INDICES, nonzeros, sizeof *indices);
    void *values = reserve(work, VALUES, nonzeros, sizeof(float));
    tgr_status status = ends && indices && values ? TGR_OK : no_memory(error);
    for (size_t row = 0; status == TGR_OK && row < rows; row++) {
        status = copy_row(work, x->indptr[row], x->indptr[row + 1], indices, values, error);
        ends[row] = work->nonzeros + x->indptr[row + 1];
    }
    if (status == TGR_OK) {
        work->nonzeros += (int64_t)nonzeros;
        TGR_TRY(tgr_query_put(work->writer, TGR_COLUMN_INDPTR, ends, rows, error));
        TGR_TRY(tgr_query_put(work->writer, TGR_COLUMN_INDICES, indices, nonzeros, error));
        TGR_TRY(tgr_query_put(work->writer, TGR_COLUMN_VALUES, values, nonzeros, error));
    }
done:
    return status;
}

/* ---- one number a row ------------------------------------------------------------------ */

/* numbers: of the file's names, NULL codes: a row has none. */
static tgr_status copy_codes(copying *work, tgr_query_column column, const int32_t *codes,
                             const uint32_t *numbers, const uint32_t *place, tgr_error *error)
{
    size_t rows = work->batch->rows;
    int32_t *cells = reserve(work, CELLS, rows, sizeof *cells);
    if (cells == NULL) {
        return no_memory(error);
    }
    for (size_t row = 0; row < rows; row++) {
        cells[row] = codes == NULL || codes[row] < 0 ? -1 : (int32_t)place[numbers[codes[row]]];
    }
    return tgr_query_put(work->writer, column, cells, rows, error);
}

static tgr_status copy_coded(copying *work, tgr_error *error)
{
    static const tgr_query_column columns[TGR_CODED_KEPT] = {
        [TGR_CODED_CATEGORY] = TGR_COLUMN_CATEGORY,
        [TGR_CODED_SPLIT] = TGR_COLUMN_SPLIT,
        [TGR_CODED_ALLOW] = TGR_COLUMN_ALLOW,
        [TGR_CODED_DENY] = TGR_COLUMN_DENY,
        [TGR_CODED_NEEDS] = TGR_COLUMN_NEEDS,
        [TGR_CODED_TOKENS_FROM] = TGR_COLUMN_TOKENS_FROM,
        [TGR_CODED_LOGGED_MODEL] = TGR_COLUMN_LOGGED_MODEL,
    };
    tgr_status status = TGR_OK;
    for (int i = 0; i < TGR_CODED_COLUMNS && status == TGR_OK; i++) {
        if (work->numbering->coded[i].count > 0) {
            tgr_query_column column =
                i < TGR_CODED_KEPT ? columns[i]
                                   : (tgr_query_column)(TGR_COLUMN_KEPT + i - TGR_CODED_KEPT);
            status = copy_codes(work, column, tgr_union_codes(work->batch, (tgr_coded)i),
                                work->map->coded[i], work->numbering->coded[i].place, error);
        }
    }
    return status;
}

/* A file that names no sources is the source of its rows. */
static tgr_status copy_sources(copying *work, tgr_error *error)
{
    const uint32_t *place = work->numbering->sources.place;
    size_t rows = work->batch->rows;
    if (work->file->sources != NULL) {
        return copy_codes(work, TGR_COLUMN_SOURCE, work->batch->source, work->map->sources, place,
                          error);
    }
    int32_t *cells = reserve(work, CELLS, rows, sizeof *cells);
    if (cells == NULL) {
        return no_memory(error);
    }
    for (size_t row = 0; row < rows; row++) {
        cells[row] = (int32_t)place[work->map->source];
    }
    return tgr_query_put(work->writer, TGR_COLUMN_SOURCE, cells, rows, error);
}

static tgr_status copy_positions(copying *work, tgr_error *error)
{
    const tgr_batch *batch = work->batch;
    int64_t *cells = reserve(work, CELLS, batch->rows, sizeof *cells);
    if (cells == NULL) {
        return no_memory(error);
    }
    for (size_t row = 0; row < batch->rows; row++) {
        cells[row] =
            batch->position != NULL ? batch->position[row] : (int64_t)(batch->first_row + row);
    }
    return tgr_query_put(work->writer, TGR_COLUMN_POSITION, cells, batch->rows, error);
}

/* 0 where a file does not know, or the number cannot be one. */
static tgr_status copy_integers(copying *work, tgr_query_column column, const int64_t *from,
                                int64_t most, tgr_error *error)
{
    size_t rows = work->batch->rows;
    int64_t *cells = reserve(work, CELLS, rows, sizeof *cells);
    if (cells == NULL) {
        return no_memory(error);
    }
    for (size_t row = 0; row < rows; row++) {
        cells[row] = from != NULL && from[row] > 0 && from[row] <= most ? from[row] : 0;
    }
    return tgr_query_put(work->writer, column, cells, rows, error);
}

/* Where the records stand in their logs. */
static tgr_status copy_places(copying *work, tgr_error *error)
{
    const tgr_batch *batch = work->batch;
    tgr_status status = TGR_OK;
    TGR_TRY(copy_positions(work, error));
    if (work->plan->longest_record > 0) {
        TGR_TRY(
            copy_integers(work, TGR_COLUMN_RECORD_BYTES, batch->record_bytes, INT64_MAX, error));
    }
    if (work->plan->has_record_parts) {
        TGR_TRY(copy_integers(work, TGR_COLUMN_RECORD_PART, batch->record_part, INT32_MAX, error));
    }
done:
    return status;
}

static tgr_status copy_tokens(copying *work, bool wanted, tgr_query_column column,
                              const double *from, tgr_error *error)
{
    size_t rows = work->batch->rows;
    if (!wanted) {
        return TGR_OK;
    }
    double *cells = reserve(work, CELLS, rows, sizeof *cells);
    if (cells == NULL) {
        return no_memory(error);
    }
    for (size_t row = 0; row < rows; row++) {
        cells[row] = from == NULL || isnan(from[row]) ? (double)NAN : from[row];
    }
    return tgr_query_put(work->writer, column, cells, rows, error);
}

static tgr_laying laying(const copying *work)
{
    return (tgr_laying){work->all->judged, work->batch, &work->numbering->models};
}

static tgr_status copy_weights(copying *work, tgr_error *error)
{
    const double *from = work->batch->weight;
    const tgr_laying judged = laying(work);
    size_t rows = work->batch->rows;
    if (!work->plan->has_weight) {
        return TGR_OK;
    }
    double *cells = reserve(work, CELLS, rows, sizeof *cells);
    if (cells == NULL) {
        return no_memory(error);
    }
    for (size_t row = 0; row < rows; row++) {
        cells[row] = from == NULL || isnan(from[row]) ? (double)NAN : from[row];
    }
    tgr_lay_weights(&judged, cells);
    return tgr_query_put(work->writer, TGR_COLUMN_WEIGHT, cells, rows, error);
}

/* ---- one number a row and model -------------------------------------------------------- */

/* Where the file's models stand in the union; the next one after the last of a row. */
static size_t cell_of(const copying *work, size_t row, size_t model)
{
    const tgr_order *order = &work->numbering->models;
    return row * order->count + order->place[work->map->models[model]];
}

static tgr_status copy_floats(copying *work, bool wanted, tgr_query_column column,
                              const float *from, tgr_error *error)
{
    size_t rows = work->batch->rows, models = tgr_strings_count(work->file->models), cells;
    if (!wanted) {
        return TGR_OK;
    }
    if (__builtin_mul_overflow(rows, (size_t)work->numbering->models.count, &cells)) {
        return no_memory(error);
    }
    float *to = reserve(work, MATRIX, cells, sizeof *to);
    if (to == NULL) {
        return no_memory(error);
    }
    for (size_t i = 0; i < cells; i++) {
        to[i] = NAN;
    }
    for (size_t row = 0; from != NULL && row < rows; row++) {
        for (size_t model = 0; model < models; model++) {
            float value = from[row * models + model];
            if (!isnan(value)) {
                to[cell_of(work, row, model)] = value;
            }
        }
    }
    const tgr_laying judged = laying(work);
    if (column == TGR_COLUMN_SCORE) {
        tgr_lay_scores(&judged, to);
    } else if (column == TGR_COLUMN_PROPENSITIES) {
        tgr_lay_propensities(&judged, to);
    }
    return tgr_query_put(work->writer, column, to, cells, error);
}

static tgr_status copy_outcomes(copying *work, tgr_error *error)
{
    const int8_t *from = work->batch->outcome;
    size_t rows = work->batch->rows, models = tgr_strings_count(work->file->models), cells;
    if (!work->plan->has_outcome) {
        return TGR_OK;
    }
    if (__builtin_mul_overflow(rows, (size_t)work->numbering->models.count, &cells)) {
        return no_memory(error);
    }
    int8_t *to = reserve(work, MATRIX, cells, sizeof *to);
    if (to == NULL) {
        return no_memory(error);
    }
    memset(to, -1, cells);
    for (size_t row = 0; from != NULL && row < rows; row++) {
        for (size_t model = 0; model < models; model++) {
            to[cell_of(work, row, model)] = from[row * models + model];
        }
    }
    const tgr_laying judged = laying(work);
    tgr_lay_outcomes(&judged, to);
    return tgr_query_put(work->writer, TGR_COLUMN_OUTCOME, to, cells, error);
}

static tgr_status copy_models(copying *work, tgr_error *error)
{
    const tgr_query_plan *plan = work->plan;
    const tgr_batch *batch = work->batch;
    tgr_status status = TGR_OK;
    if (plan->models.count == 0) {
        return TGR_OK;
    }
    const tgr_laying judged = laying(work);
    tgr_lay_count(&judged);
    TGR_TRY(copy_floats(work, plan->has_score, TGR_COLUMN_SCORE, batch->score, error));
    TGR_TRY(copy_outcomes(work, error));
    TGR_TRY(copy_floats(work, plan->has_cost, TGR_COLUMN_COST, batch->cost, error));
    TGR_TRY(copy_floats(work, plan->has_completion_tokens, TGR_COLUMN_COMPLETION_TOKENS,
                        batch->completion_tokens, error));
    TGR_TRY(copy_floats(work, plan->has_propensities, TGR_COLUMN_PROPENSITIES, batch->propensities,
                        error));
done:
    return status;
}

/* ---- texts ----------------------------------------------------------------------------- */

/* A query without an id is called by its file and row. */
static tgr_status make_ids(copying *work, uint64_t *offsets, tgr_error *error)
{
    tgr_buffer_clear(&work->names);
    offsets[0] = 0;
    for (size_t row = 0; row < work->batch->rows; row++) {
        tgr_buffer_format(&work->names, "%s@%" PRIu64, tgr_union_base_name(work->file->path),
                          work->batch->first_row + row);
        offsets[row + 1] = work->names.length;
    }
    const tgr_texts ids = {work->names.bytes, offsets};
    return work->names.failed ? no_memory(error)
                              : tgr_query_put_ids(work->writer, &ids, work->batch->rows, error);
}

static tgr_status copy_texts(copying *work, tgr_error *error)
{
    const tgr_batch *batch = work->batch;
    uint64_t *offsets = reserve(work, OFFSETS, batch->rows + 1, sizeof *offsets);
    if (offsets == NULL) {
        return no_memory(error);
    }
    tgr_status status = batch->ids.offsets != NULL
                            ? tgr_query_put_ids(work->writer, &batch->ids, batch->rows, error)
                            : make_ids(work, offsets, error);
    if (status == TGR_OK && work->plan->has_text) {
        char empty[1] = "";
        const tgr_texts none = {empty, offsets};
        memset(offsets, 0, (batch->rows + 1) * sizeof *offsets);
        status = tgr_query_put_text(work->writer, batch->text.offsets ? &batch->text : &none,
                                    batch->rows, error);
    }
    return status;
}

/* ---- all of it ------------------------------------------------------------------------- */

static tgr_status copy_batch(copying *work, tgr_error *error)
{
    tgr_status status = TGR_OK;
    TGR_TRY(copy_x(work, error));
    TGR_TRY(copy_coded(work, error));
    TGR_TRY(copy_sources(work, error));
    TGR_TRY(copy_places(work, error));
    TGR_TRY(copy_tokens(work, work->plan->has_prompt_tokens, TGR_COLUMN_PROMPT_TOKENS,
                        work->batch->prompt_tokens, error));
    TGR_TRY(copy_tokens(work, work->plan->has_cached_tokens, TGR_COLUMN_CACHED_TOKENS,
                        work->batch->cached_tokens, error));
    TGR_TRY(copy_tokens(work, work->plan->has_logged_cost, TGR_COLUMN_LOGGED_COST,
                        work->batch->logged_cost, error));
    TGR_TRY(copy_tokens(work, work->plan->has_propensity, TGR_COLUMN_PROPENSITY,
                        work->batch->propensity, error));
    TGR_TRY(copy_weights(work, error));
    TGR_TRY(copy_models(work, error));
    TGR_TRY(copy_texts(work, error));
done:
    return status;
}

tgr_status tgr_union_copy(const tgr_union *all, tgr_pass *pass, const tgr_numbering *numbering,
                          const tgr_query_plan *plan, tgr_query_writer *writer, const tgr_run *run,
                          tgr_error *error)
{
    const unsigned want = TGR_WANT_IDS | TGR_WANT_SPLIT | TGR_WANT_CATEGORY | TGR_WANT_ELIGIBILITY |
                          TGR_WANT_PROMPT_TOKENS | TGR_WANT_SCORE | TGR_WANT_OUTCOME |
                          TGR_WANT_COST | TGR_WANT_COMPLETION_TOKENS | TGR_WANT_TEXTS |
                          TGR_WANT_PLACES | TGR_WANT_CACHED_TOKENS | TGR_WANT_TOKENS_FROM |
                          TGR_WANT_LOGGED | TGR_WANT_WEIGHT | TGR_WANT_MORE;
    const int64_t first = 0;
    copying work = {.all = all, .numbering = numbering, .plan = plan, .writer = writer};
    tgr_status status = tgr_query_put(writer, TGR_COLUMN_INDPTR, &first, 1, error);
    while (status == TGR_OK) {
        tgr_batch *batch = NULL;
        size_t file = 0;
        TGR_TRY(tgr_pass_next(pass, want, "writing", run, &batch, &file, error));
        if (batch == NULL) {
            break;
        }
        work.file = pass->files[file];
        work.map = &all->files[file];
        work.batch = batch;
        status = copy_batch(&work, error);
    }
done:
    for (int i = 0; i < ROOMS; i++) {
        tgr_mem_free(work.rooms[i].memory);
    }
    tgr_buffer_free(&work.names);
    return status;
}
