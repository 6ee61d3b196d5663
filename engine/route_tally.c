/* route_tally.c - counts and exact sums over decisions, a part a thread. */
#include "engine/route_tally.h"

#include <math.h>
#include <omp.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"

typedef struct tgr_route_part {
    uint64_t *chosen;
    tgr_sum *cost;
    uint64_t *unknown_cost;
} tgr_route_part;

static bool open_part(tgr_route_part *part, size_t models, size_t thresholds)
{
    size_t pairs;
    if (__builtin_mul_overflow(models, thresholds, &pairs)) {
        return false;
    }
    part->chosen = tgr_mem_zalloc(pairs, sizeof *part->chosen);
    part->cost = tgr_mem_zalloc(thresholds, sizeof *part->cost);
    part->unknown_cost = tgr_mem_zalloc(thresholds, sizeof *part->unknown_cost);
    return part->chosen != NULL && part->cost != NULL && part->unknown_cost != NULL;
}

static void free_part(tgr_route_part *part)
{
    tgr_mem_free(part->chosen);
    tgr_mem_free(part->cost);
    tgr_mem_free(part->unknown_cost);
}

tgr_status tgr_route_tally_open(tgr_route_tally *tally, size_t models, size_t thresholds,
                                int threads, tgr_error *error)
{
    *tally = (tgr_route_tally){.models = models, .thresholds = thresholds, .threads = threads};
    tgr_route_part total = {0};
    bool opened = open_part(&total, models, thresholds);
    tally->chosen = total.chosen;
    tally->cost = total.cost;
    tally->unknown_cost = total.unknown_cost;
    tally->source = tgr_mem_zalloc(models, sizeof *tally->source);
    tally->parts = tgr_mem_zalloc((size_t)threads, sizeof *tally->parts);
    opened = opened && tally->source != NULL && tally->parts != NULL;
    for (int i = 0; opened && i < threads; i++) {
        opened = open_part(&tally->parts[i], models, thresholds);
    }
    return opened ? TGR_OK : tgr_fail_memory(error, "counting decisions");
}

void tgr_route_tally_free(tgr_route_tally *tally)
{
    for (int i = 0; tally->parts != NULL && i < tally->threads; i++) {
        free_part(&tally->parts[i]);
    }
    tgr_mem_free(tally->parts);
    tgr_mem_free(tally->chosen);
    tgr_mem_free(tally->cost);
    tgr_mem_free(tally->unknown_cost);
    tgr_mem_free(tally->source);
    *tally = (tgr_route_tally){0};
}

static void add_row(tgr_route_part *part, const tgr_decide *decide, size_t row, size_t models,
                    size_t thresholds)
{
    const int16_t *chosen = decide->model + row * thresholds;
    for (size_t i = 0; i < thresholds; i++) {
        if (chosen[i] == TGR_UNDECIDED) {
            continue;
        }
        part->chosen[i * models + (size_t)chosen[i]]++;
        double cost = tgr_decide_cost(decide, row, (size_t)chosen[i]);
        if (tgr_exact_fits(cost)) {
            part->cost[i] += tgr_exact_term(cost);
        } else {
            part->unknown_cost[i]++;
        }
    }
}

/* Adds the parts to the total and empties them. */
static void collect(tgr_route_tally *tally)
{
    size_t pairs = tally->models * tally->thresholds;
    for (int thread = 0; thread < tally->threads; thread++) {
        tgr_route_part *part = &tally->parts[thread];
        for (size_t i = 0; i < pairs; i++) {
            tally->chosen[i] += part->chosen[i];
        }
        for (size_t i = 0; i < tally->thresholds; i++) {
            tally->cost[i] += part->cost[i];
            tally->unknown_cost[i] += part->unknown_cost[i];
        }
        memset(part->chosen, 0, pairs * sizeof *part->chosen);
        memset(part->cost, 0, tally->thresholds * sizeof *part->cost);
        memset(part->unknown_cost, 0, tally->thresholds * sizeof *part->unknown_cost);
    }
}

/* Which source the costs of a file's queries come from. */
static void note_sources(tgr_route_tally *tally, const tgr_decide *decide)
{
    const tgr_serve *serve = decide->serve;
    for (size_t place = 0; place < serve->models; place++) {
        tgr_cost_source *source = &tally->source[serve->order[place]];
        if (decide->tokens_known && serve->any_price && !isnan(serve->price_in[place])) {
            *source = TGR_COST_TOKENS;
        } else if (*source == TGR_COST_NONE) {
            *source = serve->flat_source[place];
        }
    }
}

void tgr_route_tally_add(tgr_route_tally *tally, const tgr_decide *decide, size_t rows)
{
    note_sources(tally, decide);
#pragma omp parallel num_threads(tally->threads)
    {
        tgr_route_part *part = &tally->parts[omp_get_thread_num()];
#pragma omp for schedule(static)
        for (long row = 0; row < (long)rows; row++) {
            add_row(part, decide, (size_t)row, tally->models, tally->thresholds);
        }
    }
    collect(tally);
}

/* The arrays of a tally, one after another. */
#define ARRAYS 4
typedef struct array {
    void *values;
    size_t bytes;
} array;

static void list_arrays(const tgr_route_tally *tally, array arrays[ARRAYS])
{
    size_t pairs = tally->models * tally->thresholds;
    arrays[0] = (array){tally->chosen, pairs * sizeof *tally->chosen};
    arrays[1] = (array){tally->cost, tally->thresholds * sizeof *tally->cost};
    arrays[2] = (array){tally->unknown_cost, tally->thresholds * sizeof *tally->unknown_cost};
    arrays[3] = (array){tally->source, tally->models * sizeof *tally->source};
}

size_t tgr_route_tally_bytes(const tgr_route_tally *tally)
{
    array arrays[ARRAYS];
    size_t bytes = 0;
    list_arrays(tally, arrays);
    for (size_t i = 0; i < ARRAYS; i++) {
        bytes += arrays[i].bytes;
    }
    return bytes;
}

void tgr_route_tally_pack(const tgr_route_tally *tally, tgr_buffer *buffer)
{
    array arrays[ARRAYS];
    list_arrays(tally, arrays);
    for (size_t i = 0; i < ARRAYS; i++) {
        tgr_buffer_add(buffer, arrays[i].values, arrays[i].bytes);
    }
}

void tgr_route_tally_unpack(tgr_route_tally *tally, const char *bytes)
{
    array arrays[ARRAYS];
    list_arrays(tally, arrays);
    for (size_t i = 0; i < ARRAYS; i++) {
        memcpy(arrays[i].values, bytes, arrays[i].bytes);
        bytes += arrays[i].bytes;
    }
}

tgr_status tgr_route_tally_report(const tgr_route_tally *tally, tgr_route_report *report,
                                  tgr_error *error)
{
    size_t pairs = tally->models * tally->thresholds;
    report->models = tally->models;
    report->thresholds = tally->thresholds;
    report->chosen = tgr_mem_alloc(pairs, sizeof *report->chosen);
    report->cost = tgr_mem_alloc(tally->thresholds, sizeof *report->cost);
    report->cost_source = tgr_mem_alloc(tally->models, sizeof *report->cost_source);
    if (report->chosen == NULL || report->cost == NULL || report->cost_source == NULL) {
        return tgr_fail_memory(error, "the report");
    }
    memcpy(report->chosen, tally->chosen, pairs * sizeof *report->chosen);
    memcpy(report->cost_source, tally->source, tally->models * sizeof *report->cost_source);
    for (size_t i = 0; i < tally->thresholds; i++) {
        report->cost[i] = tally->unknown_cost[i] > 0 ? NAN : tgr_exact_value(tally->cost[i]);
    }
    return TGR_OK;
}
