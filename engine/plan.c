/* plan.c - choosing the variant, sparse or dense, and the size of pieces. */
#include "engine/plan.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/isa.h"

/* A thread's piece of work: enough rows that taking one costs nothing, few enough that threads end
 * together. Kernels cut it further, to what their caches hold. */
#define PIECE_ROWS    ((size_t)4096)
#define PIECE_ENTRIES ((size_t)32768)

/* Generating and checking code takes as long as routing some hundred rows. */
#define ROWS_WORTH_CODE 1024

/* From which density on the dense way is faster, as measured: base + slope / columns, for models up
 * to a number. A dense row costs its columns, and filling and emptying what does not depend on
 * them, which small tag sets feel most; a sparse row costs its non-zeros. docs/benchmarks.md has
 * the figures. */
typedef struct crossover {
    const char *isa;
    size_t models; /* up to this many */
    double base, slope;
} crossover;

static const crossover crossovers[] = {
    {"avx512", 16, 0.60, 32},
    {"avx512", TGR_MODELS_MAX, 0.50, 32},
    {"avx2", 16, 0.75, 14},
    {"avx2", TGR_MODELS_MAX, 0.50, 28},
};

/* Rows differ: where they are nearly dense enough all together, some tiles will be. Each tile is
 * routed the way that its own density asks for. */
#define WORTH_PREPARING 0.9

#define NEVER 2.0

static double crossover_of(const char *isa, size_t columns, size_t models)
{
    for (size_t i = 0; i < sizeof crossovers / sizeof crossovers[0]; i++) {
        const crossover *one = &crossovers[i];
        if (strcmp(one->isa, isa) == 0 && models <= one->models) {
            return fmin(one->base + one->slope / (double)columns, 1);
        }
    }
    return NEVER;
}

/* Some systems do not say, or say 0. */
static size_t cache_bytes(int name, size_t otherwise)
{
    long bytes = sysconf(name);
    return bytes > 0 ? (size_t)bytes : otherwise;
}

static tgr_plan_caches find_caches(void)
{
    tgr_plan_caches caches = {(size_t)32 << 10, (size_t)256 << 10, (size_t)4 << 20};
#if defined(_SC_LEVEL1_DCACHE_SIZE)
    caches.first = cache_bytes(_SC_LEVEL1_DCACHE_SIZE, caches.first);
    caches.second = cache_bytes(_SC_LEVEL2_CACHE_SIZE, caches.second);
    caches.last = cache_bytes(_SC_LEVEL3_CACHE_SIZE, caches.last);
#endif
    return caches;
}

tgr_status tgr_plan_open(tgr_plan *plan, tgr_error *error)
{
    *plan = (tgr_plan){.caches = find_caches(), .generate = tgr_multiply_open};
    return tgr_isa_choose(&plan->kernels, error);
}

void tgr_plan_close(tgr_plan *plan)
{
    tgr_multiply_close(&plan->multiply);
    *plan = (tgr_plan){0};
}

/* Reasons that need no code to be known. */
static tgr_plan_reason judge(const tgr_plan *plan)
{
    const tgr_plan_work *work = &plan->work;
    size_t tile = TGR_DENSE_ROWS * work->columns * sizeof(float);
    if (work->columns == 0 || plan->density < WORTH_PREPARING * plan->least_density) {
        return TGR_PLAN_SPARSE_ROWS;
    }
    if (work->rows < ROWS_WORTH_CODE) {
        return TGR_PLAN_FEW_ROWS;
    }
    /* Whole rows of floats are multiplied where they lie. */
    bool in_place = work->value_type == TGR_F32 && plan->density >= 1;
    return tile > plan->caches.second && !in_place ? TGR_PLAN_WIDE_TILE : TGR_PLAN_DENSE;
}

static tgr_status generate_and_check(tgr_plan *plan, tgr_error *error)
{
    const tgr_plan_work *work = &plan->work;
    if (!plan->generate(&plan->multiply, plan->kernels->isa, tgr_weights_stride(work->models),
                        TGR_DENSE_ROWS, work->columns)) {
        plan->reason = TGR_PLAN_NO_GENERATOR;
        return TGR_OK;
    }
    void *scratch = tgr_mem_aligned(1, tgr_dense_check_scratch(work->columns, work->models));
    if (scratch == NULL) {
        return tgr_fail_memory(error, "checking generated code");
    }
    if (!tgr_dense_check(plan->multiply.run, work->columns, work->models, scratch)) {
        plan->reason = TGR_PLAN_CHECK_FAILED;
        tgr_multiply_close(&plan->multiply);
    }
    tgr_mem_free_aligned(scratch);
    return TGR_OK;
}

static void choose_pieces(tgr_plan *plan)
{
    const tgr_plan_work *work = &plan->work;
    plan->piece_rows = PIECE_ROWS;
    plan->piece_entries = PIECE_ENTRIES;
    plan->scratch_bytes = tgr_kernels_scratch(work->models);
    if (plan->reason == TGR_PLAN_DENSE) { /* whole tiles, two at least */
        size_t tile = TGR_DENSE_ROWS * work->columns, tiles = PIECE_ENTRIES / tile;
        plan->piece_entries = (tiles < 2 ? 2 : tiles) * tile;
        plan->scratch_bytes = tgr_dense_scratch(work->columns, work->models);
    }
}

tgr_status tgr_plan_make(tgr_plan *plan, const tgr_plan_work *work, const tgr_weights *w,
                         tgr_error *error)
{
    tgr_multiply_close(&plan->multiply);
    double places = (double)work->rows * (double)work->columns;
    plan->work = *work;
    plan->weights = *w;
    plan->density = places > 0 ? (double)work->nonzeros / places : 0;
    plan->least_density = crossover_of(plan->kernels->isa, work->columns, work->models);
    plan->reason = judge(plan);
    if (plan->reason == TGR_PLAN_DENSE) {
        tgr_status status = generate_and_check(plan, error);
        if (status != TGR_OK) {
            return status;
        }
    }
    if (plan->reason == TGR_PLAN_DENSE) {
        tgr_dense_open(&plan->dense, plan->multiply.run, plan->kernels, &plan->weights,
                       work->columns, plan->least_density);
    }
    choose_pieces(plan);
    return TGR_OK;
}

void tgr_plan_route(const tgr_plan *plan, const tgr_csr *x, const tgr_decider *decider,
                    size_t begin, size_t end, void *scratch, const tgr_choice *choice)
{
    if (plan->reason == TGR_PLAN_DENSE) {
        tgr_dense_route(&plan->dense, x, decider, begin, end, scratch, choice);
    } else {
        plan->kernels->route(x, &plan->weights, decider, begin, end, scratch, choice);
    }
}

void tgr_plan_score(const tgr_plan *plan, const tgr_csr *x, size_t begin, size_t end, void *scratch,
                    float *scores)
{
    if (plan->reason == TGR_PLAN_DENSE) {
        tgr_dense_score(&plan->dense, x, begin, end, scratch, scores);
    } else {
        plan->kernels->score(x, &plan->weights, begin, end, scratch, scores);
    }
}
