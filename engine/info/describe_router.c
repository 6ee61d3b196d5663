/* describe_router.c - a router in a screenful. */
#include <math.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/info/sheet.h"
#include "engine/router/router.h"

#define TOP_TAGS 8

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
        tgr_json_end_object(&sheet->json);
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

tgr_status tgr_describe_router(tgr_sheet *sheet, const char *path, tgr_error *error)
{
    tgr_router *router = NULL;
    tgr_status status = tgr_router_load(path, &router, error);
    if (status != TGR_OK) {
        return status;
    }
    tgr_sheet_begin(sheet, path, "router, checked", "router");
    describe_models(sheet, router);
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
