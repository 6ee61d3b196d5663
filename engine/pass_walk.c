/* pass_walk.c - a walk's batches: one with the caller, the next one being read by a thread. */
#include "engine/pass_walk.h"

#include <pthread.h>
#include <signal.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/runtime.h"

/* Large enough to keep every thread busy, small enough to stay in a cache while it goes from hand
 * to hand: the second where threads are few, else the last. */
#define BATCH_ROWS     ((size_t)32 * 1024) /* a thread */
#define BATCH_MOST     ((size_t)256 * 1024)
#define BATCH_NONZEROS ((size_t)4 * 1024 * 1024)
#define BATCH_SHARE    8 /* of the memory that a run may use: two batches, and what is made of one */
#define AHEAD_SHARE    2 /* of a batch's share: chunks of one array, decoded ahead */

typedef struct slot { /* a batch, or why there is none */
    tgr_batch batch;
    bool *keep;
    size_t keep_capacity;
    bool full;
    bool end;
    size_t file;
    tgr_pass_position after;
    tgr_status status;
    tgr_error error;
} slot;

struct tgr_pass_walk {
    const tgr_pass *pass;
    slot slots[2];
    int next;                   /* the slot that the caller gets next */
    bool held;                  /* the caller has the other one */
    tgr_pass_position position; /* after what the caller got last */

    /* what the batches that are read ahead are read with */
    unsigned want;
    const tgr_run *run;

    bool running; /* the thread is there, and all below is in use */
    bool stop;
    pthread_t thread;
    pthread_mutex_t mutex; /* over stop and the slots' `full` */
    pthread_cond_t changed;
};

tgr_pass_walk *tgr_pass_walk_new(const tgr_pass *pass)
{
    tgr_pass_walk *walk = tgr_mem_zalloc(1, sizeof *walk);
    if (walk != NULL) {
        walk->pass = pass;
    }
    return walk;
}

/* ---- reading one batch ----------------------------------------------------------------- */

/* Marks the rows of the split; returns how many there are. */
static tgr_status mark_split(slot *at, int code, size_t *kept, tgr_error *error)
{
    const tgr_batch *batch = &at->batch;
    void *keep = at->keep;
    if (!tgr_mem_grow(&keep, &at->keep_capacity, batch->rows, sizeof *at->keep)) {
        return tgr_fail_memory(error, "a block of queries");
    }
    at->keep = keep;
    *kept = 0;
    for (size_t row = 0; row < batch->rows; row++) {
        at->keep[row] = batch->split != NULL && batch->split[row] == code;
        *kept += at->keep[row];
    }
    return TGR_OK;
}

static size_t at_most(uint64_t value, size_t most)
{
    return value < 1 ? 1 : value < most ? (size_t)value : most;
}

/* Reads the next rows of the file at hand. */
static tgr_status read_rows(const tgr_pass_walk *walk, tgr_query_file *file, slot *at,
                            tgr_error *error)
{
    unsigned want = walk->want | (walk->pass->split != NULL ? TGR_WANT_SPLIT : 0);
    uint64_t share = tgr_run_memory(walk->run) / BATCH_SHARE;
    int threads = tgr_run_threads(walk->run);
    file->threads = walk->pass->read_threads > 0 ? walk->pass->read_threads : threads;
    file->text_bytes = share;
    file->ahead_bytes = share / AHEAD_SHARE;
    size_t rows = at_most((uint64_t)threads * BATCH_ROWS, BATCH_MOST);
    rows = at_most(walk->pass->end - at->after.rows_done, rows);
    return tgr_query_read(
        file, at->after.row, at_most(share / tgr_query_row_bytes(file, want), rows),
        at_most(share / tgr_query_nonzero_bytes(file), BATCH_NONZEROS), want, &at->batch, error);
}

/* Reads the next batch that holds a query of the split; at->after is where to start, and then where
 * that ended. */
static tgr_status read_batch(const tgr_pass_walk *walk, slot *at, tgr_error *error)
{
    const tgr_pass *pass = walk->pass;
    tgr_pass_position *position = &at->after;
    at->end = false;
    while (position->file < pass->file_count && position->rows_done < pass->end) {
        tgr_query_file *file = pass->files[position->file];
        int code = tgr_pass_split_code(pass, position->file);
        if (position->row >= file->rows || (pass->split != NULL && code < 0)) {
            position->rows_done += file->rows - position->row;
            position->file++;
            position->row = 0;
            continue;
        }
        tgr_status status = tgr_run_check(walk->run, error);
        if (status == TGR_OK) {
            status = read_rows(walk, file, at, error);
        }
        size_t kept = at->batch.rows;
        if (status == TGR_OK) {
            position->row += at->batch.rows;
            position->rows_done += at->batch.rows;
            status = pass->split == NULL ? TGR_OK : mark_split(at, code, &kept, error);
        }
        if (status != TGR_OK) {
            return status;
        }
        if (kept > 0) {
            if (kept < at->batch.rows) {
                tgr_batch_select(&at->batch, tgr_strings_count(file->models), at->keep);
            }
            at->file = position->file;
            return TGR_OK;
        }
    }
    at->end = true;
    return TGR_OK;
}

/* ---- reading ahead --------------------------------------------------------------------- */

/* Fills slot after slot, until the end, a failure, or being told to stop. */
static void *read_ahead(void *data)
{
    tgr_pass_walk *walk = data;
    tgr_pass_position position = walk->position;
    bool more = true;
    for (int which = walk->next; more; which = 1 - which) {
        slot *at = &walk->slots[which];
        pthread_mutex_lock(&walk->mutex);
        while (at->full && !walk->stop) {
            pthread_cond_wait(&walk->changed, &walk->mutex);
        }
        more = !walk->stop;
        pthread_mutex_unlock(&walk->mutex);
        if (!more) {
            break;
        }
        at->after = position;
        at->status = read_batch(walk, at, &at->error);
        position = at->after;
        more = at->status == TGR_OK && !at->end;
        pthread_mutex_lock(&walk->mutex);
        at->full = true;
        pthread_cond_broadcast(&walk->changed);
        pthread_mutex_unlock(&walk->mutex);
    }
    return NULL;
}

/* Signals stay with the threads of the program. */
static bool start_thread(tgr_pass_walk *walk)
{
    sigset_t all, before;
    sigfillset(&all);
    if (pthread_sigmask(SIG_SETMASK, &all, &before) != 0) {
        return false;
    }
    bool started = pthread_create(&walk->thread, NULL, read_ahead, walk) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

/* Starts to read ahead from where the walk stands; harmless where that cannot be done. */
static void start(tgr_pass_walk *walk)
{
    if (!tgr_query_read_in_threads() || walk->pass->end - walk->position.rows_done <= BATCH_MOST) {
        return;
    }
    walk->stop = false;
    walk->slots[0].full = walk->slots[1].full = false;
    walk->next = 0;
    walk->held = false;
    if (pthread_mutex_init(&walk->mutex, NULL) != 0) {
        return;
    }
    if (pthread_cond_init(&walk->changed, NULL) != 0) {
        pthread_mutex_destroy(&walk->mutex);
        return;
    }
    walk->running = start_thread(walk);
    if (!walk->running) {
        pthread_cond_destroy(&walk->changed);
        pthread_mutex_destroy(&walk->mutex);
    }
}

static void stop(tgr_pass_walk *walk)
{
    if (!walk->running) {
        return;
    }
    pthread_mutex_lock(&walk->mutex);
    walk->stop = true;
    pthread_cond_broadcast(&walk->changed);
    pthread_mutex_unlock(&walk->mutex);
    pthread_join(walk->thread, NULL);
    pthread_cond_destroy(&walk->changed);
    pthread_mutex_destroy(&walk->mutex);
    walk->running = false;
}

/* Gives back the slot that the caller had, and waits for the next one. */
static slot *take(tgr_pass_walk *walk)
{
    slot *at = &walk->slots[walk->next];
    pthread_mutex_lock(&walk->mutex);
    if (walk->held) {
        walk->slots[1 - walk->next].full = false;
        pthread_cond_broadcast(&walk->changed);
    }
    while (!at->full) {
        pthread_cond_wait(&walk->changed, &walk->mutex);
    }
    pthread_mutex_unlock(&walk->mutex);
    walk->held = true;
    walk->next = 1 - walk->next;
    return at;
}

tgr_status tgr_pass_walk_next(tgr_pass_walk *walk, unsigned want, const tgr_run *run,
                              tgr_pass_step *step, tgr_error *error)
{
    if (walk->running && (walk->want != want || walk->run != run)) {
        stop(walk);
    }
    if (!walk->running) {
        walk->want = want;
        walk->run = run;
        start(walk);
    }
    slot *at = &walk->slots[0];
    if (walk->running) {
        at = take(walk);
    } else {
        at->after = walk->position;
        at->status = read_batch(walk, at, &at->error);
    }
    *step = (tgr_pass_step){.position = at->after};
    walk->position = at->after;
    tgr_status status = at->status;
    if (status != TGR_OK && error != NULL) {
        *error = at->error;
    }
    if (status != TGR_OK || at->end) {
        stop(walk);
        walk->position = tgr_pass_place(walk->pass, walk->pass->begin);
        return status;
    }
    step->batch = &at->batch;
    step->keep = walk->pass->split == NULL ? NULL : at->keep;
    step->file = at->file;
    return TGR_OK;
}

void tgr_pass_walk_begin_at(tgr_pass_walk *walk, const tgr_pass_position *position)
{
    stop(walk);
    walk->position = *position;
}

void tgr_pass_walk_free(tgr_pass_walk *walk)
{
    if (walk == NULL) {
        return;
    }
    stop(walk);
    for (int i = 0; i < 2; i++) {
        tgr_batch_free(&walk->slots[i].batch);
        tgr_mem_free(walk->slots[i].keep);
    }
    tgr_mem_free(walk);
}
