/* breakdown_finish.c - what was summed for each value becomes a simulation of its own. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/judge/breakdown_sums.h"
#include "engine/simulate/simulating.h"
#include "engine/simulate/unite.h"

#define AT_ONCE 64 /* values that are united in one go */

/* ---- of all threads and processes ---------------------------------------------------------------
 */

static tgr_status merge_moves(tgr_moves *into, tgr_moves *from, tgr_error *error)
{
    tgr_status status = tgr_moves_append(into, from, error);
    if (status == TGR_OK) {
        tgr_moves_free(from);
    }
    return status;
}

/* Adds every copy to the first. */
static tgr_status merge_copies(const tgr_breakdowns *breakdowns, const tgr_value_column *own,
                               size_t place, tgr_error *error)
{
    size_t models = breakdowns->walk->router->model_count;
    tgr_value_sums *into = &own->sums[place];
    tgr_status status = TGR_OK;
    for (size_t copy = 1; status == TGR_OK && copy < breakdowns->copies; copy++) {
        tgr_value_sums *from = &own->sums[copy * own->count + place];
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

/* Some values of a column. */
typedef struct values_of {
    tgr_value_column *column;
    size_t begin, end;
} values_of;

static void pass_values(tgr_crew_row *row, void *user)
{
    const values_of *own = user;
    for (size_t place = own->begin; place < own->end; place++) {
        tgr_value_sums *value = &own->column->sums[place];
        tgr_unite_sums(row, &value->sums.baselines, value->sums.counts, 1);
        tgr_crew_row_number(row, &value->sums.queries);
        tgr_crew_row_number(row, &value->rows);
        tgr_unite_stand(row, &value->stand);
        tgr_crew_row_number(row, &value->undecided);
        tgr_crew_row_number(row, &value->tags);
        tgr_crew_row_number(row, &value->known_tags);
        tgr_crew_row_number(row, &value->no_known_tag);
    }
}

/* Values have the same numbers at all processes, which open the same files. */
static tgr_status unite_column(tgr_breakdowns *breakdowns, tgr_value_column *own, tgr_error *error)
{
    const tgr_run *run = breakdowns->walk->run;
    bool fit = breakdowns->moves <= breakdowns->most;
    tgr_status status = TGR_OK;
    for (size_t begin = 0; begin < own->count; begin += AT_ONCE) {
        size_t end = begin + AT_ONCE < own->count ? begin + AT_ONCE : own->count;
        values_of some = {own, begin, end};
        TGR_TRY(tgr_crew_unite(run, pass_values, &some, error));
    }
    for (size_t place = 0; fit && place < own->count; place++) {
        if (own->sums[place].sums.queries > 0) {
            TGR_TRY(tgr_unite_moves(run, &own->sums[place].moves, error));
        }
    }
done:
    return status;
}

/* ---- what they come to ----------------------------------------------------------------------- */

static void forget_metrics(tgr_simulation *simulation)
{
    double uplift = simulation->metrics.uplift, rank = simulation->metrics.rank;
    simulation->metrics = (tgr_metrics){NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, uplift, rank};
}

/* The value's queries as a simulation that asked for the one threshold. */
static tgr_status simulate_value(tgr_breakdowns *breakdowns, tgr_value_sums *value,
                                 tgr_quality quality, tgr_simulation **simulation, tgr_error *error)
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

static tgr_status finish_value(tgr_breakdowns *breakdowns, const tgr_value_column *own,
                               size_t place, tgr_result *result, tgr_slice *slice, tgr_error *error)
{
    tgr_value_sums *value = &own->sums[place];
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

static tgr_status finish_column(tgr_breakdowns *breakdowns, tgr_value_column *own,
                                tgr_result *result, tgr_breakdown *breakdown, tgr_error *error)
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
    }
    TGR_TRY(unite_column(breakdowns, own, error));
    for (size_t place = 0; place < own->count; place++) {
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
    TGR_TRY(tgr_crew_sum(breakdowns->walk->run, &breakdowns->moves, 1, error));
    for (size_t i = 0; i < breakdowns->count; i++) {
        TGR_TRY(finish_column(breakdowns, &breakdowns->columns[i], result, &made[i], error));
    }
    result->details.breakdowns = made;
    result->details.breakdown_count = breakdowns->count;
done:
    return status;
}
