/* simulation_json.c - a simulation as one JSON object. */
#include <tagroute/solve.h>

#include "engine/simulate/simulation_json.h"

void tgr_simulation_put_point(tgr_json *json, const char *key, const tgr_simulation *simulation,
                              const tgr_point *point)
{
    tgr_json_object(json, key);
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

void tgr_simulation_put_baseline(tgr_json *json, const char *key, const tgr_baseline *baseline,
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

void tgr_simulation_put_metrics(tgr_json *json, const char *key, const tgr_metrics *metrics)
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

/* A whole number in all its digits. */
void tgr_simulation_put_count(tgr_json *json, const char *key, double count)
{
    if (count <= 0x1p53 && count == (double)(uint64_t)count) {
        tgr_json_unsigned(json, key, (uint64_t)count);
    } else {
        tgr_json_number(json, key, count);
    }
}

void tgr_simulation_put_queries(tgr_json *json, const tgr_simulation *simulation)
{
    tgr_json_unsigned(json, "queries", simulation->queries);
    if (simulation->weighted) {
        tgr_simulation_put_count(json, "weighted_queries", simulation->weight);
        tgr_json_number(json, "effective_queries", simulation->effective);
    }
}

static void put_head(tgr_json *json, const tgr_simulation *simulation)
{
    tgr_simulation_put_queries(json, simulation);
    tgr_json_unsigned(json, "undecided", simulation->undecided);
    tgr_json_array(json, "models");
    for (size_t model = 0; model < simulation->models; model++) {
        tgr_json_string(json, NULL, simulation->model_names[model]);
    }
    tgr_json_end_array(json);
    tgr_json_string(json, "reference", simulation->model_names[simulation->reference]);
    if (simulation->elsewhere != NULL) {
        tgr_json_string(json, "elsewhere", simulation->elsewhere);
    }
    tgr_json_string(json, "policy",
                    simulation->given ? "given" : tgr_policy_name(simulation->policy));
    tgr_json_string(json, "quality", simulation->quality == TGR_QUALITY_SCORE ? "score" : "accept");
    if (simulation->best < simulation->points) {
        tgr_json_number(json, "best_threshold", simulation->curve[simulation->best].threshold);
    } else {
        tgr_json_string(json, "best_threshold", NULL);
    }
}

/* ---- intervals: the same names, each with its low and its high end --------------------------- */

void tgr_simulation_put_range(tgr_json *json, const char *key, double low, double high)
{
    tgr_json_array(json, key);
    tgr_json_number(json, NULL, low);
    tgr_json_number(json, NULL, high);
    tgr_json_end_array(json);
}

static void put_measure_ranges(tgr_json *json, const tgr_simulation *simulation,
                               const tgr_point *low, const tgr_point *high)
{
    tgr_simulation_put_range(json, "cost", low->cost, high->cost);
    tgr_simulation_put_range(json, "accept_rate", low->accept_rate, high->accept_rate);
    tgr_simulation_put_range(json, "mean_score", low->mean_score, high->mean_score);
    tgr_simulation_put_range(json, "coverage", low->coverage, high->coverage);
    tgr_json_object(json, "share");
    for (size_t model = 0; model < simulation->models; model++) {
        tgr_simulation_put_range(json, simulation->model_names[model], low->share[model],
                                 high->share[model]);
    }
    tgr_json_end_object(json);
}

static void put_point_range(tgr_json *json, const tgr_intervals *range, size_t point)
{
    const tgr_point *low = &range->low->curve[point], *high = &range->high->curve[point];
    tgr_json_object(json, NULL);
    tgr_json_number(json, "threshold", low->threshold);
    put_measure_ranges(json, range->low, low, high);
    tgr_json_end_object(json);
}

static void put_baseline_range(tgr_json *json, const char *key, const char *model,
                               const tgr_baseline *low, const tgr_baseline *high)
{
    tgr_json_object(json, key);
    if (model != NULL) {
        tgr_json_string(json, "model", model);
    }
    tgr_simulation_put_range(json, "cost", low->cost, high->cost);
    tgr_simulation_put_range(json, "accept_rate", low->accept_rate, high->accept_rate);
    tgr_simulation_put_range(json, "mean_score", low->mean_score, high->mean_score);
    tgr_simulation_put_range(json, "coverage", low->coverage, high->coverage);
    tgr_json_end_object(json);
}

static void put_metric_ranges(tgr_json *json, const tgr_metrics *low, const tgr_metrics *high)
{
    tgr_json_object(json, "metrics");
    tgr_simulation_put_range(json, "auc", low->auc, high->auc);
    tgr_simulation_put_range(json, "apgr", low->apgr, high->apgr);
    tgr_simulation_put_range(json, "pauc", low->pauc, high->pauc);
    tgr_simulation_put_range(json, "cpt50", low->cpt50, high->cpt50);
    tgr_simulation_put_range(json, "cpt80", low->cpt80, high->cpt80);
    tgr_simulation_put_range(json, "aiq", low->aiq, high->aiq);
    tgr_simulation_put_range(json, "cost_save", low->cost_save, high->cost_save);
    tgr_simulation_put_range(json, "perf_gain", low->perf_gain, high->perf_gain);
    tgr_simulation_put_range(json, "uplift", low->uplift, high->uplift);
    tgr_simulation_put_range(json, "rank", low->rank, high->rank);
    tgr_json_end_object(json);
}

static void put_intervals(tgr_json *json, const tgr_simulation *simulation)
{
    const tgr_intervals *range = simulation->intervals;
    const tgr_simulation *low = range->low, *high = range->high;
    tgr_json_object(json, "intervals");
    tgr_json_number(json, "level", 0.95);
    tgr_json_unsigned(json, "replicates", range->replicates);
    tgr_json_unsigned(json, "seed", range->seed);
    tgr_json_array(json, "curve");
    for (size_t i = 0; i < simulation->points; i++) {
        put_point_range(json, range, i);
    }
    tgr_json_end_array(json);
    put_metric_ranges(json, &low->metrics, &high->metrics);
    tgr_json_object(json, "baselines");
    put_baseline_range(json, "best_single", NULL, &low->best_single, &high->best_single);
    put_baseline_range(json, "oracle", NULL, &low->oracle, &high->oracle);
    put_baseline_range(json, "random", NULL, &low->random, &high->random);
    put_baseline_range(json, "cost_matched_random", NULL, &low->cost_matched_random,
                       &high->cost_matched_random);
    tgr_json_end_object(json);
    tgr_json_array(json, "alone");
    for (size_t model = 0; model < simulation->models; model++) {
        put_baseline_range(json, NULL, simulation->model_names[model], &low->alone[model],
                           &high->alone[model]);
    }
    tgr_json_end_array(json);
    tgr_json_end_object(json);
}

/* ---- margins, and what all this was made from -------------------------------------------------
 */

static void put_margins(tgr_json *json, const tgr_histogram *margins)
{
    tgr_json_object(json, "margins");
    tgr_json_array(json, "edges");
    for (size_t i = 0; margins->bins > 0 && i <= margins->bins; i++) {
        tgr_json_number(json, NULL, margins->edges[i]);
    }
    tgr_json_end_array(json);
    tgr_json_array(json, "counts");
    for (size_t i = 0; i < margins->bins; i++) {
        tgr_simulation_put_count(json, NULL, margins->counts[i]);
    }
    tgr_json_end_array(json);
    tgr_simulation_put_count(json, "below", margins->below);
    tgr_simulation_put_count(json, "above", margins->above);
    tgr_json_end_object(json);
}

static void put_levels(tgr_json *json, const tgr_price *price)
{
    tgr_json_array(json, "levels");
    for (size_t i = 0; i < price->level_count; i++) {
        const tgr_price_level *level = &price->levels[i];
        tgr_json_object(json, NULL);
        tgr_json_string(json, "tier", level->tier);
        tgr_json_number(json, "above", level->above);
        tgr_json_boolean(json, "in_use", level->in_use);
        tgr_json_number(json, "input_cost_per_token", level->input);
        tgr_json_number(json, "cache_read_input_token_cost", level->cached);
        tgr_json_number(json, "output_cost_per_token", level->output);
        tgr_json_end_object(json);
    }
    tgr_json_end_array(json);
}

static void put_prices(tgr_json *json, const tgr_simulation *simulation)
{
    tgr_json_array(json, "prices");
    for (size_t model = 0; model < simulation->models; model++) {
        const tgr_price *price = &simulation->origin.prices[model];
        tgr_json_object(json, NULL);
        tgr_json_string(json, "model", simulation->model_names[model]);
        tgr_json_number(json, "input_cost_per_token", price->input);
        tgr_json_number(json, "output_cost_per_token", price->output);
        tgr_json_number(json, "completion_tokens", price->completion_tokens);
        tgr_json_number(json, "mean_cost", price->mean);
        tgr_json_number(json, "flat_cost", price->flat);
        tgr_json_number(json, "cache_read_input_token_cost", price->cached);
        tgr_json_number(json, "token_ratio", price->token_ratio);
        tgr_json_string(json, "tier", price->tier);
        tgr_json_string(json, "price_entry", price->entry);
        tgr_json_string(json, "price_map", price->map);
        put_levels(json, price);
        tgr_json_end_object(json);
    }
    tgr_json_end_array(json);
}

static void put_aligned(tgr_json *json, const tgr_aligned_tags *aligned)
{
    tgr_json_object(json, "aligned");
    tgr_json_unsigned(json, "files", aligned->files);
    tgr_json_unsigned(json, "exactly", aligned->exactly);
    tgr_json_unsigned(json, "by_rule", aligned->by_rule);
    tgr_json_unsigned(json, "nearest", aligned->nearest);
    tgr_json_unsigned(json, "not_aligned", aligned->not_aligned);
    tgr_json_unsigned(json, "dropped", aligned->dropped);
    tgr_json_end_object(json);
}

static void put_origin(tgr_json *json, const tgr_simulation *simulation)
{
    const tgr_origin *origin = &simulation->origin;
    tgr_json_object(json, "origin");
    tgr_json_string(json, "router", origin->router);
    tgr_json_string(json, "scorer", origin->scorer);
    tgr_json_string(json, "counts", origin->counts);
    tgr_json_unsigned(json, "tags", origin->tags);
    tgr_json_string(json, "split", origin->split);
    tgr_json_string(json, "fallback", origin->fallback);
    if (origin->aligned.files > 0) {
        put_aligned(json, &origin->aligned);
    }
    tgr_json_array(json, "files");
    for (size_t i = 0; i < origin->files; i++) {
        tgr_json_string(json, NULL, origin->file_digests[i]);
    }
    tgr_json_end_array(json);
    if (origin->prices != NULL) {
        put_prices(json, simulation);
    }
    tgr_json_end_object(json);
}

/* ---- the solution ---------------------------------------------------------------------------- */

static void put_goal(tgr_json *json, const tgr_solution *solution)
{
    static const char *const names[] = {
        [TGR_GOAL_BUDGET] = "budget",
        [TGR_GOAL_COST_PER_QUERY] = "cost_per_query",
        [TGR_GOAL_QUALITY] = "quality",
        [TGR_GOAL_SHARE] = "share",
    };
    tgr_json_string(json, "goal", names[solution->goal.kind]);
    tgr_json_number(json, "value", solution->goal.value);
    tgr_json_string(json, "model", solution->goal.model);
    tgr_json_number(json, "target", solution->target);
    tgr_json_number(json, "reached", solution->reached);
    tgr_json_unsigned(json, "measured", solution->measured);
    tgr_json_number(json, "threshold", solution->threshold);
}

static void put_solution_range(tgr_json *json, const tgr_simulation *simulation,
                               const tgr_solution *solution)
{
    tgr_json_object(json, "intervals");
    put_measure_ranges(json, simulation, solution->low, solution->high);
    tgr_json_end_object(json);
}

static void put_solution(tgr_json *json, const tgr_simulation *simulation)
{
    const tgr_solution *solution = simulation->solution;
    tgr_json_object(json, "solution");
    put_goal(json, solution);
    tgr_simulation_put_point(json, "point", simulation, solution->point);
    tgr_json_number(json, "expected_cost", solution->expected_cost);
    tgr_json_number(json, "predicted_score", solution->predicted_score);
    tgr_json_number(json, "best_score", solution->best_score);
    tgr_json_number(json, "gap", solution->best_score - solution->predicted_score);
    if (solution->high != NULL) {
        put_solution_range(json, simulation, solution);
    }
    tgr_json_end_object(json);
}

void tgr_simulation_put_baselines(tgr_json *json, const tgr_simulation *simulation)
{
    tgr_json_object(json, "baselines");
    tgr_simulation_put_baseline(json, "best_single", &simulation->best_single, true);
    tgr_simulation_put_baseline(json, "oracle", &simulation->oracle, false);
    tgr_simulation_put_baseline(json, "random", &simulation->random, false);
    tgr_simulation_put_baseline(json, "cost_matched_random", &simulation->cost_matched_random,
                                false);
    tgr_json_end_object(json);
    tgr_json_array(json, "alone");
    for (size_t model = 0; model < simulation->models; model++) {
        tgr_simulation_put_baseline(json, NULL, &simulation->alone[model], true);
    }
    tgr_json_end_array(json);
}

void tgr_simulation_put(tgr_json *json, const tgr_simulation *simulation)
{
    put_head(json, simulation);
    tgr_json_array(json, "curve");
    for (size_t i = 0; i < simulation->points; i++) {
        tgr_simulation_put_point(json, NULL, simulation, &simulation->curve[i]);
    }
    tgr_json_end_array(json);
    tgr_simulation_put_metrics(json, "metrics", &simulation->metrics);
    tgr_json_boolean(json, "binned", simulation->binned);
    tgr_simulation_put_metrics(json, "error_bound", &simulation->error_bound);
    tgr_simulation_put_baselines(json, simulation);
    if (simulation->solution != NULL) {
        put_solution(json, simulation);
    }
    if (simulation->intervals != NULL && simulation->intervals->high != NULL) {
        put_intervals(json, simulation);
    }
}

void tgr_simulation_put_background(tgr_json *json, const tgr_simulation *simulation)
{
    put_margins(json, &simulation->margins);
    put_origin(json, simulation);
}
