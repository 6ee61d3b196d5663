/* team.c - pinning and the timed parallel loop. */
#define _GNU_SOURCE /* sched_setaffinity */
#include "bench/team.h"

#include <omp.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"

#define MOST_PROCESSORS 8192

/* What a thread has left to do, on a cache line of its own. */
typedef struct tgr_team_pieces {
    _Alignas(64) atomic_size_t next;
    size_t end;
} tgr_team_pieces;

/* The first processor of the core that one belongs to; itself where that is not known. */
static int first_of_core(int processor)
{
    char path[96];
    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list",
             processor);
    FILE *file = fopen(path, "re");
    int first = processor;
    if (file != NULL) {
        if (fscanf(file, "%d", &first) != 1) {
            first = processor;
        }
        fclose(file);
    }
    return first;
}

/* First those that come first on their core, then the others. */
static void list_processors(tgr_team *team, const cpu_set_t *set)
{
    for (int other = 0; other < 2; other++) {
        for (int i = 0; i < MOST_PROCESSORS; i++) {
            if (!CPU_ISSET_S((size_t)i, team->affinity_size, set)) {
                continue;
            }
            int first = first_of_core(i);
            bool leads = first == i || !CPU_ISSET_S((size_t)first, team->affinity_size, set);
            if (leads == (other == 0)) {
                team->processors[team->processor_count++] = i;
            }
        }
    }
}

tgr_status tgr_team_open(tgr_team *team, int most_threads, tgr_error *error)
{
    *team =
        (tgr_team){.affinity_size = CPU_ALLOC_SIZE(MOST_PROCESSORS), .most_threads = most_threads};
    team->pieces = tgr_mem_aligned((size_t)most_threads, sizeof *team->pieces);
    team->affinity = tgr_mem_zalloc(1, team->affinity_size);
    team->processors = tgr_mem_alloc(MOST_PROCESSORS, sizeof *team->processors);
    if (team->pieces == NULL || team->affinity == NULL || team->processors == NULL) {
        return tgr_fail_memory(error, "the list of processors");
    }
    if (sched_getaffinity(0, team->affinity_size, team->affinity) != 0) {
        return tgr_fail(error, TGR_ERR_IO, "cannot learn which processors the process may use");
    }
    list_processors(team, team->affinity);
    return TGR_OK;
}

void tgr_team_close(tgr_team *team)
{
    if (team->processor_count > 0) {
        sched_setaffinity(0, team->affinity_size, team->affinity);
    }
    tgr_mem_free_aligned(team->pieces);
    tgr_mem_free(team->affinity);
    tgr_mem_free(team->processors);
    *team = (tgr_team){0};
}

/* Where it is refused the thread runs wherever it runs. */
static void pin(const tgr_team *team, int thread)
{
    unsigned char bytes[CPU_ALLOC_SIZE(MOST_PROCESSORS)];
    cpu_set_t *set = (cpu_set_t *)(void *)bytes;
    memset(bytes, 0, sizeof bytes);
    int processor = team->processors[(size_t)thread % team->processor_count];
    CPU_SET_S((size_t)processor, sizeof bytes, set);
    sched_setaffinity(0, sizeof bytes, set);
}

static double now(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static uint64_t take_pieces(const tgr_team *team, size_t threads, size_t thread,
                            const size_t *bounds, tgr_team_body *body, const void *work)
{
    uint64_t seen = 0;
    for (size_t i = 0; i < threads; i++) {
        tgr_team_pieces *pieces = &team->pieces[(thread + i) % threads];
        for (;;) {
            size_t piece = atomic_fetch_add_explicit(&pieces->next, 1, memory_order_relaxed);
            if (piece >= pieces->end) {
                break;
            }
            seen ^= body(work, thread, bounds[piece], bounds[piece + 1]);
        }
    }
    return seen;
}

tgr_team_time tgr_team_run(const tgr_team *team, int threads, const size_t *bounds, size_t pieces,
                           tgr_team_body *body, const void *work, uint64_t *seen)
{
    size_t count = (size_t)threads;
    for (size_t i = 0; i < count; i++) {
        atomic_init(&team->pieces[i].next, pieces * i / count);
        team->pieces[i].end = pieces * (i + 1) / count;
    }
    double first = 1e300, last = 0, busy = 0;
    uint64_t all = 0;
#pragma omp parallel num_threads(threads) reduction(min : first) reduction(max : last)             \
    reduction(+ : busy) reduction(^ : all)
    {
        int thread = omp_get_thread_num();
        pin(team, thread);
#pragma omp barrier
        first = now(CLOCK_MONOTONIC);
        busy = -now(CLOCK_THREAD_CPUTIME_ID);
        all = take_pieces(team, count, (size_t)thread, bounds, body, work);
        busy += now(CLOCK_THREAD_CPUTIME_ID);
        last = now(CLOCK_MONOTONIC);
    }
    *seen = all;
    return (tgr_team_time){last - first, busy};
}

void tgr_team_share(const tgr_team *team, int threads, size_t count, tgr_team_body *body,
                    const void *work)
{
#pragma omp parallel num_threads(threads)
    {
        size_t thread = (size_t)omp_get_thread_num(), all = (size_t)omp_get_num_threads();
        pin(team, (int)thread);
        body(work, thread, count * thread / all, count * (thread + 1) / all);
    }
}
