/* move_rows.c - X from the spool to the query file. */
#include "engine/ingest/move.h"

#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/ingest/row_sort.h"

#define PUT_ENTRIES ((size_t)1 << 18) /* put at once, unless a row is longer */

tgr_status tgr_row_mover_open(tgr_row_mover *mover, tgr_columns *columns,
                              const tgr_numbering *numbering, const tgr_query_plan *plan,
                              size_t block_rows, tgr_error *error)
{
    size_t longest = columns->facts.longest_row;
    size_t room = PUT_ENTRIES + longest;
    *mover = (tgr_row_mover){
        .spool = &columns->entries,
        .place = numbering->tags.place,
        .value_type = plan->value_type,
        .indptr = tgr_mem_alloc(block_rows + 1, sizeof *mover->indptr),
        .entries = tgr_mem_alloc(longest, sizeof *mover->entries),
        .keys = tgr_mem_alloc(longest, sizeof *mover->keys),
        .scratch = tgr_mem_alloc(longest, sizeof *mover->scratch),
        .indices = tgr_mem_alloc(room, sizeof *mover->indices),
        .values = tgr_mem_alloc(room, sizeof(float)),
    };
    mover->few_columns = numbering->tags.count <= TGR_ROW_BITS_COLUMNS;
    bool complete = mover->indptr != NULL && mover->entries != NULL && mover->keys != NULL &&
                    mover->scratch != NULL && mover->indices != NULL && mover->values != NULL &&
                    (!mover->few_columns || tgr_row_bits_open(&mover->bits, numbering->tags.count));
    return complete ? tgr_spool_rewind(mover->spool, error)
                    : tgr_fail_memory(error, "blocks of the query file");
}

/* Column and value in one number, which sorts by column. */
static void make_keys(tgr_row_mover *mover, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &mover->entries[i].value, sizeof bits);
        mover->keys[i] = (uint64_t)mover->place[mover->entries[i].tag] << 32 | bits;
    }
}

static void store_values(tgr_row_mover *mover, const uint64_t *keys, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t bits = (uint32_t)keys[i];
        float value;
        memcpy(&value, &bits, sizeof value);
        switch (mover->value_type) {
        case TGR_U8:
            ((uint8_t *)mover->values)[mover->waiting + i] = (uint8_t)value;
            break;
        case TGR_U16:
            ((uint16_t *)mover->values)[mover->waiting + i] = (uint16_t)value;
            break;
        case TGR_F32:
            ((float *)mover->values)[mover->waiting + i] = value;
            break;
        }
    }
}

static void store_row(tgr_row_mover *mover, size_t count)
{
    make_keys(mover, count);
    if (mover->few_columns && count >= TGR_ROW_BITS_LEAST) {
        tgr_row_bits_sort(&mover->bits, mover->keys, count);
    } else {
        tgr_row_sort(mover->keys, mover->scratch, count);
    }
    for (size_t i = 0; i < count; i++) {
        mover->indices[mover->waiting + i] = (uint32_t)(mover->keys[i] >> 32);
    }
    store_values(mover, mover->keys, count);
    mover->waiting += count;
}

static tgr_status put_waiting(tgr_row_mover *mover, tgr_query_writer *writer, tgr_error *error)
{
    tgr_status status = TGR_OK;
    if (mover->waiting > 0) {
        TGR_TRY(tgr_query_put(writer, TGR_COLUMN_INDICES, mover->indices, mover->waiting, error));
        TGR_TRY(tgr_query_put(writer, TGR_COLUMN_VALUES, mover->values, mover->waiting, error));
        mover->waiting = 0;
    }
done:
    return status;
}

tgr_status tgr_row_mover_move(tgr_row_mover *mover, const tgr_block *block, tgr_error *error)
{
    tgr_status status = TGR_OK;
    size_t boundaries = 0;
    if (!mover->begun) { /* n rows have n + 1 boundaries */
        mover->indptr[boundaries++] = 0;
        mover->begun = true;
    }
    for (size_t row = 0; row < block->rows; row++) {
        uint32_t count;
        TGR_TRY(tgr_spool_take(mover->spool, &count, sizeof count, error));
        TGR_TRY(
            tgr_spool_take(mover->spool, mover->entries, count * sizeof *mover->entries, error));
        store_row(mover, count);
        mover->moved += count;
        mover->indptr[boundaries++] = mover->moved;
        if (mover->waiting >= PUT_ENTRIES) {
            TGR_TRY(put_waiting(mover, block->writer, error));
        }
    }
    TGR_TRY(tgr_query_put(block->writer, TGR_COLUMN_INDPTR, mover->indptr, boundaries, error));
    TGR_TRY(put_waiting(mover, block->writer, error));
done:
    return status;
}

void tgr_row_mover_free(tgr_row_mover *mover)
{
    tgr_mem_free(mover->indptr);
    tgr_mem_free(mover->entries);
    tgr_mem_free(mover->keys);
    tgr_mem_free(mover->scratch);
    tgr_mem_free(mover->indices);
    tgr_mem_free(mover->values);
    tgr_row_bits_free(&mover->bits);
    *mover = (tgr_row_mover){0};
}
