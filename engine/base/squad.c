/* squad.c - threads that make one call together, again and again, and sleep in between. */
#include "engine/base/squad.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "engine/base/memory.h"

typedef struct member {
    tgr_squad *squad;
    int number;
    pthread_t thread;
} member;

struct tgr_squad {
    pthread_mutex_t mutex; /* over all below */
    pthread_cond_t called; /* there is a call, or the end */
    pthread_cond_t returned;
    void (*call)(void *user, int member);
    void *user;
    uint64_t calls; /* so far */
    int working;    /* members that have not returned from the last */
    bool end;
    int count; /* of `members`, which are without the caller */
    member members[];
};

static void *take_part(void *data)
{
    const member *self = data;
    tgr_squad *squad = self->squad;
    uint64_t done = 0;
    pthread_mutex_lock(&squad->mutex);
    for (;;) {
        while (squad->calls == done && !squad->end) {
            pthread_cond_wait(&squad->called, &squad->mutex);
        }
        if (squad->calls == done) {
            break;
        }
        done++;
        pthread_mutex_unlock(&squad->mutex);
        squad->call(squad->user, self->number);
        pthread_mutex_lock(&squad->mutex);
        if (--squad->working == 0) {
            pthread_cond_signal(&squad->returned);
        }
    }
    pthread_mutex_unlock(&squad->mutex);
    return NULL;
}

/* Signals stay with the threads of the program. */
static void start(tgr_squad *squad, int count)
{
    sigset_t all, before;
    sigfillset(&all);
    if (pthread_sigmask(SIG_SETMASK, &all, &before) != 0) {
        return;
    }
    while (squad->count < count) {
        member *next = &squad->members[squad->count];
        *next = (member){.squad = squad, .number = squad->count + 1};
        if (pthread_create(&next->thread, NULL, take_part, next) != 0) {
            break;
        }
        squad->count++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

tgr_squad *tgr_squad_new(int count)
{
    size_t others = count > 1 ? (size_t)count - 1 : 0;
    tgr_squad *squad = tgr_mem_zalloc(1, sizeof *squad + others * sizeof squad->members[0]);
    if (squad == NULL) {
        return NULL;
    }
    if (pthread_mutex_init(&squad->mutex, NULL) != 0) {
        goto no_mutex;
    }
    if (pthread_cond_init(&squad->called, NULL) != 0) {
        goto no_called;
    }
    if (pthread_cond_init(&squad->returned, NULL) != 0) {
        goto no_returned;
    }
    start(squad, (int)others);
    return squad;
no_returned:
    pthread_cond_destroy(&squad->called);
no_called:
    pthread_mutex_destroy(&squad->mutex);
no_mutex:
    tgr_mem_free(squad);
    return NULL;
}

void tgr_squad_free(tgr_squad *squad)
{
    if (squad == NULL) {
        return;
    }
    pthread_mutex_lock(&squad->mutex);
    squad->end = true;
    pthread_cond_broadcast(&squad->called);
    pthread_mutex_unlock(&squad->mutex);
    for (int i = 0; i < squad->count; i++) {
        pthread_join(squad->members[i].thread, NULL);
    }
    pthread_cond_destroy(&squad->returned);
    pthread_cond_destroy(&squad->called);
    pthread_mutex_destroy(&squad->mutex);
    tgr_mem_free(squad);
}

void tgr_squad_run(tgr_squad *squad, void (*call)(void *user, int member), void *user)
{
    pthread_mutex_lock(&squad->mutex);
    squad->call = call;
    squad->user = user;
    squad->working = squad->count;
    squad->calls++;
    pthread_cond_broadcast(&squad->called);
    pthread_mutex_unlock(&squad->mutex);
    call(user, 0);
    pthread_mutex_lock(&squad->mutex);
    while (squad->working > 0) {
        pthread_cond_wait(&squad->returned, &squad->mutex);
    }
    pthread_mutex_unlock(&squad->mutex);
}
