/* dbscan.c - three looks at the pairs within eps: how many each point has, which cores belong
 * together, and which cluster a border point falls to. The pairs are kept where they fit, else
 * found again for each look.
 *
 * Cores are joined by many threads at once. The larger of two roots is always hung below the
 * smaller, so that in the end a cluster's root is its first core, whatever happened in between.
 */
#include "engine/normalise/dbscan.h"

#include <stdbool.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/normalise/neighbours.h"
#include "engine/normalise/pair_lists.h"

typedef struct work {
    const tgr_dbscan_plan *plan;
    tgr_neighbours neighbours;
    tgr_pair_lists found;
    size_t count;
    uint32_t *near;    /* points within eps, the point itself included */
    uint32_t *parents; /* of cores: the way to the root; later, of border points: their root */
    tgr_dbscan_report *report;
    const tgr_run *run;
} work;

static bool is_core(const work *job, uint32_t point)
{
    return job->near[point] >= job->plan->min_samples;
}

/* ---- the looks --------------------------------------------------------------------------------
 */

static void count_pair(void *user, int thread, uint32_t first, uint32_t second)
{
    work *job = user;
    __atomic_fetch_add(&job->near[first], 1, __ATOMIC_RELAXED);
    __atomic_fetch_add(&job->near[second], 1, __ATOMIC_RELAXED);
    tgr_pair_lists_add(&job->found, thread, first, second);
}

static uint32_t find_root(uint32_t *parents, uint32_t point)
{
    uint32_t parent;
    while ((parent = __atomic_load_n(&parents[point], __ATOMIC_RELAXED)) != point) {
        uint32_t above = __atomic_load_n(&parents[parent], __ATOMIC_RELAXED);
        /* Shortens the way; where another thread was there first, its way is as good. */
        __atomic_compare_exchange_n(&parents[point], &parent, above, false, __ATOMIC_RELAXED,
                                    __ATOMIC_RELAXED);
        point = above;
    }
    return point;
}

static void join_pair(void *user, int thread, uint32_t first, uint32_t second)
{
    (void)thread;
    work *job = user;
    if (!is_core(job, first) || !is_core(job, second)) {
        return;
    }
    for (;;) {
        uint32_t a = find_root(job->parents, first), b = find_root(job->parents, second);
        if (a == b) {
            return;
        }
        uint32_t larger = a > b ? a : b, smaller = a > b ? b : a, expected = larger;
        if (__atomic_compare_exchange_n(&job->parents[larger], &expected, smaller, false,
                                        __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
            return;
        }
    }
}

static void attach_pair(void *user, int thread, uint32_t first, uint32_t second)
{
    (void)thread;
    work *job = user;
    if (is_core(job, first) == is_core(job, second)) {
        return;
    }
    uint32_t core = is_core(job, first) ? first : second, border = core == first ? second : first;
    uint32_t root = find_root(job->parents, core);
    uint32_t before = __atomic_load_n(&job->parents[border], __ATOMIC_RELAXED);
    while (root < before &&
           !__atomic_compare_exchange_n(&job->parents[border], &before, root, false,
                                        __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
    }
}

/* One look at all pairs: those kept, or found again. */
static tgr_status look(work *job, const char *phase, tgr_neighbour_visit visit, tgr_error *error)
{
    if (job->report->walks == 0 || job->found.overflowed) {
        job->report->walks++;
        return tgr_neighbours_walk(&job->neighbours, phase, visit, job, job->run, error);
    }
    for (int thread = 0; thread < job->found.threads; thread++) {
        const tgr_pair_list *list = &job->found.lists[thread];
        for (size_t i = 0; i < list->count; i++) {
            visit(job, 0, list->pairs[i][0], list->pairs[i][1]);
        }
    }
    return TGR_OK;
}

/* ---- between and behind them ------------------------------------------------------------------
 */

/* Returns whether there may be border points. */
static bool begin_joining(work *job)
{
    bool borders = false;
    for (size_t i = 0; i < job->count; i++) {
        bool core = is_core(job, (uint32_t)i);
        job->parents[i] = core ? (uint32_t)i : TGR_NOISE;
        job->report->pairs += job->near[i] - 1;
        job->report->cores += core;
        borders = borders || (!core && job->near[i] > 1);
    }
    job->report->pairs /= 2;
    return borders && job->report->cores > 0;
}

/* Roots are first cores, so their clusters are numbered when their turn comes. `near` holds the
 * numbers of roots from here on. */
static void number_clusters(work *job, uint32_t *labels)
{
    tgr_dbscan_report *report = job->report;
    uint64_t labelled = 0;
    for (size_t i = 0; i < job->count; i++) {
        bool core = is_core(job, (uint32_t)i);
        job->parents[i] = core ? find_root(job->parents, (uint32_t)i) : job->parents[i];
    }
    for (size_t i = 0; i < job->count; i++) {
        if (job->parents[i] == i) {
            job->near[i] = report->clusters++;
        }
    }
    for (size_t i = 0; i < job->count; i++) {
        labels[i] = job->parents[i] == TGR_NOISE ? TGR_NOISE : job->near[job->parents[i]];
        labelled += labels[i] != TGR_NOISE;
    }
    report->borders = labelled - report->cores;
    report->noise = job->count - labelled;
}

static tgr_status cluster(work *job, uint32_t *labels, tgr_error *error)
{
    tgr_status status = TGR_OK;
    TGR_TRY(look(job, "comparing tags", count_pair, error));
    bool borders = begin_joining(job);
    if (job->report->cores > 1) {
        TGR_TRY(look(job, "joining tags", join_pair, error));
    }
    if (borders) {
        TGR_TRY(look(job, "joining the rest", attach_pair, error));
    }
    number_clusters(job, labels);
done:
    return status;
}

static tgr_status reserve(work *job, tgr_error *error)
{
    job->near = tgr_mem_alloc(job->count, sizeof *job->near);
    job->parents = tgr_mem_alloc(job->count, sizeof *job->parents);
    if (job->near == NULL || job->parents == NULL ||
        !tgr_pair_lists_open(&job->found, job->neighbours.threads, job->plan->memory)) {
        return tgr_fail_memory(error, "the clusters of the tags");
    }
    for (size_t i = 0; i < job->count; i++) {
        job->near[i] = 1;
    }
    return TGR_OK;
}

tgr_status tgr_dbscan(const tgr_vectors *vectors, const tgr_dbscan_plan *plan, uint32_t *labels,
                      tgr_dbscan_report *report, const tgr_run *run, tgr_error *error)
{
    tgr_status status = TGR_OK;
    work job = {.plan = plan, .count = vectors->count, .report = report, .run = run};
    *report = (tgr_dbscan_report){0};
    TGR_TRY(tgr_neighbours_open(&job.neighbours, vectors, plan->eps, run, error));
    TGR_TRY(reserve(&job, error));
    TGR_TRY(cluster(&job, labels, error));
done:
    tgr_neighbours_close(&job.neighbours);
    tgr_pair_lists_close(&job.found);
    tgr_mem_free(job.near);
    tgr_mem_free(job.parents);
    return status;
}
