/* diff_json.c - a comparison of two routers as one JSON object. */
#include <tagroute/upkeep.h>

#include "engine/base/error.h"
#include "engine/base/json_write.h"

static void write_models(tgr_json *json, const tgr_diff *diff)
{
    tgr_json_array(json, "models");
    for (size_t i = 0; i < diff->model_count; i++) {
        const tgr_diff_model *model = &diff->models[i];
        tgr_json_object(json, NULL);
        tgr_json_string(json, "name", model->name);
        tgr_json_boolean(json, "in_first", model->first >= 0);
        tgr_json_boolean(json, "in_second", model->second >= 0);
        tgr_json_boolean(json, "priced_otherwise", model->priced);
        tgr_json_float(json, "bias_change", model->bias_change);
        tgr_json_float(json, "largest_change", model->largest_change);
        if (diff->queries > 0) {
            tgr_json_unsigned(json, "chosen", model->chosen);
            tgr_json_unsigned(json, "chosen_after", model->chosen_after);
        }
        tgr_json_end_object(json);
    }
    tgr_json_end_array(json);
}

static void write_tags(tgr_json *json, const tgr_diff *diff)
{
    tgr_json_object(json, "tags");
    tgr_json_unsigned(json, "in_both", diff->common_tags);
    tgr_json_unsigned(json, "in_first", diff->first_tags);
    tgr_json_unsigned(json, "in_second", diff->second_tags);
    tgr_json_unsigned(json, "changed", diff->changed_tags);
    tgr_json_array(json, "most");
    for (size_t i = 0; i < diff->tag_count; i++) {
        const tgr_diff_tag *tag = &diff->tags[i];
        tgr_json_object(json, NULL);
        tgr_json_string(json, "tag", tag->tag);
        tgr_json_boolean(json, "in_first", tag->in_first);
        tgr_json_boolean(json, "in_second", tag->in_second);
        tgr_json_number(json, "count", tag->count);
        tgr_json_number(json, "change", tag->change);
        tgr_json_string(json, "model", tag->model);
        tgr_json_end_object(json);
    }
    tgr_json_end_array(json);
    tgr_json_end_object(json);
}

static void write_decisions(tgr_json *json, const tgr_diff *diff)
{
    tgr_json_object(json, "decisions");
    tgr_json_unsigned(json, "queries", diff->queries);
    tgr_json_unsigned(json, "changed", diff->changed);
    tgr_json_number(json, "share", (double)diff->changed / (double)diff->queries);
    tgr_json_number(json, "cost", diff->cost);
    tgr_json_number(json, "cost_after", diff->cost_after);
    tgr_json_array(json, "moves");
    for (size_t i = 0; i < diff->move_count; i++) {
        tgr_json_object(json, NULL);
        tgr_json_string(json, "from", diff->moves[i].from);
        tgr_json_string(json, "to", diff->moves[i].to);
        tgr_json_unsigned(json, "queries", diff->moves[i].queries);
        tgr_json_number(json, "cost", diff->moves[i].cost);
        tgr_json_end_object(json);
    }
    tgr_json_end_array(json);
    tgr_json_end_object(json);
}

tgr_status tgr_diff_json(const tgr_diff *diff, char **text, tgr_error *error)
{
    tgr_buffer buffer = {0};
    tgr_json json;
    tgr_json_begin(&json, &buffer, true);
    tgr_json_object(&json, NULL);
    tgr_json_string(&json, "first", diff->first_digest);
    tgr_json_string(&json, "second", diff->second_digest);
    tgr_json_boolean(&json, "same_scorer", diff->same_scorer);
    tgr_json_boolean(&json, "same_tagger", diff->same_tagger);
    tgr_json_string(&json, "first_reference", diff->first_reference);
    tgr_json_string(&json, "second_reference", diff->second_reference);
    write_models(&json, diff);
    write_tags(&json, diff);
    if (diff->queries > 0) {
        write_decisions(&json, diff);
    }
    tgr_json_end_object(&json);
    tgr_buffer_text(&buffer, "\n");
    if (buffer.failed) {
        tgr_buffer_free(&buffer);
        return tgr_fail_memory(error, "the comparison");
    }
    *text = buffer.bytes;
    return TGR_OK;
}
