/* top_json.c - the tags that decide most, as one JSON object. */
#include <tagroute/explain.h>

#include "engine/base/error.h"
#include "engine/base/json_write.h"

static void write_tag(tgr_json *json, const tgr_top_tag *tag)
{
    tgr_json_object(json, NULL);
    tgr_json_string(json, "tag", tag->tag);
    tgr_json_unsigned(json, "queries", tag->queries);
    tgr_json_unsigned(json, "moved", tag->moved);
    tgr_json_unsigned(json, "away", tag->away);
    tgr_json_unsigned(json, "towards", tag->towards);
    tgr_json_number(json, "cost", tag->cost);
    tgr_json_end_object(json);
}

tgr_status tgr_top_json(const tgr_top *top, const tgr_top_options *options, char **text,
                        tgr_error *error)
{
    tgr_buffer buffer = {0};
    tgr_json json;
    tgr_json_begin(&json, &buffer, true);
    tgr_json_object(&json, NULL);
    tgr_json_unsigned(&json, "queries", top->queries);
    tgr_json_string(&json, "policy", tgr_policy_name(options->policy));
    tgr_json_number(&json, "threshold", options->threshold);
    tgr_json_string(&json, "reference", top->reference);
    tgr_json_number(&json, "cost", top->cost);
    tgr_json_unsigned(&json, "tags", top->tags);
    tgr_json_unsigned(&json, "moving", top->moving);
    tgr_json_string(&json, "by", options->by_money ? "money" : "queries");
    tgr_json_array(&json, "top");
    for (size_t i = 0; i < top->count; i++) {
        write_tag(&json, &top->list[i]);
    }
    tgr_json_end_array(&json);
    tgr_json_end_object(&json);
    tgr_buffer_text(&buffer, "\n");
    if (buffer.failed) {
        tgr_buffer_free(&buffer);
        return tgr_fail_memory(error, "the list of tags");
    }
    *text = buffer.bytes;
    return TGR_OK;
}
