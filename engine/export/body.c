/* body.c - where each schema keeps what was asked, and how that becomes a body again. */
#include "engine/export/body.h"

#include "engine/base/json_write.h"
#include "engine/log/lookup.h"
#include "engine/log/span_chat.h"
#include "engine/log/value_write.h"

#define NOT_JSON "it holds what JSON cannot"

static bool is_but(const tgr_value *key, const char *const *but)
{
    for (size_t i = 0; but[i] != NULL; i++) {
        if (tgr_value_is(key, but[i])) {
            return true;
        }
    }
    return false;
}

void tgr_body_pairs(const tgr_tape *tape, uint32_t map, const char *const *but, bool *first,
                    tgr_buffer *buffer, uint64_t *lost)
{
    const tgr_value *values = tape->values;
    uint32_t key = map + 1;
    for (uint32_t i = 0; i < values[map].count; i++) {
        uint32_t value = values[key].next;
        if (values[key].kind != TGR_STRING) {
            ++*lost;
        } else if (!is_but(&values[key], but)) {
            tgr_buffer_text(buffer, *first ? "" : ",");
            *first = false;
            tgr_json_quote(buffer, values[key].as.bytes, values[key].count);
            tgr_buffer_text(buffer, ":");
            tgr_value_write_json(tape, value, buffer, lost);
        }
        key = values[value].next;
    }
}

/* {"model": ..., what the map has beside it}. */
static void put_model(const tgr_body_options *options, bool *first, tgr_buffer *buffer)
{
    if (options->target->names_model) {
        tgr_buffer_text(buffer, "\"model\":");
        const char *end = options->model;
        while (*end != '\0') {
            end++;
        }
        tgr_json_quote(buffer, options->model, (size_t)(end - options->model));
        *first = false;
    }
}

/* A body that lies in the log as it was sent; keys of the log's own are left out. */
static void put_whole(const tgr_body_source *from, uint32_t body, const tgr_body_options *options,
                      tgr_buffer *buffer, uint64_t *lost)
{
    static const char *const model[] = {"model", NULL};
    static const char *const model_and_id[] = {"model", "id", "custom_id", NULL};
    bool first = true;
    tgr_buffer_text(buffer, "{");
    put_model(options, &first, buffer);
    tgr_body_pairs(from->tape, body, body == from->root ? model_and_id : model, &first, buffer,
                   lost);
    tgr_buffer_text(buffer, "}");
}

/* Messages, and the parameters that were logged beside them (0: none). */
static void put_parts(const tgr_body_source *from, uint32_t messages, uint32_t parameters,
                      const tgr_body_options *options, tgr_buffer *buffer, uint64_t *lost)
{
    static const char *const but[] = {"model", "messages", NULL};
    bool first = true;
    tgr_buffer_text(buffer, "{");
    put_model(options, &first, buffer);
    tgr_buffer_text(buffer, first ? "\"messages\":" : ",\"messages\":");
    first = false;
    if (from->tape->values[messages].kind == TGR_STRING) {
        tgr_buffer_text(buffer, "[{\"role\":\"user\",\"content\":");
        tgr_value_write_json(from->tape, messages, buffer, lost);
        tgr_buffer_text(buffer, "}]");
    } else {
        tgr_value_write_json(from->tape, messages, buffer, lost);
    }
    if (parameters > 0 && from->tape->values[parameters].kind == TGR_MAP) {
        tgr_body_pairs(from->tape, parameters, but, &first, buffer, lost);
    }
    tgr_buffer_text(buffer, "}");
}

static const char *put_text(const tgr_body_source *from, const tgr_body_options *options,
                            tgr_buffer *buffer)
{
    const tgr_text *text = &from->record->text;
    bool first = true;
    if (text->bytes == NULL || text->length == 0) {
        return "the log holds neither messages nor a text";
    }
    tgr_buffer_text(buffer, "{");
    put_model(options, &first, buffer);
    if (options->target->anthropic) {
        tgr_buffer_format(buffer, ",\"max_tokens\":%lu", (unsigned long)options->max_tokens);
    }
    tgr_buffer_text(buffer, first ? "\"messages\":" : ",\"messages\":");
    tgr_buffer_text(buffer, "[{\"role\":\"user\",\"content\":");
    tgr_json_quote(buffer, text->bytes, text->length);
    tgr_buffer_text(buffer, "}]}");
    return NULL;
}

/* Where the log keeps what was sent; all 0 where it does not. */
typedef struct places {
    uint32_t body; /* a whole body */
    uint32_t messages, parameters;
} places;

static bool is_list(const tgr_tape *tape, uint32_t index)
{
    return index > 0 && tape->values[index].kind == TGR_ARRAY;
}

static places find(const tgr_body_source *from)
{
    static const char *const bodies[] = {"body", "params", NULL};
    static const char *const payload[] = {"standard_logging_object.messages", "messages", NULL};
    static const char *const given[] = {"standard_logging_object.model_parameters",
                                        "model_parameters", NULL};
    static const char *const inputs[] = {"input.messages", "input", NULL};
    static const char *const settings[] = {"modelParameters", "model_parameters", NULL};
    const tgr_tape *tape = from->tape;
    places at = {0};
    if (from->schema == TGR_SCHEMA_OPENAI) {
        at.body = tgr_lookup_any(tape, from->root, bodies);
        at.body = at.body > 0 ? at.body : from->root;
        at.messages = tgr_lookup(tape, at.body, "messages");
        at.body = is_list(tape, at.messages) ? at.body : 0;
    } else if (from->schema == TGR_SCHEMA_LITELLM) {
        at.messages = tgr_lookup_any(tape, from->root, payload);
        at.parameters = tgr_lookup_any(tape, from->root, given);
    } else if (from->schema == TGR_SCHEMA_LANGFUSE) {
        at.messages = tgr_lookup_any(tape, from->root, inputs);
        at.parameters = tgr_lookup_any(tape, from->root, settings);
    }
    bool text = from->schema == TGR_SCHEMA_LITELLM && at.messages > 0 &&
                tape->values[at.messages].kind == TGR_STRING;
    at.messages = is_list(tape, at.messages) || text ? at.messages : 0;
    return at;
}

const char *tgr_body_write(const tgr_body_source *given, const tgr_body_options *options,
                           tgr_buffer *buffer, bool *from_text)
{
    tgr_body_source chat = *given;
    const tgr_body_source *from = &chat;
    places at = find(from);
    uint64_t lost = 0;
    const char *why = NULL;
    if (from->schema == TGR_SCHEMA_OTEL) {
        bool no_memory = false;
        why = tgr_span_chat(from->reader, from->item, from->record, from->room, &at.messages,
                            &at.parameters, &no_memory);
        buffer->failed |= no_memory;
        chat.tape = at.messages > 0 ? from->room : from->tape;
    }
    if (why != NULL || buffer->failed) {
        return why;
    }
    *from_text = at.messages == 0;
    if (at.messages == 0) {
        why = put_text(from, options, buffer);
    } else if (options->target->anthropic) {
        uint32_t body = at.body > 0 ? at.body : at.parameters;
        why = tgr_body_anthropic(from->tape, body, at.messages, options, buffer, &lost);
    } else if (at.body > 0) {
        put_whole(from, at.body, options, buffer, &lost);
    } else {
        put_parts(from, at.messages, at.parameters, options, buffer, &lost);
    }
    return why == NULL && lost > 0 ? NOT_JSON : why;
}
