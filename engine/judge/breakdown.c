/* breakdown.c - sums and moves for each value of a column, which then are simulations of their own.
 *
 * Each column has some copies of all its sums, as many as fit, which threads share out: one that
 * adds to a value holds its lock.
 */
#include "engine/judge/breakdown.h"

#include <inttypes.h>
#include <math.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/base/runtime.h"
#include "engine/judge/united.h"
#include "engine/simulate/observers.h"
#include "engine/simulate/resample.h"
#include "engine/simulate/simulating.h"

#define MOST_VALUES 4096

/* Of one value. */
typedef struct value_sums {
    tgr_group_sums sums;
    uint64_t rows; /* sums.queries is by weight */
    tgr_stand stand;
    uint64_t undecided, tags, known_tags; /* tags by weight */
    uint64_t no_known_tag;
    tgr_moves moves;
} value_sums;

typedef struct column {
    const char *name;
    tgr_united values;   /* those without one come after them */
    size_t count;        /* values, and none */
    value_sums *sums;    /* copies x count */
    const int32_t *here; /* of the file at hand */
} column;

struct tgr_breakdowns {
    tgr_second_walk *walk;
    size_t count;
    column *columns;
    size_t copies;
    uint64_t most;  /* moves that fit */
    uint64_t moves; /* atomic */
    const bool *known;
};

/* ---- opening --------------------------------------------------------------------------------- */

static void close_column(column *own, size_t copies)
{
    for (size_t i = 0; own->sums != NULL && i < copies * own->count; i++) {
        tgr_group_sums_close(&own->sums[i].sums);
        tgr_moves_free(&own->sums[i].moves);
    }
    tgr_mem_free(own->sums);
    tgr_united_close(&own->values);
}

void tgr_breakdowns_close(tgr_breakdowns *breakdowns)
{
    if (breakdowns == NULL) {
        return;
    }
    for (size_t i = 0; breakdowns->columns != NULL && i < breakdowns->count; i++) {
        close_column(&breakdowns->columns[i], breakdowns->copies);
    }
    tgr_mem_free(breakdowns->columns);
    tgr_mem_free(breakdowns);
}

static tgr_status fail_without(const tgr_pass *pass, const char *name, tgr_error *error)
{
    char *names = tgr_query_column_names(pass->files[0]);
    tgr_status status =
        tgr_fail(error, TGR_ERR_ARGUMENT, "%s has no column '%s' in /obs; it has %s",
                 pass->files[0]->path, name, names == NULL || names[0] == '\0' ? "none" : names);
    tgr_mem_free(names);
    return status;
}

tgr_status tgr_breakdowns_check(const tgr_simulate_options *options, tgr_error *error)
{
    tgr_pass pass;
    tgr_status status =
        tgr_pass_open(&pass, options->inputs, options->input_count, options->split, error);
    for (size_t i = 0; status == TGR_OK && i < options->by_count; i++) {
        bool found = false;
        for (size_t file = 0; file < pass.file_count && !found; file++) {
            found = tgr_query_has_column(pass.files[file], options->by[i]);
        }
        status = found ? TGR_OK : fail_without(&pass, options->by[i], error);
    }
    tgr_pass_close(&pass);
    return status;
}

/* Numbers the values of all files. */
static tgr_status unite_values(tgr_second_walk *walk, size_t number, column *own, tgr_error *error)
{
    if (!tgr_united_open(&own->values, &walk->pass, tgr_names_of_column, number)) {
        return tgr_fail_memory(error, "the values of a column");
    }
    own->count = tgr_united_none(&own->values) + 1;
    if (own->count > MOST_VALUES + 1) {
        return tgr_fail(error, TGR_ERR_INPUT,
                        "column '%s' has %zu distinct values in all files, more than %d", own->name,
                        own->count - 1, MOST_VALUES);
    }
    return TGR_OK;
}

static uint64_t bytes_each(size_t models)
{
    return sizeof(value_sums) + 3 * (sizeof(tgr_decided) + models * sizeof(uint64_t)) +
           (2 * (uint64_t)models + 1) * sizeof(tgr_tally);
}

/* A copy for each thread where a quarter of the memory holds that many. */
static tgr_status choose_copies(tgr_breakdowns *breakdowns, tgr_error *error)
{
    const tgr_second_walk *walk = breakdowns->walk;
    uint64_t memory = walk->options->memory > 0 ? walk->options->memory : tgr_run_memory(walk->run);
    uint64_t all = 0;
    for (size_t i = 0; i < breakdowns->count; i++) {
        all += breakdowns->columns[i].count * bytes_each(walk->router->model_count);
    }
    uint64_t fit = memory / 4 / (all > 0 ? all : 1);
    if (fit == 0) {
        return tgr_fail(error, TGR_ERR_ARGUMENT,
                        "sums for every value of the columns take %" PRIu64 " MiB; allow four "
                        "times as much memory, or leave a column out",
                        (all >> 20) + 1);
    }
    breakdowns->copies = fit < (uint64_t)walk->threads ? (size_t)fit : (size_t)walk->threads;
    bool weighed = walk->weighing.weighed;
    breakdowns->most =
        memory / 2 /
        ((weighed ? sizeof(tgr_weighed_move) : sizeof(tgr_move)) + sizeof(tgr_curve_point));
    return TGR_OK;
}

static tgr_status open_sums(tgr_breakdowns *breakdowns, column *own, tgr_error *error)
{
    size_t count = breakdowns->copies * own->count;
    own->sums = tgr_mem_zalloc(count, sizeof *own->sums);
    bool opened = own->sums != NULL;
    for (size_t i = 0; opened && i < count; i++) {
        opened = tgr_group_sums_open(&own->sums[i].sums, breakdowns->walk->router->model_count, 1);
        own->sums[i].moves.weighed = breakdowns->walk->weighing.weighed;
        own->sums[i].moves.bits = breakdowns->walk->weighing.bits;
    }
    return opened ? TGR_OK : tgr_fail_memory(error, "the sums of a column's values");
}

static tgr_status open_columns(tgr_breakdowns *breakdowns, tgr_error *error)
{
    tgr_second_walk *walk = breakdowns->walk;
    const tgr_simulate_options *options = walk->options;
    tgr_status status = TGR_OK;
    for (size_t file = 0; file < walk->pass.file_count; file++) {
        TGR_TRY(tgr_query_open_more(walk->pass.files[file], options->by, options->by_count,
                                    MOST_VALUES, error));
    }
    for (size_t i = 0; i < breakdowns->count; i++) {
        breakdowns->columns[i].name = options->by[i];
        TGR_TRY(unite_values(walk, i, &breakdowns->columns[i], error));
    }
    TGR_TRY(choose_copies(breakdowns, error));
    for (size_t i = 0; i < breakdowns->count; i++) {
        TGR_TRY(open_sums(breakdowns, &breakdowns->columns[i], error));
    }
done:
    return status;
}

/* ---- a row ----------------------------------------------------------------------------------- */

static tgr_status enter(void *user, const tgr_decide *decide, const tgr_query_file *file,
                        size_t number, tgr_error *error)
{
    tgr_breakdowns *breakdowns = user;
    (void)file;
    (void)error;
    breakdowns->known = decide->serve->unknown_tags == 0 ? NULL : decide->serve->known;
    for (size_t i = 0; i < breakdowns->count; i++) {
        breakdowns->columns[i].here = breakdowns->columns[i].values.codes[number];
    }
    return TGR_OK;
}

static void count_tags(const tgr_breakdowns *breakdowns, const tgr_seen *seen, value_sums *value)
{
    const tgr_csr *x = &seen->batch->x;
    int64_t begin = x->indptr[seen->row], end = x->indptr[seen->row + 1];
    uint64_t known = 0;
    for (int64_t entry = begin; entry < end; entry++) {
        known += breakdowns->known == NULL || breakdowns->known[x->indices[entry]];
    }
    value->tags += (uint64_t)(end - begin) * seen->weight;
    value->known_tags += known * seen->weight;
    value->no_known_tag += known == 0;
}

static bool add_path(tgr_breakdowns *breakdowns, const tgr_seen *seen, value_sums *value)
{
    const tgr_path *path = seen->path;
    const uint16_t *order = seen->decide->serve->order;
    tgr_answers *answers = seen->answers;
    const tgr_second_walk *walk = breakdowns->walk;
    bool utility = walk->moving && walk->options->policy == TGR_POLICY_UTILITY, kept = true;
    const tgr_answer *from = tgr_answers_ranked(answers, order[path->first]);
    tgr_tally_add(&value->sums.counts->tally, from, seen->weight);
    value->sums.counts->chosen[from->model] += seen->weight;
    tgr_asked_add(&walk->asked, value->sums.counts + 1, path, order, utility, answers,
                  seen->weight);
    uint64_t moves = __atomic_add_fetch(&breakdowns->moves, path->count, __ATOMIC_RELAXED);
    int place = path->first;
    for (size_t i = 0; moves <= breakdowns->most && kept && i < path->count; i++) {
        int next = path->moves[i].model;
        const tgr_answer *to = tgr_answers_ranked(answers, order[next]);
        uint64_t at = tgr_move_order(path, path->moves[i].at, place, next, utility);
        kept = tgr_moves_keep(&value->moves, at, from, to, seen->weight);
        from = to;
        place = next;
    }
    return kept;
}

static bool add_row(tgr_breakdowns *breakdowns, const column *own, size_t number,
                    const tgr_seen *seen)
{
    const int32_t *codes = seen->batch->more[number];
    int32_t code = codes == NULL ? -1 : codes[seen->row];
    size_t place = code < 0 ? own->count - 1 : (size_t)own->here[code];
    value_sums *value = &own->sums[(size_t)seen->thread % breakdowns->copies * own->count + place];
    while (__atomic_exchange_n(&value->sums.lock, 1, __ATOMIC_ACQUIRE) != 0) {
        sched_yield();
    }
    bool kept = true;
    value->rows++;
    value->sums.queries += seen->weight;
    if (breakdowns->walk->weighing.weighed) {
        tgr_stand_add(&value->stand, seen->weight);
    }
    tgr_baselines_add(&value->sums.baselines, seen->answers, seen->weight);
    count_tags(breakdowns, seen, value);
    if (seen->path->first == TGR_UNDECIDED) {
        value->undecided++;
    } else {
        kept = add_path(breakdowns, seen, value);
    }
    __atomic_store_n(&value->sums.lock, 0, __ATOMIC_RELEASE);
    return kept;
}

static bool see_row(void *user, const tgr_seen *seen)
{
    tgr_breakdowns *breakdowns = user;
    bool kept = true;
    for (size_t i = 0; i < breakdowns->count; i++) {
        kept = add_row(breakdowns, &breakdowns->columns[i], i, seen) && kept;
    }
    return kept;
}

tgr_status tgr_breakdowns_open(tgr_second_walk *walk, tgr_breakdowns **breakdowns,
                               tgr_visitor *visitor, tgr_error *error)
{
    tgr_breakdowns *made = tgr_mem_zalloc(1, sizeof *made);
    *breakdowns = made;
    if (made == NULL) {
        return tgr_fail_memory(error, "a breakdown by columns");
    }
    made->walk = walk;
    made->count = walk->options->by_count;
    made->columns = tgr_mem_zalloc(made->count, sizeof *made->columns);
    *visitor = (tgr_visitor){.enter = enter, .row = see_row, .user = made};
    return made->columns == NULL ? tgr_fail_memory(error, "a breakdown by columns")
                                 : open_columns(made, error);
}

/* ---- what they come to ----------------------------------------------------------------------- */

static tgr_status merge_moves(tgr_moves *into, tgr_moves *from, tgr_error *error)
{
    tgr_status status = tgr_moves_append(into, from, error);
    if (status == TGR_OK) {
        tgr_moves_free(from);
    }
    return status;
}

/* Adds every copy to the first. */
static tgr_status merge_copies(const tgr_breakdowns *breakdowns, const column *own, size_t place,
                               tgr_error *error)
{
    size_t models = breakdowns->walk->router->model_count;
    value_sums *into = &own->sums[place];
    tgr_status status = TGR_OK;
    for (size_t copy = 1; status == TGR_OK && copy < breakdowns->copies; copy++) {
        value_sums *from = &own->sums[copy * own->count + place];
        into->sums.queries += from->sums.queries;
        into->rows += from->rows;
        tgr_stand_merge(&into->stand, &from->stand);
        into->undecided += from->undecided;
        into->tags += from->tags;
        into->known_tags += from->known_tags;
        into->no_known_tag += from->no_known_tag;
        tgr_baselines_merge(&into->sums.baselines, &from->sums.baselines);
        for (size_t i = 0; i < 3; i++) {
            tgr_decided_merge(&into->sums.counts[i], &from->sums.counts[i], models);
        }
        status = merge_moves(&into->moves, &from->moves, error);
    }
    return status;
}

static void forget_metrics(tgr_simulation *simulation)
{
    double uplift = simulation->metrics.uplift, rank = simulation->metrics.rank;
    simulation->metrics = (tgr_metrics){NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, uplift, rank};
}

/* The value's queries as a simulation that asked for the one threshold. */
static tgr_status simulate_value(tgr_breakdowns *breakdowns, value_sums *value, tgr_quality quality,
                                 tgr_simulation **simulation, tgr_error *error)
{
    tgr_second_walk *walk = breakdowns->walk;
    size_t models = walk->router->model_count;
    bool fit = breakdowns->moves <= breakdowns->most;
    tgr_simulating work = {.router = walk->router, .source = walk->source, .best = SIZE_MAX};
    tgr_status status = TGR_OK;
    tgr_simulate_options_init(&work.options);
    work.options.policy = walk->options->policy;
    work.options.thresholds = &walk->threshold;
    work.options.threshold_count = 1;
    work.options.quality = quality;
    work.plan.threads = walk->decide.plan.threads;
    work.gathering.weighing = walk->weighing;
    TGR_TRY(tgr_simulating_sums(&work, 1, error));
    work.gathering.moving = walk->moving && fit;
    work.decide.queries = value->rows;
    work.observers.each[0].stand = value->stand;
    work.observers.each[0].undecided = value->undecided;
    tgr_baselines_merge(&work.observers.each[0].baselines, &value->sums.baselines);
    for (size_t i = 0; i < 3; i++) {
        tgr_decided_merge(&work.observers.each[0].counts[i], &value->sums.counts[i], models);
    }
    if (fit) {
        work.gathering.moves = value->moves;
        value->moves = (tgr_moves){0};
    }
    TGR_TRY(tgr_simulating_finish(&work, simulation, error));
    if (!fit) {
        forget_metrics(*simulation);
    }
done:
    tgr_simulating_close(&work);
    return status;
}

static int compare_slices(const void *a, const void *b)
{
    const tgr_slice *x = a, *y = b;
    double m = x->simulation->weight, n = y->simulation->weight;
    if ((x->value == NULL) != (y->value == NULL)) {
        return x->value == NULL ? 1 : -1;
    }
    return m < n || m > n ? (m < n) - (m > n) : x->value == NULL ? 0 : strcmp(x->value, y->value);
}

static tgr_status finish_value(tgr_breakdowns *breakdowns, const column *own, size_t place,
                               tgr_result *result, tgr_slice *slice, tgr_error *error)
{
    value_sums *value = &own->sums[place];
    tgr_simulation *simulation = NULL;
    tgr_status status =
        simulate_value(breakdowns, value, result->simulation.quality, &simulation, error);
    if (status != TGR_OK) {
        return status;
    }
    result->owned[result->owned_count++] = simulation;
    bool missing = place == own->count - 1;
    const tgr_simulate_source *source = breakdowns->walk->source;
    bool by_tags = source == NULL || !source->scores.knows_all;
    *slice = (tgr_slice){
        .value = missing ? NULL
                         : tgr_arena_string(&result->arena, tgr_strings_get(own->values.names,
                                                                            (uint32_t)place, NULL)),
        .simulation = simulation,
        .known_tags = by_tags ? tgr_share((double)value->known_tags, (double)value->tags) : NAN,
        .no_known_tag = by_tags ? value->no_known_tag : 0,
    };
    return missing || slice->value != NULL ? TGR_OK : tgr_fail_memory(error, "a breakdown");
}

static tgr_status finish_column(tgr_breakdowns *breakdowns, const column *own, tgr_result *result,
                                tgr_breakdown *breakdown, tgr_error *error)
{
    tgr_status status = TGR_OK;
    tgr_slice *slices = tgr_arena_alloc(&result->arena, own->count, sizeof *slices);
    breakdown->column = tgr_arena_string(&result->arena, own->name);
    breakdown->slices = slices;
    breakdown->without_metrics = breakdowns->moves > breakdowns->most;
    if (slices == NULL || breakdown->column == NULL) {
        return tgr_fail_memory(error, "a breakdown");
    }
    for (size_t place = 0; place < own->count; place++) {
        TGR_TRY(merge_copies(breakdowns, own, place, error));
        if (own->sums[place].sums.queries > 0) {
            TGR_TRY(finish_value(breakdowns, own, place, result, &slices[breakdown->count], error));
            breakdown->count++;
        }
    }
    qsort(slices, breakdown->count, sizeof *slices, compare_slices);
done:
    return status;
}

tgr_status tgr_breakdowns_finish(tgr_breakdowns *breakdowns, tgr_result *result, tgr_error *error)
{
    tgr_status status = TGR_OK;
    tgr_breakdown *made = tgr_arena_alloc(&result->arena, breakdowns->count, sizeof *made);
    size_t values = 0;
    for (size_t i = 0; i < breakdowns->count; i++) {
        values += breakdowns->columns[i].count;
    }
    TGR_TRY(tgr_result_reserve_owned(result, values, error));
    if (made == NULL) {
        TGR_TRY(tgr_fail_memory(error, "a breakdown"));
    }
    for (size_t i = 0; i < breakdowns->count; i++) {
        TGR_TRY(finish_column(breakdowns, &breakdowns->columns[i], result, &made[i], error));
    }
    result->details.breakdowns = made;
    result->details.breakdown_count = breakdowns->count;
done:
    return status;
}
