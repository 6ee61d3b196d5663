/* write_msgpack.c - a record as one MessagePack map: the keys and values of the JSON line, in its
 * order. */
#include "datasets/generate/msgpack_pieces.h"

#define PUT_WORD(at, literal) tgr_gen_msgpack_string(at, literal, sizeof(literal) - 1)

/* The text is made behind room for the longest head it can need, then moved up to its own. */
static char *put_text(char *at, const tgr_gen_world *world, const tgr_gen_record *record)
{
    size_t length = tgr_gen_text(world, record, at + 3);
    char *text = tgr_gen_msgpack_head(at, length);
    memmove(text, at + 3, length);
    return text + length;
}

/* A list where every tag counts once, else a map. */
static char *put_tags(char *at, const tgr_gen_world *world, const tgr_gen_tags *tags)
{
    bool map = false;
    for (uint32_t i = 0; i < tags->count; i++) {
        map |= tags->counts[i] > 1;
    }
    at = map ? tgr_gen_msgpack_map(at, tags->count) : tgr_gen_msgpack_array(at, tags->count);
    for (uint32_t i = 0; i < tags->count; i++) {
        tgr_gen_name name = tgr_gen_tag_name(world, tags->ids[i]);
        at = tgr_gen_msgpack_string(at, name.text, name.length);
        at = map ? tgr_gen_msgpack_unsigned(at, tags->counts[i]) : at;
    }
    return at;
}

static char *put_name(char *at, const tgr_gen_model *model)
{
    return tgr_gen_msgpack_string(at, model->name, model->name_length);
}

static char *put_models(char *at, const tgr_gen_world *world, uint64_t mask)
{
    at = tgr_gen_msgpack_array(at, (size_t)__builtin_popcountll(mask));
    for (uint32_t k = 0; k < world->options.models; k++) {
        at = (mask >> k & 1) != 0 ? put_name(at, &world->models[k]) : at;
    }
    return at;
}

static char *put_answer(char *at, const tgr_gen_record *record, uint32_t model)
{
    int outcome = record->outcomes[model];
    at = tgr_gen_msgpack_map(at, outcome >= 0 ? 4 : 3);
    at = tgr_gen_msgpack_real(PUT_WORD(at, "score"), 0.5 * record->halves[model]);
    if (outcome >= 0) {
        const char *word = tgr_gen_outcome_names[outcome];
        at = tgr_gen_msgpack_string(PUT_WORD(at, "outcome"), word, strlen(word));
    }
    at = tgr_gen_msgpack_real(PUT_WORD(at, "cost"), (double)record->costs[model] / TGR_GEN_PICO);
    return tgr_gen_msgpack_unsigned(PUT_WORD(at, "completion_tokens"),
                                    record->completion_tokens[model]);
}

static char *put_answers(char *at, const tgr_gen_world *world, const tgr_gen_record *record)
{
    at = tgr_gen_msgpack_map(PUT_WORD(at, "models"), (size_t)__builtin_popcountll(record->judged));
    for (uint32_t k = 0; k < world->options.models; k++) {
        if ((record->judged >> k & 1) != 0) {
            at = put_answer(put_name(at, &world->models[k]), record, k);
        }
    }
    return at;
}

/* needs, allow, deny: at most one need, as in the JSON line. */
static char *put_eligibility(char *at, const tgr_gen_world *world, const tgr_gen_record *record)
{
    if (record->needs_vision || record->needs_function_calling) {
        at = tgr_gen_msgpack_array(PUT_WORD(at, "needs"), 1);
        at = record->needs_vision ? PUT_WORD(at, "vision") : PUT_WORD(at, "function_calling");
    }
    at = record->allow != 0 ? put_models(PUT_WORD(at, "allow"), world, record->allow) : at;
    return record->deny != 0 ? put_models(PUT_WORD(at, "deny"), world, record->deny) : at;
}

char *tgr_gen_write_msgpack(const tgr_gen_world *world, const tgr_gen_record *record,
                            tgr_gen_parts parts, char *at)
{
    const char *category = tgr_gen_category_name(world->topics[record->tags.topic].category);
    bool needs = record->needs_vision || record->needs_function_calling;
    char id[TGR_GEN_ID_MAX];
    at = tgr_gen_msgpack_map(at, 4u + parts.text + parts.tags + needs + (record->allow != 0) +
                                     (record->deny != 0) + (record->judged != 0));
    at = tgr_gen_msgpack_string(PUT_WORD(at, "id"), id, tgr_gen_id(record->index, id));
    at = parts.text ? put_text(PUT_WORD(at, "text"), world, record) : at;
    at = parts.tags ? put_tags(PUT_WORD(at, "tags"), world, &record->tags) : at;
    at = tgr_gen_msgpack_string(PUT_WORD(at, "category"), category, strlen(category));
    at = PUT_WORD(at, "split");
    at = record->train ? PUT_WORD(at, "train") : PUT_WORD(at, "test");
    at = tgr_gen_msgpack_unsigned(PUT_WORD(at, "prompt_tokens"), record->prompt_tokens);
    at = put_eligibility(at, world, record);
    return record->judged != 0 ? put_answers(at, world, record) : at;
}
