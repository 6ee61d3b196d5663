/* tally.c - counts and exact sums over decisions, a part a thread. */
#include "engine/route/tally.h"

#include <math.h>
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

/* ---- counting -------------------------------------------------------------------------- */

#define FEW_MODELS 16 /* that counting one after the other, many rows at a time, is faster for */

static void count_few(tgr_route_part *part, const int16_t *chosen, size_t rows, size_t models)
{
    for (size_t model = 0; model < models; model++) {
        uint32_t count = 0;
        for (size_t row = 0; row < rows; row++) {
            count += chosen[row] == (int16_t)model;
        }
        part->chosen[model] += count;
    }
}

static void count_chosen(tgr_route_part *part, const int16_t *chosen, size_t rows, size_t models,
                         size_t thresholds)
{
    if (thresholds == 1 && models <= FEW_MODELS && rows <= UINT32_MAX) {
        count_few(part, chosen, rows, models);
        return;
    }
    for (size_t row = 0; row < rows; row++) {
        for (size_t i = 0; i < thresholds; i++) {
            int16_t model = chosen[row * thresholds + i];
            if (model != TGR_UNDECIDED) {
                part->chosen[i * models + (size_t)model]++;
            }
        }
    }
}

/* ---- costs ----------------------------------------------------------------------------- */

/* Whether a model costs every query of the batch the same. */
static bool costs_are_flat(const tgr_decider *decider)
{
    return decider->price_in == NULL || decider->prompt_tokens == NULL;
}

typedef struct cost_sum {
    tgr_sum sum;
    uint64_t unknown;
} cost_sum;

static inline void add_cost(cost_sum *total, double cost)
{
    if (tgr_exact_fits(cost)) {
        total->sum += tgr_exact_term(cost);
    } else {
        total->unknown++;
    }
}

/* Costs of the decisions at one threshold, as tgr_ref_cost has them. */
static inline __attribute__((always_inline)) cost_sum
sum_costs_inline(const tgr_decide *decide, size_t threshold, size_t begin, size_t end)
{
    const tgr_decider *decider = tgr_decide_decider(decide);
    const uint16_t *places = decide->serve->place;
    size_t thresholds = decide->plan.threshold_count;
    cost_sum total = {0, 0};
    for (size_t row = begin; row < end; row++) {
        int16_t model = decide->model[row * thresholds + threshold];
        if (model == TGR_UNDECIDED) {
            continue;
        }
        size_t place = places[model];
        double cost =
            fma(decider->prompt_tokens[row], decider->price_in[place], decider->price_out[place]);
        if (isnan(cost)) { /* no tokens or no price; else none of the three is NaN */
            cost = tgr_decide_cost(decide, row, (size_t)model);
        }
        add_cost(&total, cost);
    }
    return total;
}

static cost_sum sum_costs_by_row(const tgr_decide *decide, size_t threshold, size_t begin,
                                 size_t end)
{
    size_t thresholds = decide->plan.threshold_count;
    cost_sum total = {0, 0};
    for (size_t row = begin; row < end; row++) {
        int16_t model = decide->model[row * thresholds + threshold];
        if (model != TGR_UNDECIDED) {
            add_cost(&total, tgr_decide_cost(decide, row, (size_t)model));
        }
    }
    return total;
}

static cost_sum sum_costs(const tgr_decide *decide, size_t threshold, size_t begin, size_t end)
{
    return sum_costs_inline(decide, threshold, begin, end);
}

#if defined(__x86_64__)
/* The same with an instruction in place of a call. */
__attribute__((target("fma"))) static cost_sum
sum_costs_fused(const tgr_decide *decide, size_t threshold, size_t begin, size_t end)
{
    return sum_costs_inline(decide, threshold, begin, end);
}
#endif

static cost_sum sum_costs_fast(const tgr_decide *decide, size_t threshold, size_t begin, size_t end)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("fma")) {
        return sum_costs_fused(decide, threshold, begin, end);
    }
#endif
    return sum_costs(decide, threshold, begin, end);
}

void tgr_route_tally_observe(void *user, const tgr_decide *decide, int thread, size_t begin,
                             size_t end)
{
    tgr_route_tally *tally = user;
    tgr_route_part *part = &tally->parts[thread];
    const int16_t *chosen = decide->model + begin * tally->thresholds;
    count_chosen(part, chosen, end - begin, tally->models, tally->thresholds);
    if (costs_are_flat(tgr_decide_decider(decide))) {
        return; /* a product each, once all is counted */
    }
    for (size_t i = 0; i < tally->thresholds; i++) {
        cost_sum total = tgr_decide_row_costs(decide) != NULL
                             ? sum_costs_by_row(decide, i, begin, end)
                             : sum_costs_fast(decide, i, begin, end);
        part->cost[i] += total.sum;
        part->unknown_cost[i] += total.unknown;
    }
}

/* What a part's decisions cost at a threshold where each model costs all queries the same. */
static void add_flat_costs(tgr_route_tally *tally, const tgr_route_part *part,
                           const tgr_decide *decide, size_t threshold)
{
    for (size_t model = 0; model < tally->models; model++) {
        uint64_t count = part->chosen[threshold * tally->models + model];
        double cost = decide->serve->flat[decide->serve->place[model]];
        if (tgr_exact_fits(cost)) {
            tally->cost[threshold] += (tgr_sum)tgr_exact_term(cost) * (tgr_sum)count;
        } else {
            tally->unknown_cost[threshold] += count;
        }
    }
}

/* Adds a part to the total and empties it. */
static void collect(tgr_route_tally *tally, tgr_route_part *part, const tgr_decide *decide)
{
    size_t pairs = tally->models * tally->thresholds;
    bool flat = costs_are_flat(tgr_decide_decider(decide));
    for (size_t i = 0; i < tally->thresholds; i++) {
        if (flat) {
            add_flat_costs(tally, part, decide, i);
        }
        tally->cost[i] += part->cost[i];
        tally->unknown_cost[i] += part->unknown_cost[i];
    }
    for (size_t i = 0; i < pairs; i++) {
        tally->chosen[i] += part->chosen[i];
    }
    memset(part->chosen, 0, pairs * sizeof *part->chosen);
    memset(part->cost, 0, tally->thresholds * sizeof *part->cost);
    memset(part->unknown_cost, 0, tally->thresholds * sizeof *part->unknown_cost);
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

void tgr_route_tally_add(tgr_route_tally *tally, const tgr_decide *decide)
{
    note_sources(tally, decide);
    for (int thread = 0; thread < tally->threads; thread++) {
        collect(tally, &tally->parts[thread], decide);
    }
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
