/* move_rows.c - X from the spool to the query file. */
#include "engine/ingest/move.h"

#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/ingest/row_ranks.h"
#include "engine/ingest/row_sort.h"
#include "engine/ingest/spooled_row.h"

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
        .longest = longest,
        .entries = tgr_mem_alloc(longest, sizeof *mover->entries),
        .columns = tgr_mem_zalloc(longest + TGR_ROW_RANKS_MOST, sizeof *mover->columns),
        .counts = tgr_mem_alloc(longest, sizeof *mover->counts),
        .keys = tgr_mem_alloc(longest, sizeof *mover->keys),
        .scratch = tgr_mem_alloc(longest, sizeof *mover->scratch),
        .indices = tgr_mem_alloc(room, sizeof *mover->indices),
        .values = tgr_mem_alloc(room, sizeof(float)),
    };
    mover->ranks_pay = tgr_row_ranks_pay();
    mover->few_columns = numbering->tags.count <= TGR_ROW_BITS_COLUMNS;
    bool complete = mover->indptr != NULL && mover->entries != NULL && mover->columns != NULL &&
                    mover->counts != NULL && mover->keys != NULL && mover->scratch != NULL &&
                    mover->indices != NULL && mover->values != NULL &&
                    (!mover->few_columns || tgr_row_bits_open(&mover->bits, numbering->tags.count));
    return complete ? tgr_spool_rewind(mover->spool, error)
                    : tgr_fail_memory(error, "blocks of the query file");
}

/* The row's columns and values, in the order in which its tags were found. */
static void look_up(tgr_row_mover *mover, const tgr_spooled_row *row)
{
    const uint32_t *place = mover->place;
    uint32_t *columns = mover->columns;
    float *counts = mover->counts;
    for (uint32_t i = 0; i < row->count && row->wide; i++) {
        tgr_row_entry entry = tgr_spooled_entry(row, i);
        columns[i] = place[entry.tag];
        counts[i] = entry.value;
    }
    for (uint32_t i = 0; i < row->count && !row->wide; i++) {
        tgr_row_entry entry = tgr_spooled_narrow_entry(row, i);
        columns[i] = place[entry.tag];
        counts[i] = entry.value;
    }
}

/* Stores the values of a row, behind those that wait; each at its rank. */
static void store_values(tgr_row_mover *mover, const uint32_t *ranks, size_t count)
{
    const float *counts = mover->counts;
    uint8_t *bytes = (uint8_t *)mover->values + mover->waiting;
    uint16_t *shorts = (uint16_t *)mover->values + mover->waiting;
    float *floats = (float *)mover->values + mover->waiting;
    switch (mover->value_type) {
    case TGR_U8:
        for (size_t i = 0; i < count; i++) {
            bytes[ranks[i]] = (uint8_t)counts[i];
        }
        break;
    case TGR_U16:
        for (size_t i = 0; i < count; i++) {
            shorts[ranks[i]] = (uint16_t)counts[i];
        }
        break;
    case TGR_F32:
        for (size_t i = 0; i < count; i++) {
            floats[ranks[i]] = counts[i];
        }
        break;
    }
}

static void store_by_ranks(tgr_row_mover *mover, size_t count)
{
    uint32_t ranks[TGR_ROW_RANKS_MOST];
    const uint32_t *columns = mover->columns;
    uint32_t *indices = mover->indices + mover->waiting;
    tgr_row_ranks(columns, count, ranks);
    for (size_t i = 0; i < count; i++) {
        indices[ranks[i]] = columns[i];
    }
    store_values(mover, ranks, count);
}

/* Column and value in one number, which sorts by column. */
static void store_by_keys(tgr_row_mover *mover, size_t count)
{
    uint64_t *keys = mover->keys;
    uint32_t *indices = mover->indices + mover->waiting;
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &mover->counts[i], sizeof bits);
        keys[i] = (uint64_t)mover->columns[i] << 32 | bits;
    }
    if (mover->few_columns && count >= TGR_ROW_BITS_LEAST) {
        tgr_row_bits_sort(&mover->bits, keys, count);
    } else {
        tgr_row_sort(keys, mover->scratch, count);
    }
    for (size_t i = 0; i < count; i++) {
        uint32_t bits = (uint32_t)keys[i];
        memcpy(&mover->counts[i], &bits, sizeof bits);
        indices[i] = (uint32_t)(keys[i] >> 32);
        mover->columns[i] = (uint32_t)i; /* the rank, now */
    }
    store_values(mover, mover->columns, count);
}

static void store_row(tgr_row_mover *mover, const tgr_spooled_row *row)
{
    look_up(mover, row);
    if (mover->ranks_pay && row->count <= TGR_ROW_RANKS_MOST) {
        store_by_ranks(mover, row->count);
    } else {
        store_by_keys(mover, row->count);
    }
    mover->waiting += row->count;
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
        tgr_spooled_row next;
        TGR_TRY(tgr_spooled_row_take(mover->spool, mover->entries, mover->longest, &next, error));
        store_row(mover, &next);
        mover->moved += next.count;
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
    tgr_mem_free(mover->columns);
    tgr_mem_free(mover->counts);
    tgr_mem_free(mover->keys);
    tgr_mem_free(mover->scratch);
    tgr_mem_free(mover->indices);
    tgr_mem_free(mover->values);
    tgr_row_bits_free(&mover->bits);
    *mover = (tgr_row_mover){0};
}
