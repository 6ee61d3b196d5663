/* query_lanes.c - a query file read by several threads at once, each with a part of its rows. */
#include "engine/store/query_lanes.h"

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/store/blocks_piece.h"
#include "engine/store/query_source.h"

#define ARRAYS     9               /* of a file, at most */
#define STRETCHES  2               /* in a window: at hand and the next; of indptr one more */
#define LEAST_ROWS UINT64_C(16384) /* of a stretch that is worth it */
#define ID_MOST    64 /* bytes of an id: what a part has of them is read in one go (texts.c) */
#define ROOM_SLACK 3  /* chunks that begin or end outside, or hold longer rows */

typedef struct array_share { /* what the views of an array have in common */
    tgr_array *array;        /* the file's own */
    tgr_sum_chain *chain;
    tgr_decoded decoded; /* array NULL: not in chunks */
} array_share;

typedef struct lane {
    tgr_query_file file; /* as the file, but for its source */
    struct tgr_query_source source;
    tgr_array *arrays[ARRAYS];
    tgr_block_worker worker; /* of jobs */
    uint64_t part;
} lane;

typedef struct job {
    const tgr_decoded *decoded;
    uint64_t chunk;
} job;

struct tgr_query_lanes {
    tgr_query_file *file;
    unsigned want;
    uint64_t rows; /* of a stretch */
    array_share shares[ARRAYS];
    size_t share_count;
    char *windows; /* all chunks that are decoded */
    lane *lanes;
    int count;
    uint64_t first_part; /* of the stretch at hand, counted over all */
    uint64_t parts;      /* of it, that were taken */
    job *jobs;
    size_t job_count, job_capacity;
};

/* ---- what is read ---------------------------------------------------------------------- */

typedef struct listed {
    tgr_array *arrays[ARRAYS];
    size_t count;
    bool all; /* nothing else is wanted */
} listed;

static void add_array(listed *list, tgr_array *array)
{
    list->arrays[list->count++] = array;
}

static void add_codes(listed *list, tgr_code_column *column)
{
    if (column->present && !column->loaded) {
        add_array(list, &column->codes);
    }
}

static void add_numbers(listed *list, tgr_number_column *column)
{
    if (column->present) {
        add_array(list, &column->values);
        list->all = list->all && !column->mask.dataset;
    }
}

/* The arrays of X come first: indptr, indices, data. */
static listed list_arrays(struct tgr_query_source *source, unsigned want)
{
    const unsigned known =
        TGR_WANT_ELIGIBILITY | TGR_WANT_PROMPT_TOKENS | TGR_WANT_CACHED_TOKENS | TGR_WANT_IDS;
    listed list = {.arrays = {&source->x.indptr, &source->x.indices, &source->x.data},
                   .count = 3,
                   .all = (want & ~known) == 0 && source->x.layout == TGR_X_CSR};
    if (want & TGR_WANT_IDS && source->ids.dataset) {
        add_array(&list, &source->ids);
    }
    if (want & TGR_WANT_ELIGIBILITY) {
        add_codes(&list, &source->allow);
        add_codes(&list, &source->deny);
        add_codes(&list, &source->needs);
    }
    if (want & TGR_WANT_PROMPT_TOKENS) {
        add_numbers(&list, &source->prompt_tokens);
    }
    if (want & TGR_WANT_CACHED_TOKENS) {
        add_numbers(&list, &source->cached_tokens);
    }
    return list;
}

static bool is_by_entry(size_t number)
{
    return number == 1 || number == 2;
}

/* Whether what a part has of the array is one request. */
static bool is_read_at_once(const tgr_array *array)
{
    return array->kind == TGR_ARRAY_FIXED ? array->width <= ID_MOST
                                          : tgr_as_is_known(array, TGR_AS_F64);
}

/* Chunks that a window of stretches of `rows` rows has of an array. */
static uint64_t window_chunks(const tgr_query_file *file, const tgr_array *array, size_t number,
                              uint64_t rows)
{
    double each = !is_by_entry(number) ? 1
                  : file->rows > 0     ? (double)file->nonzeros / (double)file->rows
                                       : 0;
    double stretches = number == 0 ? STRETCHES + 1 : STRETCHES;
    double chunks = (double)rows * each * stretches / (double)array->state->chunks.rows;
    return chunks < 1e9 ? (uint64_t)chunks + ROOM_SLACK : UINT32_MAX;
}

/* Bytes of all windows. */
static double window_bytes(const tgr_query_file *file, const listed *list, uint64_t rows)
{
    double bytes = 0;
    for (size_t i = 0; i < list->count; i++) {
        const tgr_block_state *state = list->arrays[i]->state;
        if (state->chunked) {
            bytes += (double)window_chunks(file, list->arrays[i], i, rows) *
                     (double)tgr_decoded_chunk_bytes(list->arrays[i]);
        }
    }
    return bytes;
}

uint64_t tgr_query_lanes_rows(const tgr_query_file *file, unsigned want, uint64_t rows,
                              uint64_t memory)
{
    const listed list = list_arrays(file->source, want);
    bool suits = list.all && tgr_query_read_in_threads();
    for (size_t i = 0; suits && i < list.count; i++) {
        const tgr_array *array = list.arrays[i];
        suits = (array->direct || array->state->chunked) && is_read_at_once(array);
    }
    while (suits && rows >= LEAST_ROWS && window_bytes(file, &list, rows) > (double)memory) {
        rows /= 2;
    }
    return suits && window_bytes(file, &list, rows) <= (double)memory ? rows : 0;
}

/* ---- opening --------------------------------------------------------------------------- */

/* bytes: where windows are, from this array's on; it moves on. */
static tgr_status open_share(tgr_query_lanes *lanes, size_t number, tgr_array *array, char **bytes,
                             tgr_error *error)
{
    const tgr_block_state *state = array->state;
    array_share *share = &lanes->shares[number];
    share->array = array;
    if (state->chunked) {
        uint64_t room = window_chunks(lanes->file, array, number, lanes->rows);
        tgr_ahead *ahead = tgr_block_readers_ahead(lanes->file->source->file.readers);
        tgr_status status =
            tgr_decoded_open(&share->decoded, array, ahead, (size_t)room, *bytes, error);
        *bytes += room * tgr_decoded_chunk_bytes(array);
        if (status != TGR_OK) {
            return status;
        }
    }
    share->chain = state->sums.count > 0 ? tgr_sum_chain_new() : NULL;
    return state->sums.count == 0 || share->chain ? TGR_OK
                                                  : tgr_fail_memory(error, array->name.text);
}

/* A view: the file's source, with states and readers of its own for what is read. */
static tgr_status open_lane(const tgr_query_lanes *lanes, lane *one, tgr_error *error)
{
    one->file = *lanes->file;
    one->source = *lanes->file->source;
    one->file.source = &one->source;
    one->file.threads = 1;
    one->file.ahead_bytes = 0;
    one->source.x.file = &one->source.file;
    one->source.file.readers = tgr_block_readers_new();
    bool made = one->source.file.readers != NULL;
    const listed list = list_arrays(&one->source, lanes->want);
    for (size_t i = 0; made && i < list.count; i++) {
        const array_share *share = &lanes->shares[i];
        const tgr_decoded *decoded = share->decoded.array ? &share->decoded : NULL;
        tgr_block_state *state = tgr_block_state_view(share->array->state, share->chain, decoded);
        list.arrays[i]->file = &one->source.file;
        list.arrays[i]->state = state;
        one->arrays[i] = list.arrays[i];
        made = state != NULL;
    }
    return made ? TGR_OK : tgr_fail_memory(error, "the threads that read");
}

tgr_status tgr_query_lanes_open(tgr_query_file *file, unsigned want, int count, uint64_t rows,
                                tgr_query_lanes **lanes, tgr_error *error)
{
    *lanes = NULL;
    tgr_query_lanes *made = tgr_mem_zalloc(1, sizeof *made);
    tgr_status status = TGR_OK;
    if (!made) {
        return tgr_fail_memory(error, "the threads that read");
    }
    made->file = file;
    made->want = want;
    made->rows = rows;
    const listed list = list_arrays(file->source, want);
    made->lanes = tgr_mem_zalloc((size_t)count, sizeof *made->lanes);
    /* In one, so that it has large pages. */
    made->windows = tgr_mem_aligned((size_t)window_bytes(file, &list, rows) + 1, 1);
    char *bytes = made->windows;
    if (!made->lanes || !made->windows) {
        status = tgr_fail_memory(error, "the threads that read");
        goto done;
    }
    for (made->share_count = 0; made->share_count < list.count; made->share_count++) {
        TGR_TRY(open_share(made, made->share_count, list.arrays[made->share_count], &bytes, error));
    }
    for (; made->count < count; made->count++) {
        TGR_TRY(open_lane(made, &made->lanes[made->count], error));
    }
done:
    if (status != TGR_OK) {
        made->share_count += made->share_count < list.count; /* the one that failed */
        made->count += made->lanes != NULL && made->count < count;
        tgr_query_lanes_close(made);
        return status;
    }
    *lanes = made;
    return TGR_OK;
}

static void close_lane(lane *one)
{
    for (size_t i = 0; i < ARRAYS && one->arrays[i]; i++) {
        tgr_block_state_free(one->arrays[i]->state);
    }
    tgr_block_readers_free(one->source.file.readers);
    tgr_block_worker_free(&one->worker);
}

void tgr_query_lanes_close(tgr_query_lanes *lanes)
{
    if (!lanes) {
        return;
    }
    for (int i = 0; i < lanes->count; i++) {
        close_lane(&lanes->lanes[i]);
    }
    for (size_t i = 0; i < lanes->share_count; i++) {
        tgr_sum_chain_free(lanes->shares[i].chain);
        tgr_decoded_close(&lanes->shares[i].decoded);
    }
    tgr_mem_free_aligned(lanes->windows);
    tgr_mem_free(lanes->lanes);
    tgr_mem_free(lanes->jobs);
    tgr_mem_free(lanes);
}

/* ---- stretches ------------------------------------------------------------------------- */

static tgr_status add_jobs(tgr_query_lanes *lanes, const tgr_decoded *decoded, tgr_error *error)
{
    for (uint64_t chunk = decoded->from; chunk < decoded->to; chunk++) {
        void *jobs = lanes->jobs;
        if (!tgr_decoded_lacks(decoded, chunk)) {
            continue;
        }
        if (!tgr_mem_grow(&jobs, &lanes->job_capacity, lanes->job_count + 1, sizeof *lanes->jobs)) {
            return tgr_fail_memory(error, "the chunks to be decoded");
        }
        lanes->jobs = jobs;
        lanes->jobs[lanes->job_count++] = (job){decoded, chunk};
    }
    return TGR_OK;
}

/* The entries of rows [first, end); through a view, which leaves what is decoded in its place. None
 * where they cannot be read: they may lie behind all that is wanted, and whoever reads them tells.
 */
static void find_entries(const tgr_query_lanes *lanes, uint64_t first, uint64_t end,
                         uint64_t entries[2])
{
    tgr_query_file *view = &lanes->lanes[0].file;
    tgr_block_readers_take(view->source->file.readers, TGR_NO_PART);
    if (tgr_query_values_before(view, first, &entries[0], NULL) != TGR_OK ||
        tgr_query_values_before(view, end, &entries[1], NULL) != TGR_OK) {
        entries[0] = entries[1] = 0;
    }
}

static uint64_t up_to(uint64_t row, uint64_t rows, uint64_t end)
{
    return end - row < rows ? end : row + rows;
}

/* Moves the windows over the stretch of rows [first, end) and the next; that of indptr, which says
 * where the entries of rows are, is one stretch ahead. */
static tgr_status move_windows(tgr_query_lanes *lanes, uint64_t first, uint64_t end,
                               tgr_error *error)
{
    const uint64_t rows = lanes->file->rows;
    const uint64_t next = up_to(end, lanes->rows, rows), then = up_to(next, lanes->rows, rows);
    uint64_t entries[2] = {0, 0};
    array_share *indptr = &lanes->shares[0];
    tgr_status status = TGR_OK;
    if (indptr->decoded.array) {
        tgr_decoded_move(&indptr->decoded, first, then + 1);
        TGR_TRY(add_jobs(lanes, &indptr->decoded, error));
    }
    if (lanes->shares[1].decoded.array || lanes->shares[2].decoded.array) {
        find_entries(lanes, first, next, entries);
    }
    for (size_t i = 1; i < lanes->share_count; i++) {
        array_share *share = &lanes->shares[i];
        if (share->decoded.array) {
            tgr_decoded_move(&share->decoded, is_by_entry(i) ? entries[0] : first,
                             is_by_entry(i) ? entries[1] : next);
            TGR_TRY(add_jobs(lanes, &share->decoded, error));
        }
    }
done:
    return status;
}

tgr_status tgr_query_lanes_begin(tgr_query_lanes *lanes, uint64_t first, uint64_t rows,
                                 size_t *jobs, tgr_error *error)
{
    lanes->first_part += lanes->parts;
    lanes->parts = 0;
    lanes->job_count = 0;
    tgr_status status = move_windows(lanes, first, first + rows, error);
    *jobs = lanes->job_count;
    return status;
}

void tgr_query_lanes_decode(tgr_query_lanes *lanes, int number, size_t at)
{
    const job *todo = &lanes->jobs[at];
    tgr_h5_quiet quiet;
    tgr_h5_quiet_begin(&quiet);
    tgr_decoded_fill(todo->decoded, todo->chunk, &lanes->lanes[number].worker);
    tgr_h5_quiet_end(&quiet);
}

/* ---- parts ----------------------------------------------------------------------------- */

void tgr_query_lanes_take(tgr_query_lanes *lanes, int number, uint64_t part)
{
    lane *one = &lanes->lanes[number];
    one->part = lanes->first_part + part;
#pragma omp atomic
    lanes->parts++;
    tgr_block_readers_take(one->source.file.readers, one->part);
}

tgr_status tgr_query_lanes_read(tgr_query_lanes *lanes, int number, uint64_t first, size_t max_rows,
                                size_t max_nonzeros, tgr_batch *batch, tgr_error *error)
{
    return tgr_query_read(&lanes->lanes[number].file, first, max_rows, max_nonzeros, lanes->want,
                          batch, error);
}

void tgr_query_lanes_leave(tgr_query_lanes *lanes, int number, bool whole)
{
    const lane *one = &lanes->lanes[number];
    for (size_t i = 0; i < lanes->share_count; i++) {
        tgr_sum_chain *chain = lanes->shares[i].chain;
        if (chain && whole) {
            tgr_sum_chain_pass(chain, one->part);
        } else if (chain) {
            tgr_sum_chain_break(chain, one->part);
        }
    }
    tgr_block_readers_take(one->source.file.readers, TGR_NO_PART);
}

tgr_status tgr_query_lanes_settle(tgr_query_lanes *lanes, tgr_status status, tgr_error *error)
{
    tgr_error found;
    for (size_t i = 0; status == TGR_ERR_INPUT && i < lanes->share_count; i++) {
        const array_share *share = &lanes->shares[i];
        if (share->chain &&
            tgr_sum_chain_settle(share->chain, share->array, &found) == TGR_ERR_INPUT) {
            if (error) {
                *error = found;
            }
            break;
        }
    }
    return status;
}
