/* observers.c - what each thread does with the rows it scored. */
#include "engine/simulate/observers.h"

#include <omp.h>
#include <stdint.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/simulate/observe.h"

static bool open_observer(tgr_observer *observer, size_t models, size_t asked)
{
    observer->bad_row = SIZE_MAX;
    bool opened = tgr_block_open(&observer->block, models);
    opened = tgr_path_open(&observer->path, models) && opened;
    opened = tgr_baselines_open(&observer->baselines, models) && opened;
    observer->counts = tgr_decided_new(asked + 2, models);
    return opened && observer->counts != NULL;
}

static void close_observer(tgr_observer *observer)
{
    tgr_block_close(&observer->block);
    tgr_path_close(&observer->path);
    tgr_baselines_close(&observer->baselines);
    tgr_moves_free(&observer->moves);
    tgr_mem_free(observer->changes);
    tgr_bins_free(observer->own);
    tgr_mem_free(observer->counts);
}

tgr_status tgr_observers_open(tgr_observers *observers, size_t models, size_t asked, int threads,
                              tgr_error *error)
{
    *observers = (tgr_observers){.models = models};
    observers->each = tgr_mem_zalloc((size_t)threads, sizeof *observers->each);
    bool opened = observers->each != NULL;
    for (int i = 0; opened && i < threads; i++) {
        observers->threads = i + 1;
        opened = open_observer(&observers->each[i], models, asked);
    }
    return opened ? TGR_OK : tgr_fail_memory(error, "the sums of the simulation");
}

void tgr_observers_close(tgr_observers *observers)
{
    for (int i = 0; i < observers->threads; i++) {
        close_observer(&observers->each[i]);
    }
    tgr_by_group_close(&observers->by_group);
    tgr_mem_free(observers->weights);
    tgr_mem_free(observers->each);
    *observers = (tgr_observers){0};
}

/* ---- rows in order --------------------------------------------------------------------------- */

static void observe_rows(void *user, const tgr_decide *decide, const tgr_scored *scored)
{
    const tgr_batch_view *view = user;
    tgr_observer *observer = &view->observers->each[scored->thread];
    size_t total = (scored->end - scored->begin) * scored->stride;
    uint32_t numbers[TGR_ANSWER_ROWS];
    for (size_t row = scored->begin; row < scored->end; row += TGR_ANSWER_ROWS) {
        size_t left = scored->end - row, count = left < TGR_ANSWER_ROWS ? left : TGR_ANSWER_ROWS;
        for (size_t i = 0; i < count; i++) {
            numbers[i] = (uint32_t)(row + i);
        }
        const tgr_scored_rows rows = {numbers,       count,          scored->scores,
                                      scored->begin, scored->stride, total};
        tgr_observe(observer, view, decide, &rows, scored->chosen, &observer->baselines,
                    observer->counts);
    }
}

/* ---- rows group by group --------------------------------------------------------------------- */

static void keep_scores(void *user, const tgr_decide *decide, const tgr_scored *scored)
{
    const tgr_batch_view *view = user;
    uint64_t first = decide->queries - view->batch->rows; /* of the batch, among all */
    tgr_by_group_keep(&view->observers->by_group, view->gathering->resample, scored, first);
}

static void observe_group(tgr_observer *observer, const tgr_batch_view *view,
                          const tgr_decide *decide, size_t number)
{
    const tgr_by_group *by_group = &view->observers->by_group;
    tgr_group_sums *group = &view->gathering->resample->groups[number];
    size_t begin = by_group->begin[number], end = by_group->begin[number + 1];
    size_t total = view->batch->rows * decide->serve->stride;
    for (size_t i = begin; view->weights != NULL && i < end; i++) {
        group->queries += view->weights[by_group->rows[i]];
    }
    group->queries += view->weights == NULL ? end - begin : 0;
    while (begin < end) {
        size_t count = end - begin < TGR_ANSWER_ROWS ? end - begin : TGR_ANSWER_ROWS;
        const tgr_scored_rows rows = {by_group->rows + begin, count, by_group->scores, 0,
                                      decide->serve->stride,  total};
        tgr_by_group_prefetch(by_group, view->batch, view->models, begin + count, &rows);
        tgr_observe(observer, view, decide, &rows, by_group->decided ? by_group->chosen : NULL,
                    &group->baselines, group->counts);
        begin += count;
    }
}

/* A group's sums are many: they are fetched once for all its rows of a batch. */
static tgr_status observe_groups(tgr_batch_view *view, tgr_decide *decide, tgr_batch *batch,
                                 tgr_error *error)
{
    tgr_by_group *by_group = &view->observers->by_group;
    tgr_status status = TGR_OK;
    const tgr_score_source *source = decide->plan.source;
    bool decided = source != NULL && source->choose != NULL;
    TGR_TRY(tgr_by_group_reserve(by_group, batch->rows, decide->serve->stride, decided, error));
    TGR_TRY(tgr_decide_scores(decide, batch, keep_scores, view, error));
    tgr_by_group_sort(by_group, batch->rows);
#pragma omp parallel for schedule(dynamic, 16) num_threads(decide->plan.threads)
    for (long number = 0; number < (long)TGR_RESAMPLE_GROUPS; number++) {
        observe_group(&view->observers->each[omp_get_thread_num()], view, decide, (size_t)number);
    }
done:
    return status;
}

/* ---- a batch --------------------------------------------------------------------------------- */

/* TGR_OK unless a row could not be summed; the first such row is the same for any number of
 * threads. */
static tgr_status check_rows(const tgr_observers *observers, const tgr_router *router,
                             const tgr_query_file *file, tgr_error *error)
{
    const tgr_observer *first = &observers->each[0];
    for (int i = 0; i < observers->threads; i++) {
        if (observers->each[i].bad_row < first->bad_row) {
            first = &observers->each[i];
        }
        if (observers->each[i].out_of_memory) {
            return tgr_fail_memory(error, "the thresholds of all queries");
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

/* Moves that do not fit are in the bins, too. */
static tgr_status collect_moves(tgr_observers *observers, tgr_gathering *gathering,
                                tgr_error *error)
{
    size_t more = 0;
    for (int i = 0; i < observers->threads; i++) {
        more += observers->each[i].moves.count;
    }
    tgr_moves *all = &gathering->moves;
    gathering->keeping = gathering->bins == NULL || all->count + more <= gathering->most;
    if (!gathering->keeping) {
        tgr_moves_free(all);
        for (int i = 0; i < observers->threads; i++) {
            tgr_moves_free(&observers->each[i].moves);
        }
        return TGR_OK;
    }
    all->weighed = gathering->weighing.weighed;
    all->bits = gathering->weighing.bits;
    tgr_status status = tgr_moves_reserve(all, more, error);
    for (int i = 0; status == TGR_OK && i < observers->threads; i++) {
        tgr_moves *own = &observers->each[i].moves;
        status = tgr_moves_append(all, own, error);
        own->count = 0;
    }
    return status;
}

static tgr_status weigh_batch(tgr_observers *observers, const tgr_weighing *weighing,
                              const tgr_batch *batch, tgr_error *error)
{
    void *weights = observers->weights;
    bool fits = tgr_mem_grow(&weights, &observers->weight_capacity, batch->rows,
                             sizeof *observers->weights);
    observers->weights = weights;
    for (size_t row = 0; fits && row < batch->rows; row++) {
        observers->weights[row] = tgr_weighing_of(weighing, batch, row);
        tgr_stand_add(&observers->each[0].stand, observers->weights[row]);
    }
    return fits ? TGR_OK : tgr_fail_memory(error, "a block of queries");
}

tgr_status tgr_observers_batch(tgr_observers *observers, tgr_decide *decide, tgr_batch *batch,
                               const tgr_query_file *file, tgr_gathering *gathering,
                               tgr_error *error)
{
    tgr_batch_view view = {.observers = observers,
                           .batch = batch,
                           .models = tgr_strings_count(file->models),
                           .gathering = gathering};
    if (gathering->weighing.weighed) {
        tgr_status weighed = weigh_batch(observers, &gathering->weighing, batch, error);
        if (weighed != TGR_OK) {
            return weighed;
        }
        view.weights = observers->weights;
    }
    tgr_status status = gathering->resample == NULL
                            ? tgr_decide_scores(decide, batch, observe_rows, &view, error)
                            : observe_groups(&view, decide, batch, error);
    if (status == TGR_OK) {
        status = check_rows(observers, decide->plan.router, file, error);
    }
    if (status == TGR_OK && gathering->keeping) {
        status = collect_moves(observers, gathering, error);
    }
    return status;
}

/* ---- all of them ----------------------------------------------------------------------------- */

void tgr_gathering_close(tgr_gathering *gathering)
{
    tgr_moves_free(&gathering->moves);
    tgr_bins_free(gathering->bins);
    tgr_asked_close(&gathering->asked);
    *gathering = (tgr_gathering){0};
}

static void merge_sums(tgr_observer *into, const tgr_baselines *baselines,
                       const tgr_decided *counts, size_t asked, size_t models)
{
    tgr_baselines_merge(&into->baselines, baselines);
    for (size_t i = 0; i < asked + 2; i++) {
        tgr_decided_merge(&into->counts[i], &counts[i], models);
    }
}

static void join_bins(tgr_observers *observers, tgr_gathering *gathering)
{
    for (int thread = 0; gathering->bins != NULL && thread < observers->threads; thread++) {
        if (observers->each[thread].own != NULL) {
            tgr_bins_join(gathering->bins, observers->each[thread].own);
        }
    }
}

void tgr_gathering_settle(tgr_gathering *gathering)
{
    if (gathering->keeping) {
        tgr_bins_free(gathering->bins);
        gathering->bins = NULL;
    } else {
        tgr_moves_free(&gathering->moves);
    }
}

void tgr_observers_merge(tgr_observers *observers, tgr_gathering *gathering)
{
    tgr_observer *into = &observers->each[0];
    size_t asked = gathering->asked.count, models = observers->models;
    for (int thread = 1; thread < observers->threads; thread++) {
        const tgr_observer *from = &observers->each[thread];
        merge_sums(into, &from->baselines, from->counts, asked, models);
        into->undecided += from->undecided;
    }
    for (size_t i = 0; gathering->resample != NULL && i < TGR_RESAMPLE_GROUPS; i++) {
        const tgr_group_sums *group = &gathering->resample->groups[i];
        merge_sums(into, &group->baselines, group->counts, asked, models);
    }
    join_bins(observers, gathering);
}
