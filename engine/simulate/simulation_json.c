/* simulation_json.c - a simulation as one JSON object. */
#include <tagroute/simulate.h>

#include "engine/base/error.h"
#include "engine/base/json_write.h"

static void put_point(tgr_json *json, const tgr_simulation *simulation, const tgr_point *point)
{
    tgr_json_object(json, NULL);
    tgr_json_number(json, "threshold", point->threshold);
    tgr_json_number(json, "cost", point->cost);
    tgr_json_number(json, "accept_rate", point->accept_rate);
    tgr_json_number(json, "mean_score", point->mean_score);
    tgr_json_number(json, "coverage", point->coverage);
    tgr_json_object(json, "share");
    for (size_t model = 0; model < simulation->models; model++) {
        tgr_json_number(json, simulation->model_names[model], point->share[model]);
    }
    tgr_json_end_object(json);
    tgr_json_end_object(json);
}

/* name_model: write "model" even where it is null. */
static void put_baseline(tgr_json *json, const char *key, const tgr_baseline *baseline,
                         bool name_model)
{
    tgr_json_object(json, key);
    if (name_model) {
        tgr_json_string(json, "model", baseline->model);
    }
    tgr_json_number(json, "cost", baseline->cost);
    tgr_json_number(json, "accept_rate", baseline->accept_rate);
    tgr_json_number(json, "mean_score", baseline->mean_score);
    tgr_json_number(json, "coverage", baseline->coverage);
    tgr_json_end_object(json);
}

static void put_metrics(tgr_json *json, const char *key, const tgr_metrics *metrics)
{
    tgr_json_object(json, key);
    tgr_json_number(json, "auc", metrics->auc);
    tgr_json_number(json, "apgr", metrics->apgr);
    tgr_json_number(json, "pauc", metrics->pauc);
    tgr_json_number(json, "cpt50", metrics->cpt50);
    tgr_json_number(json, "cpt80", metrics->cpt80);
    tgr_json_number(json, "aiq", metrics->aiq);
    tgr_json_number(json, "cost_save", metrics->cost_save);
    tgr_json_number(json, "perf_gain", metrics->perf_gain);
    tgr_json_number(json, "uplift", metrics->uplift);
    tgr_json_number(json, "rank", metrics->rank);
    tgr_json_end_object(json);
}

static void put_head(tgr_json *json, const tgr_simulation *simulation)
{
    tgr_json_unsigned(json, "queries", simulation->queries);
    tgr_json_unsigned(json, "undecided", simulation->undecided);
    tgr_json_array(json, "models");
    for (size_t model = 0; model < simulation->models; model++) {
        tgr_json_string(json, NULL, simulation->model_names[model]);
    }
    tgr_json_end_array(json);
    tgr_json_string(json, "reference", simulation->model_names[simulation->reference]);
    tgr_json_string(json, "policy", tgr_policy_name(simulation->policy));
    tgr_json_string(json, "quality", simulation->quality == TGR_QUALITY_SCORE ? "score" : "accept");
    if (simulation->best < simulation->points) {
        tgr_json_number(json, "best_threshold", simulation->curve[simulation->best].threshold);
    } else {
        tgr_json_string(json, "best_threshold", NULL);
    }
}

tgr_status tgr_simulation_json(const tgr_simulation *simulation, char **text, size_t *length,
                               tgr_error *error)
{
    tgr_buffer buffer = {0};
    tgr_json json;
    tgr_json_begin(&json, &buffer, true);
    tgr_json_object(&json, NULL);
    put_head(&json, simulation);
    tgr_json_array(&json, "curve");
    for (size_t i = 0; i < simulation->points; i++) {
        put_point(&json, simulation, &simulation->curve[i]);
    }
    tgr_json_end_array(&json);
    put_metrics(&json, "metrics", &simulation->metrics);
    tgr_json_boolean(&json, "binned", simulation->binned);
    put_metrics(&json, "error_bound", &simulation->error_bound);
    tgr_json_object(&json, "baselines");
    put_baseline(&json, "best_single", &simulation->best_single, true);
    put_baseline(&json, "oracle", &simulation->oracle, false);
    put_baseline(&json, "random", &simulation->random, false);
    put_baseline(&json, "cost_matched_random", &simulation->cost_matched_random, false);
    tgr_json_end_object(&json);
    tgr_json_array(&json, "alone");
    for (size_t model = 0; model < simulation->models; model++) {
        put_baseline(&json, NULL, &simulation->alone[model], true);
    }
    tgr_json_end_array(&json);
    tgr_json_end_object(&json);
    tgr_buffer_add(&buffer, "\n", 1);
    if (buffer.failed) {
        tgr_buffer_free(&buffer);
        return tgr_fail_memory(error, "the simulation as JSON");
    }
    *text = buffer.bytes;
    if (length != NULL) {
        *length = buffer.length;
    }
    return TGR_OK;
}
