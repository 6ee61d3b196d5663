/* blocks.c - ranges cut into pieces, and the pieces shared out to threads. */
#include "engine/store/blocks.h"

#include <omp.h>
#include <stdatomic.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/store/blocks_piece.h"

#define PIECE_BYTES  (UINT64_C(1) << 20) /* of what may be cut anywhere */
#define ALONE_BYTES  (UINT64_C(1) << 17) /* so little is not worth waking other threads */
#define MOST_THREADS 1024
#define COPYING      8 /* threads that decode keep one more busy that copies */

struct tgr_block_readers {
    tgr_ahead *ahead;
    int threads, worker_count;
    uint64_t part; /* of views */
    bool held;
    tgr_block_worker *workers;
    tgr_block_piece *pieces;
    size_t count, capacity;
};

tgr_block_readers *tgr_block_readers_new(void)
{
    tgr_block_readers *readers = tgr_mem_zalloc(1, sizeof(*readers));
    if (!readers) {
        return NULL;
    }
    readers->threads = 1;
    readers->part = TGR_NO_PART;
    readers->ahead = tgr_ahead_new();
    if (!readers->ahead) {
        tgr_mem_free(readers);
        return NULL;
    }
    return readers;
}

void tgr_block_readers_free(tgr_block_readers *readers)
{
    if (!readers) {
        return;
    }
    tgr_ahead_free(readers->ahead);
    for (int i = 0; i < readers->worker_count; i++) {
        tgr_block_worker_free(&readers->workers[i]);
    }
    tgr_mem_free(readers->workers);
    tgr_mem_free(readers->pieces);
    tgr_mem_free(readers);
}

void tgr_block_readers_set(tgr_block_readers *readers, int threads, uint64_t ahead_bytes)
{
    readers->threads = threads < 1 ? 1 : threads > MOST_THREADS ? MOST_THREADS : threads;
    tgr_ahead_set(readers->ahead, readers->threads, ahead_bytes);
}

void tgr_block_readers_take(tgr_block_readers *readers, uint64_t part)
{
    readers->part = part;
    readers->held = false;
}

void tgr_block_readers_hold(tgr_block_readers *readers)
{
    readers->held = true;
}

uint64_t tgr_block_readers_part(const tgr_block_readers *readers)
{
    return readers->part;
}

tgr_ahead *tgr_block_readers_ahead(const tgr_block_readers *readers)
{
    return readers->ahead;
}

int tgr_block_readers_threads(const tgr_block_readers *readers)
{
    return tgr_ahead_is_on(readers->ahead) ? 1 + readers->threads / COPYING : readers->threads;
}

/* ---- cutting --------------------------------------------------------------------------- */

static bool is_verified(const tgr_block_state *state, uint64_t row)
{
    return state->sums.count == 0 || state->verified[row / state->sums.block_rows];
}

/* The row at which the piece that starts at `first` must end, at the latest. */
static uint64_t piece_end(const tgr_array *array, uint64_t first)
{
    const tgr_block_state *state = array->state;
    uint64_t unit = 0, row_bytes = array->columns * array->width;
    if (state->chunked) {
        unit = state->chunks.rows;
    } else if (!is_verified(state, first)) {
        unit = state->sums.block_rows;
    } else if (array->direct) {
        unit = PIECE_BYTES / row_bytes ? PIECE_BYTES / row_bytes : 1;
    }
    uint64_t inside = unit ? first % unit : 0;
    if (unit == 0 || array->rows - first <= unit - inside) {
        return array->rows;
    }
    return first - inside + unit;
}

static tgr_status add_piece(tgr_block_readers *readers, const tgr_block_piece *piece,
                            tgr_error *error)
{
    void *pieces = readers->pieces;
    bool grown = tgr_mem_grow(&pieces, &readers->capacity, readers->count + 1, sizeof(*piece));
    readers->pieces = pieces;
    if (!grown) {
        return tgr_fail_memory(error, "the pieces of a block");
    }
    readers->pieces[readers->count++] = *piece;
    return TGR_OK;
}

/* The slot that has the piece's chunk, or gets it: a chunk that the range ends in is kept, decoded,
 * for the range that follows. */
static tgr_status choose_slot(tgr_block_readers *readers, tgr_block_piece *piece, tgr_error *error)
{
    const tgr_block_request *request = piece->request;
    uint64_t rows = request->array->state->chunks.rows, end = piece->first + piece->count;
    uint64_t start = piece->first / rows * rows;
    bool ends_inside = end - start < rows && end < request->array->rows;
    if (request->array->state->decoded) {
        piece->slot = tgr_decoded_slot(request->array->state->decoded, start);
        return TGR_OK;
    }
    piece->slot = tgr_slot_for(readers->ahead, request->array, start, ends_inside,
                               request->first / rows * rows, request->first + request->count);
    return !piece->slot && ends_inside ? tgr_fail_memory(error, "a chunk") : TGR_OK;
}

static tgr_status cut(tgr_block_readers *readers, const tgr_block_request *request,
                      tgr_error *error)
{
    const tgr_array *array = request->array;
    uint64_t end = request->first + request->count;
    for (uint64_t first = request->first; first < end;) {
        uint64_t next = piece_end(array, first);
        next = next < end ? next : end;
        tgr_block_piece piece = {.request = request, .first = first, .count = next - first};
        tgr_status status = TGR_OK;
        if (array->state->chunked) {
            status = choose_slot(readers, &piece, error);
        }
        bool nothing = !request->values && is_verified(array->state, first);
        if (status == TGR_OK && !nothing) {
            status = add_piece(readers, &piece, error);
        }
        if (status != TGR_OK) {
            return status;
        }
        first = next;
    }
    return TGR_OK;
}

/* ---- sharing out ----------------------------------------------------------------------- */

static tgr_status add_workers(tgr_block_readers *readers, int count, tgr_error *error)
{
    if (count <= readers->worker_count) {
        return TGR_OK;
    }
    void *grown = tgr_mem_resize(readers->workers, (size_t)count, sizeof(*readers->workers));
    if (!grown) {
        return tgr_fail_memory(error, "those who read");
    }
    readers->workers = grown;
    while (readers->worker_count < count) {
        readers->workers[readers->worker_count++] = (tgr_block_worker){0};
    }
    return TGR_OK;
}

typedef struct outcome { /* the failure of the lowest piece */
    size_t piece;
    tgr_status status;
} outcome;

/* Takes piece after piece. Those before a piece that failed are still taken, so that the first
 * failure is always the one that is told. */
static void work(tgr_block_readers *readers, tgr_block_worker *worker, atomic_size_t *next,
                 atomic_size_t *failed, bool outside)
{
    for (;;) {
        size_t at = atomic_fetch_add_explicit(next, 1, memory_order_relaxed);
        if (at >= readers->count || at > atomic_load_explicit(failed, memory_order_relaxed)) {
            return;
        }
        tgr_block_piece *piece = &readers->pieces[at];
        if (tgr_block_piece_outside(piece) != outside) {
            continue;
        }
        tgr_error error;
        piece->status = tgr_block_piece_read(piece, worker, &error);
        if (piece->status == TGR_OK) {
            continue;
        }
        size_t lowest = atomic_load_explicit(failed, memory_order_relaxed);
        if (at < worker->failed) {
            worker->failed = at;
            worker->error = error;
        }
        while (at < lowest && !atomic_compare_exchange_weak(failed, &lowest, at)) {
        }
    }
}

/* Whole pieces are read by all threads; what HDF5 reads itself, by this one. */
static tgr_status work_all(tgr_block_readers *readers, int threads, tgr_error *error)
{
    atomic_size_t failed = SIZE_MAX;
    for (int outside = 0; outside < 2; outside++) {
        atomic_size_t next = 0;
        if (!outside || threads == 1) {
            work(readers, &readers->workers[0], &next, &failed, outside);
        } else {
#pragma omp parallel num_threads(threads)
            work(readers, &readers->workers[omp_get_thread_num()], &next, &failed, true);
        }
    }
    size_t first = atomic_load(&failed);
    if (first == SIZE_MAX) {
        return TGR_OK;
    }
    for (int i = 0; i < readers->worker_count; i++) {
        if (readers->workers[i].failed == first && error) {
            *error = readers->workers[i].error;
        }
    }
    return readers->pieces[first].status;
}

static int choose_threads(const tgr_block_readers *readers)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < readers->count; i++) {
        const tgr_array *array = readers->pieces[i].request->array;
        bytes += readers->pieces[i].count * array->columns * array->width;
    }
    if (bytes < ALONE_BYTES) {
        return 1;
    }
    int most = tgr_block_readers_threads(readers);
    return readers->count < (size_t)most ? (int)readers->count : most;
}

/* The next part's turn at the arrays of these requests. */
static void pass(const tgr_block_request *requests, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const tgr_array *array = requests[i].array;
        const tgr_block_readers *readers = array->file->readers;
        if (array->state->chain && readers->part != TGR_NO_PART && !readers->held) {
            tgr_sum_chain_pass(array->state->chain, readers->part);
        }
    }
}

/* What there is to read is cut, and shared out. */
static tgr_status read_all(const tgr_block_request *requests, size_t count, tgr_error *error)
{
    tgr_status status = TGR_OK;
    tgr_block_readers *readers = count > 0 ? requests[0].array->file->readers : NULL;
    for (size_t i = 0; i < count; i++) {
        readers->count = i == 0 ? 0 : readers->count;
        if (requests[i].array->columns > 0) {
            TGR_TRY(cut(readers, &requests[i], error));
        }
    }
    if (count == 0 || readers->count == 0) {
        return TGR_OK;
    }
    int threads = choose_threads(readers);
    TGR_TRY(add_workers(readers, threads, error));
    for (int i = 0; i < readers->worker_count; i++) {
        readers->workers[i].failed = SIZE_MAX;
    }
    for (size_t i = 0; i < readers->count; i++) {
        TGR_TRY(tgr_block_piece_prepare(&readers->pieces[i], error));
    }
    status = work_all(readers, threads, error);
    for (size_t i = 0; i < readers->count; i++) {
        tgr_block_piece_finish(&readers->pieces[i], status);
    }
    for (size_t i = 0; i < count && status == TGR_OK; i++) {
        const tgr_block_request *request = &requests[i];
        if (request->array->state->chunked && !request->array->state->view) {
            tgr_ahead_follow(readers->ahead, request->array, request->first,
                             request->first + request->count);
        }
    }
done:
    return status;
}

tgr_status tgr_blocks_read(const tgr_block_request *requests, size_t count, tgr_error *error)
{
    tgr_status status = read_all(requests, count, error);
    if (status == TGR_OK) {
        pass(requests, count);
    }
    return status;
}

tgr_status tgr_blocks_settle(const tgr_array *array, tgr_error *error)
{
    const tgr_block_state *state = array->dataset ? array->state : NULL;
    if (!state || state->open >= state->sums.count) {
        return TGR_OK;
    }
    uint64_t start = state->open * state->sums.block_rows + state->summed;
    uint64_t left = array->rows - start, rest = state->sums.block_rows - state->summed;
    tgr_block_request request = {
        .array = array, .first = start, .count = left < rest ? left : rest};
    return tgr_blocks_read(&request, 1, error);
}
