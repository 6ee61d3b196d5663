/* observers.c - rows of a batch shared among threads. */
#include "engine/simulate/observers.h"

#include <math.h>
#include <omp.h>
#include <stdint.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"

static bool open_observer(tgr_observer *observer, size_t models, size_t tally_count)
{
    size_t counts;
    observer->bad_row = SIZE_MAX;
    bool opened = tgr_answers_open(&observer->answers, models);
    opened = tgr_baselines_open(&observer->baselines, models) && opened;
    if (!opened || __builtin_mul_overflow(models, tally_count, &counts)) {
        return false;
    }
    observer->tallies = tgr_mem_zalloc(tally_count, sizeof *observer->tallies);
    observer->chosen = tgr_mem_zalloc(counts, sizeof *observer->chosen);
    if (observer->tallies == NULL || observer->chosen == NULL) {
        return false;
    }
    for (size_t i = 0; i < tally_count; i++) {
        observer->tallies[i].chosen = observer->chosen + i * models;
    }
    return true;
}

static void close_observer(tgr_observer *observer)
{
    tgr_answers_close(&observer->answers);
    tgr_baselines_close(&observer->baselines);
    tgr_mem_free(observer->tallies);
    tgr_mem_free(observer->chosen);
}

tgr_status tgr_observers_open(tgr_observers *observers, size_t models, size_t tally_count,
                              int threads, tgr_error *error)
{
    *observers = (tgr_observers){.models = models, .tally_count = tally_count};
    observers->each = tgr_mem_zalloc((size_t)threads, sizeof *observers->each);
    bool opened = observers->each != NULL;
    for (int i = 0; opened && i < threads; i++) {
        observers->threads = i + 1;
        opened = open_observer(&observers->each[i], models, tally_count);
    }
    return opened ? TGR_OK : tgr_fail_memory(error, "the sums of the simulation");
}

void tgr_observers_close(tgr_observers *observers)
{
    for (int i = 0; i < observers->threads; i++) {
        close_observer(&observers->each[i]);
    }
    tgr_mem_free(observers->each);
    *observers = (tgr_observers){0};
}

static void tally_thresholds(tgr_observer *observer, size_t count, const int16_t *chosen)
{
    for (size_t i = 0; i < count; i++) {
        if (chosen[i] != TGR_UNDECIDED) {
            size_t model = (size_t)chosen[i];
            tgr_tally_add(&observer->tallies[i], model,
                          tgr_answers_ranked(&observer->answers, model));
        }
    }
}

/* chosen: where the query goes if every threshold lets it; margin NaN: where it goes anyway. */
static void tally_move(tgr_observer *observer, int chosen, float margin, size_t reference,
                       tgr_move *move)
{
    move->key = TGR_NO_MOVE;
    if (chosen == TGR_UNDECIDED) {
        return;
    }
    tgr_answer answer = tgr_answers_ranked(&observer->answers, (size_t)chosen);
    if (isnan(margin)) {
        tgr_tally_add(&observer->tallies[0], (size_t)chosen, answer);
        return;
    }
    move->key = tgr_move_key(margin, (size_t)chosen);
    move->other = answer;
    move->reference = tgr_answers_ranked(&observer->answers, reference);
    tgr_tally_add(&observer->tallies[0], reference, move->reference);
}

static void observe_row(tgr_observer *observer, const tgr_decide *decide, const tgr_batch *batch,
                        size_t file_models, size_t row, tgr_move *move)
{
    size_t model;
    if (!tgr_answers_read(&observer->answers, decide, batch, file_models, row, &model)) {
        if (row < observer->bad_row) {
            observer->bad_row = row;
            observer->bad_model = model;
        }
        return;
    }
    tgr_baselines_add(&observer->baselines, &observer->answers);
    if (move == NULL) {
        size_t count = decide->plan.threshold_count;
        tally_thresholds(observer, count, decide->model + row * count);
    } else {
        tally_move(observer, decide->model[row], decide->margin[row],
                   decide->plan.router->reference, move);
    }
}

/* TGR_OK unless a row could not be summed; the first such row is the same for any number of
 * threads. */
static tgr_status check_rows(const tgr_observers *observers, const tgr_router *router,
                             const tgr_query_file *file, tgr_error *error)
{
    const tgr_observer *first = &observers->each[0];
    for (int i = 1; i < observers->threads; i++) {
        if (observers->each[i].bad_row < first->bad_row) {
            first = &observers->each[i];
        }
    }
    if (first->bad_row == SIZE_MAX) {
        return TGR_OK;
    }
    return tgr_fail(error, TGR_ERR_INPUT,
                    "%s: a score or cost of model '%s' is beyond %.0f, the largest that is summed; "
                    "scale scores down, and give costs in USD",
                    file->path, router->models[first->bad_model].name, TGR_EXACT_LIMIT);
}

tgr_status tgr_observers_batch(tgr_observers *observers, const tgr_decide *decide,
                               const tgr_batch *batch, const tgr_query_file *file,
                               tgr_margins *margins, tgr_error *error)
{
    size_t file_models = tgr_strings_count(file->models);
    tgr_move *moves = NULL;
    if (margins != NULL) {
        tgr_status status = tgr_margins_make_room(margins, batch->rows, error);
        if (status != TGR_OK) {
            return status;
        }
        moves = margins->moves + margins->count;
    }
#pragma omp parallel num_threads(observers->threads)
    {
        tgr_observer *observer = &observers->each[omp_get_thread_num()];
#pragma omp for schedule(static)
        for (long row = 0; row < (long)batch->rows; row++) {
            observe_row(observer, decide, batch, file_models, (size_t)row,
                        moves == NULL ? NULL : moves + row);
        }
    }
    tgr_status status = check_rows(observers, decide->plan.router, file, error);
    if (status == TGR_OK && margins != NULL) {
        tgr_margins_take(margins, batch->rows);
    }
    return status;
}

void tgr_observers_merge(tgr_observers *observers)
{
    tgr_observer *into = &observers->each[0];
    for (int thread = 1; thread < observers->threads; thread++) {
        const tgr_observer *from = &observers->each[thread];
        tgr_baselines_merge(&into->baselines, &from->baselines);
        for (size_t i = 0; i < observers->tally_count; i++) {
            tgr_tally_merge(&into->tallies[i], &from->tallies[i], observers->models);
        }
    }
}
