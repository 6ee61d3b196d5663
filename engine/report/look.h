/* look.h - what the parts of a report have in common: what is on which axis, in which order, in
 * which colour. */
#ifndef TGR_REPORT_LOOK_H
#define TGR_REPORT_LOOK_H

#include <stdbool.h>
#include <stddef.h>

#include <tagroute/simulate.h>

/* The last colour is for all models that have none of their own. */
#define TGR_LOOK_COLOURS 8

typedef struct tgr_look {
    const tgr_simulation *simulation;
    const tgr_simulation *low, *high; /* ends of the intervals; NULL where there are none */
    bool by_cost;                     /* the axis is cost, else the share sent to the reference */
    size_t *rising;                   /* points by threshold */
    size_t *busiest;                  /* models by their largest share, falling */
    unsigned char *colour;            /* models */
    bool grouped;                     /* some models share the last colour */
} tgr_look;

tgr_status tgr_look_open(tgr_look *look, const tgr_simulation *simulation, tgr_error *error);
void tgr_look_close(tgr_look *look); /* harmless on a zeroed structure */

/* "--theta", "--lambda" or "--tau". */
const char *tgr_look_threshold_name(tgr_policy policy);

/* What decides at a point, such as "--theta -0.02", into text of TGR_LOOK_WAY_SIZE bytes. */
#define TGR_LOOK_WAY_SIZE 80
char *tgr_look_way(char *text, const tgr_simulation *simulation, const tgr_point *point);
const char *tgr_look_quality_name(const tgr_simulation *simulation); /* "mean score" */

double tgr_look_quality(const tgr_simulation *simulation, const tgr_point *point);
double tgr_look_baseline_quality(const tgr_simulation *simulation, const tgr_baseline *baseline);

/* Where a point, or a model alone, lies on the axis of cost or share; NaN where it does not. */
double tgr_look_x(const tgr_look *look, const tgr_point *point);
double tgr_look_model_x(const tgr_look *look, size_t model);

/* The place of the i-th of `shown` out of `count` things, evenly chosen, the first and last among
 * them. shown <= count. */
size_t tgr_look_choice(size_t i, size_t shown, size_t count);

/* The chosen or best point; NULL where there is none. */
const tgr_point *tgr_look_best(const tgr_simulation *simulation);

#endif
