/* costs.c - counting recorded costs, and the statement of savings. */
#include "engine/judge/costs.h"

#include <math.h>

#include "engine/base/crew.h"
#include "engine/base/error.h"
#include "engine/base/memory.h"

struct tgr_cost_counts {
    const tgr_run *run;
    size_t models;
    int threads;
    uint64_t *recorded; /* by weight: threads x (models, and the chosen ones, and their number) */
};

static size_t stride_of(const tgr_cost_counts *counts)
{
    return counts->models + 2 + 8; /* the last few keep threads off each other's cache lines */
}

static bool see_row(void *user, const tgr_seen *seen)
{
    const tgr_cost_counts *counts = user;
    uint64_t *own = counts->recorded + (size_t)seen->thread * stride_of(counts);
    const tgr_judgement *judgements = seen->answers->judgements;
    for (size_t model = 0; model < counts->models; model++) {
        own[model] += !isnan(judgements[model].cost) * seen->weight;
    }
    if (seen->chosen != TGR_UNDECIDED) {
        own[counts->models] += !isnan(judgements[seen->chosen].cost) * seen->weight;
        own[counts->models + 1] += seen->weight;
    }
    return true;
}

tgr_status tgr_cost_counts_open(tgr_second_walk *walk, tgr_cost_counts **counts,
                                tgr_visitor *visitor, tgr_error *error)
{
    tgr_cost_counts *made = tgr_mem_zalloc(1, sizeof *made);
    *counts = made;
    if (made == NULL) {
        return tgr_fail_memory(error, "the statement of savings");
    }
    made->run = walk->run;
    made->models = walk->router->model_count;
    made->threads = walk->threads;
    made->recorded =
        tgr_mem_zalloc((size_t)made->threads, stride_of(made) * sizeof *made->recorded);
    *visitor = (tgr_visitor){.row = see_row, .user = made};
    return made->recorded == NULL ? tgr_fail_memory(error, "the statement of savings") : TGR_OK;
}

void tgr_cost_counts_close(tgr_cost_counts *counts)
{
    if (counts != NULL) {
        tgr_mem_free(counts->recorded);
        tgr_mem_free(counts);
    }
}

/* Of all threads and processes, in the first one's. */
static tgr_status unite(tgr_cost_counts *counts, tgr_error *error)
{
    size_t count = counts->models + 2;
    for (int thread = 1; thread < counts->threads; thread++) {
        for (size_t i = 0; i < count; i++) {
            counts->recorded[i] += counts->recorded[(size_t)thread * stride_of(counts) + i];
        }
    }
    return tgr_crew_sum(counts->run, counts->recorded, count, error);
}

tgr_status tgr_savings_finish(tgr_cost_counts *counts, size_t baseline, double scale,
                              tgr_result *result, tgr_error *error)
{
    const tgr_simulation *simulation = &result->simulation;
    const tgr_logged *logged = baseline == SIZE_MAX ? result->details.logged : NULL;
    const tgr_baseline *alone = logged != NULL ? &logged->all : &simulation->alone[baseline];
    const tgr_point *point = &simulation->curve[simulation->best];
    bool by_score = simulation->quality == TGR_QUALITY_SCORE;
    tgr_savings *made = tgr_arena_alloc(&result->arena, 1, sizeof *made);
    if (made == NULL) {
        return tgr_fail_memory(error, "the statement of savings");
    }
    tgr_status status = unite(counts, error);
    if (status != TGR_OK) {
        return status;
    }
    const uint64_t *recorded = counts->recorded;
    double saved = alone->cost - point->cost;
    *made = (tgr_savings){
        .baseline = logged != NULL ? "logged" : result->names[baseline],
        .cost = alone->cost * scale,
        .routed_cost = point->cost * scale,
        .saved = saved * scale,
        .saved_share = alone->cost > 0 ? saved / alone->cost : NAN,
        .scale = scale,
        .quality = by_score ? alone->mean_score : alone->accept_rate,
        .routed_quality = by_score ? point->mean_score : point->accept_rate,
        .recorded = logged != NULL
                        ? logged->recorded
                        : tgr_share((double)recorded[baseline], (double)result->population.size),
        .routed_recorded =
            tgr_share((double)recorded[counts->models], (double)recorded[counts->models + 1]),
    };
    result->details.savings = made;
    return TGR_OK;
}
