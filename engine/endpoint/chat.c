/* chat.c - writing requests, reading replies. */
#include "engine/endpoint/chat.h"

#include <string.h>

#include "engine/base/error.h"
#include "engine/base/json_write.h"

#define TOKENS_MOST UINT32_MAX /* of one reply: more is nonsense, and sums stay exact */

void tgr_chat_request(const tgr_chat_settings *settings, const char *content, size_t length,
                      tgr_buffer *request)
{
    tgr_json json;
    tgr_json_begin(&json, request, false);
    tgr_json_object(&json, NULL);
    tgr_json_string(&json, "model", settings->model);
    tgr_json_array(&json, "messages");
    tgr_json_object(&json, NULL);
    tgr_json_string(&json, "role", "user");
    tgr_json_string_n(&json, "content", content, length);
    tgr_json_end_object(&json);
    tgr_json_end_array(&json);
    if (settings->temperature >= 0) {
        tgr_json_number(&json, "temperature", settings->temperature);
    }
    if (settings->max_tokens > 0) {
        tgr_json_unsigned(&json, "max_tokens", settings->max_tokens);
    }
    tgr_json_end_object(&json);
}

void tgr_chat_reader_free(tgr_chat_reader *reader)
{
    tgr_json_parser_free(reader->json);
    tgr_tape_free(&reader->tape);
    tgr_buffer_free(&reader->padded);
    tgr_buffer_free(&reader->joined);
    *reader = (tgr_chat_reader){0};
}

/* The body as a tape; *valid is false where it is no JSON. */
static tgr_status parse(tgr_chat_reader *reader, const char *body, size_t length, bool *valid)
{
    static const char padding[TGR_JSON_PADDING];
    tgr_fault fault;
    if (reader->json == NULL) {
        reader->json = tgr_json_parser_new();
    }
    tgr_buffer_clear(&reader->padded);
    tgr_buffer_add(&reader->padded, body, length);
    tgr_buffer_add(&reader->padded, padding, sizeof padding);
    if (reader->json == NULL || reader->padded.failed) {
        reader->padded.failed = false; /* another body may be smaller */
        return TGR_ERR_NOMEM;
    }
    tgr_status status =
        tgr_json_parse(reader->json, reader->padded.bytes, length, &reader->tape, &fault);
    *valid = status == TGR_OK;
    return status == TGR_ERR_NOMEM ? status : TGR_OK;
}

/* The value of a key of a map; NULL where there is none, or `map` is none. */
static const tgr_value *find(const tgr_tape *tape, const tgr_value *map, const char *key)
{
    if (map == NULL || map->kind != TGR_MAP) {
        return NULL;
    }
    const tgr_value *at = map + 1;
    for (uint32_t i = 0; i < map->count; i++) {
        const tgr_value *value = &tape->values[at->next];
        if (tgr_value_is(at, key)) {
            return value;
        }
        at = &tape->values[value->next];
    }
    return NULL;
}

static const tgr_value *first_of(const tgr_value *list)
{
    return list != NULL && list->kind == TGR_ARRAY && list->count > 0 ? list + 1 : NULL;
}

static bool read_tokens(const tgr_tape *tape, const char *key, uint64_t *tokens)
{
    const tgr_value *value = find(tape, find(tape, &tape->values[0], "usage"), key);
    if (value == NULL || value->kind != TGR_UNSIGNED || value->as.unsigned_integer > TOKENS_MOST) {
        return false;
    }
    *tokens = value->as.unsigned_integer;
    return true;
}

/* Content that comes in parts: their texts, joined. */
static tgr_status join_parts(tgr_chat_reader *reader, const tgr_value *list, tgr_chat_reply *reply)
{
    const tgr_value *part = list + 1;
    tgr_buffer_clear(&reader->joined);
    for (uint32_t i = 0; i < list->count; i++) {
        const tgr_value *text = find(&reader->tape, part, "text");
        if (text != NULL && text->kind == TGR_STRING) {
            tgr_buffer_add(&reader->joined, text->as.bytes, text->count);
        }
        part = &reader->tape.values[part->next];
    }
    if (reader->joined.failed) {
        reader->joined.failed = false;
        return TGR_ERR_NOMEM;
    }
    reply->answered = true;
    reply->content = reader->joined.length > 0 ? reader->joined.bytes : "";
    reply->length = reader->joined.length;
    return TGR_OK;
}

static tgr_status read_message(tgr_chat_reader *reader, const tgr_value *message,
                               tgr_chat_reply *reply)
{
    const tgr_value *content = find(&reader->tape, message, "content");
    const tgr_value *refusal = find(&reader->tape, message, "refusal");
    if (refusal != NULL && refusal->kind == TGR_STRING && refusal->count > 0) {
        reply->refused = true;
    }
    if (reply->refused || (content != NULL && content->kind == TGR_NIL)) {
        reply->answered = true;
        reply->refused = true;
        return TGR_OK;
    }
    if (content != NULL && content->kind == TGR_ARRAY) {
        return join_parts(reader, content, reply);
    }
    if (content != NULL && content->kind == TGR_STRING) {
        reply->answered = true;
        reply->content = content->as.bytes;
        reply->length = content->count;
    }
    return TGR_OK;
}

tgr_status tgr_chat_read(tgr_chat_reader *reader, const char *body, size_t length,
                         tgr_chat_reply *reply, tgr_error *error)
{
    const tgr_tape *tape = &reader->tape;
    bool valid = false;
    *reply = (tgr_chat_reply){.content = ""};
    tgr_status status = parse(reader, body, length, &valid);
    if (status == TGR_OK && valid) {
        const tgr_value *choice = first_of(find(tape, &tape->values[0], "choices"));
        const tgr_value *reason = find(tape, choice, "finish_reason");
        reply->metered = read_tokens(tape, "prompt_tokens", &reply->prompt_tokens) &&
                         read_tokens(tape, "completion_tokens", &reply->completion_tokens);
        reply->cut_off = reason != NULL && tgr_value_is(reason, "length");
        reply->refused = reason != NULL && tgr_value_is(reason, "content_filter");
        status = read_message(reader, find(tape, choice, "message"), reply);
    }
    return status == TGR_OK ? TGR_OK : tgr_fail_memory(error, "a reply");
}

const char *tgr_chat_error_code(tgr_chat_reader *reader, const char *body, size_t length)
{
    static const char *const known[] = {"context_length_exceeded",
                                        "content_filter",
                                        "insufficient_quota",
                                        "invalid_api_key",
                                        "model_not_found",
                                        "rate_limit_exceeded",
                                        "unsupported_parameter",
                                        "unsupported_value",
                                        "invalid_request_error",
                                        "authentication_error",
                                        "server_error",
                                        "overloaded_error",
                                        "billing_error",
                                        "permission_error",
                                        "not_found_error",
                                        "BadRequestError",
                                        "NotFoundError",
                                        "InternalServerError",
                                        "exceed_context_size_error"};
    static const char *const keys[] = {"code", "type"};
    bool valid = false;
    if (parse(reader, body, length, &valid) != TGR_OK || !valid) {
        return NULL;
    }
    const tgr_value *root = &reader->tape.values[0];
    const tgr_value *map = find(&reader->tape, root, "error");
    map = map != NULL && map->kind == TGR_MAP ? map : root;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const tgr_value *code = find(&reader->tape, map, keys[i]);
        for (size_t j = 0; code != NULL && j < sizeof known / sizeof *known; j++) {
            if (tgr_value_is(code, known[j])) {
                return known[j];
            }
        }
    }
    return NULL;
}
