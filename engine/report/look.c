/* look.c - orders and colours. */
#include "engine/report/look.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/report/words.h"

const char *tgr_look_threshold_name(tgr_policy policy)
{
    return policy == TGR_POLICY_MARGIN    ? "--theta"
           : policy == TGR_POLICY_UTILITY ? "--lambda"
                                          : "--tau";
}

char *tgr_look_way(char *text, const tgr_simulation *simulation, const tgr_point *point)
{
    char word[TGR_WORD_SIZE];
    if (simulation->given) {
        snprintf(text, TGR_LOOK_WAY_SIZE, "as decided elsewhere");
    } else {
        snprintf(text, TGR_LOOK_WAY_SIZE, "%s %s", tgr_look_threshold_name(simulation->policy),
                 tgr_word_threshold(word, simulation->policy, point->threshold));
    }
    return text;
}

const char *tgr_look_quality_name(const tgr_simulation *simulation)
{
    return simulation->quality == TGR_QUALITY_ACCEPT ? "accept rate" : "mean score";
}

double tgr_look_quality(const tgr_simulation *simulation, const tgr_point *point)
{
    return simulation->quality == TGR_QUALITY_ACCEPT ? point->accept_rate : point->mean_score;
}

double tgr_look_baseline_quality(const tgr_simulation *simulation, const tgr_baseline *baseline)
{
    return simulation->quality == TGR_QUALITY_ACCEPT ? baseline->accept_rate : baseline->mean_score;
}

double tgr_look_x(const tgr_look *look, const tgr_point *point)
{
    return look->by_cost ? point->cost : point->share[look->simulation->reference];
}

double tgr_look_model_x(const tgr_look *look, size_t model)
{
    const tgr_simulation *simulation = look->simulation;
    return look->by_cost ? simulation->alone[model].cost : model == simulation->reference ? 1 : 0;
}

size_t tgr_look_choice(size_t i, size_t shown, size_t count)
{
    return shown > 1 ? (size_t)((double)i * (double)(count - 1) / (double)(shown - 1) + 0.5) : 0;
}

const tgr_point *tgr_look_best(const tgr_simulation *simulation)
{
    return simulation->best < simulation->points ? &simulation->curve[simulation->best] : NULL;
}

/* ---- orders and colours -----------------------------------------------------------------------
 */

typedef struct keyed {
    double key;
    size_t place;
} keyed;

static int compare(const void *a, const void *b)
{
    const keyed *x = a, *y = b;
    if (x->key != y->key) {
        return x->key < y->key ? -1 : 1;
    }
    return (x->place > y->place) - (x->place < y->place);
}

/* Places 0 .. count - 1 by their keys, rising. */
static size_t *sorted(keyed *keys, size_t count)
{
    size_t *places = tgr_mem_alloc(count, sizeof *places);
    if (places != NULL && count > 0) {
        qsort(keys, count, sizeof *keys, compare);
        for (size_t i = 0; i < count; i++) {
            places[i] = keys[i].place;
        }
    }
    return places;
}

static double largest_share(const tgr_simulation *simulation, size_t model)
{
    double largest = 0;
    for (size_t i = 0; i < simulation->points; i++) {
        largest = fmax(largest, simulation->curve[i].share[model]);
    }
    return largest;
}

/* Colours go by the router's order, so that two reports on one router agree where all have one;
 * else the reference and the busiest have one. */
static void choose_colours(tgr_look *look)
{
    const size_t models = look->simulation->models, last = TGR_LOOK_COLOURS - 1;
    size_t own = 0, next = 0;
    look->grouped = models > TGR_LOOK_COLOURS;
    memset(look->colour, look->grouped ? (int)last : 0, models);
    look->colour[look->simulation->reference] = 0;
    for (size_t i = 0; look->grouped && own < last - 1; i++) {
        size_t model = look->busiest[i];
        own += model != look->simulation->reference;
        look->colour[model] = 0;
    }
    for (size_t model = 0; model < models; model++) {
        if (look->colour[model] == 0) {
            look->colour[model] = (unsigned char)next++;
        }
    }
}

static bool find_orders(tgr_look *look, keyed *keys)
{
    const tgr_simulation *simulation = look->simulation;
    for (size_t i = 0; i < simulation->points; i++) {
        keys[i] = (keyed){simulation->curve[i].threshold, i};
    }
    look->rising = sorted(keys, simulation->points);
    for (size_t model = 0; model < simulation->models; model++) {
        keys[model] = (keyed){-largest_share(simulation, model), model};
    }
    look->busiest = sorted(keys, simulation->models);
    look->colour = tgr_mem_zalloc(simulation->models, 1);
    return look->rising != NULL && look->busiest != NULL && look->colour != NULL;
}

tgr_status tgr_look_open(tgr_look *look, const tgr_simulation *simulation, tgr_error *error)
{
    *look = (tgr_look){.simulation = simulation};
    const tgr_intervals *intervals = simulation->intervals;
    if (intervals != NULL && intervals->low != NULL && intervals->high != NULL) {
        look->low = intervals->low;
        look->high = intervals->high;
    }
    for (size_t i = 0; i < simulation->points; i++) {
        look->by_cost |= !isnan(simulation->curve[i].cost);
    }
    size_t most = simulation->points > simulation->models ? simulation->points : simulation->models;
    keyed *keys = tgr_mem_alloc(most, sizeof *keys);
    bool found = keys != NULL && find_orders(look, keys);
    tgr_mem_free(keys);
    if (!found) {
        tgr_look_close(look);
        return tgr_fail_memory(error, "the report");
    }
    choose_colours(look);
    return TGR_OK;
}

void tgr_look_close(tgr_look *look)
{
    tgr_mem_free(look->rising);
    tgr_mem_free(look->busiest);
    tgr_mem_free(look->colour);
    *look = (tgr_look){0};
}
