/* move_cells.c - columns of one number a row. */
#include "engine/ingest/move.h"

#include <math.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/ingest/move_judged.h"

static tgr_query_column column_of(tgr_coded which)
{
    static const tgr_query_column known[TGR_CODED_KEPT] = {
        [TGR_CODED_CATEGORY] = TGR_COLUMN_CATEGORY,
        [TGR_CODED_SPLIT] = TGR_COLUMN_SPLIT,
        [TGR_CODED_ALLOW] = TGR_COLUMN_ALLOW,
        [TGR_CODED_DENY] = TGR_COLUMN_DENY,
        [TGR_CODED_NEEDS] = TGR_COLUMN_NEEDS,
        [TGR_CODED_TOKENS_FROM] = TGR_COLUMN_TOKENS_FROM,
        [TGR_CODED_LOGGED_MODEL] = TGR_COLUMN_LOGGED_MODEL,
    };
    return which < TGR_CODED_KEPT ? known[which]
                                  : (tgr_query_column)(TGR_COLUMN_KEPT + which - TGR_CODED_KEPT);
}

tgr_status tgr_cell_mover_open(tgr_cell_mover *mover, tgr_columns *columns,
                               const tgr_numbering *numbering, size_t block_rows, tgr_error *error)
{
    tgr_status status = TGR_OK;
    *mover = (tgr_cell_mover){
        .columns = columns,
        .numbering = numbering,
        .cells = tgr_mem_alloc(block_rows, sizeof(int64_t)), /* the widest */
        .places = tgr_mem_alloc(block_rows, sizeof *mover->places),
    };
    if (mover->cells == NULL || mover->places == NULL) {
        return tgr_fail_memory(error, "blocks of the query file");
    }
    for (int i = 0; i < TGR_CODED_COLUMNS; i++) {
        TGR_TRY(tgr_spool_rewind(&columns->coded[i].codes, error));
    }
    TGR_TRY(tgr_spool_rewind(&columns->places, error));
    TGR_TRY(tgr_spool_rewind(&columns->prompt_tokens, error));
    TGR_TRY(tgr_spool_rewind(&columns->cached_tokens, error));
    TGR_TRY(tgr_spool_rewind(&columns->logged_costs, error));
    TGR_TRY(tgr_spool_rewind(&columns->weights, error));
done:
    return status;
}

static tgr_status move_codes(tgr_cell_mover *mover, tgr_coded which, const tgr_block *block,
                             tgr_error *error)
{
    const tgr_order *order = &mover->numbering->coded[which];
    int32_t *codes = mover->cells;
    tgr_status status = TGR_OK;
    if (order->count == 0) {
        return TGR_OK;
    }
    TGR_TRY(tgr_spool_take(&mover->columns->coded[which].codes, codes, block->rows * sizeof *codes,
                           error));
    for (size_t row = 0; row < block->rows; row++) {
        codes[row] = codes[row] < 0 ? -1 : (int32_t)order->place[codes[row]];
    }
    TGR_TRY(tgr_query_put(block->writer, column_of(which), codes, block->rows, error));
done:
    return status;
}

static tgr_status move_sources(tgr_cell_mover *mover, const tgr_block *block, tgr_error *error)
{
    const tgr_columns *columns = mover->columns;
    int32_t *codes = mover->cells;
    for (size_t row = 0; row < block->rows; row++) {
        while (mover->log_row == columns->logs[mover->log].rows) {
            mover->log++;
            mover->log_row = 0;
        }
        mover->log_row++;
        codes[row] = (int32_t)mover->numbering->sources.place[columns->logs[mover->log].source];
    }
    return tgr_query_put(block->writer, TGR_COLUMN_SOURCE, codes, block->rows, error);
}

/* A column that is spooled as it is put. */
static tgr_status move_plain(tgr_cell_mover *mover, tgr_spool *spool, tgr_query_column column,
                             size_t size, const tgr_block *block, tgr_error *error)
{
    tgr_status status = tgr_spool_take(spool, mover->cells, block->rows * size, error);
    return status != TGR_OK
               ? status
               : tgr_query_put(block->writer, column, mover->cells, block->rows, error);
}

/* Where each record stands: position, length, and which of its line or object it is. */
static tgr_status move_places(tgr_cell_mover *mover, const tgr_block *block, tgr_error *error)
{
    tgr_columns *columns = mover->columns;
    const tgr_spooled_place *places = mover->places;
    int64_t *cells = mover->cells;
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_spool_take(&columns->places, mover->places, block->rows * sizeof *places, error));
    for (size_t row = 0; row < block->rows; row++) {
        cells[row] = places[row].position;
    }
    TGR_TRY(tgr_query_put(block->writer, TGR_COLUMN_POSITION, cells, block->rows, error));
    for (size_t row = 0; row < block->rows; row++) {
        cells[row] = places[row].length;
    }
    if (columns->facts.longest_record > 0) {
        TGR_TRY(tgr_query_put(block->writer, TGR_COLUMN_RECORD_BYTES, cells, block->rows, error));
    }
    for (size_t row = 0; columns->facts.has_record_parts && row < block->rows; row++) {
        cells[row] = places[row].part;
    }
    if (columns->facts.has_record_parts) {
        TGR_TRY(tgr_query_put(block->writer, TGR_COLUMN_RECORD_PART, cells, block->rows, error));
    }
done:
    return status;
}

tgr_status tgr_cell_mover_move(tgr_cell_mover *mover, const tgr_block *block, tgr_error *error)
{
    tgr_columns *columns = mover->columns;
    tgr_status status = TGR_OK;
    for (int i = 0; i < TGR_CODED_COLUMNS; i++) {
        TGR_TRY(move_codes(mover, (tgr_coded)i, block, error));
    }
    TGR_TRY(move_sources(mover, block, error));
    TGR_TRY(move_places(mover, block, error));
    if (columns->facts.prompt_token_rows > 0) {
        TGR_TRY(move_plain(mover, &columns->prompt_tokens, TGR_COLUMN_PROMPT_TOKENS, sizeof(double),
                           block, error));
    }
    if (columns->facts.cached_token_rows > 0) {
        TGR_TRY(move_plain(mover, &columns->cached_tokens, TGR_COLUMN_CACHED_TOKENS, sizeof(double),
                           block, error));
    }
    if (columns->facts.logged_cost_rows > 0) {
        TGR_TRY(move_plain(mover, &columns->logged_costs, TGR_COLUMN_LOGGED_COST, sizeof(double),
                           block, error));
    }
done:
    return status;
}

tgr_status tgr_cell_mover_weights(tgr_cell_mover *mover, const tgr_block *block, tgr_error *error)
{
    tgr_columns *columns = mover->columns;
    double *weights = mover->cells;
    bool logged = columns->facts.weight_rows > 0;
    tgr_status status = TGR_OK;
    if (!logged && (block->judged == NULL || !block->judged->has_weight)) {
        return TGR_OK;
    }
    for (size_t row = 0; !logged && row < block->rows; row++) {
        weights[row] = NAN;
    }
    if (logged) {
        TGR_TRY(tgr_spool_take(&columns->weights, weights, block->rows * sizeof *weights, error));
    }
    tgr_judged_weigh(block, weights);
    TGR_TRY(tgr_query_put(block->writer, TGR_COLUMN_WEIGHT, weights, block->rows, error));
done:
    return status;
}

void tgr_cell_mover_free(tgr_cell_mover *mover)
{
    tgr_mem_free(mover->cells);
    tgr_mem_free(mover->places);
    *mover = (tgr_cell_mover){0};
}
