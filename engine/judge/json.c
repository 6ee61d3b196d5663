/* json.c - a simulation and its details as one JSON object. */
#include <tagroute/details.h>

#include "engine/base/error.h"
#include "engine/simulate/simulation_json.h"

/* ---- by column ------------------------------------------------------------------------------- */

static void put_slice(tgr_json *json, const tgr_slice *slice)
{
    const tgr_simulation *simulation = slice->simulation;
    tgr_json_object(json, NULL);
    tgr_json_string(json, "value", slice->value);
    tgr_simulation_put_queries(json, simulation);
    tgr_json_unsigned(json, "undecided", simulation->undecided);
    tgr_json_number(json, "known_tags", slice->known_tags);
    tgr_json_unsigned(json, "no_known_tag", slice->no_known_tag);
    tgr_simulation_put_point(json, "routed", simulation, &simulation->curve[0]);
    tgr_simulation_put_metrics(json, "metrics", &simulation->metrics);
    tgr_simulation_put_baselines(json, simulation);
    tgr_json_end_object(json);
}

static void put_breakdowns(tgr_json *json, const tgr_details *details)
{
    tgr_json_array(json, "by");
    for (size_t i = 0; i < details->breakdown_count; i++) {
        const tgr_breakdown *breakdown = &details->breakdowns[i];
        tgr_json_object(json, NULL);
        tgr_json_string(json, "column", breakdown->column);
        tgr_json_boolean(json, "without_metrics", breakdown->without_metrics);
        tgr_json_array(json, "values");
        for (size_t j = 0; j < breakdown->count; j++) {
            put_slice(json, &breakdown->slices[j]);
        }
        tgr_json_end_array(json);
        tgr_json_end_object(json);
    }
    tgr_json_end_array(json);
}

/* ---- predictions ----------------------------------------------------------------------------- */

static void put_weight(tgr_json *json, bool weighted, double weight)
{
    if (weighted) {
        tgr_simulation_put_count(json, "weighted_queries", weight);
    }
}

static void put_prediction(tgr_json *json, const char *key, bool weighted,
                           const tgr_prediction *prediction)
{
    tgr_json_object(json, key);
    if (prediction->model != NULL) {
        tgr_json_string(json, "model", prediction->model);
    }
    tgr_json_unsigned(json, "queries", prediction->queries);
    put_weight(json, weighted, prediction->weight);
    tgr_json_number(json, "rank_correlation", prediction->rank_correlation);
    tgr_json_number(json, "predicted", prediction->predicted);
    tgr_json_number(json, "measured", prediction->measured);
    tgr_json_array(json, "deciles");
    for (size_t i = 0; i < TGR_DECILES; i++) {
        const tgr_decile *decile = &prediction->deciles[i];
        tgr_json_object(json, NULL);
        tgr_json_unsigned(json, "queries", decile->queries);
        put_weight(json, weighted, decile->weight);
        tgr_json_number(json, "from", decile->from);
        tgr_json_number(json, "to", decile->to);
        tgr_json_number(json, "predicted", decile->predicted);
        tgr_json_number(json, "measured", decile->measured);
        tgr_json_end_object(json);
    }
    tgr_json_end_array(json);
    tgr_json_end_object(json);
}

static void put_predictions(tgr_json *json, bool weighted, const tgr_predictions *predictions)
{
    tgr_json_object(json, "predictions");
    tgr_json_boolean(json, "same_scale", predictions->same_scale);
    tgr_json_unsigned(json, "cut_bits", predictions->cut_bits);
    tgr_json_array(json, "models");
    for (size_t model = 0; model < predictions->models; model++) {
        put_prediction(json, NULL, weighted, &predictions->of[model]);
    }
    tgr_json_end_array(json);
    put_prediction(json, "margin", weighted, &predictions->margin);
    tgr_json_end_object(json);
}

/* ---- category means, savings ----------------------------------------------------------------- */

static void put_category_mean(tgr_json *json, const tgr_category_mean *mean)
{
    const tgr_simulation *simulation = mean->simulation;
    tgr_json_object(json, "category_mean");
    tgr_json_string(json, "split", mean->split);
    tgr_json_unsigned(json, "training", mean->training);
    tgr_simulation_put_baseline(json, "at_cost", &mean->at_cost, false);
    tgr_simulation_put_metrics(json, "metrics", &simulation->metrics);
    tgr_json_array(json, "curve");
    for (size_t i = 0; i < simulation->points; i++) {
        tgr_simulation_put_point(json, NULL, simulation, &simulation->curve[i]);
    }
    tgr_json_end_array(json);
    tgr_json_end_object(json);
}

static void put_savings(tgr_json *json, const tgr_savings *savings)
{
    tgr_json_object(json, "savings");
    tgr_json_string(json, "baseline", savings->baseline);
    tgr_json_number(json, "scale", savings->scale);
    tgr_json_number(json, "cost", savings->cost);
    tgr_json_number(json, "routed_cost", savings->routed_cost);
    tgr_json_number(json, "saved", savings->saved);
    tgr_json_number(json, "saved_share", savings->saved_share);
    tgr_json_number(json, "quality", savings->quality);
    tgr_json_number(json, "routed_quality", savings->routed_quality);
    tgr_json_number(json, "recorded", savings->recorded);
    tgr_json_number(json, "routed_recorded", savings->routed_recorded);
    tgr_json_end_object(json);
}

/* ---- logged, judged -------------------------------------------------------------------------- */

static void put_estimate(tgr_json *json, const tgr_estimate *estimate)
{
    tgr_json_object(json, NULL);
    tgr_json_number(json, "threshold", estimate->threshold);
    tgr_json_unsigned(json, "matched", estimate->matched);
    tgr_json_number(json, "effective", estimate->effective);
    tgr_json_number(json, "ips", estimate->ips);
    tgr_simulation_put_range(json, "ips_range", estimate->ips_low, estimate->ips_high);
    tgr_json_number(json, "robust", estimate->robust);
    tgr_simulation_put_range(json, "robust_range", estimate->robust_low, estimate->robust_high);
    tgr_json_end_object(json);
}

static void put_logged(tgr_json *json, const tgr_simulation *simulation, const tgr_logged *logged)
{
    tgr_json_object(json, "logged");
    tgr_json_unsigned(json, "queries", logged->queries);
    put_weight(json, simulation->weighted, logged->weight);
    tgr_json_unsigned(json, "others", logged->others);
    tgr_json_number(json, "cost", logged->all.cost);
    tgr_json_number(json, "accept_rate", logged->all.accept_rate);
    tgr_json_number(json, "mean_score", logged->all.mean_score);
    tgr_json_number(json, "coverage", logged->all.coverage);
    tgr_json_number(json, "recorded", logged->recorded);
    tgr_json_object(json, "share");
    for (size_t model = 0; model < simulation->models; model++) {
        tgr_json_number(json, simulation->model_names[model], logged->share[model]);
    }
    tgr_json_end_object(json);
    tgr_json_unsigned(json, "chances", logged->chances);
    tgr_json_string(json, "robust_from", logged->from_scores ? "scores" : "means");
    tgr_json_array(json, "estimates");
    for (size_t i = 0; i < logged->estimate_count; i++) {
        put_estimate(json, &logged->estimates[i]);
    }
    tgr_json_end_array(json);
    tgr_json_end_object(json);
}

static void put_view(tgr_json *json, const char *key, const tgr_tag_view *view)
{
    tgr_json_object(json, key);
    tgr_json_unsigned(json, "queries", view->queries);
    tgr_json_number(json, "tags", view->tags);
    tgr_json_number(json, "known_tags", view->known_tags);
    tgr_json_unsigned(json, "no_known_tag", view->no_known_tag);
    tgr_json_end_object(json);
}

static void put_judged(tgr_json *json, const tgr_judged *judged)
{
    tgr_json_object(json, "judged");
    put_view(json, "log", &judged->log);
    put_view(json, "sample", &judged->sample);
    tgr_json_number(json, "drift", judged->drift);
    tgr_json_number(json, "unseen", judged->unseen);
    tgr_json_object(json, "simulation");
    tgr_simulation_put(json, judged->simulation);
    tgr_json_end_object(json);
    tgr_json_end_object(json);
}

static void put_details(tgr_json *json, const tgr_simulation *simulation,
                        const tgr_details *details)
{
    if (details->breakdown_count > 0) {
        put_breakdowns(json, details);
    }
    if (details->predictions != NULL) {
        put_predictions(json, simulation->weighted, details->predictions);
    }
    if (details->category_mean != NULL) {
        put_category_mean(json, details->category_mean);
    }
    if (details->savings != NULL) {
        put_savings(json, details->savings);
    }
    if (details->logged != NULL) {
        put_logged(json, simulation, details->logged);
    }
    if (details->judged != NULL) {
        put_judged(json, details->judged);
    }
    if (details->chosen != NULL) {
        tgr_json_object(json, "chosen");
        tgr_json_string(json, "split", details->chosen->split);
        tgr_json_unsigned(json, "queries", details->chosen->queries);
        tgr_json_number(json, "threshold", details->chosen->threshold);
        tgr_simulation_put_baseline(json, "promised", &details->chosen->promised, false);
        tgr_json_end_object(json);
    }
}

tgr_status tgr_simulation_json(const tgr_simulation *simulation, char **text, size_t *length,
                               tgr_error *error)
{
    tgr_buffer buffer = {0};
    tgr_json json;
    tgr_json_begin(&json, &buffer, true);
    tgr_json_object(&json, NULL);
    tgr_simulation_put(&json, simulation);
    if (simulation->details != NULL) {
        put_details(&json, simulation, simulation->details);
    }
    tgr_simulation_put_background(&json, simulation);
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
