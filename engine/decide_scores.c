/* decide_scores.c - the scores of a batch, undecided, shown piece by piece. */
#include <omp.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/decide_parts.h"

/* Few enough that their scores stay in the second-level cache with all that is made of them. */
#define SCORED_FLOATS ((size_t)32768)
#define SCORED_ROWS   ((size_t)1024)

static size_t scored_rows(const tgr_decide *decide)
{
    size_t rows = SCORED_FLOATS / decide->serve->stride;
    return rows < SCORED_ROWS ? rows : SCORED_ROWS;
}

static tgr_status make_score_room(tgr_decide *decide, tgr_error *error)
{
    tgr_decide_memory *memory = decide->memory;
    size_t each = scored_rows(decide) * decide->serve->stride;
    if (each > memory->score_each) {
        tgr_mem_free_aligned(memory->scores);
        memory->scores = tgr_mem_aligned((size_t)decide->plan.threads * each, sizeof(float));
        memory->score_each = memory->scores == NULL ? 0 : each;
    }
    return memory->scores == NULL ? tgr_fail_memory(error, "the scores of a block") : TGR_OK;
}

/* Scores of a piece, or in their room the places that a source has chosen. */
static const int16_t *find_scores(const tgr_decide *decide, const tgr_csr *x, size_t begin,
                                  size_t end, void *scratch, float *scores)
{
    const tgr_score_source *source = decide->plan.source;
    if (source == NULL) {
        tgr_plan_score(&decide->memory->plan, x, begin, end, scratch, scores);
    } else if (source->choose == NULL) {
        source->fill(source->user, decide, begin, end, scores, decide->serve->stride);
    } else {
        int16_t *places = (int16_t *)(void *)scores;
        source->choose(source->user, decide, begin, end, places);
        return places;
    }
    return NULL;
}

tgr_status tgr_decide_scores(tgr_decide *decide, tgr_batch *batch, tgr_scored_visit *visit,
                             void *user, tgr_error *error)
{
    tgr_status status = tgr_decide_enter(decide, batch, error);
    if (status == TGR_OK) {
        status = make_score_room(decide, error);
    }
    if (status != TGR_OK) {
        return status;
    }
    const tgr_decide_memory *memory = decide->memory;
    const tgr_csr x = batch->x;
    size_t rows = scored_rows(decide), pieces = (batch->rows + rows - 1) / rows;
#pragma omp parallel num_threads(decide->plan.threads)
    {
        size_t thread = (size_t)omp_get_thread_num();
        void *scratch = memory->scratch + memory->scratch_each * thread;
        float *scores = memory->scores + memory->score_each * thread;
        if (decide->serve->any_mask) {
            tgr_decide_share_masks(decide, batch);
        }
#pragma omp for schedule(dynamic, 1)
        for (long piece = 0; piece < (long)pieces; piece++) {
            size_t begin = (size_t)piece * rows;
            size_t end = batch->rows - begin < rows ? batch->rows : begin + rows;
            const int16_t *chosen = find_scores(decide, &x, begin, end, scratch, scores);
            const tgr_scored scored = {
                begin, end,         scores, decide->serve->stride, &memory->decider,
                &x,    (int)thread, chosen};
            visit(user, decide, &scored);
        }
    }
    return TGR_OK;
}
