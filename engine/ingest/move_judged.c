/* move_judged.c - judgements of the rows of a block: found by id, and laid over what the log says.
 */
#include "engine/ingest/move_judged.h"

#include <inttypes.h>
#include <math.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "kernels/kernels.h"

tgr_status tgr_judged_number(tgr_judgements *judged, tgr_columns *columns, tgr_error *error)
{
    uint32_t count = tgr_strings_count(judged->models);
    judged->numbers = tgr_mem_alloc(count, sizeof *judged->numbers);
    for (uint32_t i = 0; judged->numbers != NULL && i < count; i++) {
        size_t length;
        const char *name = tgr_strings_get(judged->models, i, &length);
        judged->numbers[i] = tgr_strings_add(columns->models, name, length);
        if (judged->numbers[i] == TGR_STRING_NONE) {
            return tgr_fail_memory(error, "the names of models");
        }
    }
    if (judged->numbers == NULL) {
        return tgr_fail_memory(error, "the names of models");
    }
    if (tgr_strings_count(columns->models) > TGR_MODELS_MAX) {
        return tgr_fail(error, TGR_ERR_INPUT,
                        "the logs and the judgements have %" PRIu32
                        " models together, more than the %d that are handled",
                        tgr_strings_count(columns->models), TGR_MODELS_MAX);
    }
    columns->facts.has_score |= judged->has_score;
    columns->facts.has_outcome |= judged->has_outcome;
    columns->facts.has_propensities |= judged->has_propensity;
    return TGR_OK;
}

void tgr_judged_find(const tgr_block *block, size_t row, const char *id, size_t length)
{
    uint32_t number = tgr_judgements_find(block->judged, id, length);
    block->judged_ids[row] = number;
    if (number != TGR_STRING_NONE) {
        block->judged->seen[number] = true;
        block->judged->joined_rows++;
    }
}

static bool is_judged(const tgr_model_mover *mover, size_t cell)
{
    return (mover->score != NULL && !isnan(mover->score[cell])) ||
           (mover->outcome != NULL && mover->outcome[cell] >= 0);
}

static void lay_pair(tgr_model_mover *mover, size_t cell, const tgr_pair_judgement *pair)
{
    mover->newly_judged += !is_judged(mover, cell);
    if (mover->score != NULL) {
        mover->score[cell] = pair->score;
    }
    if (mover->outcome != NULL) {
        mover->outcome[cell] = pair->outcome;
    }
    if (mover->propensity != NULL && !isnan(pair->propensity)) { /* no result: one logged stays */
        mover->propensity[cell] = pair->propensity;
    }
}

void tgr_judged_lay(tgr_model_mover *mover, const tgr_block *block)
{
    const tgr_judgements *judged = block->judged;
    for (size_t row = 0; judged != NULL && row < block->rows; row++) {
        uint32_t id = block->judged_ids[row];
        if (id == TGR_STRING_NONE) {
            continue;
        }
        for (size_t i = judged->begin[id]; i < judged->begin[id + 1]; i++) {
            const tgr_pair_judgement *pair = &judged->pairs[i];
            lay_pair(mover, row * mover->models + mover->place[judged->numbers[pair->model]], pair);
        }
    }
}

void tgr_judged_weigh(const tgr_block *block, double *weights)
{
    const tgr_judgements *judged = block->judged;
    for (size_t row = 0; judged != NULL && row < block->rows; row++) {
        uint32_t id = block->judged_ids[row];
        for (size_t i = id == TGR_STRING_NONE ? 0 : judged->begin[id];
             id != TGR_STRING_NONE && i < judged->begin[id + 1]; i++) {
            double weight = judged->pairs[i].weight;
            weights[row] = isnan(weight) ? weights[row] : weight;
        }
    }
}
