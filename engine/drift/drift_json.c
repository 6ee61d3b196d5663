/* drift_json.c - the drift between two sets of queries as one JSON object. */
#include <tagroute/drift.h>

#include "engine/base/error.h"
#include "engine/base/json_write.h"

static void write_side(tgr_json *json, const char *key, const tgr_drift_side *side, bool router)
{
    tgr_json_object(json, key);
    tgr_json_unsigned(json, "queries", side->queries);
    tgr_json_unsigned(json, "tags", side->tags);
    tgr_json_number(json, "tags_per_query", (double)side->tags / (double)side->queries);
    tgr_json_unsigned(json, "no_tag", side->no_tag);
    tgr_json_unsigned(json, "distinct_tags", side->distinct);
    tgr_json_unsigned(json, "distinct_only_here", side->only);
    tgr_json_unsigned(json, "tags_only_here", side->only_tags);
    if (router) {
        tgr_json_unsigned(json, "known_tags", side->known_tags);
        tgr_json_unsigned(json, "unknown_tags", side->tags - side->known_tags);
        tgr_json_unsigned(json, "no_known_tag", side->no_known_tag);
    }
    tgr_json_end_object(json);
}

static void write_sizes(tgr_json *json, const char *key, const tgr_drift_sizes *sizes)
{
    tgr_json_object(json, key);
    tgr_json_number(json, "jensen_shannon", sizes->jensen_shannon);
    tgr_json_number(json, "psi", sizes->psi);
    tgr_json_number(json, "total_variation", sizes->total_variation);
    tgr_json_end_object(json);
}

static void write_part(tgr_json *json, const char *key, const tgr_drift_part *part)
{
    tgr_json_object(json, key);
    tgr_json_unsigned(json, "values", part->values);
    write_sizes(json, "measured", &part->measured);
    write_sizes(json, "chance_mean", &part->chance_mean);
    write_sizes(json, "chance_most", &part->chance_most);
    tgr_json_boolean(json, "beyond_chance", part->beyond);
    tgr_json_array(json, "shifts");
    for (size_t i = 0; i < part->shift_count; i++) {
        const tgr_drift_shift *shift = &part->shifts[i];
        tgr_json_object(json, NULL);
        tgr_json_string(json, "name", shift->name);
        tgr_json_unsigned(json, "first", shift->first);
        tgr_json_unsigned(json, "second", shift->second);
        tgr_json_number(json, "first_share", shift->first_share);
        tgr_json_number(json, "second_share", shift->second_share);
        tgr_json_number(json, "log_odds", shift->log_odds);
        tgr_json_number(json, "z", shift->z);
        tgr_json_end_object(json);
    }
    tgr_json_end_array(json);
    tgr_json_end_object(json);
}

tgr_status tgr_drift_json(const tgr_drift *drift, char **text, tgr_error *error)
{
    tgr_buffer buffer = {0};
    tgr_json json;
    tgr_json_begin(&json, &buffer, true);
    tgr_json_object(&json, NULL);
    write_side(&json, "first", &drift->first, drift->with_router);
    write_side(&json, "second", &drift->second, drift->with_router);
    tgr_json_unsigned(&json, "rounds", TGR_DRIFT_ROUNDS);
    tgr_json_unsigned(&json, "seed", drift->seed);
    write_part(&json, "tags", &drift->tags);
    if (drift->with_categories) {
        write_part(&json, "categories", &drift->categories);
    }
    tgr_json_end_object(&json);
    tgr_buffer_text(&buffer, "\n");
    if (buffer.failed) {
        tgr_buffer_free(&buffer);
        return tgr_fail_memory(error, "the drift");
    }
    *text = buffer.bytes;
    return TGR_OK;
}
