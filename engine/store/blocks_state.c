/* blocks_state.c - what an array keeps between reads: its sums, the open block, the last chunk. */

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/xxh3.h"
#include "engine/store/blocks.h"

static tgr_status open_sums(tgr_array *array, tgr_block_state *state, tgr_error *error)
{
    tgr_status status =
        tgr_block_sums_read(array->file, array->dataset, array->rows,
                            array->columns * array->stored_width, &state->sums, error);
    if (status != TGR_OK || state->sums.count == 0) {
        return status;
    }
    state->verified = tgr_mem_zalloc((size_t)state->sums.count, sizeof(*state->verified));
    state->hashes[0] = tgr_mem_aligned(1, sizeof(XXH3_state_t));
    state->hashes[1] = tgr_mem_aligned(1, sizeof(XXH3_state_t));
    return state->verified && state->hashes[0] && state->hashes[1]
               ? TGR_OK
               : tgr_fail_memory(error, array->name.text);
}

tgr_status tgr_block_state_open(tgr_array *array, const tgr_chunks *chunks, tgr_error *error)
{
    tgr_block_state *state = array->state = tgr_mem_zalloc(1, sizeof(*state));
    if (!state) {
        return tgr_fail_memory(error, array->name.text);
    }
    bool summed = array->as_stored && array->kind != TGR_ARRAY_VARIABLE;
    tgr_status status = summed ? open_sums(array, state, error) : TGR_OK;
    state->open = state->sums.count;
    /* Blocks that lie across chunks are summed in the order of rows, as HDF5 gives them. */
    state->chunk_is_block = chunks && state->sums.count > 0 &&
                            (state->sums.block_rows == chunks->rows || state->sums.count == 1);
    if (state->sums.count == 1 && chunks && chunks->rows < array->rows) {
        state->chunk_is_block = false;
    }
    state->chunked = chunks && (state->sums.count == 0 || state->chunk_is_block);
    if (state->chunked) {
        state->chunks = *chunks;
    }
    return status;
}

tgr_block_state *tgr_block_state_view(const tgr_block_state *state, tgr_sum_chain *chain,
                                      const tgr_decoded *decoded)
{
    tgr_block_state *view = tgr_mem_zalloc(1, sizeof(*view));
    if (view) {
        *view = (tgr_block_state){.sums = state->sums,
                                  .verified = state->verified,
                                  .open = state->sums.count,
                                  .chunked = state->chunked,
                                  .chunk_is_block = state->chunk_is_block,
                                  .chunks = state->chunks,
                                  .view = true,
                                  .chain = chain,
                                  .decoded = decoded};
    }
    return view;
}

void tgr_block_state_free(tgr_block_state *state)
{
    if (state && state->view) {
        tgr_mem_free(state);
    } else if (state) {
        tgr_mem_free(state->sums.sums);
        tgr_mem_free(state->verified);
        tgr_mem_free_aligned(state->hashes[0]);
        tgr_mem_free_aligned(state->hashes[1]);
        for (int i = 0; i < TGR_SLOTS; i++) {
            tgr_mem_free(state->slots[i].bytes);
        }
        tgr_mem_free(state);
    }
}
