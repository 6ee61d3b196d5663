/* tally.c - counts and exact sums over decisions, a part a thread. */
#include "engine/route/tally.h"

#include <math.h>
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/crew.h"
#include "engine/base/wide.h"

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

#define FEW_ROWS 512 /* that a 16-bit number counts, in the first-level cache meanwhile */

TGR_WIDE(void, count_few, (uint64_t * counts, const int16_t *chosen, size_t rows, size_t models),
         (counts, chosen, rows, models))
{
    for (size_t now; rows > 0; chosen += now, rows -= now) {
        now = rows < FEW_ROWS ? rows : FEW_ROWS;
        for (size_t model = 0; model < models; model++) {
            uint16_t count = 0;
            for (size_t row = 0; row < now; row++) {
                count = (uint16_t)(count + (chosen[row] == (int16_t)model));
            }
            counts[model] += count;
        }
    }
}

static void count_chosen(tgr_route_part *part, const int16_t *chosen, size_t rows, size_t models,
                         size_t thresholds)
{
    if (thresholds == 1 && models <= FEW_MODELS) {
        count_few(part->chosen, chosen, rows, models);
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

/* Prices of the chosen model, by its number + 1: no model costs nothing. */
typedef struct price {
    double in, out;
} price;

typedef struct price_list {
    size_t models;
    price of[TGR_MODELS_MAX + 1];
} price_list;

static void list_prices(const tgr_decide *decide, price_list *prices)
{
    const tgr_decider *decider = tgr_decide_decider(decide);
    prices->models = decider->models;
    prices->of[0] = (price){0, 0};
    for (size_t model = 0; model < decider->models; model++) {
        size_t place = decide->serve->place[model];
        prices->of[model + 1] = (price){decider->price_in[place], decider->price_out[place]};
    }
}

#define COST_ROWS  256    /* whose sum of terms fits 64 bits */
#define COST_LIMIT 1024.0 /* USD: so that a term has at most 50 bits */

/* Numbers of this size are whole multiples of one: adding it rounds as tgr_exact_term does. */
#define ROUNDER 0x1.8p52

static inline uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* Adds up the costs of few rows, where all are known and none is out of the ordinary; else false,
 * and the sum is of no use. */
TGR_WIDE(bool, sum_usual,
         (const price_list *prices, const int16_t *chosen, size_t step, const double *tokens,
          size_t rows, int64_t *sum),
         (prices, chosen, step, tokens, rows, sum))
{
    double in[COST_ROWS], out[COST_ROWS];
    for (size_t row = 0; row < rows; row++) {
        const price *one = &prices->of[chosen[row * step] + 1];
        in[row] = one->in;
        out[row] = one->out;
    }
    uint64_t total = 0; /* wraps where some are odd */
    unsigned odd = 0;
    for (size_t row = 0; row < rows; row++) {
        double cost = fma(tokens[row], in[row], out[row]);
        odd |= !(fabs(cost) <= COST_LIMIT);
        total += bits_of(cost * 0x1p40 + ROUNDER) - bits_of(ROUNDER);
    }
    *sum = (int64_t)total;
    return !odd;
}

#ifdef TGR_BY_HAND_512
#define EIGHT 8 /* models whose prices a register holds, and rows of one */

/* The same at one threshold, of whole eights of rows and at most eight models. */
TGR_BY_HAND_512 static bool sum_usual_by_eights(const price_list *prices, const int16_t *chosen,
                                                const double *tokens, size_t rows, int64_t *sum)
{
    double ins[EIGHT] = {0}, outs[EIGHT] = {0};
    for (size_t model = 0; model < prices->models; model++) {
        ins[model] = prices->of[model + 1].in;
        outs[model] = prices->of[model + 1].out;
    }
    const __m512d in = _mm512_loadu_pd(ins), out = _mm512_loadu_pd(outs);
    const __m512d rounder = _mm512_set1_pd(ROUNDER), limit = _mm512_set1_pd(COST_LIMIT);
    __m512i total = _mm512_setzero_si512();
    __mmask8 usual = 0xff;
    for (size_t row = 0; row < rows; row += EIGHT) {
        const __m512i model =
            _mm512_cvtepi16_epi64(_mm_loadu_si128((const __m128i *)(const void *)(chosen + row)));
        const __mmask8 decided = _mm512_cmpge_epi64_mask(model, _mm512_setzero_si512());
        const __m512d cost = _mm512_fmadd_pd(_mm512_loadu_pd(tokens + row),
                                             _mm512_maskz_permutexvar_pd(decided, model, in),
                                             _mm512_maskz_permutexvar_pd(decided, model, out));
        usual &= _mm512_cmp_pd_mask(_mm512_abs_pd(cost), limit, _CMP_LE_OQ);
        const __m512d term = _mm512_fmadd_pd(cost, _mm512_set1_pd(0x1p40), rounder);
        total = _mm512_add_epi64(
            total, _mm512_sub_epi64(_mm512_castpd_si512(term), _mm512_castpd_si512(rounder)));
    }
    uint64_t sums[EIGHT], all = 0; /* wraps where some are odd */
    _mm512_storeu_si512(sums, total);
    for (int i = 0; i < EIGHT; i++) {
        all += sums[i];
    }
    *sum = (int64_t)all;
    return usual == 0xff;
}

static bool sum_few(const price_list *prices, const int16_t *chosen, size_t step,
                    const double *tokens, size_t rows, int64_t *sum)
{
    bool eights = step == 1 && rows % EIGHT == 0 && prices->models <= EIGHT;
    return eights && tgr_wide_level() == TGR_WIDE_AVX512
               ? sum_usual_by_eights(prices, chosen, tokens, rows, sum)
               : sum_usual(prices, chosen, step, tokens, rows, sum);
}
#else
#define sum_few sum_usual
#endif

/* The same of any rows. */
static cost_sum sum_any(const tgr_decide *decide, const int16_t *chosen, size_t step, size_t begin,
                        size_t end)
{
    cost_sum total = {0, 0};
    for (size_t row = begin; row < end; row++, chosen += step) {
        if (*chosen == TGR_UNDECIDED) {
            continue;
        }
        double cost = tgr_decide_cost(decide, row, (size_t)*chosen);
        if (tgr_exact_fits(cost)) {
            total.sum += tgr_exact_term(cost);
        } else {
            total.unknown++;
        }
    }
    return total;
}

/* Costs of the decisions at one threshold, as tgr_ref_cost has them. */
static cost_sum sum_costs(const tgr_decide *decide, const price_list *prices, size_t threshold,
                          size_t begin, size_t end)
{
    const double *tokens = tgr_decide_decider(decide)->prompt_tokens;
    size_t thresholds = decide->plan.threshold_count;
    cost_sum total = {0, 0};
    if (tgr_decide_row_costs(decide) != NULL) {
        const int16_t *chosen = decide->model + begin * thresholds + threshold;
        return sum_any(decide, chosen, thresholds, begin, end);
    }
    for (size_t now; begin < end; begin += now) {
        const int16_t *chosen = decide->model + begin * thresholds + threshold;
        int64_t sum;
        now = end - begin < COST_ROWS ? end - begin : COST_ROWS;
        if (sum_few(prices, chosen, thresholds, tokens + begin, now, &sum)) {
            total.sum += sum;
            continue;
        }
        cost_sum found = sum_any(decide, chosen, thresholds, begin, begin + now);
        total.sum += found.sum;
        total.unknown += found.unknown;
    }
    return total;
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
    price_list prices;
    list_prices(decide, &prices);
    for (size_t i = 0; i < tally->thresholds; i++) {
        cost_sum total = sum_costs(decide, &prices, i, begin, end);
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

/* What a model's costs come from, if this and that are what parts of the queries' come from. */
static tgr_cost_source unite_source(tgr_cost_source into, tgr_cost_source one)
{
    return one == TGR_COST_TOKENS || into == TGR_COST_NONE ? one : into;
}

void tgr_route_tally_move(tgr_route_tally *tally, tgr_route_tally *from)
{
    size_t pairs = tally->models * tally->thresholds;
    for (size_t i = 0; i < pairs; i++) {
        tally->chosen[i] += from->chosen[i];
    }
    for (size_t i = 0; i < tally->thresholds; i++) {
        tally->cost[i] += from->cost[i];
        tally->unknown_cost[i] += from->unknown_cost[i];
    }
    for (size_t model = 0; model < tally->models; model++) {
        tally->source[model] = unite_source(tally->source[model], from->source[model]);
    }
    memset(from->chosen, 0, pairs * sizeof *from->chosen);
    memset(from->cost, 0, from->thresholds * sizeof *from->cost);
    memset(from->unknown_cost, 0, from->thresholds * sizeof *from->unknown_cost);
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

/* As if one process had noted the sources of all files in order. */
static tgr_status unite_sources(tgr_route_tally *tally, const tgr_run *run, tgr_error *error)
{
    void *all;
    tgr_status status =
        tgr_crew_gather(run, tally->source, tally->models * sizeof *tally->source, &all, error);
    const tgr_cost_source *sources = all;
    for (size_t model = 0; status == TGR_OK && model < tally->models; model++) {
        tgr_cost_source *into = &tally->source[model];
        *into = TGR_COST_NONE;
        for (uint32_t rank = 0; rank < tgr_crew_ranks(run); rank++) {
            *into = unite_source(*into, sources[rank * tally->models + model]);
        }
    }
    tgr_mem_free(all);
    return status;
}

tgr_status tgr_route_tally_unite(tgr_route_tally *tally, const tgr_run *run, tgr_error *error)
{
    tgr_status status = TGR_OK;
    TGR_TRY(tgr_crew_sum(run, tally->chosen, tally->models * tally->thresholds, error));
    TGR_TRY(tgr_crew_sum_wide(run, tally->cost, tally->thresholds, error));
    TGR_TRY(tgr_crew_sum(run, tally->unknown_cost, tally->thresholds, error));
    TGR_TRY(unite_sources(tally, run, error));
done:
    return status;
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
