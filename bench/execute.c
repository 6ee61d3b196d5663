/* execute.c - running an entry once. */
#include <string.h>

#include "bench/count.h"
#include "bench/densely.h"
#include "bench/entry.h"

typedef struct working {
    const tgr_bench_run *run;
    const tgr_bench_entry *entry;
    tgr_csr x;
    tgr_weights weights;
    tgr_decider decider;
    tgr_choice choice;
    tgr_limit_job limit;
    tgr_plain_job plain;
} working;

static void *scratch_of(const tgr_bench_run *run, size_t thread)
{
    return run->scratch + run->scratch_each * thread;
}

static uint64_t route(const void *work, size_t thread, size_t begin, size_t end)
{
    const working *w = work;
    w->entry->kernels->route(&w->x, &w->weights, &w->decider, begin, end,
                             scratch_of(w->run, thread), &w->choice);
    return 0;
}

static uint64_t touch(const void *work, size_t thread, size_t begin, size_t end)
{
    const working *w = work;
    (void)thread;
    return w->entry->limits->touch(&w->limit, begin, end);
}

static uint64_t ceiling(const void *work, size_t thread, size_t begin, size_t end)
{
    const working *w = work;
    (void)thread;
    w->entry->limits->ceiling(&w->limit, begin, end);
    return 0;
}

static uint64_t plain(const void *work, size_t thread, size_t begin, size_t end)
{
    const working *w = work;
    (void)thread;
    w->entry->plain->plain(&w->plain, begin, end);
    return 0;
}

static uint64_t vectorised(const void *work, size_t thread, size_t begin, size_t end)
{
    const working *w = work;
    (void)thread;
    w->entry->plain->vectorised(&w->plain, begin, end);
    return 0;
}

static uint64_t read_stream(const void *work, size_t thread, size_t begin, size_t end)
{
    const working *w = work;
    (void)thread;
    return w->entry->limits->read(w->run->stream + begin, end - begin);
}

tgr_decider tgr_bench_decider(const tgr_bench_run *run, const tgr_bench_question *question)
{
    static const tgr_rule rules[] = {TGR_RULE_UTILITY, TGR_RULE_MARGIN, TGR_RULE_UTILITY,
                                     TGR_RULE_SLACK};
    const tgr_bench_data *data = &run->data;
    return (tgr_decider){
        .rule = rules[question->policy],
        .models = data->models,
        .reference = data->reference,
        .thresholds = question->thresholds,
        .threshold_count = question->threshold_count,
        .flat = data->flat,
        .price_in = question->tokens ? data->price_in : NULL,
        .price_out = question->tokens ? data->price_out : NULL,
        .prompt_tokens = question->tokens ? data->prompt_tokens : NULL,
        .eligible = question->masked ? data->eligible : NULL,
        .mask_words = data->mask_words,
    };
}

static void open_work(working *work, const tgr_bench_run *run, const tgr_bench_entry *entry)
{
    const tgr_bench_data *data = &run->data;
    const tgr_bench_question *question = &run->questions[entry->question];
    bool margin = question->policy == TGR_BENCH_MARGIN;
    bool padded = entry->kind == TGR_BENCH_VECTORISED;
    *work = (working){
        .run = run,
        .entry = entry,
        .x = tgr_bench_csr(data, entry->narrow),
        .weights = {data->models, data->stride, data->weights, data->bias},
        .decider = tgr_bench_decider(run, question),
        .choice = {.model = data->model},
    };
    work->limit = (tgr_limit_job){
        .x = &work->x,
        .w = &work->weights,
        .length = data->length,
        .reference = margin ? (int)data->reference : -1,
        .threshold = (float)question->thresholds[0],
        .model = data->model,
    };
    work->plain = (tgr_plain_job){
        .indptr = data->indptr,
        .indices = data->indices,
        .values = data->values,
        .value_type = data->value_type,
        .models = data->models,
        .stride = padded ? data->stride : data->models,
        .weights = padded ? data->weights : data->plain_weights,
        .bias = data->bias,
        .reference = work->limit.reference,
        .threshold = work->limit.threshold,
        .model = data->model,
    };
}

#define STREAM_PIECE ((size_t)1 << 17) /* words: 1 MB */

static tgr_team_time read_all(const tgr_bench_run *run, tgr_bench_entry *entry, const working *work)
{
    size_t pieces = run->stream_words / STREAM_PIECE;
    size_t bounds[4096];
    pieces = pieces < 4095 ? pieces : 4095;
    for (size_t i = 0; i <= pieces; i++) {
        bounds[i] = i * STREAM_PIECE;
    }
    return tgr_team_run(&run->team, entry->threads, bounds, pieces, read_stream, work,
                        &entry->seen);
}

tgr_team_time tgr_bench_execute(tgr_bench_run *run, tgr_bench_entry *entry)
{
    static tgr_team_body *const bodies[] = {
        [TGR_BENCH_TOUCH] = touch, [TGR_BENCH_CEILING] = ceiling,       [TGR_BENCH_ROUTE] = route,
        [TGR_BENCH_PLAIN] = plain, [TGR_BENCH_VECTORISED] = vectorised,
    };
    const tgr_bench_data *data = &run->data;
    if (entry->kind == TGR_BENCH_COUNT) {
        return tgr_bench_count_run(run, entry);
    }
    if (entry->kind == TGR_BENCH_DENSELY) {
        return tgr_bench_dense_run(run, entry);
    }
    working work;
    open_work(&work, run, entry);
    if (entry->kind == TGR_BENCH_READ) {
        return read_all(run, entry, &work);
    }
    bool limit = entry->kind == TGR_BENCH_TOUCH || entry->kind == TGR_BENCH_CEILING;
    return tgr_team_run(&run->team, entry->threads, limit ? data->limit_bounds : data->bounds,
                        limit ? data->limit_pieces : data->pieces, bodies[entry->kind], &work,
                        &entry->seen);
}
