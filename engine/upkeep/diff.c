/* diff.c - two routers compared: models, tags, and what both make of the same queries. */
#include <tagroute/upkeep.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/options.h"
#include "engine/base/runtime.h"
#include "engine/upkeep/diff_decide.h"

typedef struct tgr_diff_memory {
    tgr_diff diff;
    tgr_arena arena;
} tgr_diff_memory;

typedef struct comparing {
    tgr_diff_options options;
    const tgr_router *first, *second;
    tgr_diff *to;
    tgr_arena *arena;
    tgr_diff_model *models; /* to->models */
    size_t *common;         /* of to->models: those that both routers have */
    size_t common_count;
} comparing;

void tgr_diff_options_init(tgr_diff_options *options)
{
    *options = (tgr_diff_options){.size = sizeof *options, .most = 20, .policy = TGR_POLICY_MARGIN};
}

void tgr_diff_free(tgr_diff *diff)
{
    if (diff != NULL) {
        tgr_diff_memory *memory = diff->memory;
        tgr_arena_free(&memory->arena);
        tgr_mem_free(memory);
    }
}

/* ---- models ---------------------------------------------------------------------------------- */

static bool same_number(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

static bool same_steps(const tgr_model *a, const tgr_model *b)
{
    bool same = a->step_count == b->step_count;
    for (size_t i = 0; same && i < a->step_count; i++) {
        const tgr_price_step *one = &a->steps[i], *other = &b->steps[i];
        same = one->above == other->above && same_number(one->in, other->in) &&
               same_number(one->out, other->out) && same_number(one->cached, other->cached);
    }
    return same;
}

static bool same_prices(const tgr_model *a, const tgr_model *b)
{
    return same_number(a->price_in, b->price_in) && same_number(a->price_out, b->price_out) &&
           same_number(a->cost, b->cost) && same_number(a->mean_cost, b->mean_cost) &&
           same_number(tgr_model_completions(a), tgr_model_completions(b)) &&
           same_number(a->price_cached, b->price_cached) &&
           tgr_model_ratio(a) == tgr_model_ratio(b) && same_steps(a, b);
}

static bool add_model(comparing *work, const char *name)
{
    int first = tgr_router_find_model(work->first, name);
    int second = tgr_router_find_model(work->second, name);
    bool both = first >= 0 && second >= 0;
    size_t number = work->to->model_count++;
    work->models[number] = (tgr_diff_model){
        .name = tgr_arena_string(work->arena, name),
        .first = first,
        .second = second,
        .priced = both && !same_prices(&work->first->models[first], &work->second->models[second]),
        .bias_change = both ? work->second->bias[second] - work->first->bias[first] : 0,
    };
    if (both) {
        work->common[work->common_count++] = number;
    }
    return work->models[number].name != NULL;
}

static bool add_models(comparing *work)
{
    size_t most = work->first->model_count + work->second->model_count;
    work->models = tgr_arena_alloc(work->arena, most, sizeof *work->models);
    work->common = tgr_arena_alloc(work->arena, most, sizeof *work->common);
    work->to->models = work->models;
    bool added = work->models != NULL && work->common != NULL;
    for (size_t i = 0; added && i < work->first->model_count; i++) {
        added = add_model(work, work->first->models[i].name);
    }
    for (size_t i = 0; added && i < work->second->model_count; i++) {
        const char *name = work->second->models[i].name;
        added = tgr_router_find_model(work->first, name) >= 0 || add_model(work, name);
    }
    return added;
}

static bool describe(comparing *work)
{
    tgr_diff *to = work->to;
    const tgr_router *first = work->first, *second = work->second;
    to->same_scorer = strcmp(first->scorer, second->scorer) == 0 && first->count == second->count;
    to->same_tagger = strcmp(first->tagger_digest, second->tagger_digest) == 0;
    const char *reference = first->models[first->reference].name;
    const char *other = second->models[second->reference].name;
    to->same_reference = strcmp(reference, other) == 0;
    to->first_reference = tgr_arena_string(work->arena, reference);
    to->second_reference = tgr_arena_string(work->arena, other);
    to->first_digest = tgr_arena_string(work->arena, first->digest);
    to->second_digest = tgr_arena_string(work->arena, second->digest);
    return to->first_reference != NULL && to->second_reference != NULL &&
           to->first_digest != NULL && to->second_digest != NULL;
}

/* ---- tags ------------------------------------------------------------------------------------ */

static double weight_of(const tgr_router *router, uint32_t tag, int model)
{
    return tag == TGR_STRING_NONE
               ? 0
               : (double)router->weights[(size_t)tag * router->model_count + (size_t)model];
}

static double moved(const comparing *work, size_t common, uint32_t first, uint32_t second)
{
    const tgr_diff_model *model = &work->models[work->common[common]];
    return weight_of(work->second, second, model->second) -
           weight_of(work->first, first, model->first);
}

/* How far a tag moved, and which model most. */
static void compare_tag(const comparing *work, uint32_t first, uint32_t second, tgr_diff_tag *tag)
{
    double mean = 0;
    for (size_t i = 0; i < work->common_count; i++) {
        double change = moved(work, i, first, second);
        tgr_diff_model *model = &work->models[work->common[i]];
        mean += change / (double)work->common_count;
        if (fabs(change) > model->largest_change) {
            model->largest_change = (float)fabs(change);
        }
    }
    mean = work->common_count == 1 ? 0 : mean;
    for (size_t i = 0; i < work->common_count; i++) {
        double beyond = fabs(moved(work, i, first, second) - mean);
        if (beyond > tag->change) {
            tag->change = beyond;
            tag->model = work->models[work->common[i]].name;
        }
    }
}

static int by_weight(const void *left, const void *right)
{
    const tgr_diff_tag *a = left, *b = right;
    double first = a->change * a->count, second = b->change * b->count;
    if (first != second) {
        return first > second ? -1 : 1;
    }
    return strcmp(a->tag, b->tag);
}

static void add_tag(comparing *work, const char *text, size_t length, tgr_diff_tag *list,
                    size_t *count)
{
    uint32_t first = tgr_strings_find(work->first->tags, text, length);
    uint32_t second = tgr_strings_find(work->second->tags, text, length);
    tgr_diff_tag tag = {
        .tag = text, .in_first = first != TGR_STRING_NONE, .in_second = second != TGR_STRING_NONE};
    double before = tag.in_first ? work->first->counts[first] : 0;
    double after = tag.in_second ? work->second->counts[second] : 0;
    tag.count = fmax(before, after);
    work->to->common_tags += tag.in_first && tag.in_second;
    work->to->first_tags += !tag.in_second;
    work->to->second_tags += !tag.in_first;
    compare_tag(work, first, second, &tag);
    if (tag.change > 0) {
        list[(*count)++] = tag;
    }
}

static bool keep_most(comparing *work, tgr_diff_tag *list, size_t count)
{
    qsort(list, count, sizeof *list, by_weight);
    size_t kept = count < work->options.most ? count : work->options.most;
    tgr_diff_tag *tags = tgr_arena_alloc(work->arena, kept, sizeof *tags);
    work->to->changed_tags = count;
    work->to->tags = tags;
    work->to->tag_count = kept;
    for (size_t i = 0; tags != NULL && i < kept; i++) {
        tags[i] = list[i];
        tags[i].tag = tgr_arena_string(work->arena, list[i].tag);
        if (tags[i].tag == NULL) {
            return false;
        }
    }
    return tags != NULL;
}

static bool add_tags(comparing *work)
{
    size_t first = tgr_router_tags(work->first), second = tgr_router_tags(work->second), count = 0;
    tgr_diff_tag *list = tgr_mem_alloc(first + second, sizeof *list);
    for (size_t i = 0; list != NULL && i < first; i++) {
        size_t length;
        const char *text = tgr_strings_get(work->first->tags, (uint32_t)i, &length);
        add_tag(work, text, length, list, &count);
    }
    for (size_t i = 0; list != NULL && i < second; i++) {
        size_t length;
        const char *text = tgr_strings_get(work->second->tags, (uint32_t)i, &length);
        if (tgr_strings_find(work->first->tags, text, length) == TGR_STRING_NONE) {
            add_tag(work, text, length, list, &count);
        }
    }
    bool kept = list != NULL && keep_most(work, list, count);
    tgr_mem_free(list);
    return kept;
}

/* ---- decisions ------------------------------------------------------------------------------- */

/* The number in to->models of a router's model; the last, which is none, for undecided. */
static void number_models(const comparing *work, bool second, size_t *numbers)
{
    size_t models = second ? work->second->model_count : work->first->model_count;
    for (size_t i = 0; i < work->to->model_count; i++) {
        int of = second ? work->models[i].second : work->models[i].first;
        if (of >= 0) {
            numbers[of] = i;
        }
    }
    numbers[models] = work->to->model_count;
}

static int by_queries(const void *left, const void *right)
{
    const tgr_diff_move *a = left, *b = right;
    return (a->queries < b->queries) - (a->queries > b->queries);
}

static const char *model_name(const comparing *work, size_t number)
{
    return number < work->to->model_count ? work->models[number].name : NULL;
}

static bool note_moves(comparing *work, const tgr_both *both, const size_t *first,
                       const size_t *second)
{
    size_t rows = work->first->model_count + 1, columns = work->second->model_count + 1;
    tgr_diff_move *moves = tgr_arena_alloc(work->arena, rows * columns, sizeof *moves);
    for (size_t i = 0; moves != NULL && i < rows * columns; i++) {
        size_t from = first[i / columns], to = second[i % columns];
        const tgr_both_cell *cell = &both->cells[i];
        if (from < work->to->model_count) {
            work->models[from].chosen += cell->queries;
        }
        if (to < work->to->model_count) {
            work->models[to].chosen_after += cell->queries;
        }
        if (from == to || cell->queries == 0) {
            continue;
        }
        work->to->changed += cell->queries;
        moves[work->to->move_count++] = (tgr_diff_move){
            model_name(work, from), model_name(work, to), cell->queries, tgr_both_cost(cell)};
    }
    if (moves != NULL) {
        qsort(moves, work->to->move_count, sizeof *moves, by_queries);
    }
    work->to->moves = moves;
    return moves != NULL;
}

static tgr_status decide(comparing *work, const tgr_run *run, tgr_error *error)
{
    size_t *first = tgr_arena_alloc(work->arena, work->first->model_count + 1, sizeof *first);
    size_t *second = tgr_arena_alloc(work->arena, work->second->model_count + 1, sizeof *second);
    tgr_both both = {.first = work->first, .second = work->second};
    tgr_status status = TGR_OK;
    if (first == NULL || second == NULL) {
        return tgr_fail_memory(error, "the comparison");
    }
    number_models(work, false, first);
    number_models(work, true, second);
    TGR_TRY(tgr_both_decide(&both, &work->options, run, error));
    work->to->queries = both.queries;
    work->to->cost = tgr_both_sum(&both, false);
    work->to->cost_after = tgr_both_sum(&both, true);
    if (!note_moves(work, &both, first, second)) {
        status = tgr_fail_memory(error, "the comparison");
    }
done:
    tgr_both_free(&both);
    return status;
}

static tgr_status start(comparing *work, const tgr_diff_options *options, tgr_error *error)
{
    tgr_diff_memory *memory = tgr_mem_zalloc(1, sizeof *memory);
    if (memory == NULL) {
        return tgr_fail_memory(error, "the comparison");
    }
    work->to = &memory->diff;
    work->to->memory = memory;
    work->arena = &memory->arena;
    work->to->cost = work->to->cost_after = NAN;
    tgr_diff_options_init(&work->options);
    return tgr_options_copy(&work->options, sizeof work->options, options, error);
}

tgr_status tgr_router_diff(const tgr_router *first, const tgr_router *second,
                           const tgr_diff_options *options, tgr_diff **diff, const tgr_run *run,
                           tgr_error *error)
{
    comparing work = {.first = first, .second = second};
    tgr_status status = TGR_OK;
    *diff = NULL;
    TGR_TRY(start(&work, options, error));
    if (!describe(&work) || !add_models(&work) || !add_tags(&work)) {
        status = tgr_fail_memory(error, "the comparison");
        goto done;
    }
    if (work.options.input_count > 0) {
        TGR_TRY(decide(&work, run, error));
    }
    *diff = work.to;
    work.to = NULL;
done:
    tgr_diff_free(work.to);
    return status;
}
