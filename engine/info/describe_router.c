/* describe_router.c - a router in a screenful. */
#include <math.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/info/sheet.h"
#include "engine/router/router.h"

#define TOP_TAGS 8

static void put_steps(tgr_json *json, const tgr_model *model)
{
    tgr_json_array(json, "long_prompts");
    for (size_t i = 0; i < model->step_count; i++) {
        tgr_json_object(json, NULL);
        tgr_json_number(json, "above", model->steps[i].above);
        tgr_json_number(json, "input_cost_per_token", model->steps[i].in);
        tgr_json_number(json, "output_cost_per_token", model->steps[i].out);
        tgr_json_number(json, "cache_read_input_token_cost", model->steps[i].cached);
        tgr_json_end_object(json);
    }
    tgr_json_end_array(json);
}

static void put_entry(tgr_json *json, const tgr_price_entry *entry)
{
    tgr_json_object(json, "price_entry");
    tgr_json_string(json, "name", entry->name);
    tgr_json_string(json, "map", entry->map);
    tgr_json_string(json, "tier", tgr_tier_name(entry->tier));
    tgr_json_object(json, "prices");
    for (size_t i = 0; i < entry->rate_count; i++) {
        char name[TGR_RATE_NAME];
        tgr_rate_name(&entry->rates[i], name);
        tgr_json_number(json, name, entry->rates[i].usd);
    }
    tgr_json_end_object(json);
    tgr_json_end_object(json);
}

static void describe_models(tgr_sheet *sheet, const tgr_router *router)
{
    char in[32], out[32], cost[32], score[32], reward[32];
    tgr_sheet_line(sheet, "models", "%-32s %10s %10s %10s %7s %7s", "", "USD/M in", "USD/M out",
                   "USD/query", "score", "reward");
    tgr_json_array(&sheet->json, "models");
    for (size_t i = 0; i < router->model_count; i++) {
        const tgr_model *model = &router->models[i];
        double a_query = isnan(model->mean_cost) ? model->cost : model->mean_cost;
        tgr_sheet_line(
            sheet, i == router->reference ? "     reference" : "", "%-32s %10s %10s %10s %7s %7s",
            model->name, tgr_sheet_short(in, model->price_in * 1e6, 4),
            tgr_sheet_short(out, model->price_out * 1e6, 4), tgr_sheet_short(cost, a_query, 4),
            tgr_sheet_short(score, model->mean_score, 4),
            tgr_sheet_short(reward, model->mean_reward, 4));
        tgr_json_object(&sheet->json, NULL);
        tgr_json_string(&sheet->json, "name", model->name);
        tgr_json_boolean(&sheet->json, "reference", i == router->reference);
        tgr_json_number(&sheet->json, "input_cost_per_token", model->price_in);
        tgr_json_number(&sheet->json, "output_cost_per_token", model->price_out);
        tgr_json_number(&sheet->json, "cost", model->cost);
        tgr_json_number(&sheet->json, "mean_cost", model->mean_cost);
        tgr_json_number(&sheet->json, "mean_completion_tokens", model->mean_completion_tokens);
        tgr_json_number(&sheet->json, "mean_score", model->mean_score);
        tgr_json_number(&sheet->json, "mean_reward", model->mean_reward);
        tgr_json_number(&sheet->json, "max_input_tokens", model->max_input_tokens);
        tgr_json_number(&sheet->json, "cache_read_input_token_cost", model->price_cached);
        tgr_json_number(&sheet->json, "token_ratio", model->token_ratio);
        tgr_json_number(&sheet->json, "assumed_completion_tokens",
                        model->assumed_completion_tokens);
        put_steps(&sheet->json, model);
        if (model->entry.name != NULL) {
            put_entry(&sheet->json, &model->entry);
        }
        tgr_json_end_object(&sheet->json);
    }
    tgr_json_end_array(&sheet->json);
}

static double per_million(double usd)
{
    return usd * 1e6;
}

/* What a model's costs go by beside its two prices, as far as it is known. */
static void describe_more(tgr_buffer *line, const tgr_model *model)
{
    char in[32], out[32];
    const tgr_price_entry *entry = &model->entry;
    if (entry->name != NULL) {
        tgr_buffer_format(line, "%s prices of \"%s\"", tgr_tier_name(entry->tier), entry->name);
    }
    if (!isnan(model->price_cached)) {
        tgr_buffer_format(line, "%scached %s", line->length > 0 ? "; " : "",
                          tgr_sheet_short(in, per_million(model->price_cached), 4));
    }
    for (size_t i = 0; i < model->step_count; i++) {
        const tgr_price_step *step = &model->steps[i];
        tgr_buffer_format(line, "%sabove %.0f tokens %s in, %s out", line->length > 0 ? "; " : "",
                          step->above, tgr_sheet_short(in, per_million(step->in), 4),
                          tgr_sheet_short(out, per_million(step->out), 4));
    }
    if (!isnan(model->token_ratio)) {
        tgr_buffer_format(line, "%s%.6g tokens of one counted", line->length > 0 ? "; " : "",
                          model->token_ratio);
    }
}

static void describe_more_prices(tgr_sheet *sheet, const tgr_router *router)
{
    const char *label = "prices";
    for (size_t i = 0; i < router->model_count; i++) {
        tgr_buffer line = {0};
        describe_more(&line, &router->models[i]);
        if (line.length > 0 && !line.failed) {
            tgr_sheet_line(sheet, label, "%-32s %s", router->models[i].name, line.bytes);
            label = "";
        }
        tgr_buffer_free(&line);
    }
}

/* The price maps that prices come from, each once. */
static void describe_maps(tgr_sheet *sheet, const tgr_router *router)
{
    const char *label = "price map";
    tgr_json_array(&sheet->json, "price_maps");
    for (size_t i = 0; i < router->model_count; i++) {
        const char *map = router->models[i].entry.map;
        bool told = map[0] == '\0';
        for (size_t before = 0; before < i; before++) {
            told = told || strcmp(router->models[before].entry.map, map) == 0;
        }
        if (!told) {
            tgr_sheet_line(sheet, label, "%s", map);
            tgr_json_string(&sheet->json, NULL, map);
            label = "";
        }
    }
    tgr_json_end_array(&sheet->json);
}

static void describe_thresholds(tgr_sheet *sheet, const tgr_router *router)
{
    char number[32];
    tgr_json_array(&sheet->json, "thresholds");
    for (size_t i = 0; i < router->quantile_count; i++) {
        const tgr_margin_quantile *quantile = &router->quantiles[i];
        tgr_sheet_line(
            sheet, i == 0 ? "thresholds" : "",
            "--theta %-14s sends %2.0f %% of the training queries away from the reference",
            tgr_sheet_short(number, quantile->threshold, 9), 100 * quantile->share);
        tgr_json_object(&sheet->json, NULL);
        tgr_json_number(&sheet->json, "share", quantile->share);
        tgr_json_number(&sheet->json, "theta", quantile->threshold);
        tgr_json_end_object(&sheet->json);
    }
    tgr_json_end_array(&sheet->json);
}

static void describe_tags(tgr_sheet *sheet, const tgr_router *router)
{
    uint32_t count = tgr_strings_count(router->tags);
    tgr_sheet_count(sheet, "tags", "tags", count, NULL);
    tgr_buffer names = {0};
    for (uint32_t i = 0; i < count && i < TOP_TAGS; i++) {
        tgr_buffer_format(&names, "%s%.40s (%.6g)", i > 0 ? ", " : "",
                          tgr_strings_get(router->tags, i, NULL), router->counts[i]);
    }
    if (names.length > 0 && !names.failed) {
        tgr_sheet_line(sheet, "", "%s%s", names.bytes, count > TOP_TAGS ? ", ..." : "");
    }
    tgr_buffer_free(&names);
}

tgr_status tgr_describe_router(tgr_sheet *sheet, const char *path, const tgr_price_options *prices,
                               const tgr_run *run, tgr_error *error)
{
    tgr_router *router = NULL;
    tgr_status status = tgr_router_load(path, &router, error);
    if (status == TGR_OK && prices != NULL) {
        status = tgr_router_set_prices(router, prices, run, error);
    }
    if (status != TGR_OK) {
        tgr_router_free(router);
        return status;
    }
    tgr_sheet_begin(sheet, path, "router, checked", "router");
    describe_models(sheet, router);
    describe_more_prices(sheet, router);
    describe_maps(sheet, router);
    tgr_sheet_line(sheet, "scorer", "%s, counts %s, rewards %g / %g / %g (win / tie / loss)",
                   router->scorer, tgr_count_name(router->count), router->rewards[0],
                   router->rewards[1], router->rewards[2]);
    tgr_json_string(&sheet->json, "scorer", router->scorer);
    tgr_json_string(&sheet->json, "count", tgr_count_name(router->count));
    tgr_json_number(&sheet->json, "min_count", router->min_count);
    describe_tags(sheet, router);
    tgr_sheet_line(sheet, "tagger", "%s%s", router->tagger_kind,
                   router->category_tag ? ", category as a tag" : "");
    tgr_json_object(&sheet->json, "tagger");
    tgr_json_string(&sheet->json, "kind", router->tagger_kind);
    tgr_json_boolean(&sheet->json, "category_tag", router->category_tag);
    tgr_json_string(&sheet->json, "digest", router->tagger_digest);
    status = tgr_describe_tagger(sheet, router->tagger_kind, &router->tagger_settings,
                                 router->tagger_setting_count, error);
    if (status != TGR_OK) {
        tgr_error_prefix(error, "%s", path);
        tgr_router_free(router);
        return status;
    }
    tgr_json_end_object(&sheet->json);
    describe_thresholds(sheet, router);
    tgr_sheet_text(sheet, "digest", "digest", router->digest);
    tgr_sheet_end(sheet);
    tgr_router_free(router);
    return TGR_OK;
}
