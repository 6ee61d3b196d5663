/* body_anthropic.c - from OpenAI's chat requests to Anthropic's messages: the system's words stand
 * apart, and how long an answer may be has to be said. What has no like there is refused. */
#include "engine/export/body.h"

#include <string.h>

#include "engine/base/json_write.h"
#include "engine/log/lookup.h"
#include "engine/log/value_write.h"

/* A conversation being rewritten. */
typedef struct rewriting {
    const tgr_tape *tape;
    tgr_buffer *buffer;
    uint64_t *lost;
    const char *why; /* it cannot be; NULL so far */
} rewriting;

static bool is(const tgr_tape *tape, uint32_t index, const char *text)
{
    return index > 0 && tgr_value_is(&tape->values[index], text);
}

static bool is_system(const tgr_tape *tape, uint32_t role)
{
    return is(tape, role, "system") || is(tape, role, "developer");
}

/* Parts of text as {"type":"text","text":...}. */
static void put_parts(rewriting *at, uint32_t parts, bool *first)
{
    uint32_t part = parts + 1;
    for (uint32_t i = 0; i < at->tape->values[parts].count && at->why == NULL; i++) {
        uint32_t type = tgr_lookup(at->tape, part, "type");
        uint32_t text = tgr_lookup(at->tape, part, "text");
        if (at->tape->values[part].kind != TGR_MAP || text == 0 || !is(at->tape, type, "text")) {
            at->why = "a part of a message is no text, and Anthropic takes it in another form";
            return;
        }
        tgr_buffer_text(at->buffer, *first ? "" : ",");
        *first = false;
        tgr_buffer_text(at->buffer, "{\"type\":\"text\",\"text\":");
        tgr_value_write_json(at->tape, text, at->buffer, at->lost);
        tgr_buffer_text(at->buffer, "}");
        part = at->tape->values[part].next;
    }
}

/* A content as parts, behind others. */
static void put_as_parts(rewriting *at, uint32_t content, bool *first)
{
    if (content > 0 && at->tape->values[content].kind == TGR_ARRAY) {
        put_parts(at, content, first);
    } else if (content > 0 && at->tape->values[content].kind == TGR_STRING) {
        tgr_buffer_text(at->buffer, *first ? "" : ",");
        *first = false;
        tgr_buffer_text(at->buffer, "{\"type\":\"text\",\"text\":");
        tgr_value_write_json(at->tape, content, at->buffer, at->lost);
        tgr_buffer_text(at->buffer, "}");
    } else {
        at->why = "a message has no content that Anthropic takes";
    }
}

static void put_message(rewriting *at, uint32_t message, uint32_t role)
{
    uint32_t content = tgr_lookup(at->tape, message, "content");
    if (!is(at->tape, role, "user") && !is(at->tape, role, "assistant")) {
        at->why = "a message is of a role that Anthropic does not have";
        return;
    }
    if (tgr_lookup_filled(at->tape, tgr_lookup(at->tape, message, "tool_calls"))) {
        at->why = "a message calls tools, and Anthropic takes that in another form";
        return;
    }
    tgr_buffer_text(at->buffer, "{\"role\":");
    tgr_value_write_json(at->tape, role, at->buffer, at->lost);
    tgr_buffer_text(at->buffer, ",\"content\":");
    if (content > 0 && at->tape->values[content].kind == TGR_STRING) {
        tgr_value_write_json(at->tape, content, at->buffer, at->lost);
    } else {
        bool first = true;
        tgr_buffer_text(at->buffer, "[");
        put_as_parts(at, content, &first);
        tgr_buffer_text(at->buffer, "]");
    }
    tgr_buffer_text(at->buffer, "}");
}

/* The messages of the system, or all others. */
static void put_messages(rewriting *at, uint32_t messages, bool system)
{
    bool first = true;
    uint32_t message = messages + 1;
    for (uint32_t i = 0; i < at->tape->values[messages].count && at->why == NULL; i++) {
        uint32_t role = 0;
        if (at->tape->values[message].kind != TGR_MAP) {
            at->why = "a message is no map";
            return;
        }
        role = tgr_lookup(at->tape, message, "role");
        if (system && is_system(at->tape, role)) {
            put_as_parts(at, tgr_lookup(at->tape, message, "content"), &first);
        } else if (!system && !is_system(at->tape, role)) {
            tgr_buffer_text(at->buffer, first ? "" : ",");
            first = false;
            put_message(at, message, role);
        }
        message = at->tape->values[message].next;
    }
}

static bool has_system(const tgr_tape *tape, uint32_t messages)
{
    uint32_t message = messages + 1;
    for (uint32_t i = 0; i < tape->values[messages].count; i++) {
        if (tape->values[message].kind == TGR_MAP &&
            is_system(tape, tgr_lookup(tape, message, "role"))) {
            return true;
        }
        message = tape->values[message].next;
    }
    return false;
}

/* Parameters that both have, under Anthropic's names. */
static void put_parameters(rewriting *at, uint32_t body)
{
    static const char *const names[][2] = {
        {"temperature", "temperature"},
        {"top_p", "top_p"},
        {"stop", "stop_sequences"},
    };
    for (size_t i = 0; body > 0 && i < sizeof names / sizeof *names; i++) {
        uint32_t value = tgr_lookup(at->tape, body, names[i][0]);
        if (value == 0) {
            continue;
        }
        bool one = i == 2 && at->tape->values[value].kind == TGR_STRING;
        tgr_buffer_format(at->buffer, ",\"%s\":%s", names[i][1], one ? "[" : "");
        tgr_value_write_json(at->tape, value, at->buffer, at->lost);
        tgr_buffer_text(at->buffer, one ? "]" : "");
    }
}

const char *tgr_body_anthropic(const tgr_tape *tape, uint32_t body, uint32_t messages,
                               const tgr_body_options *options, tgr_buffer *buffer, uint64_t *lost)
{
    static const char *const lengths[] = {"max_tokens", "max_completion_tokens", NULL};
    rewriting at = {tape, buffer, lost, NULL};
    uint32_t length = body > 0 ? tgr_lookup_any(tape, body, lengths) : 0;
    if (body > 0 && tgr_lookup_filled(tape, tgr_lookup(tape, body, "tools"))) {
        return "it offers tools, and Anthropic takes them in another form";
    }
    if (tape->values[messages].kind != TGR_ARRAY) {
        return "its messages are no list";
    }
    tgr_buffer_text(buffer, "{\"model\":");
    tgr_json_quote(buffer, options->model, strlen(options->model));
    tgr_buffer_text(buffer, ",\"max_tokens\":");
    if (length > 0) {
        tgr_value_write_json(tape, length, buffer, lost);
    } else {
        tgr_buffer_format(buffer, "%lu", (unsigned long)options->max_tokens);
    }
    if (has_system(tape, messages)) {
        tgr_buffer_text(buffer, ",\"system\":[");
        put_messages(&at, messages, true);
        tgr_buffer_text(buffer, "]");
    }
    tgr_buffer_text(buffer, ",\"messages\":[");
    put_messages(&at, messages, false);
    tgr_buffer_text(buffer, "]");
    put_parameters(&at, body);
    tgr_buffer_text(buffer, "}");
    return at.why;
}
