/* call_otel.c - a call as a span by OpenTelemetry's conventions, its messages as JSON text. */
#include "datasets/generate/call.h"

/* Much more than the messages of a call take. */
#define INNER (TGR_GEN_TEXT_MAX + 512)

/* The user's message: its text, and a picture where there is one. */
static void emit_user(tgr_gen_emit *emit, const tgr_gen_call *call)
{
    tgr_gen_emit_map(emit, 2);
    tgr_gen_emit_pair(emit, "role", "user");
    tgr_gen_emit_key(emit, "parts");
    tgr_gen_emit_list(emit, 1u + call->record->needs_vision);
    tgr_gen_emit_map(emit, 2);
    tgr_gen_emit_pair(emit, "type", "text");
    tgr_gen_emit_key(emit, "content");
    tgr_gen_emit_text(emit, call->text, call->text_length);
    tgr_gen_emit_end(emit);
    if (call->record->needs_vision) {
        tgr_gen_emit_map(emit, 4);
        tgr_gen_emit_pair(emit, "type", "blob");
        tgr_gen_emit_pair(emit, "modality", "image");
        tgr_gen_emit_pair(emit, "mime_type", "image/png");
        tgr_gen_emit_pair(emit, "content", "AA==");
        tgr_gen_emit_end(emit);
    }
    tgr_gen_emit_end(emit);
    tgr_gen_emit_end(emit);
}

static size_t make_messages(const tgr_gen_call *call, char text[INNER])
{
    tgr_gen_emit emit = {.at = text};
    tgr_gen_emit_list(&emit, 2);
    tgr_gen_emit_map(&emit, 2);
    tgr_gen_emit_pair(&emit, "role", "system");
    tgr_gen_emit_key(&emit, "parts");
    tgr_gen_emit_list(&emit, 1);
    tgr_gen_emit_map(&emit, 2);
    tgr_gen_emit_pair(&emit, "type", "text");
    tgr_gen_emit_pair(&emit, "content", "You are helpful.");
    tgr_gen_emit_end(&emit);
    tgr_gen_emit_end(&emit);
    tgr_gen_emit_end(&emit);
    emit_user(&emit, call);
    tgr_gen_emit_end(&emit);
    return (size_t)(emit.at - text);
}

/* JSON inside a text of JSON: its quotes are escaped; nothing else in it has to be. */
static void emit_inner(tgr_gen_emit *emit, const char *text, size_t length)
{
    char escaped[2 * INNER];
    size_t at = 0;
    for (size_t i = 0; i < length && !emit->msgpack; i++) {
        if (text[i] == '"') {
            escaped[at++] = '\\';
        }
        escaped[at++] = text[i];
    }
    tgr_gen_emit_text(emit, emit->msgpack ? text : escaped, emit->msgpack ? length : at);
}

static void emit_attributes(tgr_gen_emit *emit, const tgr_gen_call *call)
{
    static const char tools[] = "[{\"type\":\"function\",\"name\":\"look_up\"}]";
    char messages[INNER];
    size_t length = make_messages(call, messages);
    tgr_gen_emit_map(emit, 8u + call->record->needs_function_calling);
    tgr_gen_emit_pair(emit, "gen_ai.operation.name", call->embedding ? "embeddings" : "chat");
    tgr_gen_emit_pair(emit, "gen_ai.request.model", call->model->name);
    tgr_gen_emit_pair(emit, "gen_ai.response.model", call->model->name);
    tgr_gen_emit_count(emit, "gen_ai.usage.input_tokens", call->record->prompt_tokens);
    tgr_gen_emit_count(emit, "gen_ai.usage.output_tokens", call->completion_tokens);
    tgr_gen_emit_key(emit, "gen_ai.usage.cost");
    tgr_gen_emit_dollars(emit, call->cost);
    tgr_gen_emit_key(emit, "gen_ai.input.messages");
    emit_inner(emit, messages, length);
    if (call->record->needs_function_calling) {
        tgr_gen_emit_key(emit, "gen_ai.tool.definitions");
        emit_inner(emit, tools, sizeof tools - 1);
    }
    tgr_gen_emit_pair(emit, "team", call->team);
    tgr_gen_emit_end(emit);
}

void tgr_gen_emit_otel(tgr_gen_emit *emit, const tgr_gen_call *call)
{
    tgr_gen_emit_map(emit, 4);
    tgr_gen_emit_pair(emit, "traceId", call->trace);
    tgr_gen_emit_pair(emit, "spanId", call->id);
    tgr_gen_emit_key(emit, "status");
    tgr_gen_emit_map(emit, call->failed);
    if (call->failed) {
        tgr_gen_emit_pair(emit, "code", "STATUS_CODE_ERROR");
    }
    tgr_gen_emit_end(emit);
    tgr_gen_emit_key(emit, "attributes");
    emit_attributes(emit, call);
    tgr_gen_emit_end(emit);
}
