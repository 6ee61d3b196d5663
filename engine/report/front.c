/* front.c - sorted by cost, a place is on the front where its quality is a new best. */
#include "engine/report/front.h"

#include <math.h>
#include <stdlib.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"

static int compare(const void *a, const void *b)
{
    const tgr_front_place *x = a, *y = b;
    if (x->x != y->x) {
        return x->x < y->x ? -1 : 1;
    }
    return (x->quality < y->quality) - (x->quality > y->quality);
}

static void add(tgr_front *front, double x, double quality)
{
    if (!isnan(x) && !isnan(quality)) {
        front->places[front->count++] = (tgr_front_place){x, quality};
    }
}

tgr_status tgr_front_find(tgr_front *front, const tgr_look *look, tgr_error *error)
{
    const tgr_simulation *simulation = look->simulation;
    *front = (tgr_front){0};
    front->places = tgr_mem_alloc(simulation->points + simulation->models, sizeof *front->places);
    if (front->places == NULL) {
        return tgr_fail_memory(error, "the report");
    }
    for (size_t i = 0; i < simulation->points; i++) {
        const tgr_point *point = &simulation->curve[i];
        add(front, tgr_look_x(look, point), tgr_look_quality(simulation, point));
    }
    for (size_t model = 0; model < simulation->models; model++) {
        add(front, tgr_look_model_x(look, model),
            tgr_look_baseline_quality(simulation, &simulation->alone[model]));
    }
    if (front->count > 0) {
        qsort(front->places, front->count, sizeof *front->places, compare);
    }
    size_t kept = 0;
    for (size_t i = 0; i < front->count; i++) {
        if (kept == 0 || front->places[i].quality > front->places[kept - 1].quality) {
            front->places[kept++] = front->places[i];
        }
    }
    front->count = kept;
    return TGR_OK;
}

void tgr_front_free(tgr_front *front)
{
    tgr_mem_free(front->places);
    *front = (tgr_front){0};
}

bool tgr_front_has(const tgr_front *front, double x, double quality)
{
    tgr_front_place sought = {x, quality};
    if (isnan(x) || isnan(quality) || front->count == 0) {
        return false;
    }
    return bsearch(&sought, front->places, front->count, sizeof sought, compare) != NULL;
}
