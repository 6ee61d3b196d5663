/* team.c - a ring of pieces under one lock. */
#include "engine/ingest/team.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/log/cutter.h"

#define AHEAD       2 /* pieces a thread */
#define AHEAD_LEAST 3 /* and some more, so that few threads do not wait for each other */
#define PATIENCE_NS 100000000

typedef enum slot_state { EMPTY, CUT, PARSING, PARSED } slot_state;

typedef struct slot {
    slot_state state;
    tgr_delivery delivery;
} slot;

struct tgr_team {
    tgr_team_plan plan;
    pthread_mutex_t lock;
    pthread_cond_t changed; /* some slot, or `stop` */
    slot *slots;
    size_t slot_count;
    tgr_part *parts; /* as many as slots; opened when they are first used */
    tgr_part **idle; /* a stack of those that no delivery has */
    size_t idle_count;
    uint64_t cut, taken, released; /* pieces so far; `taken` by those who parse */
    bool all_cut;
    volatile sig_atomic_t stop; /* also what a read that waits looks at */
    tgr_run run;                /* of the thread that reads */
    tgr_log_cutter *cutter;
    uint64_t stored_before; /* bytes of the logs before the one at hand */
    pthread_t *threads;
    int thread_count;
    tgr_worker *workers; /* the first is the caller's */
};

static slot *slot_of(const tgr_team *team, uint64_t number)
{
    return &team->slots[number % team->slot_count];
}

/* ---- cutting ------------------------------------------------------------------------------------
 */

/* An empty slot for the next piece; NULL where the team is to stop. */
static tgr_delivery *wait_for_room(tgr_team *team)
{
    pthread_mutex_lock(&team->lock);
    while (!team->stop && slot_of(team, team->cut)->state != EMPTY) {
        pthread_cond_wait(&team->changed, &team->lock);
    }
    bool stop = team->stop != 0;
    pthread_mutex_unlock(&team->lock);
    return stop ? NULL : &slot_of(team, team->cut)->delivery;
}

static void hand_over(tgr_team *team)
{
    pthread_mutex_lock(&team->lock);
    slot_of(team, team->cut)->state = CUT;
    team->cut++;
    pthread_cond_broadcast(&team->changed);
    pthread_mutex_unlock(&team->lock);
}

static uint64_t stored_so_far(const tgr_team *team)
{
    uint64_t done, total;
    tgr_source_progress(tgr_log_cutter_source(team->cutter), &done, &total);
    return team->stored_before + done;
}

static tgr_status open_log(tgr_team *team, size_t log, bool goes_on, tgr_error *error)
{
    const tgr_team_plan *plan = &team->plan;
    const char *path = plan->logs->logs[log].path;
    tgr_log_range range = plan->logs->logs[log].range;
    size_t most = plan->work.max_record;
    return goes_on ? tgr_log_cutter_continue(path, plan->stand, range, most, &team->run,
                                             &team->cutter, error)
                   : tgr_log_cutter_open(path, plan->format, range, most, &team->run, &team->cutter,
                                         error);
}

/* Of a log that is left out, only the name is handed over. */
static bool pass_over(tgr_team *team, size_t log)
{
    tgr_delivery *to = wait_for_room(team);
    if (to == NULL) {
        return false;
    }
    bool empty = team->plan.logs->logs[log].size == 0;
    team->stored_before += team->plan.logs->logs[log].size;
    tgr_log_piece_clear(&to->piece);
    to->log = log;
    to->begins = log != team->plan.first || team->plan.stand == NULL;
    to->failure.status = TGR_OK;
    to->stored = team->stored_before;
    to->mark = (tgr_source_mark){.length = empty ? 0 : TGR_LENGTH_UNKNOWN};
    to->piece.format = TGR_LOG_JSONL;
    to->piece.position = to->piece.end = 0;
    hand_over(team);
    return true;
}

/* Cuts one piece of a log, which is opened with the first. False where there is nothing to do any
 * more. */
static bool cut_piece(tgr_team *team, size_t log, bool *more)
{
    const tgr_team_plan *plan = &team->plan;
    tgr_delivery *to = wait_for_room(team);
    if (to == NULL) {
        return false;
    }
    tgr_status status = TGR_OK;
    to->log = log;
    bool goes_on = log == plan->first && plan->stand != NULL; /* where it was left */
    to->begins = team->cutter == NULL && !goes_on;
    to->failure.status = TGR_OK;
    tgr_log_piece_clear(&to->piece);
    if (team->cutter == NULL) {
        status = open_log(team, log, goes_on, &to->failure);
    }
    if (status == TGR_OK) {
        status = tgr_log_cutter_next(team->cutter, &to->piece, more, &to->failure);
        to->stored = stored_so_far(team);
        to->mark = tgr_source_marked(tgr_log_cutter_source(team->cutter));
    }
    if (status != TGR_OK) {
        tgr_log_piece_clear(&to->piece);
    }
    if (*more || to->begins || status != TGR_OK) {
        hand_over(team);
    }
    return status == TGR_OK;
}

static void *cut_all(void *argument)
{
    tgr_team *team = argument;
    bool go_on = true;
    for (size_t log = team->plan.first; log < team->plan.logs->count && go_on; log++) {
        bool left_out = tgr_log_is_left_out(&team->plan.logs->logs[log]);
        bool more = !left_out;
        if (left_out) {
            go_on = pass_over(team, log);
        }
        while (more && go_on) {
            more = false;
            go_on = cut_piece(team, log, &more);
        }
        if (team->cutter != NULL) {
            team->stored_before = stored_so_far(team);
        }
        tgr_log_cutter_close(team->cutter);
        team->cutter = NULL;
    }
    pthread_mutex_lock(&team->lock);
    team->all_cut = true;
    pthread_cond_broadcast(&team->changed);
    pthread_mutex_unlock(&team->lock);
    return NULL;
}

/* ---- parsing ------------------------------------------------------------------------------------
 */

/* Takes the next piece that nobody parses, with the lock held. */
static slot *take_piece(tgr_team *team)
{
    if (team->taken == team->cut) {
        return NULL;
    }
    slot *taken = slot_of(team, team->taken++);
    taken->state = PARSING;
    return taken;
}

/* A part that was used before is empty again; one that was not is opened. */
static tgr_status prepare_part(const tgr_team *team, tgr_part *part, tgr_error *error)
{
    /* tags that go through a mapping, and phrases that are being learnt, have other names */
    const tgr_tagger *kept = team->plan.work.normalisation == NULL ? team->plan.work.tagger : NULL;
    if (part->models != NULL) {
        tgr_part_clear(part);
        return TGR_OK;
    }
    return tgr_part_open(part, kept) ? TGR_OK : tgr_fail_memory(error, "the threads' buffers");
}

/* Called with the lock held, which is given up meanwhile. */
static void parse_piece(tgr_team *team, slot *taken, tgr_worker *worker)
{
    tgr_delivery *delivery = &taken->delivery;
    delivery->part = team->idle[--team->idle_count];
    pthread_mutex_unlock(&team->lock);
    tgr_status status = delivery->failure.status;
    if (status == TGR_OK) {
        status = prepare_part(team, delivery->part, &delivery->failure);
    }
    if (status == TGR_OK) {
        tgr_worker_parse(worker, &delivery->piece, team->plan.logs->logs[delivery->log].text,
                         delivery->part, &delivery->failure);
    }
    pthread_mutex_lock(&team->lock);
    taken->state = PARSED;
    pthread_cond_broadcast(&team->changed);
}

typedef struct helper {
    tgr_team *team;
    tgr_worker *worker;
} helper;

static void *parse_all(void *argument)
{
    helper own = *(helper *)argument;
    tgr_team *team = own.team;
    tgr_mem_free(argument);
    pthread_mutex_lock(&team->lock);
    while (!team->stop) {
        slot *taken = take_piece(team);
        if (taken != NULL) {
            parse_piece(team, taken, own.worker);
        } else if (team->all_cut) {
            break;
        } else {
            pthread_cond_wait(&team->changed, &team->lock);
        }
    }
    pthread_mutex_unlock(&team->lock);
    return NULL;
}

/* ---- the caller's side --------------------------------------------------------------------------
 */

static tgr_status start_thread(tgr_team *team, void *(*main)(void *), void *argument,
                               tgr_error *error)
{
    int reason = pthread_create(&team->threads[team->thread_count], NULL, main, argument);
    if (reason != 0) {
        return tgr_fail(error, TGR_ERR_NOMEM, "cannot start a thread: %s", strerror(reason));
    }
    team->thread_count++;
    return TGR_OK;
}

static tgr_status start_helper(tgr_team *team, tgr_worker *worker, tgr_error *error)
{
    helper *own = tgr_mem_alloc(1, sizeof *own);
    if (own == NULL) {
        return tgr_fail_memory(error, "a thread");
    }
    *own = (helper){team, worker};
    tgr_status status = start_thread(team, parse_all, own, error);
    if (status != TGR_OK) {
        tgr_mem_free(own);
    }
    return status;
}

static tgr_status allocate(tgr_team *team, tgr_error *error)
{
    size_t threads = (size_t)team->plan.threads;
    team->slot_count = AHEAD * threads + AHEAD_LEAST;
    team->slots = tgr_mem_zalloc(team->slot_count, sizeof *team->slots);
    team->workers = tgr_mem_zalloc(threads, sizeof *team->workers);
    team->threads = tgr_mem_alloc(threads, sizeof *team->threads);
    team->parts = tgr_mem_zalloc(team->slot_count, sizeof *team->parts);
    team->idle = tgr_mem_alloc(team->slot_count, sizeof(tgr_part *));
    bool complete = team->slots != NULL && team->workers != NULL && team->threads != NULL &&
                    team->parts != NULL && team->idle != NULL;
    for (; complete && team->idle_count < team->slot_count; team->idle_count++) {
        team->idle[team->idle_count] = &team->parts[team->idle_count];
    }
    return complete ? TGR_OK : tgr_fail_memory(error, "the threads' buffers");
}

static void prepare_waiting(tgr_team *team)
{
    pthread_condattr_t clock;
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&team->changed, &clock);
    pthread_condattr_destroy(&clock);
    pthread_mutex_init(&team->lock, NULL);
}

tgr_status tgr_team_start(tgr_team **team, const tgr_team_plan *plan, tgr_error *error)
{
    tgr_team *made = tgr_mem_zalloc(1, sizeof *made);
    if (made == NULL) {
        return tgr_fail_memory(error, "the threads");
    }
    made->plan = *plan;
    made->stored_before = plan->stored_before;
    made->run = (tgr_run){.size = sizeof made->run, .cancel = &made->stop};
    prepare_waiting(made);
    tgr_status status = TGR_OK;
    TGR_TRY(allocate(made, error));
    for (int i = 0; i < plan->threads; i++) {
        TGR_TRY(tgr_worker_open(&made->workers[i], &made->plan.work, error));
    }
    TGR_TRY(start_thread(made, cut_all, made, error));
    for (int i = 1; i < plan->threads; i++) {
        TGR_TRY(start_helper(made, &made->workers[i], error));
    }
    *team = made;
    return TGR_OK;
done:
    tgr_team_stop(made);
    return status;
}

static struct timespec soon(void)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += PATIENCE_NS;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    return until;
}

tgr_delivery *tgr_team_next(tgr_team *team, bool *end)
{
    slot *next = slot_of(team, team->released);
    pthread_mutex_lock(&team->lock);
    if (next->state != PARSED) {
        slot *taken = take_piece(team);
        struct timespec until = soon();
        if (taken != NULL) {
            parse_piece(team, taken, &team->workers[0]);
        } else if (!team->all_cut || team->released < team->cut) {
            pthread_cond_timedwait(&team->changed, &team->lock, &until);
        }
    }
    *end = team->all_cut && team->released == team->cut;
    bool ready = next->state == PARSED;
    pthread_mutex_unlock(&team->lock);
    return ready ? &next->delivery : NULL;
}

void tgr_team_release(tgr_team *team)
{
    slot *done = slot_of(team, team->released);
    pthread_mutex_lock(&team->lock);
    team->idle[team->idle_count++] = done->delivery.part;
    done->state = EMPTY;
    team->released++;
    pthread_cond_broadcast(&team->changed);
    pthread_mutex_unlock(&team->lock);
}

static void free_team(tgr_team *team)
{
    for (size_t i = 0; i < team->slot_count && team->slots != NULL; i++) {
        tgr_log_piece_free(&team->slots[i].delivery.piece);
        if (team->parts != NULL) {
            tgr_part_free(&team->parts[i]);
        }
    }
    for (int i = 0; i < team->plan.threads && team->workers != NULL; i++) {
        tgr_worker_free(&team->workers[i]);
    }
    pthread_cond_destroy(&team->changed);
    pthread_mutex_destroy(&team->lock);
    tgr_mem_free(team->slots);
    tgr_mem_free(team->parts);
    tgr_mem_free(team->idle);
    tgr_mem_free(team->workers);
    tgr_mem_free(team->threads);
    tgr_mem_free(team);
}

void tgr_team_stop(tgr_team *team)
{
    if (team == NULL) {
        return;
    }
    pthread_mutex_lock(&team->lock);
    __atomic_store_n(&team->stop, 1, __ATOMIC_RELAXED); /* read without the lock, too */
    pthread_cond_broadcast(&team->changed);
    pthread_mutex_unlock(&team->lock);
    for (int i = 0; i < team->thread_count; i++) {
        pthread_join(team->threads[i], NULL);
    }
    tgr_log_cutter_close(team->cutter);
    free_team(team);
}
