/* write_jsonl.c - a record as one line of JSON.
 *
 * No name or text of a world holds a character that JSON escapes, and every number is an integer or
 * a decimal of whole picodollars, so that the line is put together from pieces without a formatter.
 */
#include "datasets/generate/json_pieces.h"

/* A list where every tag counts once, else a map. */
static char *put_tags(char *at, const tgr_gen_world *world, const tgr_gen_tags *tags)
{
    bool map = false;
    for (uint32_t i = 0; i < tags->count; i++) {
        map |= tags->counts[i] > 1;
    }
    at = TGR_GEN_PUT(at, ",\"tags\":");
    for (uint32_t i = 0; i < tags->count; i++) {
        tgr_gen_name name = tgr_gen_tag_name(world, tags->ids[i]);
        *at++ = i > 0 ? ',' : map ? '{' : '[';
        at = tgr_gen_json_string(at, name.text, name.length);
        if (map) {
            *at++ = ':';
            *at++ = (char)('0' + tags->counts[i]);
        }
    }
    *at++ = map ? '}' : ']';
    return at;
}

static char *put_needs(char *at, const tgr_gen_record *record)
{
    if (record->needs_vision) {
        at = TGR_GEN_PUT(at, ",\"needs\":[\"vision\"]");
    }
    if (record->needs_function_calling) {
        at = TGR_GEN_PUT(at, ",\"needs\":[\"function_calling\"]");
    }
    return at;
}

/* `key` such as ",\"allow\":"; nothing where the mask is 0. */
static char *put_models(char *at, const tgr_gen_world *world, const char *key, uint64_t mask)
{
    if (mask == 0) {
        return at;
    }
    at = tgr_gen_put(at, key, strlen(key));
    char mark = '[';
    for (uint32_t k = 0; k < world->options.models; k++) {
        if ((mask >> k & 1) != 0) {
            *at++ = mark;
            at = tgr_gen_json_string(at, world->models[k].name, world->models[k].name_length);
            mark = ',';
        }
    }
    *at++ = ']';
    return at;
}

static char *put_answer(char *at, const tgr_gen_record *record, uint32_t model)
{
    static const char scores[3][4] = {"0.0", "0.5", "1.0"};
    const char *score = scores[record->halves[model]];
    at = TGR_GEN_PUT(at, "{\"score\":");
    at = tgr_gen_put(at, score, strlen(score));
    if (record->outcomes[model] >= 0) {
        const char *outcome = tgr_gen_outcome_names[record->outcomes[model]];
        at = TGR_GEN_PUT(at, ",\"outcome\":\"");
        at = tgr_gen_put(at, outcome, strlen(outcome));
        *at++ = '"';
    }
    at = TGR_GEN_PUT(at, ",\"cost\":");
    at = tgr_gen_json_dollars(at, record->costs[model]);
    at = TGR_GEN_PUT(at, ",\"completion_tokens\":");
    at = tgr_gen_json_unsigned(at, record->completion_tokens[model]);
    *at++ = '}';
    return at;
}

static char *put_answers(char *at, const tgr_gen_world *world, const tgr_gen_record *record)
{
    if (record->judged == 0) {
        return at;
    }
    at = TGR_GEN_PUT(at, ",\"models\":");
    char mark = '{';
    for (uint32_t k = 0; k < world->options.models; k++) {
        if ((record->judged >> k & 1) != 0) {
            *at++ = mark;
            at = tgr_gen_json_string(at, world->models[k].name, world->models[k].name_length);
            *at++ = ':';
            at = put_answer(at, record, k);
            mark = ',';
        }
    }
    *at++ = '}';
    return at;
}

char *tgr_gen_write_jsonl(const tgr_gen_world *world, const tgr_gen_record *record,
                          tgr_gen_parts parts, char *at)
{
    const char *category = tgr_gen_category_name(world->topics[record->tags.topic].category);
    char id[TGR_GEN_ID_MAX];
    at = TGR_GEN_PUT(at, "{\"id\":");
    at = tgr_gen_json_string(at, id, tgr_gen_id(record->index, id));
    if (parts.text) {
        at = TGR_GEN_PUT(at, ",\"text\":\"");
        at += tgr_gen_text(world, record, at);
        *at++ = '"';
    }
    if (parts.tags) {
        at = put_tags(at, world, &record->tags);
    }
    at = TGR_GEN_PUT(at, ",\"category\":");
    at = tgr_gen_json_string(at, category, strlen(category));
    at = TGR_GEN_PUT(at, ",\"split\":");
    at = record->train ? TGR_GEN_PUT(at, "\"train\"") : TGR_GEN_PUT(at, "\"test\"");
    at = TGR_GEN_PUT(at, ",\"prompt_tokens\":");
    at = tgr_gen_json_unsigned(at, record->prompt_tokens);
    at = put_needs(at, record);
    at = put_models(at, world, ",\"allow\":", record->allow);
    at = put_models(at, world, ",\"deny\":", record->deny);
    at = put_answers(at, world, record);
    return TGR_GEN_PUT(at, "}\n");
}
