/* predictions.c - pairs of a score and what was measured, gathered for each model and the margin.
 */
#include "engine/judge/predictions.h"

#include <math.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/runtime.h"
#include "engine/judge/cells.h"
#include "engine/judge/correlation.h"
#include "engine/simulate/tally.h"

struct tgr_predicting {
    tgr_second_walk *walk;
    tgr_quality quality;
    size_t count;     /* models, and the margin */
    tgr_cells *cells; /* count */
    tgr_cell *items;  /* count x rows of the batch */
    size_t capacity, rows;
};

/* What was measured of a model's answer; NaN where it is not judged. */
static float measured(const tgr_answer *answer, tgr_quality quality)
{
    return quality == TGR_QUALITY_SCORE ? answer->score_value
           : answer->judged             ? (float)answer->accepted
                                        : NAN;
}

static tgr_status begin(void *user, const tgr_batch *batch, tgr_error *error)
{
    tgr_predicting *predicting = user;
    size_t need;
    void *items = predicting->items;
    bool grown = !__builtin_mul_overflow(predicting->count, batch->rows, &need) &&
                 tgr_mem_grow(&items, &predicting->capacity, need, sizeof *predicting->items);
    predicting->items = items;
    predicting->rows = batch->rows;
    return grown ? TGR_OK : tgr_fail_memory(error, "how well scores predict");
}

/* The best other model that may serve, where the reference may too; else TGR_UNDECIDED. */
static int best_other(const tgr_path *path, const float *scores, int reference)
{
    int best = TGR_UNDECIDED;
    for (int place = 0; path->may[reference] && place < (int)path->models; place++) {
        if (place != reference && path->may[place] &&
            (best == TGR_UNDECIDED || scores[place] > scores[best])) {
            best = place;
        }
    }
    return best;
}

static uint64_t margin_key(const tgr_predicting *predicting, const tgr_seen *seen)
{
    const tgr_serve *serve = seen->decide->serve;
    int reference = (int)serve->reference;
    int other = best_other(seen->path, seen->scores, reference);
    if (other == TGR_UNDECIDED) {
        return TGR_CELL_NOTHING;
    }
    const tgr_answer *answer = seen->answers->answer;
    float gain = measured(&answer[serve->order[other]], predicting->quality) -
                 measured(&answer[serve->order[reference]], predicting->quality);
    float margin = seen->scores[other] - seen->scores[reference];
    return isnan(margin) ? TGR_CELL_NOTHING : tgr_cell_key(margin, gain);
}

static bool see_row(void *user, const tgr_seen *seen)
{
    tgr_predicting *predicting = user;
    const tgr_serve *serve = seen->decide->serve;
    size_t models = predicting->count - 1;
    for (size_t model = 0; model < models; model++) {
        float value = measured(&seen->answers->answer[model], predicting->quality);
        uint64_t key = isnan(value) ? TGR_CELL_NOTHING
                                    : tgr_cell_key(seen->scores[serve->place[model]], value);
        predicting->items[model * predicting->rows + seen->row] =
            (tgr_cell){key, seen->weight, {0}};
    }
    predicting->items[models * predicting->rows + seen->row] =
        (tgr_cell){margin_key(predicting, seen), seen->weight, {0}};
    return true;
}

static tgr_status end(void *user, const tgr_batch *batch, tgr_error *error)
{
    tgr_predicting *predicting = user;
    tgr_status status = TGR_OK;
#pragma omp parallel for schedule(dynamic, 1) num_threads(predicting->walk->decide.plan.threads)
    for (long i = 0; i < (long)predicting->count; i++) {
        tgr_error own;
        tgr_cell *items = predicting->items + (size_t)i * batch->rows;
        if (tgr_cells_add(&predicting->cells[i], items, batch->rows, &own) != TGR_OK) {
#pragma omp critical
            status = TGR_ERR_NOMEM;
        }
    }
    return status == TGR_OK ? TGR_OK : tgr_fail_memory(error, "how well scores predict");
}

tgr_status tgr_predicting_open(tgr_second_walk *walk, tgr_quality quality,
                               tgr_predicting **predicting, tgr_visitor *visitor, tgr_error *error)
{
    tgr_predicting *made = tgr_mem_zalloc(1, sizeof *made);
    *predicting = made;
    if (made == NULL) {
        return tgr_fail_memory(error, "how well scores predict");
    }
    uint64_t memory = walk->options->memory > 0 ? walk->options->memory : tgr_run_memory(walk->run);
    made->walk = walk;
    made->quality = quality;
    made->count = walk->router->model_count + 1;
    made->cells = tgr_mem_zalloc(made->count, sizeof *made->cells);
    for (size_t i = 0; made->cells != NULL && i < made->count; i++) {
        uint64_t most = memory / 4 / made->count / (2 * sizeof(tgr_cell));
        made->cells[i].most = most < 256 ? 256 : (size_t)most;
    }
    *visitor = (tgr_visitor){.begin = begin, .row = see_row, .end = end, .user = made};
    return made->cells == NULL ? tgr_fail_memory(error, "how well scores predict") : TGR_OK;
}

void tgr_predicting_close(tgr_predicting *predicting)
{
    if (predicting == NULL) {
        return;
    }
    for (size_t i = 0; predicting->cells != NULL && i < predicting->count; i++) {
        tgr_cells_free(&predicting->cells[i]);
    }
    tgr_mem_free(predicting->cells);
    tgr_mem_free(predicting->items);
    tgr_mem_free(predicting);
}

/* ---- all together ---------------------------------------------------------------------------- */

/* `paper` counts wins; the others predict what they learnt, the score where there is one. Of scores
 * from elsewhere nothing is known. */
static bool same_scale(const tgr_second_walk *walk, tgr_quality quality)
{
    return walk->source == NULL && quality == TGR_QUALITY_SCORE &&
           strcmp(walk->router->scorer, "paper") != 0;
}

tgr_status tgr_predicting_finish(tgr_predicting *predicting, tgr_result *result, tgr_error *error)
{
    size_t models = predicting->count - 1;
    tgr_predictions *made = tgr_arena_alloc(&result->arena, 1, sizeof *made);
    tgr_prediction *of = tgr_arena_alloc(&result->arena, models, sizeof *of);
    if (made == NULL || of == NULL) {
        return tgr_fail_memory(error, "how well scores predict");
    }
    *made = (tgr_predictions){.models = models, .of = of};
    made->same_scale = same_scale(predicting->walk, predicting->quality);
    for (size_t i = 0; i <= models; i++) {
        tgr_prediction *one = i < models ? &of[i] : &made->margin;
        tgr_cells *cells = &predicting->cells[i];
        tgr_status status = tgr_cells_unite(cells, predicting->walk->run, error);
        if (status != TGR_OK) {
            return status;
        }
        made->cut_bits = cells->cut > made->cut_bits ? cells->cut : made->cut_bits;
        tgr_correlate(cells, &predicting->walk->weighing, one);
        one->model = i < models ? result->names[i] : NULL;
    }
    result->details.predictions = made;
    return TGR_OK;
}
