/* ahead.c - chunks decoded before they are asked for, by threads of their own. */
#include "engine/store/ahead.h"

#include <omp.h>
#include <pthread.h>
#include <signal.h>

#include "engine/base/memory.h"
#include "engine/store/blocks_piece.h"

#define MOST_THREADS 64
#define QUEUE        1024 /* jobs; more are not taken on */

typedef struct job {
    const tgr_array *array;
    tgr_slot *slot;
    uint64_t first; /* the slot may have another chunk by now */
} job;

struct tgr_ahead {
    pthread_mutex_t mutex; /* over all below, and the slots' states of all arrays */
    pthread_cond_t asked;  /* there is a job, or the end */
    pthread_cond_t done;   /* a slot is no longer busy */
    job queue[QUEUE];
    size_t head, count;
    bool stop;
    bool on;                   /* there are helpers */
    pthread_t captain;         /* of their team */
    tgr_block_worker *workers; /* a helper */
    int threads;               /* that may decode ahead */
    uint64_t bytes;            /* of an array */
};

tgr_ahead *tgr_ahead_new(void)
{
    tgr_ahead *ahead = tgr_mem_zalloc(1, sizeof *ahead);
    if (!ahead) {
        return NULL;
    }
    if (pthread_mutex_init(&ahead->mutex, NULL) != 0) {
        goto no_mutex;
    }
    if (pthread_cond_init(&ahead->asked, NULL) != 0) {
        goto no_asked;
    }
    if (pthread_cond_init(&ahead->done, NULL) != 0) {
        goto no_done;
    }
    return ahead;
no_done:
    pthread_cond_destroy(&ahead->asked);
no_asked:
    pthread_mutex_destroy(&ahead->mutex);
no_mutex:
    tgr_mem_free(ahead);
    return NULL;
}

void tgr_ahead_free(tgr_ahead *ahead)
{
    if (!ahead) {
        return;
    }
    pthread_mutex_lock(&ahead->mutex);
    ahead->stop = true;
    pthread_cond_broadcast(&ahead->asked);
    pthread_mutex_unlock(&ahead->mutex);
    if (ahead->on) {
        pthread_join(ahead->captain, NULL);
    }
    for (int i = 0; ahead->workers && i < MOST_THREADS; i++) {
        tgr_block_worker_free(&ahead->workers[i]);
    }
    pthread_cond_destroy(&ahead->done);
    pthread_cond_destroy(&ahead->asked);
    pthread_mutex_destroy(&ahead->mutex);
    tgr_mem_free(ahead->workers);
    tgr_mem_free(ahead);
}

void tgr_ahead_set(tgr_ahead *ahead, int threads, uint64_t bytes)
{
    if (!ahead->on) {
        ahead->threads = threads > MOST_THREADS ? MOST_THREADS : threads;
    }
    ahead->bytes = bytes;
}

/* ---- slots ----------------------------------------------------------------------------- */

static tgr_slot *find(tgr_block_state *state, uint64_t start)
{
    for (int i = 0; i < TGR_SLOTS; i++) {
        tgr_slot *slot = &state->slots[i];
        if (slot->state != TGR_SLOT_FREE && slot->first == start) {
            return slot;
        }
    }
    return NULL;
}

/* How little a slot is needed; 0: it is. Memory that is there already is taken first. */
static int free_rank(const tgr_slot *slot, uint64_t keep_from, uint64_t keep_to)
{
    if (slot->state == TGR_SLOT_FREE) {
        return slot->bytes ? 3 : 2;
    }
    bool kept = slot->first >= keep_from && slot->first < keep_to;
    return !kept && slot->state != TGR_SLOT_BUSY;
}

/* A slot that nobody needs: free, or with a chunk outside [keep_from, keep_to). */
static tgr_slot *make_free(tgr_block_state *state, uint64_t keep_from, uint64_t keep_to)
{
    tgr_slot *found = NULL;
    int best = 0;
    for (int i = 0; i < TGR_SLOTS; i++) {
        int rank = free_rank(&state->slots[i], keep_from, keep_to);
        if (rank > best) {
            found = &state->slots[i];
            best = rank;
        }
    }
    if (found && !found->bytes && !(found->bytes = tgr_mem_alloc(state->chunks.bytes, 1))) {
        found = NULL;
    }
    return found;
}

tgr_slot *tgr_slot_for(tgr_ahead *ahead, const tgr_array *array, uint64_t start, bool make,
                       uint64_t keep_from, uint64_t keep_to)
{
    tgr_block_state *state = array->state;
    pthread_mutex_lock(&ahead->mutex);
    tgr_slot *slot = find(state, start);
    if (!slot && make) {
        slot = make_free(state, keep_from, keep_to);
        if (slot) {
            slot->first = start;
            slot->state = TGR_SLOT_WAITING;
        }
    }
    pthread_mutex_unlock(&ahead->mutex);
    return slot;
}

bool tgr_slot_take(tgr_ahead *ahead, tgr_slot *slot)
{
    pthread_mutex_lock(&ahead->mutex);
    while (slot->state == TGR_SLOT_BUSY) {
        pthread_cond_wait(&ahead->done, &ahead->mutex);
    }
    bool mine = slot->state != TGR_SLOT_READY;
    if (mine) {
        slot->state = TGR_SLOT_BUSY;
    }
    pthread_mutex_unlock(&ahead->mutex);
    return mine;
}

void tgr_slot_give(tgr_ahead *ahead, tgr_slot *slot, bool decoded)
{
    pthread_mutex_lock(&ahead->mutex);
    slot->state = decoded ? TGR_SLOT_READY : TGR_SLOT_WAITING;
    pthread_cond_broadcast(&ahead->done);
    pthread_mutex_unlock(&ahead->mutex);
}

/* ---- helpers --------------------------------------------------------------------------- */

/* The next job whose slot still waits for its chunk; its slot is busy then. */
static bool next_job(tgr_ahead *ahead, job *next)
{
    while (ahead->count > 0) {
        *next = ahead->queue[ahead->head];
        ahead->head = (ahead->head + 1) % QUEUE;
        ahead->count--;
        if (next->slot && next->slot->state == TGR_SLOT_WAITING &&
            next->slot->first == next->first) {
            next->slot->state = TGR_SLOT_BUSY;
            return true;
        }
    }
    return false;
}

static void help(tgr_ahead *ahead, tgr_block_worker *worker)
{
    pthread_mutex_lock(&ahead->mutex);
    while (!ahead->stop) {
        job next;
        if (!next_job(ahead, &next)) {
            pthread_cond_wait(&ahead->asked, &ahead->mutex);
            continue;
        }
        pthread_mutex_unlock(&ahead->mutex);
        /* Whoever comes to a chunk that failed tries again, and tells why. */
        bool decoded = tgr_block_chunk_decode(next.array, next.first, worker, next.slot->bytes,
                                              NULL) == TGR_OK;
        tgr_slot_give(ahead, next.slot, decoded);
        pthread_mutex_lock(&ahead->mutex);
    }
    pthread_mutex_unlock(&ahead->mutex);
}

/* As one team of OpenMP's: its run-time then knows that there are more threads than processors, so
 * that those without work do not spin on a processor that others need. */
static void *lead(void *data)
{
    tgr_ahead *ahead = data;
#pragma omp parallel num_threads(ahead->threads)
    help(ahead, &ahead->workers[omp_get_thread_num()]);
    return NULL;
}

/* Signals stay with the threads of the program. Harmless where threads cannot be had. */
static void start(tgr_ahead *ahead)
{
    sigset_t all, before;
    sigfillset(&all);
    ahead->workers = tgr_mem_zalloc(MOST_THREADS, sizeof *ahead->workers);
    if (ahead->workers && pthread_sigmask(SIG_SETMASK, &all, &before) == 0) {
        ahead->on = pthread_create(&ahead->captain, NULL, lead, ahead) == 0;
        pthread_sigmask(SIG_SETMASK, &before, NULL);
    }
}

static uint64_t chunks_ahead(const tgr_ahead *ahead, const tgr_block_state *state)
{
    uint64_t chunks = ahead->bytes / state->chunks.bytes;
    return chunks < TGR_AHEAD_MOST ? chunks : TGR_AHEAD_MOST;
}

/* Gives chunks from the one that holds `end` on a slot each, and has them decoded. */
static void ask(tgr_ahead *ahead, const tgr_array *array, uint64_t end)
{
    tgr_block_state *state = array->state;
    uint64_t rows = state->chunks.rows, start = end / rows * rows;
    uint64_t keep_to = start + (chunks_ahead(ahead, state) + 1) * rows;
    for (uint64_t first = start; first < keep_to && first < array->rows && ahead->count < QUEUE;
         first += rows) {
        if (find(state, first)) {
            continue;
        }
        tgr_slot *slot = make_free(state, start, keep_to);
        if (!slot) {
            break;
        }
        slot->first = first;
        slot->state = TGR_SLOT_WAITING;
        ahead->queue[(ahead->head + ahead->count++) % QUEUE] = (job){array, slot, first};
    }
    pthread_cond_broadcast(&ahead->asked);
}

void tgr_ahead_follow(tgr_ahead *ahead, const tgr_array *array, uint64_t first, uint64_t end)
{
    tgr_block_state *state = array->state;
    /* Ranges of indptr share a row. */
    bool onwards = first > 0 && (first == state->followed || first + 1 == state->followed);
    bool wanted = onwards && ahead->threads > 1 && end < array->rows && tgr_h5_is_threadsafe() &&
                  chunks_ahead(ahead, state) > 0;
    if (wanted && !ahead->on && !ahead->workers) {
        start(ahead);
    }
    pthread_mutex_lock(&ahead->mutex);
    for (int i = 0; i < TGR_SLOTS; i++) {
        tgr_slot *slot = &state->slots[i];
        bool over = slot->state != TGR_SLOT_FREE && slot->state != TGR_SLOT_BUSY &&
                    (slot->first + state->chunks.rows <= end || end >= array->rows);
        slot->state = over ? TGR_SLOT_FREE : slot->state;
    }
    if (wanted && ahead->on) {
        ask(ahead, array, end);
    }
    state->followed = end;
    pthread_mutex_unlock(&ahead->mutex);
}

bool tgr_ahead_is_on(const tgr_ahead *ahead)
{
    return ahead->on;
}

static bool is_busy(const tgr_block_state *state)
{
    for (int i = 0; i < TGR_SLOTS; i++) {
        if (state->slots[i].state == TGR_SLOT_BUSY) {
            return true;
        }
    }
    return false;
}

void tgr_ahead_forget(tgr_ahead *ahead, const tgr_array *array)
{
    pthread_mutex_lock(&ahead->mutex);
    for (size_t i = 0; i < ahead->count; i++) {
        job *waiting = &ahead->queue[(ahead->head + i) % QUEUE];
        if (waiting->array == array) {
            waiting->slot = NULL;
        }
    }
    while (is_busy(array->state)) {
        pthread_cond_wait(&ahead->done, &ahead->mutex);
    }
    pthread_mutex_unlock(&ahead->mutex);
}
