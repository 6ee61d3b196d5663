/* neighbours.c - the walk over tiles.
 *
 * A thread takes a group of blocks, turns them once, and runs along all later blocks: each of those
 * is read from memory once a group, and multiplied with the whole group while it is in the cache.
 */
#include "engine/normalise/neighbours.h"

#include <omp.h>
#include <stdbool.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/runtime.h"
#include "engine/isa.h"
#include "kernels/xsmm/dense.h"

#define BLOCK           ((size_t)TGR_SIMILAR_BLOCK)
#define MOST_OF_GROUP   ((size_t)8)       /* blocks */
#define GROUPS_A_THREAD ((size_t)8)       /* later ones have less to do: threads end together */
#define GROUP_BYTES     ((size_t)4 << 20) /* more than a few caches hold gains nothing */

_Static_assert(TGR_SIMILAR_BLOCK == TGR_VECTORS_BLOCK && TGR_SIMILAR_BLOCK == TGR_DENSE_ROWS,
               "vectors come in the blocks that are multiplied, and checked");

static tgr_status generate(tgr_neighbours *neighbours, const char *isa, tgr_error *error)
{
    size_t components = neighbours->vectors->components;
    if (!tgr_multiply_open(&neighbours->multiply, isa, BLOCK, BLOCK, components)) {
        return TGR_OK;
    }
    void *scratch = tgr_mem_aligned(1, tgr_dense_check_scratch(components, BLOCK));
    if (scratch == NULL) {
        return tgr_fail_memory(error, "checking generated code");
    }
    if (!tgr_dense_check(neighbours->multiply.run, components, BLOCK, scratch)) {
        tgr_multiply_close(&neighbours->multiply);
    }
    tgr_mem_free_aligned(scratch);
    return TGR_OK;
}

tgr_status tgr_neighbours_open(tgr_neighbours *neighbours, const tgr_vectors *vectors, double eps,
                               const tgr_run *run, tgr_error *error)
{
    const tgr_kernels *kernels;
    *neighbours =
        (tgr_neighbours){.vectors = vectors, .eps = (float)eps, .threads = tgr_run_threads(run)};
    tgr_status status = tgr_isa_choose(&kernels, error);
    if (status == TGR_OK) {
        status = generate(neighbours, kernels->isa, error);
    }
    tgr_similar_open(&neighbours->similar, neighbours->multiply.run, vectors->components);
    return status;
}

void tgr_neighbours_close(tgr_neighbours *neighbours)
{
    tgr_multiply_close(&neighbours->multiply);
    *neighbours = (tgr_neighbours){0};
}

/* ---- the walk ------------------------------------------------------------------------------- */

typedef struct walk {
    const tgr_neighbours *neighbours;
    size_t blocks, group; /* group: blocks that are turned at once */
    tgr_neighbour_visit visit;
    void *user;
    const tgr_run *run;
    float *scratch; /* of all threads */
    size_t scratch_each;
} walk;

static size_t within(size_t least, size_t value, size_t most)
{
    return value < least ? least : value > most ? most : value;
}

static size_t block_floats(const walk *job)
{
    return BLOCK * job->neighbours->vectors->components;
}

static const float *block_of(const walk *job, size_t block)
{
    return job->neighbours->vectors->values + block * block_floats(job);
}

/* Visits what is near in the tile of vectors of two blocks, first <= second. */
static void visit_tile(const walk *job, int thread, const float *tile, size_t first, size_t second)
{
    size_t count = job->neighbours->vectors->count;
    for (size_t row = 0; row < BLOCK && second * BLOCK + row < count; row++) {
        uint64_t near = tgr_similar_near(tile + row * BLOCK, job->neighbours->eps);
        if (first == second) { /* only what comes before the row itself */
            near &= (UINT64_C(1) << row) - 1;
        }
        for (; near != 0; near &= near - 1) {
            size_t column = (size_t)__builtin_ctzll(near);
            job->visit(job->user, thread, (uint32_t)(first * BLOCK + column),
                       (uint32_t)(second * BLOCK + row));
        }
    }
}

/* All tiles whose first block is in the group that begins at `begin`. */
static void walk_group(const walk *job, int thread, size_t begin)
{
    const tgr_similar *similar = &job->neighbours->similar;
    float *tile = job->scratch + (size_t)thread * job->scratch_each;
    float *turned = tile + TGR_SIMILAR_TILE;
    size_t end = within(begin, begin + job->group, job->blocks);
    for (size_t first = begin; first < end; first++) {
        tgr_similar_turn(similar, block_of(job, first),
                         turned + (first - begin) * block_floats(job));
    }
    for (size_t second = begin; second < job->blocks && !tgr_run_cancelled(job->run); second++) {
        for (size_t first = begin; first < end && first <= second; first++) {
            tgr_similar_multiply(similar, turned + (first - begin) * block_floats(job),
                                 block_of(job, second), tile);
            visit_tile(job, thread, tile, first, second);
        }
    }
}

static void walk_all(const walk *job, const char *phase)
{
    size_t groups = (job->blocks + job->group - 1) / job->group, done = 0;
#pragma omp parallel for num_threads(job->neighbours->threads) schedule(dynamic, 1)
    for (size_t group = 0; group < groups; group++) {
        walk_group(job, omp_get_thread_num(), group * job->group);
        size_t now;
#pragma omp atomic capture
        now = ++done;
        if (omp_get_thread_num() == 0) { /* the caller */
            tgr_run_progress(job->run, phase, "groups of tags", now, groups, 0);
        }
    }
}

tgr_status tgr_neighbours_walk(const tgr_neighbours *neighbours, const char *phase,
                               tgr_neighbour_visit visit, void *user, const tgr_run *run,
                               tgr_error *error)
{
    walk job = {.neighbours = neighbours, .visit = visit, .user = user, .run = run};
    size_t threads = (size_t)neighbours->threads;
    job.blocks = neighbours->vectors->rows / BLOCK;
    size_t fitting = GROUP_BYTES / sizeof(float) / (block_floats(&job) + 1);
    job.group =
        within(1, job.blocks / threads / GROUPS_A_THREAD, within(1, fitting, MOST_OF_GROUP));
    job.scratch_each = TGR_SIMILAR_TILE + job.group * block_floats(&job);
    job.scratch = tgr_mem_aligned(threads * job.scratch_each, sizeof(float));
    if (job.scratch == NULL) {
        return tgr_fail_memory(error, "comparing tags");
    }
    walk_all(&job, phase);
    tgr_mem_free_aligned(job.scratch);
    return tgr_run_check(run, error);
}
