/* describe_decisions.c - a decision file in a screenful. */
#include "engine/info/sheet.h"
#include "engine/store/decisions.h"

#define SHOWN_THRESHOLDS 12

static void describe_threshold(tgr_sheet *sheet, const tgr_decisions_summary *summary, size_t i)
{
    const uint64_t *chosen = summary->chosen + i * (summary->model_count + 1);
    char number[32], grouped[32];
    if (i < SHOWN_THRESHOLDS) {
        tgr_sheet_line(sheet, "threshold", "%s",
                       tgr_sheet_short(number, summary->thresholds[i], 9));
    }
    tgr_json_object(&sheet->json, NULL);
    tgr_json_number(&sheet->json, "threshold", summary->thresholds[i]);
    tgr_json_object(&sheet->json, "chosen");
    for (size_t model = 0; model < summary->model_count; model++) {
        double share =
            summary->rows == 0 ? 0 : 100.0 * (double)chosen[model] / (double)summary->rows;
        if (i < SHOWN_THRESHOLDS && (chosen[model] > 0 || summary->model_count <= 8)) {
            tgr_sheet_line(sheet, "", "%-40s %15s  %6.2f %%", summary->models[model],
                           tgr_sheet_grouped(grouped, chosen[model]), share);
        }
        tgr_json_unsigned(&sheet->json, summary->models[model], chosen[model]);
    }
    tgr_json_end_object(&sheet->json);
    uint64_t undecided = chosen[summary->model_count];
    if (i < SHOWN_THRESHOLDS && undecided > 0) {
        tgr_sheet_line(sheet, "", "%-40s %15s", "undecided", tgr_sheet_grouped(grouped, undecided));
    }
    tgr_json_unsigned(&sheet->json, "undecided", undecided);
    tgr_json_end_object(&sheet->json);
}

tgr_status tgr_describe_decisions(tgr_sheet *sheet, const char *path, tgr_error *error)
{
    tgr_decisions_summary summary = {0};
    tgr_status status = tgr_decisions_summarise(path, &summary, error);
    if (status != TGR_OK) {
        return status;
    }
    tgr_sheet_begin(sheet, path, "decisions, checked", "decisions");
    tgr_sheet_count(sheet, "queries", "queries", summary.rows, NULL);
    tgr_sheet_text(sheet, "policy", "policy", summary.policy);
    tgr_json_array(&sheet->json, "thresholds");
    for (size_t i = 0; i < summary.threshold_count; i++) {
        describe_threshold(sheet, &summary, i);
    }
    tgr_json_end_array(&sheet->json);
    if (summary.cut_rows > 0) {
        char number[32], grouped[32];
        tgr_sheet_line(sheet, "cut", "the first %s queries at threshold %s",
                       tgr_sheet_grouped(grouped, (uint64_t)summary.cut_rows),
                       tgr_sheet_short(number, summary.cut_threshold, 17));
        tgr_json_unsigned(&sheet->json, "cut_rows", (uint64_t)summary.cut_rows);
        tgr_json_number(&sheet->json, "cut_threshold", summary.cut_threshold);
    }
    if (summary.threshold_count > SHOWN_THRESHOLDS) {
        tgr_sheet_line(sheet, "", "... %zu thresholds more; --json lists them all",
                       summary.threshold_count - SHOWN_THRESHOLDS);
    }
    tgr_sheet_line(sheet, "columns", "model%s%s", summary.has_ids ? ", id" : "",
                   summary.has_margins ? ", margin" : "");
    tgr_sheet_text(sheet, "router", "router", summary.router_digest);
    tgr_sheet_text(sheet, "query file", "queries_digest", summary.query_digest);
    tgr_sheet_end(sheet);
    tgr_decisions_summary_free(&summary);
    return TGR_OK;
}
