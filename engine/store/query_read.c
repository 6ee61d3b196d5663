/* query_read.c - blocks of queries out of an open file. */
#include "engine/store/query_read.h"

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/store/batch_columns.h"
#include "engine/store/blocks.h"

static tgr_status read_strings(const tgr_query_file *file, const tgr_array *array, size_t *rows,
                               tgr_batch *batch, tgr_text_block *block, tgr_texts *texts,
                               tgr_error *error)
{
    block->most_bytes = file->text_bytes;
    tgr_status status = tgr_texts_read(array, batch->first_row, *rows, block, error);
    if (status == TGR_OK) {
        *rows = block->count;
        *texts = block->texts;
    }
    return status;
}

/* Come before all that is stored by rows: texts of any length may end the batch early. */
static tgr_status read_texts(tgr_query_file *file, unsigned want, size_t *rows, tgr_batch *batch,
                             tgr_error *error)
{
    const struct tgr_query_source *source = file->source;
    struct tgr_batch_memory *memory = batch->memory;
    tgr_status status = TGR_OK;
    if (want & TGR_WANT_TEXTS && source->text.dataset && *rows > 0) {
        TGR_TRY(
            read_strings(file, &source->text, rows, batch, &memory->texts, &batch->text, error));
    }
    if (want & TGR_WANT_IDS && file->has_ids && *rows > 0) {
        TGR_TRY(read_strings(file, &source->ids, rows, batch, &memory->ids, &batch->ids, error));
    }
done:
    return status;
}

/* Damage shows in many ways: what the checksums say of it is the better sentence. */
static tgr_status prefer_checksums(const struct tgr_query_source *source, tgr_status status,
                                   tgr_error *error)
{
    const tgr_array *arrays[] = {
        &source->x.indptr,
        &source->x.indices,
        &source->x.data,
        &source->ids,
        &source->split.codes,
        &source->category.codes,
        &source->allow.codes,
        &source->deny.codes,
        &source->needs.codes,
        &source->score.dense,
        &source->outcome.dense,
        &source->prompt_tokens.values,
        &source->cached_tokens.values,
        &source->tokens_from.codes,
        &source->cost.dense,
        &source->completion_tokens.dense,
        &source->source.codes,
        &source->position,
        &source->record_bytes,
        &source->record_part,
        &source->logged_model.codes,
        &source->logged_cost.values,
        &source->propensity.values,
        &source->propensities.dense,
        &source->weight.values,
    };
    tgr_error found;
    for (size_t i = 0; status == TGR_ERR_INPUT && i < sizeof(arrays) / sizeof(arrays[0]); i++) {
        if (tgr_blocks_settle(arrays[i], &found) == TGR_ERR_INPUT) {
            if (error) {
                *error = found;
            }
            break;
        }
    }
    return status;
}

tgr_status tgr_query_read(tgr_query_file *file, uint64_t first, size_t max_rows,
                          size_t max_nonzeros, unsigned want, tgr_batch *batch, tgr_error *error)
{
    struct tgr_batch_memory *memory = batch->memory;
    if (!memory && !(memory = tgr_mem_zalloc(1, sizeof(*memory)))) {
        return tgr_batch_no_memory(error);
    }
    *batch = (tgr_batch){.first_row = first, .memory = memory};
    tgr_h5_quiet quiet;
    tgr_h5_quiet_begin(&quiet);
    tgr_block_readers_set(file->source->file.readers, file->threads, file->ahead_bytes);
    tgr_x *x = &file->source->x;
    tgr_status status = tgr_x_measure(x, first, max_rows, max_nonzeros, &memory->x, error);
    if (memory->x.rows < max_rows) {
        tgr_block_readers_hold(file->source->file.readers); /* there is more than this to come */
    }
    if (status == TGR_OK) {
        status = read_texts(file, want, &memory->x.rows, batch, error);
    }
    if (status == TGR_OK) {
        status = tgr_x_read(x, first, max_nonzeros, &memory->x, error);
    }
    if (status == TGR_OK) {
        batch->rows = memory->x.rows;
        batch->x = (tgr_csr){.rows = memory->x.rows,
                             .indptr = memory->x.indptr,
                             .indices = memory->x.indices,
                             .values = memory->x.values,
                             .value_type = file->value_type};
        status = tgr_batch_read_obs(file, want, batch, error);
    }
    if (status == TGR_OK) {
        status = tgr_batch_read_obsm(file, want, batch, error);
    }
    status = prefer_checksums(file->source, status, error);
    tgr_h5_quiet_end(&quiet);
    if (status != TGR_OK) {
        *batch = (tgr_batch){.first_row = first, .memory = memory};
    }
    return status;
}

tgr_status tgr_query_read_split(tgr_query_file *file, uint64_t first, size_t rows, int32_t *codes,
                                tgr_error *error)
{
    tgr_h5_quiet quiet;
    tgr_h5_quiet_begin(&quiet);
    tgr_block_readers_set(file->source->file.readers, file->threads, file->ahead_bytes);
    tgr_status status = tgr_code_column_read(&file->source->split, first, rows, codes, error);
    status = prefer_checksums(file->source, status, error);
    tgr_h5_quiet_end(&quiet);
    return status;
}

tgr_status tgr_query_read_weights(tgr_query_file *file, uint64_t first, size_t rows,
                                  double *weights, tgr_error *error)
{
    tgr_h5_quiet quiet;
    tgr_h5_quiet_begin(&quiet);
    tgr_block_readers_set(file->source->file.readers, file->threads, file->ahead_bytes);
    tgr_status status = tgr_batch_read_weights(file, first, rows, weights, error);
    status = prefer_checksums(file->source, status, error);
    tgr_h5_quiet_end(&quiet);
    return status;
}

uint64_t tgr_query_nonzero_bytes(const tgr_query_file *file)
{
    return sizeof(uint32_t) + tgr_x_value_size(file->value_type);
}

uint64_t tgr_query_row_bytes(const tgr_query_file *file, unsigned want)
{
    const struct tgr_query_source *source = file->source;
    uint64_t cells = tgr_strings_count(file->models) * sizeof(float);
    uint64_t values = file->rows ? file->nonzeros / file->rows + 1 : 1;
    uint64_t bytes = sizeof(int64_t) + values * tgr_query_nonzero_bytes(file);
    if ((want & TGR_WANT_IDS) && file->has_ids) {
        bytes += sizeof(uint64_t) + (tgr_array_is_text(&source->ids) ? source->ids.width : 24);
    }
    bytes += want & TGR_WANT_TEXTS ? sizeof(uint64_t) : 0;
    bytes += want & TGR_WANT_PLACES ? sizeof(int32_t) + 3 * sizeof(int64_t) : 0;
    bytes += want & TGR_WANT_MORE ? TGR_MORE_COLUMNS * sizeof(int32_t) : 0;
    bytes += want & TGR_WANT_LOGGED ? sizeof(int32_t) + 2 * sizeof(double) : 0;
    bytes += want & TGR_WANT_LOGGED && source->propensities.present ? cells : 0;
    bytes += want & TGR_WANT_WEIGHT && file->has_weight ? sizeof(double) : 0;
    bytes += want & TGR_WANT_SPLIT ? sizeof(int32_t) : 0;
    bytes += want & TGR_WANT_CATEGORY ? sizeof(int32_t) : 0;
    bytes += want & TGR_WANT_ELIGIBILITY ? 3 * sizeof(int32_t) : 0;
    bytes += want & TGR_WANT_PROMPT_TOKENS ? sizeof(double) : 0;
    bytes += want & TGR_WANT_CACHED_TOKENS && file->has_cached_tokens ? sizeof(double) : 0;
    bytes += want & TGR_WANT_TOKENS_FROM && file->tokens_from ? sizeof(int32_t) : 0;
    bytes += want & TGR_WANT_SCORE && file->has_score ? cells : 0;
    bytes += want & TGR_WANT_COST && file->has_cost ? cells : 0;
    bytes += want & TGR_WANT_COMPLETION_TOKENS && file->has_completion_tokens ? cells : 0;
    bytes += want & TGR_WANT_OUTCOME && file->has_outcome ? 2 * cells : 0;
    return bytes;
}

tgr_status tgr_query_values_before(tgr_query_file *file, uint64_t row, uint64_t *values,
                                   tgr_error *error)
{
    tgr_h5_quiet quiet;
    tgr_h5_quiet_begin(&quiet);
    tgr_block_readers_set(file->source->file.readers, file->threads, 0);
    tgr_status status = tgr_x_values_before(&file->source->x, row, values, error);
    status = prefer_checksums(file->source, status, error);
    tgr_h5_quiet_end(&quiet);
    return status;
}

bool tgr_query_is_plain(const tgr_query_file *file)
{
    const tgr_x *x = &file->source->x;
    return x->layout == TGR_X_CSR && x->indptr.direct && x->indices.direct && x->data.direct;
}

bool tgr_query_read_in_threads(void)
{
    return tgr_h5_is_threadsafe();
}

void tgr_batch_free(tgr_batch *batch)
{
    if (batch->memory) {
        tgr_x_block_free(&batch->memory->x);
        tgr_text_block_free(&batch->memory->ids);
        tgr_text_block_free(&batch->memory->texts);
        for (int i = 0; i < COLUMNS; i++) {
            tgr_mem_free(batch->memory->columns[i].values);
        }
        tgr_mem_free(batch->memory);
    }
    *batch = (tgr_batch){0};
}
