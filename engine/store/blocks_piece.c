/* blocks_piece.c - one piece of a range: fetched, summed and widened while it is in the cache. */
#include "engine/store/blocks_piece.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/xxh3.h"
#include "engine/store/unshuffle.h"

#define STEP_BYTES (256u << 10) /* handled in one go: half of a small second-level cache */

void tgr_block_worker_free(tgr_block_worker *worker)
{
    tgr_chunk_scratch_free(&worker->chunk);
    tgr_mem_free(worker->decoded);
    tgr_mem_free(worker->stored);
    tgr_mem_free_aligned(worker->hash);
}

static uint64_t row_bytes(const tgr_array *array)
{
    return array->columns * array->width;
}

static uint64_t block_of(const tgr_block_piece *piece)
{
    return piece->first / piece->request->array->state->sums.block_rows;
}

static uint64_t end_of_block(const tgr_array *array, uint64_t block)
{
    uint64_t start = block * array->state->sums.block_rows;
    uint64_t left = array->rows - start, rows = array->state->sums.block_rows;
    return start + (left < rows ? left : rows);
}

static uint64_t block_end(const tgr_block_piece *piece)
{
    return end_of_block(piece->request->array, block_of(piece));
}

bool tgr_block_piece_outside(const tgr_block_piece *piece)
{
    const tgr_array *array = piece->request->array;
    return array->direct || array->state->chunked;
}

/* ---- fetching -------------------------------------------------------------------------- */

static tgr_status fetch_direct(const tgr_array *array, uint64_t first, uint64_t count, char *to,
                               tgr_error *error)
{
    uint64_t at = array->offset + first * row_bytes(array), left = count * row_bytes(array);
    while (left > 0) {
        ssize_t got =
            pread(array->file->fd, to, left > SSIZE_MAX ? SSIZE_MAX : (size_t)left, (off_t)at);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return tgr_fail_io(error, array->file->path, "read", errno);
        }
        if (got == 0) {
            return tgr_fail(error, TGR_ERR_INPUT,
                            "%s: %s ends early: the file was cut off while it was read",
                            array->file->path, array->name.text);
        }
        to += got;
        at += (uint64_t)got;
        left -= (uint64_t)got;
    }
    return TGR_OK;
}

static hid_t memory_type(const tgr_array *array, tgr_as as)
{
    switch (as) {
    case TGR_AS_STORED:
        break;
    case TGR_AS_I64:
        return H5T_NATIVE_INT64;
    case TGR_AS_U32:
        return H5T_NATIVE_UINT32;
    case TGR_AS_I32:
        return H5T_NATIVE_INT32;
    case TGR_AS_U16:
        return H5T_NATIVE_UINT16;
    case TGR_AS_F32:
        return H5T_NATIVE_FLOAT;
    case TGR_AS_F64:
        return H5T_NATIVE_DOUBLE;
    }
    return array->native;
}

/* The way of every layout and filter that HDF5 knows. */
static tgr_status fetch_inside(const tgr_array *array, uint64_t first, uint64_t count, tgr_as as,
                               void *to, tgr_error *error)
{
    hsize_t start[2] = {first, 0}, shape[2] = {count, array->columns};
    hid_t type = memory_type(array, as);
    tgr_h5_quiet quiet;
    tgr_h5_quiet_begin(&quiet);
    hid_t memory = array->rank ? H5Screate_simple(array->rank, shape, NULL) : H5S_ALL;
    hid_t space = array->rank ? H5Scopy(array->space) : H5S_ALL;
    bool ok = memory >= 0 && space >= 0 &&
              (array->rank == 0 ||
               H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, shape, NULL) >= 0) &&
              H5Dread(array->dataset, type, memory, space, H5P_DEFAULT, to) >= 0;
    tgr_status status = tgr_h5_readable(ok, array->file->path, array->name.text, error);
    tgr_h5_close(memory);
    tgr_h5_close(space);
    tgr_h5_quiet_end(&quiet);
    return status;
}

static tgr_status fetch_by_hdf5(const tgr_array *array, uint64_t first, uint64_t count, tgr_as as,
                                void *to, tgr_error *error)
{
    tgr_status status;
    if (tgr_h5_is_threadsafe()) {
        return fetch_inside(array, first, count, as, to, error);
    }
#pragma omp critical(tgr_hdf5)
    status = fetch_inside(array, first, count, as, to, error);
    return status;
}

tgr_status tgr_block_fetch(const tgr_array *array, uint64_t first, uint64_t count, void *to,
                           tgr_error *error)
{
    return array->direct ? fetch_direct(array, first, count, to, error)
                         : fetch_by_hdf5(array, first, count, TGR_AS_STORED, to, error);
}

/* ---- summing --------------------------------------------------------------------------- */

static tgr_status differs(const tgr_array *array, uint64_t block, tgr_error *error)
{
    return tgr_fail(error, TGR_ERR_INPUT,
                    "%s: rows %" PRIu64 " to %" PRIu64
                    " of %s do not match their checksum: the file was damaged or changed after it "
                    "was written; restore it or write it again",
                    array->file->path, block * array->state->sums.block_rows,
                    end_of_block(array, block) - 1, array->name.text);
}

tgr_status tgr_block_compare(const tgr_array *array, uint64_t block, uint64_t sum, tgr_error *error)
{
    tgr_block_state *state = array->state;
    if (sum != state->sums.sums[block]) {
        return differs(array, block, error);
    }
    state->verified[block] = true;
    return TGR_OK;
}

/* Which rows the piece has to sum, and with which state. */
tgr_status tgr_block_piece_prepare(tgr_block_piece *piece, tgr_error *error)
{
    (void)error;
    tgr_block_state *state = piece->request->array->state;
    piece->hash = NULL;
    piece->sum_from = UINT64_MAX;
    piece->status = TGR_OK;
    if (state->sums.count == 0 || state->chunked || state->chain ||
        state->verified[block_of(piece)]) {
        return TGR_OK;
    }
    uint64_t block = block_of(piece), start = block * state->sums.block_rows;
    bool carries_on = state->open == block;
    piece->sum_from = start + (carries_on ? state->summed : 0);
    if (piece->first + piece->count <= piece->sum_from) { /* all summed already */
        piece->sum_from = UINT64_MAX;
    } else if (carries_on) {
        piece->hash = state->hashes[state->current];
    } else if (piece->first + piece->count < block_end(piece)) {
        piece->hash = state->hashes[1 - state->current];
        XXH3_64bits_reset(piece->hash);
    }
    return TGR_OK;
}

void tgr_block_piece_finish(const tgr_block_piece *piece, tgr_status status)
{
    tgr_block_state *state = piece->request->array->state;
    if (piece->sum_from == UINT64_MAX) {
        return;
    }
    uint64_t block = block_of(piece), end = piece->first + piece->count;
    if (state->open == block) {
        state->open = state->sums.count;
    }
    if (status == TGR_OK && end < block_end(piece)) {
        state->current = piece->hash == state->hashes[0] ? 0 : 1;
        state->open = block;
        state->summed = end - block * state->sums.block_rows;
    }
}

/* ---- reading --------------------------------------------------------------------------- */

static bool make_room(char **buffer, size_t *capacity, uint64_t bytes)
{
    void *memory = *buffer;
    bool grown = tgr_mem_grow(&memory, capacity, (size_t)bytes, 1);
    *buffer = memory;
    return grown;
}

static char *destination(const tgr_block_piece *piece, uint64_t row)
{
    const tgr_block_request *request = piece->request;
    uint64_t width = tgr_as_size(request->as, request->array->width) * request->array->columns;
    return request->values ? (char *)request->values + (row - request->first) * width : NULL;
}

static void keep(const tgr_block_piece *piece, uint64_t row, uint64_t count, const char *bytes)
{
    const tgr_array *array = piece->request->array;
    char *to = destination(piece, row);
    if (to && tgr_as_is_stored(array, piece->request->as)) {
        if (to != bytes) {
            memcpy(to, bytes, (size_t)(count * row_bytes(array)));
        }
    } else if (to) {
        tgr_as_convert(array, piece->request->as, bytes, (size_t)(count * array->columns), to);
    }
}

/* Reads rows [first, end) step by step; sums those from sum_from on, and keeps those of the piece.
 */
static tgr_status read_steps(const tgr_block_piece *piece, uint64_t first, uint64_t end, void *hash,
                             tgr_block_worker *worker, tgr_error *error)
{
    const tgr_array *array = piece->request->array;
    uint64_t row = row_bytes(array), step = STEP_BYTES / row ? STEP_BYTES / row : 1;
    bool stored = tgr_as_is_stored(array, piece->request->as);
    const uint64_t part = tgr_block_readers_part(array->file->readers);
    tgr_status status = TGR_OK;
    for (uint64_t now; status == TGR_OK && first < end; first += now) {
        uint64_t limit = first < piece->first ? piece->first : end;
        now = limit - first < step ? limit - first : step;
        char *to = first >= piece->first && stored ? destination(piece, first) : NULL;
        if (!to) {
            if (!make_room(&worker->stored, &worker->stored_capacity, now * row)) {
                return tgr_fail_memory(error, array->name.text);
            }
            to = worker->stored;
        }
        status = tgr_block_fetch(array, first, now, to, error);
        if (status == TGR_OK && array->state->chain && part != TGR_NO_PART) {
            status = tgr_sum_chain_add(array->state->chain, array, part, first, now, to, error);
        }
        if (status == TGR_OK && hash && first + now > piece->sum_from) {
            uint64_t skip = first < piece->sum_from ? piece->sum_from - first : 0;
            XXH3_64bits_update(hash, to + skip * row, (size_t)((now - skip) * row));
        }
        if (status == TGR_OK && first >= piece->first) {
            keep(piece, first, now, to);
        }
    }
    return status;
}

static tgr_status read_rows(const tgr_block_piece *piece, tgr_block_worker *worker,
                            tgr_error *error)
{
    uint64_t end = piece->first + piece->count;
    bool sums = piece->sum_from != UINT64_MAX;
    void *hash = sums ? piece->hash : NULL;
    if (sums && !hash) {
        if (!worker->hash && !(worker->hash = tgr_mem_aligned(1, sizeof(XXH3_state_t)))) {
            return tgr_fail_memory(error, "a checksum");
        }
        hash = worker->hash;
        XXH3_64bits_reset(hash);
    }
    uint64_t first = sums && piece->sum_from < piece->first ? piece->sum_from : piece->first;
    tgr_status status = read_steps(piece, first, end, hash, worker, error);
    if (status == TGR_OK && sums && end == block_end(piece)) {
        status = tgr_block_compare(piece->request->array, block_of(piece), XXH3_64bits_digest(hash),
                                   error);
    }
    return status;
}

/* Where the chunk is decoded to: its slot, straight to where it is wanted, or the worker's own. */
static char *chunk_place(const tgr_block_piece *piece, tgr_block_worker *worker)
{
    const tgr_array *array = piece->request->array;
    const tgr_block_state *state = array->state;
    if (piece->slot) {
        return piece->slot->bytes;
    }
    if (piece->count == state->chunks.rows && tgr_as_is_stored(array, piece->request->as) &&
        piece->request->values) {
        return destination(piece, piece->first);
    }
    return make_room(&worker->decoded, &worker->decoded_capacity, state->chunks.bytes)
               ? worker->decoded
               : NULL;
}

/* A chunk that the file does not hold stands for fill values, which HDF5 knows. */
static tgr_status read_filtered(const tgr_array *array, uint64_t start, bool may_stay_shuffled,
                                tgr_block_worker *worker, char *bytes, bool *shuffled,
                                tgr_error *error)
{
    const tgr_block_state *state = array->state;
    uint64_t left = array->rows - start;
    uint64_t count = left < state->chunks.rows ? left : state->chunks.rows;
    tgr_chunk_form form;
    tgr_status status =
        tgr_chunk_read(array->file, array->dataset, array->name.text, &state->chunks, start,
                       may_stay_shuffled, &worker->chunk, bytes, &form, error);
    if (status == TGR_OK && form == TGR_CHUNK_NONE) {
        status = fetch_by_hdf5(array, start, count, TGR_AS_STORED, bytes, error);
    }
    *shuffled = form == TGR_CHUNK_SHUFFLED;
    uint64_t block = state->chunk_is_block ? start / state->sums.block_rows : 0;
    if (status != TGR_OK || *shuffled || !state->chunk_is_block || state->verified[block]) {
        return status;
    }
    return tgr_block_compare(array, block, XXH3_64bits(bytes, (size_t)(count * row_bytes(array))),
                             error);
}

tgr_status tgr_block_chunk_decode(const tgr_array *array, uint64_t start, tgr_block_worker *worker,
                                  char *bytes, tgr_error *error)
{
    bool shuffled;
    return read_filtered(array, start, false, worker, bytes, &shuffled, error);
}

tgr_status tgr_block_chunk_inflate(const tgr_array *array, uint64_t start, tgr_block_worker *worker,
                                   tgr_slot *slot, tgr_error *error)
{
    return read_filtered(array, start, true, worker, slot->bytes, &slot->shuffled, error);
}

/* Rows of a piece out of a chunk that others may read, too: at `bytes`, or in the slot. */
static tgr_status keep_shared(const tgr_block_piece *piece, const char *bytes,
                              tgr_block_worker *worker, tgr_error *error)
{
    const tgr_array *array = piece->request->array;
    const tgr_block_state *state = array->state;
    const uint64_t inside = piece->first % state->chunks.rows, row = row_bytes(array);
    const uint64_t part = tgr_block_readers_part(array->file->readers);
    const char *from = bytes + inside * row;
    if (piece->slot && piece->slot->shuffled) {
        char *to =
            tgr_as_is_stored(array, piece->request->as) ? destination(piece, piece->first) : NULL;
        if (!to && !make_room(&worker->stored, &worker->stored_capacity, piece->count * row)) {
            return tgr_fail_memory(error, array->name.text);
        }
        to = to ? to : worker->stored;
        tgr_unshuffle_some(bytes, state->chunks.rows * array->columns, array->width,
                           inside * array->columns, piece->count * array->columns, to);
        from = to;
    }
    tgr_status status = TGR_OK;
    if (state->chain && part != TGR_NO_PART) {
        status =
            tgr_sum_chain_add(state->chain, array, part, piece->first, piece->count, from, error);
    }
    if (status == TGR_OK) {
        keep(piece, piece->first, piece->count, from);
    }
    return status;
}

static tgr_status read_chunk(const tgr_block_piece *piece, tgr_block_worker *worker,
                             tgr_error *error)
{
    const tgr_array *array = piece->request->array;
    tgr_block_state *state = array->state;
    tgr_ahead *ahead =
        state->decoded ? state->decoded->ahead : tgr_block_readers_ahead(array->file->readers);
    uint64_t start = piece->first / state->chunks.rows * state->chunks.rows;
    tgr_slot *slot = piece->slot;
    char *bytes = chunk_place(piece, worker);
    if (!bytes) {
        return tgr_fail_memory(error, "a chunk");
    }
    tgr_status status = TGR_OK;
    if (!slot || tgr_slot_take(ahead, slot)) {
        status = slot && state->decoded
                     ? tgr_block_chunk_inflate(array, start, worker, slot, error)
                     : tgr_block_chunk_decode(array, start, worker, bytes, error);
        if (slot) {
            tgr_slot_give(ahead, slot, status == TGR_OK);
        }
    }
    if (status == TGR_OK && state->view) {
        return keep_shared(piece, bytes, worker, error);
    }
    if (status == TGR_OK) {
        keep(piece, piece->first, piece->count, bytes + (piece->first - start) * row_bytes(array));
    }
    return status;
}

tgr_status tgr_block_piece_read(tgr_block_piece *piece, tgr_block_worker *worker, tgr_error *error)
{
    const tgr_block_request *request = piece->request;
    if (!tgr_as_is_known(request->array, request->as)) {
        return request->values ? fetch_by_hdf5(request->array, piece->first, piece->count,
                                               request->as, destination(piece, piece->first), error)
                               : TGR_OK;
    }
    return request->array->state->chunked ? read_chunk(piece, worker, error)
                                          : read_rows(piece, worker, error);
}
