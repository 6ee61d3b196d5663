/* test_simulate_world.h - random queries, models and judgements held plainly, as a query file and a
 * router for the engine, and as preference-ordered arrays for the reference kernels. */
#ifndef TGR_TESTS_SIMULATE_WORLD_H
#define TGR_TESTS_SIMULATE_WORLD_H

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/memory.h"
#include "engine/router/router.h"
#include "engine/store/query_write.h"
#include "tests/cmocka_all.h"

enum { TAGS = 12, LISTS = 5, MODELS = 50, CATEGORIES = 5 };

typedef struct world {
    size_t queries, models, reference;
    uint8_t *x;                  /* queries x TAGS, 0 where the tag is missing */
    float weights[TAGS][MODELS]; /* the router does not know the last tag */
    float bias[MODELS];
    float *score, *cost; /* queries x models, NaN missing */
    int8_t *outcome;     /* queries x models, -1 missing */
    double *prompt_tokens;
    double *weight;        /* NULL: queries have none */
    int32_t *allow, *deny; /* queries: list, -1 none */
    int32_t *category;     /* queries, -1 none; some of each */
    bool lists[LISTS][MODELS];
    double price_in[MODELS], price_out[MODELS], tokens[MODELS], mean_cost[MODELS];
} world;

static uint64_t random_state;

static inline uint64_t draw(uint64_t below)
{
    random_state += 0x9e3779b97f4a7c15u;
    uint64_t z = random_state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (z ^ (z >> 31)) % below;
}

static inline void *some(size_t count, size_t size)
{
    void *memory = calloc(count + 1, size);
    assert_non_null(memory);
    return memory;
}

/* Nothing recorded, every model may serve, costs not known, weights 0. */
static inline world *world_new(size_t queries, size_t models, size_t reference)
{
    world *w = some(1, sizeof *w);
    size_t pairs = queries * models;
    *w = (world){.queries = queries, .models = models, .reference = reference};
    w->x = some(queries * TAGS, sizeof *w->x);
    w->score = some(pairs, sizeof *w->score);
    w->cost = some(pairs, sizeof *w->cost);
    w->outcome = some(pairs, sizeof *w->outcome);
    w->prompt_tokens = some(queries, sizeof *w->prompt_tokens);
    w->allow = some(queries, sizeof *w->allow);
    w->deny = some(queries, sizeof *w->deny);
    w->category = some(queries, sizeof *w->category);
    for (size_t i = 0; i < pairs; i++) {
        w->score[i] = w->cost[i] = NAN;
        w->outcome[i] = -1;
    }
    for (size_t i = 0; i < queries; i++) {
        w->prompt_tokens[i] = NAN;
        w->allow[i] = w->deny[i] = -1;
        w->category[i] = (int32_t)(i * 2654435761u % 1000003 % (CATEGORIES + 1)) - 1;
    }
    for (size_t i = 0; i < MODELS; i++) {
        w->price_in[i] = w->price_out[i] = w->tokens[i] = w->mean_cost[i] = NAN;
    }
    return w;
}

/* Eighths from 1/8 to 8; some queries say none. */
static inline void world_weigh(world *w)
{
    w->weight = some(w->queries, sizeof *w->weight);
    for (size_t i = 0; i < w->queries; i++) {
        w->weight[i] = draw(8) == 0 ? (double)NAN : (double)(1 + draw(64)) / 8;
    }
}

static inline void world_free(world *w)
{
    free(w->x);
    free(w->score);
    free(w->cost);
    free(w->outcome);
    free(w->prompt_tokens);
    free(w->weight);
    free(w->allow);
    free(w->deny);
    free(w->category);
    free(w);
}

/* What a random world has. */
typedef struct world_kind {
    bool scores, outcomes, costs; /* recorded, some missing where `sparse` */
    bool sparse, lists, ties;     /* ties: scores of few distinct values */
    bool prices, unknown_costs;   /* unknown_costs: a model without any expected cost */
} world_kind;

static inline void fill_query(world *w, size_t query, const world_kind *kind)
{
    for (size_t tag = 0; tag < TAGS; tag++) {
        if (draw(4) == 0) {
            w->x[query * TAGS + tag] = (uint8_t)(1 + draw(3));
        }
    }
    for (size_t i = query * w->models; i < (query + 1) * w->models; i++) {
        bool missing = kind->sparse && draw(3) == 0;
        if (kind->scores && !missing) {
            w->score[i] = (float)draw(5) / 3;
        }
        if (kind->outcomes && !(kind->sparse && draw(3) == 0)) {
            w->outcome[i] = (int8_t)draw(3);
        }
        if (kind->costs && !missing) {
            w->cost[i] = (float)((double)(1 + draw(1000)) * 1e-6 * (double)(1 + i % w->models));
        }
    }
    if (kind->prices && draw(10) != 0) {
        w->prompt_tokens[query] = (double)draw(3000);
    }
    if (kind->lists) {
        w->allow[query] = draw(4) == 0 ? (int32_t)draw(LISTS) : -1;
        w->deny[query] = draw(4) == 0 ? (int32_t)draw(LISTS) : -1;
    }
}

static inline void world_fill(world *w, const world_kind *kind)
{
    for (size_t query = 0; query < w->queries; query++) {
        fill_query(w, query, kind);
    }
    for (size_t model = 0; model < w->models; model++) {
        for (size_t tag = 0; tag < TAGS; tag++) {
            w->weights[tag][model] =
                kind->ties ? ((float)draw(3) - 1) / 4 : (float)draw(20001) / 10000 - 1;
        }
        w->bias[model] = kind->ties ? 0 : (float)draw(100) / 100;
        for (size_t list = 0; list < LISTS; list++) {
            w->lists[list][model] = draw(2) == 0;
        }
        w->mean_cost[model] = (double)(1 + draw(4)) * 0.00125; /* may tie */
        if (kind->prices && draw(3) != 0) {
            w->price_in[model] = (double)(1 + draw(9)) * 1e-6;
            w->price_out[model] = (double)(1 + draw(9)) * 2e-6;
            w->tokens[model] = (double)draw(400);
        }
    }
    if (kind->unknown_costs) {
        size_t model = draw(w->models);
        w->mean_cost[model] = w->price_in[model] = NAN;
    }
}

/* ---- as the engine takes it ------------------------------------------------------------------ */

static inline void put(tgr_query_writer *writer, tgr_query_column column, const void *values,
                       size_t count)
{
    tgr_error error;
    if (tgr_query_put(writer, column, values, count, &error) != TGR_OK) {
        fail_msg("column %d: %s", (int)column, error.message);
    }
}

/* Names t0..., m0..., and lists such as ["m0","m2"]. */
typedef struct world_names {
    char text[TAGS + MODELS + LISTS][MODELS * 8];
    const char *tags[TAGS], *models[MODELS], *lists[LISTS];
} world_names;

static inline void name_all(const world *w, world_names *names)
{
    size_t next = 0;
    for (size_t tag = 0; tag < TAGS; tag++, next++) {
        snprintf(names->text[next], sizeof names->text[next], "t%zu", tag);
        names->tags[tag] = names->text[next];
    }
    for (size_t model = 0; model < w->models; model++, next++) {
        snprintf(names->text[next], sizeof names->text[next], "m%zu", model);
        names->models[model] = names->text[next];
    }
    for (size_t list = 0; list < LISTS; list++, next++) {
        char *text = names->text[next];
        size_t length = (size_t)sprintf(text, "[");
        for (size_t model = 0; model < w->models; model++) {
            if (w->lists[list][model]) {
                length +=
                    (size_t)sprintf(text + length, "%s\"m%zu\"", length > 1 ? "," : "", model);
            }
        }
        strcpy(text + length, "]");
        names->lists[list] = text;
    }
}

/* Two lists may hold the same models; the file's dictionary holds distinct ones. */
static inline int32_t distinct_lists(const world_names *names, const char **lists, int32_t *code)
{
    int32_t count = 0;
    for (size_t list = 0; list < LISTS; list++) {
        code[list] = -1;
        for (int32_t known = 0; known < count && code[list] < 0; known++) {
            code[list] = strcmp(lists[known], names->lists[list]) == 0 ? known : -1;
        }
        if (code[list] < 0) {
            lists[count] = names->lists[list];
            code[list] = count++;
        }
    }
    return count;
}

static inline void put_codes(tgr_query_writer *writer, tgr_query_column column,
                             const int32_t *lists, const int32_t *code, size_t count)
{
    int32_t *codes = some(count, sizeof *codes);
    for (size_t i = 0; i < count; i++) {
        codes[i] = lists[i] < 0 ? -1 : code[lists[i]];
    }
    put(writer, column, codes, count);
    free(codes);
}

static inline void put_ids(tgr_query_writer *writer, size_t begin, size_t count)
{
    tgr_error error;
    tgr_texts ids = {some(count, 12), some(count + 1, sizeof(uint64_t))};
    for (size_t i = 0; i < count; i++) {
        ids.offsets[i + 1] =
            ids.offsets[i] + (uint64_t)snprintf(ids.bytes + ids.offsets[i], 12, "q%zu", begin + i);
    }
    assert_int_equal(tgr_query_put_ids(writer, &ids, count, &error), TGR_OK);
    free(ids.bytes);
    free(ids.offsets);
}

static inline size_t put_x(tgr_query_writer *writer, const world *w, size_t begin, size_t end)
{
    size_t cells = (end - begin) * TAGS, nonzeros = 0;
    int64_t *indptr = some(end - begin + 1, sizeof *indptr);
    uint32_t *indices = some(cells, sizeof *indices);
    uint8_t *values = some(cells, sizeof *values);
    for (size_t query = begin; query < end; query++) {
        for (size_t tag = 0; tag < TAGS; tag++) {
            if (w->x[query * TAGS + tag] > 0) {
                indices[nonzeros] = (uint32_t)tag;
                values[nonzeros++] = w->x[query * TAGS + tag];
            }
        }
        indptr[query - begin + 1] = (int64_t)nonzeros;
    }
    if (writer != NULL) {
        put(writer, TGR_COLUMN_INDPTR, indptr, end - begin + 1);
        put(writer, TGR_COLUMN_INDICES, indices, nonzeros);
        put(writer, TGR_COLUMN_VALUES, values, nonzeros);
    }
    free(indptr);
    free(indices);
    free(values);
    return nonzeros;
}

/* Writes queries [begin, end) as a query file. */
static inline void world_write(const world *w, size_t begin, size_t end, const char *path)
{
    static const char *const sources[] = {"log"};
    static const char *const categories[CATEGORIES] = {"c0", "c1", "c2", "c3", "c4"};
    world_names names;
    const char *lists[LISTS];
    int32_t code[LISTS];
    char digest[33];
    name_all(w, &names);
    uint32_t list_count = (uint32_t)distinct_lists(&names, lists, code);
    tgr_tagger_digest("given", false, digest);
    uint64_t tag_queries[TAGS] = {0};
    double tag_counts[TAGS] = {0};
    for (size_t i = begin * TAGS; i < end * TAGS; i++) {
        tag_queries[i % TAGS] += w->x[i] > 0;
        tag_counts[i % TAGS] += w->x[i];
    }
    const tgr_query_plan plan = {
        .rows = end - begin,
        .nonzeros = put_x(NULL, w, begin, end),
        .value_type = TGR_U8,
        .tags = {names.tags, TAGS},
        .tag_queries = tag_queries,
        .tag_counts = tag_counts,
        .models = {names.models, (uint32_t)w->models},
        .allows = {lists, list_count},
        .denies = {lists, list_count},
        .sources = {sources, 1},
        .categories = {categories, CATEGORIES},
        .id_width = 12,
        .has_prompt_tokens = true,
        .has_score = true,
        .has_outcome = true,
        .has_cost = true,
        .has_weight = w->weight != NULL,
        .tagger_kind = "given",
        .tagger_digest = digest,
    };
    tgr_query_writer *writer;
    tgr_error error;
    if (tgr_query_writer_open(path, &plan, &writer, &error) != TGR_OK) {
        fail_msg("%s", error.message);
    }
    size_t rows = end - begin, first = begin * w->models, pairs = rows * w->models;
    int64_t *zeros = some(rows, sizeof *zeros);
    put_x(writer, w, begin, end);
    put(writer, TGR_COLUMN_POSITION, zeros, rows);
    put(writer, TGR_COLUMN_SOURCE, zeros, rows);
    put(writer, TGR_COLUMN_CATEGORY, w->category + begin, rows);
    put_codes(writer, TGR_COLUMN_ALLOW, w->allow + begin, code, rows);
    put_codes(writer, TGR_COLUMN_DENY, w->deny + begin, code, rows);
    put(writer, TGR_COLUMN_PROMPT_TOKENS, w->prompt_tokens + begin, rows);
    put(writer, TGR_COLUMN_SCORE, w->score + first, pairs);
    put(writer, TGR_COLUMN_OUTCOME, w->outcome + first, pairs);
    put(writer, TGR_COLUMN_COST, w->cost + first, pairs);
    if (w->weight != NULL) {
        put(writer, TGR_COLUMN_WEIGHT, w->weight + begin, rows);
    }
    put_ids(writer, begin, rows);
    if (tgr_query_writer_commit(writer, &error) != TGR_OK) {
        fail_msg("%s", error.message);
    }
    tgr_query_writer_free(writer);
    free(zeros);
}

/* The router knows all tags but the last. */
static inline tgr_router *world_router(const world *w)
{
    world_names names;
    name_all(w, &names);
    tgr_router *router = tgr_router_new();
    assert_non_null(router);
    router->models = tgr_mem_zalloc(w->models, sizeof *router->models);
    router->model_count = w->models;
    router->reference = w->reference;
    router->tags = tgr_strings_new();
    router->counts = tgr_mem_zalloc(TAGS, sizeof *router->counts);
    router->bias = tgr_mem_zalloc(w->models, sizeof *router->bias);
    router->weights = tgr_mem_zalloc(TAGS * w->models, sizeof *router->weights);
    for (size_t model = 0; model < w->models; model++) {
        router->models[model] = (tgr_model){
            .name = tgr_mem_string(names.models[model]),
            .price_in = w->price_in[model],
            .price_out = w->price_out[model],
            .cost = NAN,
            .mean_cost = w->mean_cost[model],
            .mean_completion_tokens = w->tokens[model],
            .mean_score = NAN,
            .mean_reward = NAN,
            .max_input_tokens = NAN,
            .price_cached = NAN,
            .token_ratio = NAN,
            .assumed_completion_tokens = NAN,
        };
        router->bias[model] = w->bias[model];
    }
    for (size_t tag = 0; tag + 1 < TAGS; tag++) {
        tgr_strings_add(router->tags, names.tags[tag], strlen(names.tags[tag]));
        memcpy(router->weights + tag * w->models, w->weights[tag], w->models * sizeof(float));
    }
    char digest[33];
    tgr_tagger_digest("given", false, digest);
    router->scorer = tgr_mem_string("paper");
    router->tagger_kind = tgr_mem_string("given");
    router->tagger_digest = tgr_mem_string(digest);
    router->count = TGR_COUNT_RAW;
    tgr_error error;
    assert_int_equal(tgr_router_update_digest(router, &error), TGR_OK);
    return router;
}

/* ---- as the reference kernels take it -------------------------------------------------------- */

static inline bool may_serve(const world *w, size_t query, size_t model)
{
    int32_t allow = w->allow[query], deny = w->deny[query];
    return (allow < 0 || w->lists[allow][model]) && (deny < 0 || !w->lists[deny][model]);
}

/* order[place] = model: by mean cost, unknown last, then by index. */
static inline void preference(const world *w, size_t *order)
{
    for (size_t model = 0; model < w->models; model++) {
        size_t before = 0;
        for (size_t other = 0; other < w->models; other++) {
            double a = w->mean_cost[other], b = w->mean_cost[model];
            a = isnan(a) ? INFINITY : a;
            b = isnan(b) ? INFINITY : b;
            before += a < b || (a == b && other < model);
        }
        order[before] = model;
    }
}

static inline bool is_priced(const world *w, size_t model)
{
    return !isnan(w->price_in[model]) && !isnan(w->price_out[model]) && !isnan(w->tokens[model]);
}

static inline double expected_cost(const world *w, size_t query, size_t model)
{
    if (is_priced(w, model) && !isnan(w->prompt_tokens[query])) {
        return fma(w->prompt_tokens[query], w->price_in[model],
                   w->price_out[model] * w->tokens[model]);
    }
    return w->mean_cost[model];
}

/* The world in preference order, for one query at a time. */
typedef struct plain_view {
    size_t order[MODELS], place_of[MODELS];
    float weights[TAGS][MODELS], bias[MODELS];
    double flat[MODELS], price_in[MODELS], price_out[MODELS];
} plain_view;

static inline void view_world(const world *w, plain_view *view)
{
    *view = (plain_view){0};
    preference(w, view->order);
    for (size_t place = 0; place < w->models; place++) {
        size_t model = view->order[place];
        view->place_of[model] = place;
        view->bias[place] = w->bias[model];
        view->flat[place] = w->mean_cost[model];
        view->price_in[place] = is_priced(w, model) ? w->price_in[model] : NAN;
        view->price_out[place] = w->price_out[model] * w->tokens[model];
        for (size_t tag = 0; tag + 1 < TAGS; tag++) {
            view->weights[tag][place] = w->weights[tag][model];
        }
    }
}

/* Scores by place; returns whether the query has a tag that the router knows. */
static inline bool score_query(const world *w, const plain_view *view, size_t query, float *scores)
{
    int64_t indptr[2] = {0, 0};
    uint32_t indices[TAGS];
    uint8_t values[TAGS];
    bool known = false;
    for (uint32_t tag = 0; tag < TAGS; tag++) {
        if (w->x[query * TAGS + tag] > 0) {
            indices[indptr[1]] = tag;
            values[indptr[1]++] = w->x[query * TAGS + tag];
            known |= tag + 1 < TAGS;
        }
    }
    const tgr_csr x = {
        .rows = 1, .indptr = indptr, .indices = indices, .values = values, .value_type = TGR_U8};
    const tgr_weights scoring = {w->models, MODELS, &view->weights[0][0], view->bias};
    tgr_ref_score(&x, &scoring, 0, 1, scores, MODELS);
    return known;
}

/* Decides all queries at some thresholds with the reference kernels: chosen[query * count + i];
 * fallback -1: none. margin may be NULL; it is NaN where no threshold matters. */
static inline void decide_many(const world *w, tgr_rule rule, const double *thresholds,
                               size_t count, int fallback, int *chosen, float *margin)
{
    plain_view view;
    view_world(w, &view);
    int16_t *places = some(count, sizeof *places);
    float *margins = some(count, sizeof *margins);
    for (size_t query = 0; query < w->queries; query++) {
        float scores[MODELS];
        bool known = score_query(w, &view, query, scores), any = false;
        uint64_t mask = 0;
        for (size_t model = 0; model < w->models; model++) {
            mask |= (uint64_t)may_serve(w, query, model) << view.place_of[model];
            any |= may_serve(w, query, model);
        }
        const tgr_decider decider = {
            .rule = rule,
            .models = w->models,
            .reference = view.place_of[w->reference],
            .thresholds = thresholds,
            .threshold_count = count,
            .flat = view.flat,
            .price_in = view.price_in,
            .price_out = view.price_out,
            .prompt_tokens = &w->prompt_tokens[query],
            .eligible = &mask,
            .mask_words = 1,
        };
        tgr_ref_decide(&decider, scores, MODELS, 0, 1, &(tgr_choice){places, margins});
        bool falls = fallback >= 0 && (!any || (!known && may_serve(w, query, (size_t)fallback)));
        for (size_t i = 0; i < count; i++) {
            chosen[query * count + i] = falls           ? fallback
                                        : places[i] < 0 ? -1
                                                        : (int)view.order[places[i]];
            if (margin != NULL) {
                margin[query * count + i] = falls ? NAN : margins[i];
            }
        }
    }
    free(places);
    free(margins);
}

static inline void decide_all(const world *w, tgr_rule rule, double threshold, int fallback,
                              int *chosen, float *margin)
{
    decide_many(w, rule, &threshold, 1, fallback, chosen, margin);
}

/* Every threshold at which a query may change its model, and some at which none does: rising, with
 * room for queries x models x models + 2. */
static inline int compare_rising(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static inline size_t every_crossing(const world *w, tgr_rule rule, double *at)
{
    plain_view view;
    view_world(w, &view);
    size_t count = 0;
    for (size_t query = 0; query < w->queries; query++) {
        float scores[MODELS];
        score_query(w, &view, query, scores);
        for (size_t a = 0; a < w->models; a++) {
            for (size_t b = 0; b < w->models; b++) {
                float lost = scores[a] - scores[b];
                double saved =
                    expected_cost(w, query, view.order[a]) - expected_cost(w, query, view.order[b]);
                if (rule == TGR_RULE_MARGIN && view.order[b] == w->reference) {
                    at[count++] = lost;
                } else if (rule == TGR_RULE_SLACK && lost >= 0) {
                    at[count++] = lost;
                } else if (rule == TGR_RULE_UTILITY && lost > 0 && saved > 0) {
                    at[count++] = ((double)scores[a] - (double)scores[b]) / saved;
                }
            }
        }
    }
    qsort(at, count, sizeof *at, compare_rising);
    return count;
}

#endif
