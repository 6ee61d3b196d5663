/* move_texts.c - ids and texts. */
#include "engine/ingest/move_judged.h"

#include "engine/base/error.h"
#include "engine/base/memory.h"

#define PUT_BYTES                                                                                  \
    ((size_t)1 << 18) /* of ids put at once, unless one is longer: in a near cache                 \
                       */

tgr_status tgr_id_mover_open(tgr_id_mover *mover, tgr_spool *spool, size_t block_rows,
                             tgr_error *error)
{
    *mover = (tgr_id_mover){
        .spool = spool,
        .bytes = tgr_mem_alloc(PUT_BYTES, 1),
        .room = PUT_BYTES,
        .offsets = tgr_mem_zalloc(block_rows + 1, sizeof *mover->offsets),
    };
    if (mover->bytes == NULL || mover->offsets == NULL) {
        return tgr_fail_memory(error, "blocks of the query file");
    }
    return tgr_spool_rewind(spool, error);
}

static tgr_status put_waiting(tgr_id_mover *mover, tgr_query_writer *writer, tgr_error *error)
{
    tgr_texts texts = {mover->bytes, mover->offsets};
    size_t count = mover->waiting;
    mover->waiting = 0;
    return count == 0 ? TGR_OK : tgr_query_put_ids(writer, &texts, count, error);
}

/* Room for one more id, if need be by putting those that wait. */
static tgr_status make_room(tgr_id_mover *mover, size_t length, tgr_query_writer *writer,
                            tgr_error *error)
{
    if (length <= mover->room - (size_t)mover->offsets[mover->waiting]) {
        return TGR_OK;
    }
    tgr_status status = put_waiting(mover, writer, error);
    if (status != TGR_OK) {
        return status;
    }
    void *bytes = mover->bytes;
    if (!tgr_mem_grow(&bytes, &mover->room, length, 1)) {
        return tgr_fail_memory(error, "an id");
    }
    mover->bytes = bytes;
    return TGR_OK;
}

tgr_status tgr_id_mover_move(tgr_id_mover *mover, const tgr_block *block, tgr_error *error)
{
    tgr_status status = TGR_OK;
    for (size_t row = 0; row < block->rows; row++) {
        uint32_t length;
        TGR_TRY(tgr_spool_take(mover->spool, &length, sizeof length, error));
        TGR_TRY(make_room(mover, length, block->writer, error));
        uint64_t begin = mover->offsets[mover->waiting];
        TGR_TRY(tgr_spool_take(mover->spool, mover->bytes + begin, length, error));
        if (block->judged != NULL) {
            tgr_judged_find(block, row, mover->bytes + begin, length);
        }
        if (block->responses != NULL) {
            tgr_responses_mark(block->responses, mover->bytes + begin, length);
        }
        mover->offsets[++mover->waiting] = begin + length;
    }
    TGR_TRY(put_waiting(mover, block->writer, error));
done:
    return status;
}

tgr_status tgr_texts_move(tgr_spool *spool, const tgr_block *block, tgr_error *error)
{
    tgr_status status = TGR_OK;
    for (size_t row = 0; row < block->rows; row++) {
        uint32_t length;
        char *room = NULL;
        TGR_TRY(tgr_spool_take(spool, &length, sizeof length, error));
        TGR_TRY(tgr_query_text_room(block->writer, length, &room, error));
        TGR_TRY(tgr_spool_take(spool, room, length, error));
        TGR_TRY(tgr_query_text_done(block->writer, length, error));
    }
done:
    return status;
}

void tgr_id_mover_free(tgr_id_mover *mover)
{
    tgr_mem_free(mover->bytes);
    tgr_mem_free(mover->offsets);
    *mover = (tgr_id_mover){0};
}
