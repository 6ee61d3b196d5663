/* drift.c - two walks that count, and what the counts say. */
#include <tagroute/drift.h>

#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/options.h"
#include "engine/base/runtime.h"
#include "engine/drift/counts.h"
#include "engine/drift/sizes.h"
#include "engine/pass.h"
#include "engine/router/router.h"

typedef struct tgr_drift_memory {
    tgr_drift drift;
    tgr_arena arena;
} tgr_drift_memory;

typedef struct measuring {
    tgr_drift_options options;
    const tgr_run *run;
    tgr_pass pass[2];
    uint64_t queries[2];
    tgr_drift_counts tags, categories;
    uint32_t *tag_of[2]; /* of each side's columns */
    uint32_t *category_of[2];
    bool *known; /* of the tags */
    uint32_t *labels;
    size_t label_capacity;
    tgr_drift *to;
    tgr_arena *arena;
} measuring;

void tgr_drift_options_init(tgr_drift_options *options)
{
    *options = (tgr_drift_options){.size = sizeof *options, .most = 20, .seed = 1};
}

void tgr_drift_free(tgr_drift *drift)
{
    if (drift != NULL) {
        tgr_drift_memory *memory = drift->memory;
        tgr_arena_free(&memory->arena);
        tgr_mem_free(memory);
    }
}

static void close_measuring(measuring *work)
{
    for (size_t side = 0; side < 2; side++) {
        tgr_pass_close(&work->pass[side]);
        tgr_mem_free(work->tag_of[side]);
        tgr_mem_free(work->category_of[side]);
    }
    tgr_drift_counts_free(&work->tags);
    tgr_drift_counts_free(&work->categories);
    tgr_mem_free(work->known);
    tgr_mem_free(work->labels);
}

/* ---- names ----------------------------------------------------------------------------------- */

/* Adds a file's names, which may be none; numbers: of each. */
static bool unite(const tgr_strings *names, tgr_drift_counts *counts, uint32_t **numbers)
{
    uint32_t count = names == NULL ? 0 : tgr_strings_count(names);
    *numbers = tgr_mem_alloc(count, sizeof **numbers);
    bool united = *numbers != NULL;
    for (uint32_t i = 0; united && i < count; i++) {
        size_t length;
        const char *name = tgr_strings_get(names, i, &length);
        (*numbers)[i] = tgr_strings_add(counts->names, name, length);
        united = (*numbers)[i] != TGR_STRING_NONE;
    }
    return united;
}

static bool mark_known(measuring *work)
{
    size_t count = tgr_strings_count(work->tags.names);
    work->known = tgr_mem_zalloc(count, sizeof *work->known);
    for (uint32_t i = 0; work->known != NULL && i < count && work->options.router != NULL; i++) {
        size_t length;
        const char *name = tgr_strings_get(work->tags.names, i, &length);
        work->known[i] =
            tgr_strings_find(work->options.router->tags, name, length) != TGR_STRING_NONE;
    }
    return work->known != NULL;
}

static tgr_status unite_names(measuring *work, tgr_error *error)
{
    bool united = tgr_drift_counts_open(&work->tags) && tgr_drift_counts_open(&work->categories);
    for (size_t side = 0; united && side < 2; side++) {
        const tgr_query_file *file = work->pass[side].files[0];
        united = unite(file->tags, &work->tags, &work->tag_of[side]) &&
                 unite(file->categories, &work->categories, &work->category_of[side]);
        work->to->with_categories |= file->categories != NULL;
    }
    united = united && mark_known(work) && tgr_drift_counts_allocate(&work->tags) &&
             tgr_drift_counts_allocate(&work->categories);
    return united ? TGR_OK : tgr_fail_memory(error, "the names of tags");
}

static void compare_taggers(const measuring *work)
{
    const tgr_query_file *first = work->pass[0].files[0], *second = work->pass[1].files[0];
    if (first->tagger_digest[0] != '\0' && second->tagger_digest[0] != '\0' &&
        strcmp(first->tagger_digest, second->tagger_digest) != 0) {
        tgr_run_message(work->run, TGR_WARNING,
                        "%s and %s were tagged in different ways: what looks like drift may come "
                        "from that",
                        first->path, second->path);
    }
}

static tgr_status open_sides(measuring *work, tgr_error *error)
{
    const char *paths[2] = {work->options.first, work->options.second};
    const char *splits[2] = {work->options.first_split, work->options.second_split};
    tgr_status status = TGR_OK;
    for (size_t side = 0; side < 2; side++) {
        if (paths[side] == NULL) {
            return tgr_fail(error, TGR_ERR_ARGUMENT, "drift needs two query files");
        }
        TGR_TRY(tgr_pass_open(&work->pass[side], &paths[side], 1, splits[side], error));
        TGR_TRY(tgr_pass_count(&work->pass[side], work->run, &work->queries[side], error));
        if (work->queries[side] == 0) {
            return tgr_fail(error, TGR_ERR_INPUT, "%s: there is no query to compare", paths[side]);
        }
    }
    compare_taggers(work);
    status = unite_names(work, error);
done:
    return status;
}

/* ---- counting -------------------------------------------------------------------------------- */

/* One table's counts of a batch: the real side's, or those of a round. */
static void count_rows(const measuring *work, const tgr_batch *batch, size_t side, int round)
{
    const tgr_csr *x = &batch->x;
    bool real = round < 0;
    uint64_t *tags = real ? work->tags.side[side] : work->tags.dealt[round];
    uint64_t *categories = real ? work->categories.side[side] : work->categories.dealt[round];
    const uint32_t *tag_of = work->tag_of[side], *category_of = work->category_of[side];
    size_t nameless = work->categories.values - 1;
    for (size_t row = 0; row < batch->rows; row++) {
        if (!real && (work->labels[row] >> round & 1) == 0) {
            continue;
        }
        for (int64_t entry = x->indptr[row]; entry < x->indptr[row + 1]; entry++) {
            tags[tag_of[tgr_csr_column(x, entry)]]++;
        }
        int32_t code = batch->category == NULL ? -1 : batch->category[row];
        categories[code < 0 ? nameless : category_of[code]]++;
    }
}

/* What is counted of a side beside values. */
static void count_side(const measuring *work, const tgr_batch *batch, size_t side)
{
    tgr_drift_side *to = side == 0 ? &work->to->first : &work->to->second;
    const tgr_csr *x = &batch->x;
    for (size_t row = 0; row < batch->rows; row++) {
        uint64_t before = to->known_tags;
        for (int64_t entry = x->indptr[row]; entry < x->indptr[row + 1]; entry++) {
            to->known_tags += work->known[work->tag_of[side][tgr_csr_column(x, entry)]];
        }
        to->no_tag += x->indptr[row] == x->indptr[row + 1];
        to->no_known_tag += to->known_tags == before;
    }
    to->tags += (uint64_t)(x->indptr[batch->rows] - x->indptr[0]);
}

static tgr_status deal_labels(measuring *work, const tgr_batch *batch, size_t side, uint64_t begin,
                              tgr_error *error)
{
    void *labels = work->labels;
    if (!tgr_mem_grow(&labels, &work->label_capacity, batch->rows, sizeof *work->labels)) {
        return tgr_fail_memory(error, "a block of queries");
    }
    work->labels = labels;
    double share = (double)work->queries[0] / ((double)work->queries[0] + (double)work->queries[1]);
    int threads = tgr_run_threads(work->run);
#pragma omp parallel for num_threads(threads) schedule(static)
    for (size_t row = 0; row < batch->rows; row++) {
        work->labels[row] = tgr_drift_deal(work->options.seed, (int)side, begin + row, share);
    }
    return TGR_OK;
}

static tgr_status count_walk(measuring *work, size_t side, tgr_error *error)
{
    uint64_t begin = 0;
    tgr_status status = TGR_OK;
    int threads = tgr_run_threads(work->run);
    for (;;) {
        tgr_batch *batch;
        size_t file;
        TGR_TRY(tgr_pass_next(&work->pass[side], TGR_WANT_CATEGORY, "counting", work->run, &batch,
                              &file, error));
        if (batch == NULL) {
            break;
        }
        TGR_TRY(deal_labels(work, batch, side, begin, error));
        count_side(work, batch, side);
        begin += batch->rows;
        /* a round's tables belong to one thread at a time */
#pragma omp parallel for num_threads(threads) schedule(dynamic, 1)
        for (int round = -1; round < TGR_DRIFT_ROUNDS; round++) {
            count_rows(work, batch, side, round);
        }
    }
done:
    return status;
}

/* ---- what the counts say --------------------------------------------------------------------- */

static void count_own(const measuring *work, size_t side, tgr_drift_side *to)
{
    const uint64_t *own = work->tags.side[side], *other = work->tags.side[1 - side];
    to->queries = work->queries[side];
    for (size_t i = 0; i + 1 < work->tags.values; i++) {
        to->distinct += own[i] > 0;
        to->only += own[i] > 0 && other[i] == 0;
        to->only_tags += other[i] == 0 ? own[i] : 0;
    }
}

static tgr_status conclude(measuring *work, tgr_error *error)
{
    tgr_drift *to = work->to;
    size_t most = work->options.most;
    to->with_router = work->options.router != NULL;
    to->seed = work->options.seed;
    count_own(work, 0, &to->first);
    count_own(work, 1, &to->second);
    bool found =
        tgr_drift_sizes_find(&work->tags, work->queries, false, most, work->arena, &to->tags) &&
        (!to->with_categories || tgr_drift_sizes_find(&work->categories, work->queries, true, most,
                                                      work->arena, &to->categories));
    return found ? TGR_OK : tgr_fail_memory(error, "the drift");
}

static tgr_status start(measuring *work, const tgr_drift_options *options, tgr_error *error)
{
    tgr_drift_memory *memory = tgr_mem_zalloc(1, sizeof *memory);
    if (memory == NULL) {
        return tgr_fail_memory(error, "the drift");
    }
    work->to = &memory->drift;
    work->to->memory = memory;
    work->arena = &memory->arena;
    tgr_drift_options_init(&work->options);
    return tgr_options_copy(&work->options, sizeof work->options, options, error);
}

tgr_status tgr_drift_measure(const tgr_drift_options *options, tgr_drift **drift,
                             const tgr_run *run, tgr_error *error)
{
    measuring work = {.run = run};
    tgr_status status = TGR_OK;
    *drift = NULL;
    TGR_TRY(start(&work, options, error));
    TGR_TRY(open_sides(&work, error));
    TGR_TRY(count_walk(&work, 0, error));
    TGR_TRY(count_walk(&work, 1, error));
    TGR_TRY(conclude(&work, error));
    *drift = work.to;
    work.to = NULL;
done:
    tgr_drift_free(work.to);
    close_measuring(&work);
    return status;
}
