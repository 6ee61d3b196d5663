/* move_models.c - what each model did: sparse in the spool, dense in the query file. */
#include "engine/ingest/move_judged.h"

#include <math.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"

static float *matrix(bool wanted, size_t cells, bool *complete)
{
    float *values = wanted ? tgr_mem_alloc(cells, sizeof *values) : NULL;
    *complete = *complete && (!wanted || values != NULL);
    return values;
}

tgr_status tgr_model_mover_open(tgr_model_mover *mover, tgr_columns *columns,
                                const tgr_numbering *numbering, size_t block_rows, tgr_error *error)
{
    size_t cells = block_rows * numbering->models.count;
    bool complete = true;
    *mover = (tgr_model_mover){
        .spool = columns->facts.has_models ? &columns->models_done : NULL,
        .place = numbering->models.place,
        .models = numbering->models.count,
    };
    mover->score = matrix(columns->facts.has_score, cells, &complete);
    mover->cost = matrix(columns->facts.has_cost, cells, &complete);
    mover->completion_tokens = matrix(columns->facts.has_completion_tokens, cells, &complete);
    mover->propensity = matrix(columns->facts.has_propensities, cells, &complete);
    if (columns->facts.has_outcome) {
        mover->outcome = tgr_mem_alloc(cells, sizeof *mover->outcome);
        complete = complete && mover->outcome != NULL;
    }
    if (!complete) {
        return tgr_fail_memory(error, "blocks of the query file");
    }
    return mover->spool == NULL ? TGR_OK : tgr_spool_rewind(mover->spool, error);
}

static void set_float(float *values, size_t cell, float value)
{
    if (values != NULL) {
        values[cell] = value;
    }
}

static void store(tgr_model_mover *mover, size_t row, const tgr_spooled_model *entry)
{
    size_t cell = row * mover->models + mover->place[entry->model];
    set_float(mover->score, cell, entry->score);
    set_float(mover->cost, cell, entry->cost);
    set_float(mover->completion_tokens, cell, entry->completion_tokens);
    set_float(mover->propensity, cell, entry->propensity);
    if (mover->outcome != NULL) {
        mover->outcome[cell] = (int8_t)entry->outcome;
    }
}

static void clear(tgr_model_mover *mover, size_t cells)
{
    for (size_t cell = 0; cell < cells; cell++) {
        set_float(mover->score, cell, NAN);
        set_float(mover->cost, cell, NAN);
        set_float(mover->completion_tokens, cell, NAN);
        set_float(mover->propensity, cell, NAN);
    }
    if (mover->outcome != NULL) {
        memset(mover->outcome, -1, cells);
    }
}

static tgr_status put(const tgr_block *block, tgr_query_column column, const void *values,
                      size_t cells, tgr_error *error)
{
    return values == NULL ? TGR_OK : tgr_query_put(block->writer, column, values, cells, error);
}

tgr_status tgr_model_mover_move(tgr_model_mover *mover, const tgr_block *block, tgr_error *error)
{
    size_t cells = block->rows * mover->models;
    tgr_status status = TGR_OK;
    clear(mover, cells);
    for (size_t row = 0; mover->spool != NULL && row < block->rows; row++) {
        uint32_t count;
        TGR_TRY(tgr_spool_take(mover->spool, &count, sizeof count, error));
        for (uint32_t i = 0; i < count; i++) {
            tgr_spooled_model entry;
            TGR_TRY(tgr_spool_take(mover->spool, &entry, sizeof entry, error));
            store(mover, row, &entry);
        }
    }
    tgr_judged_lay(mover, block);
    TGR_TRY(put(block, TGR_COLUMN_SCORE, mover->score, cells, error));
    TGR_TRY(put(block, TGR_COLUMN_OUTCOME, mover->outcome, cells, error));
    TGR_TRY(put(block, TGR_COLUMN_COST, mover->cost, cells, error));
    TGR_TRY(put(block, TGR_COLUMN_COMPLETION_TOKENS, mover->completion_tokens, cells, error));
    TGR_TRY(put(block, TGR_COLUMN_PROPENSITIES, mover->propensity, cells, error));
done:
    return status;
}

void tgr_model_mover_free(tgr_model_mover *mover)
{
    tgr_mem_free(mover->score);
    tgr_mem_free(mover->cost);
    tgr_mem_free(mover->completion_tokens);
    tgr_mem_free(mover->propensity);
    tgr_mem_free(mover->outcome);
    *mover = (tgr_model_mover){0};
}
