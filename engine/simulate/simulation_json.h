/* simulation_json.h - a simulation's members in JSON. */
#ifndef TGR_SIMULATE_SIMULATION_JSON_H
#define TGR_SIMULATE_SIMULATION_JSON_H

#include <tagroute/simulate.h>

#include "engine/base/json_write.h"

/* Into an object that the caller began; all but the details and the background. */
void tgr_simulation_put(tgr_json *json, const tgr_simulation *simulation);

/* "queries", and what these stand for where they have weights. */
void tgr_simulation_put_queries(tgr_json *json, const tgr_simulation *simulation);
void tgr_simulation_put_count(tgr_json *json, const char *key, double count); /* of weights */

/* Margins, and what all was made from. */
void tgr_simulation_put_background(tgr_json *json, const tgr_simulation *simulation);

void tgr_simulation_put_baseline(tgr_json *json, const char *key, const tgr_baseline *baseline,
                                 bool name_model); /* "model" stands there even where it is null */

/* "baselines", and under "alone" each model by itself. */
void tgr_simulation_put_baselines(tgr_json *json, const tgr_simulation *simulation);

/* A list of two: the ends of an interval. */
void tgr_simulation_put_range(tgr_json *json, const char *key, double low, double high);

void tgr_simulation_put_point(tgr_json *json, const char *key, const tgr_simulation *simulation,
                              const tgr_point *point);
void tgr_simulation_put_metrics(tgr_json *json, const char *key, const tgr_metrics *metrics);

#endif
