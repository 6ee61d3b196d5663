/* schema_messages.c - text and needs out of the messages of a chat, whoever spelt them. */
#define _GNU_SOURCE /* memmem */
#include <string.h>

#include "engine/base/memory.h"
#include "engine/log/lookup.h"
#include "engine/log/schema_parts.h"

#define REDACTED "redacted-by-litellm" /* what LiteLLM puts in place of what may not be logged */

/* A walk over messages. */
typedef struct chat {
    tgr_reading *from;
    tgr_schema_reader *reader;
    const tgr_tape *tape; /* that the messages are on */
    bool wanted;          /* the message at hand */
    bool redacted;        /* some text was */
    bool refused;         /* the record is bad, or memory short */
    bool numbered;        /* a message's parts come as JSON text */
    size_t pieces;        /* of text so far */
} chat;

/* ---- pieces of text ----------------------------------------------------------------------------
 */

static bool join(tgr_record *record, const tgr_text *piece, bool first)
{
    tgr_buffer *joined = &record->joined;
    if (first && record->text.bytes != joined->bytes) { /* what was the whole text so far */
        tgr_buffer_clear(joined);
        tgr_buffer_add(joined, record->text.bytes, record->text.length);
    }
    tgr_buffer_add(joined, "\n", 1);
    tgr_buffer_add(joined, piece->bytes, piece->length);
    record->text = (tgr_text){joined->bytes, joined->length};
    return !joined->failed;
}

static void add_piece(chat *at, const tgr_value *value)
{
    tgr_record *record = at->from->record;
    tgr_text piece = {value->as.bytes, value->count};
    if (!at->wanted || at->refused) {
        return;
    }
    if (at->tape->nul && memchr(piece.bytes, '\0', piece.length)) {
        at->refused = true;
        tgr_reading_refuse(at->from, TGR_BAD_FIELD, "a message holds a NUL");
        return;
    }
    if (piece.length == sizeof REDACTED - 1 && memcmp(piece.bytes, REDACTED, piece.length) == 0) {
        at->redacted = true;
        return;
    }
    at->pieces++;
    if (at->pieces == 1) {
        record->text = piece;
    } else if (!join(record, &piece, at->pieces == 2)) {
        at->refused = at->from->no_memory = true;
    }
}

/* ---- texts that hold JSON
 * ------------------------------------------------------------------------
 */

/* Whether a text may be a list or map of JSON. */
static bool is_json(const tgr_value *value)
{
    size_t at = 0;
    while (at < value->count && strchr(" \t\r\n", value->as.bytes[at]) != NULL &&
           value->as.bytes[at] != '\0') {
        at++;
    }
    return at < value->count && (value->as.bytes[at] == '[' || value->as.bytes[at] == '{');
}

/* Parses a text that holds JSON to the reader's own tape; false where it is none, or memory short.
 */
static bool parse_inner(chat *at, const tgr_value *value)
{
    tgr_schema_reader *reader = at->reader;
    void *padded = reader->padded;
    tgr_fault fault;
    if (reader->json == NULL) {
        reader->json = tgr_json_parser_new();
    }
    if (reader->json == NULL || !tgr_mem_grow(&padded, &reader->padded_capacity,
                                              (size_t)value->count + TGR_JSON_PADDING, 1)) {
        at->refused = at->from->no_memory = true;
        return false;
    }
    reader->padded = padded;
    memcpy(reader->padded, value->as.bytes, value->count);
    memset(reader->padded + value->count, 0, TGR_JSON_PADDING);
    tgr_status status =
        tgr_json_parse(reader->json, reader->padded, value->count, &reader->tape, &fault);
    at->refused = at->from->no_memory = status == TGR_ERR_NOMEM;
    return status == TGR_OK;
}

/* ---- parts of a message -------------------------------------------------------------------------
 */

static bool contains(const tgr_tape *tape, uint32_t index, const char *word)
{
    const tgr_value *value = &tape->values[index];
    return index > 0 && value->kind == TGR_STRING &&
           memmem(value->as.bytes, value->count, word, strlen(word)) != NULL;
}

static void need(chat *at, const char *capability)
{
    at->refused = at->refused || !tgr_schema_need(at->from, capability);
}

/* {"type": ..., ...}: what is no text says what the model has to be able to do. */
static void read_part(chat *at, uint32_t part)
{
    static const char *const texts[] = {"text", "content", NULL};
    const tgr_tape *tape = at->tape;
    if (tape->values[part].kind == TGR_STRING) {
        add_piece(at, &tape->values[part]);
        return;
    }
    uint32_t type = tgr_lookup(tape, part, "type");
    uint32_t modality = tgr_lookup(tape, part, "modality");
    uint32_t mime = tgr_lookup(tape, part, "mime_type");
    if (contains(tape, type, "image") || contains(tape, modality, "image") ||
        contains(tape, mime, "image/")) {
        need(at, "vision");
    } else if (contains(tape, type, "audio") || contains(tape, modality, "audio") ||
               contains(tape, mime, "audio/")) {
        need(at, "audio_input");
    } else if (contains(tape, type, "tool") || contains(tape, type, "function")) {
        need(at, "function_calling");
    } else {
        uint32_t text = tgr_lookup_any(tape, part, texts);
        if (text > 0 && tape->values[text].kind == TGR_STRING) {
            add_piece(at, &tape->values[text]);
        }
    }
}

static void read_parts(chat *at, uint32_t list)
{
    uint32_t part = list + 1;
    for (uint32_t i = 0; i < at->tape->values[list].count && !at->refused; i++) {
        read_part(at, part);
        part = at->tape->values[part].next;
    }
}

/* Parts that come as JSON text; what they leave of the text is copied, as the next message's take
 * their place. False where it is no such text. */
static bool read_inner_parts(chat *at, const tgr_value *value)
{
    tgr_record *record = at->from->record;
    const tgr_tape *outer = at->tape, *inner = &at->reader->tape;
    if (!is_json(value) || !parse_inner(at, value) || inner->values[0].kind != TGR_ARRAY ||
        inner->values[0].count == 0 || inner->values[1].kind != TGR_MAP ||
        tgr_lookup(inner, 1, "type") == 0) {
        return at->refused;
    }
    at->tape = inner;
    read_parts(at, 0);
    at->tape = outer;
    if (!at->refused && at->pieces == 1 && record->text.bytes != record->joined.bytes) {
        tgr_buffer_clear(&record->joined);
        tgr_buffer_add(&record->joined, record->text.bytes, record->text.length);
        record->text = (tgr_text){record->joined.bytes, record->joined.length};
        at->refused = at->from->no_memory = record->joined.failed;
    }
    return true;
}

static void read_content(chat *at, uint32_t content)
{
    const tgr_value *value = &at->tape->values[content];
    if (content == 0) {
        return;
    }
    if (value->kind == TGR_ARRAY) {
        read_parts(at, content);
    } else if (!at->numbered || value->kind != TGR_STRING || !read_inner_parts(at, value)) {
        read_part(at, content);
    }
}

/* ---- messages ----------------------------------------------------------------------------------
 */

static bool is_user(const tgr_tape *tape, uint32_t message)
{
    static const char *const users[] = {"user", "human", NULL};
    uint32_t role = tape->values[message].kind == TGR_MAP ? tgr_lookup(tape, message, "role") : 0;
    return role == 0 || tgr_schema_is_one_of(tape, role, users);
}

static void read_message(chat *at, uint32_t message)
{
    static const char *const contents[] = {"content", "parts", NULL};
    static const char *const tools[] = {"tool", "function", NULL};
    static const char *const calls[] = {"tool_calls", "function_call", NULL};
    const tgr_tape *tape = at->tape;
    if (tape->values[message].kind != TGR_MAP) {
        read_part(at, message);
        return;
    }
    if (tgr_schema_is_one_of(tape, tgr_lookup(tape, message, "role"), tools) ||
        tgr_lookup_filled(tape, tgr_lookup_any(tape, message, calls))) {
        need(at, "function_calling");
    }
    read_content(at, tgr_lookup_any(tape, message, contents));
}

/* The user's last message; count where there is none. */
static uint32_t last_user(const tgr_tape *tape, uint32_t list, bool *any)
{
    uint32_t message = list + 1, last = 0;
    *any = false;
    for (uint32_t i = 0; i < tape->values[list].count; i++) {
        if (is_user(tape, message)) {
            last = i;
            *any = true;
        }
        message = tape->values[message].next;
    }
    return last;
}

static void read_list(chat *at, uint32_t list)
{
    const tgr_value *values = at->tape->values;
    bool any;
    uint32_t last = last_user(at->tape, list, &any), message = list + 1;
    at->reader->list_tape = at->tape;
    at->reader->list = list;
    at->reader->list_numbered = at->numbered;
    for (uint32_t i = 0; i < values[list].count && !at->refused; i++) {
        switch (any ? at->reader->text : TGR_CHAT_ALL) {
        case TGR_CHAT_LAST_USER:
            at->wanted = i == last;
            break;
        case TGR_CHAT_USERS:
            at->wanted = is_user(at->tape, message);
            break;
        default:
            at->wanted = true;
            break;
        }
        read_message(at, message);
        message = values[message].next;
    }
}

/* ---- what messages come as ---------------------------------------------------------------------
 */

static bool looks_like_messages(const tgr_tape *tape, uint32_t index)
{
    static const char *const keys[] = {"messages", "role", "content", "parts", NULL};
    const tgr_value *value = &tape->values[index];
    return value->kind == TGR_ARRAY
               ? value->count > 0 && value[1].kind == TGR_MAP &&
                     tgr_lookup_any(tape, index + 1, keys) > 0
               : value->kind == TGR_MAP && tgr_lookup_any(tape, index, keys) > 0;
}

/* {"messages": [...]}, one message, or a text under one of the usual names. */
static void read_map(chat *at, uint32_t map)
{
    static const char *const texts[] = {"prompt", "input", "question", "query", "text", NULL};
    const tgr_tape *tape = at->tape;
    uint32_t messages = tgr_lookup(tape, map, "messages");
    if (tgr_lookup_filled(tape, tgr_lookup(tape, map, "tools"))) {
        need(at, "function_calling");
    }
    if (messages > 0 && tape->values[messages].kind == TGR_ARRAY) {
        read_list(at, messages);
    } else if (tgr_lookup(tape, map, "role") > 0) {
        read_message(at, map);
    } else {
        read_content(at, tgr_lookup_any(tape, map, texts));
    }
}

static void read_string(chat *at, const tgr_value *value)
{
    if (is_json(value) && parse_inner(at, value) && looks_like_messages(&at->reader->tape, 0)) {
        at->tape = &at->reader->tape;
        if (at->tape->values[0].kind == TGR_ARRAY) {
            read_list(at, 0);
        } else {
            read_map(at, 0);
        }
    } else if (!at->refused) {
        add_piece(at, value);
    }
}

static bool finish(chat *at)
{
    tgr_record *record = at->from->record;
    if (at->pieces == 0 && !at->refused) {
        if (at->redacted || !record->needs.present) {
            record->skip = TGR_SKIP_NO_TEXT;
        }
        record->text = (tgr_text){"", 0}; /* an image alone */
    }
    return !at->refused;
}

/* A list or map of which strings and numbers are wrapped in their types. */
static void read_typed(chat *at, uint32_t messages)
{
    tgr_tape *made = &at->reader->made;
    tgr_tape_clear(made);
    if (!tgr_otlp_plain(at->tape, messages, made)) {
        at->refused = at->from->no_memory = true;
        return;
    }
    made->nul = at->tape->nul;
    at->tape = made;
    if (made->values[0].kind == TGR_ARRAY) {
        read_list(at, 0);
    } else {
        read_map(at, 0);
    }
}

bool tgr_schema_messages(tgr_reading *from, tgr_schema_reader *reader, uint32_t messages)
{
    chat at = {.from = from, .reader = reader, .tape = from->item->tape, .wanted = true};
    const tgr_value *value = &from->values[messages];
    if (value->kind == TGR_STRING) {
        read_string(&at, value);
    } else if (value->kind == TGR_ARRAY) {
        read_list(&at, messages);
    } else if (tgr_otlp_is_typed(at.tape, messages)) {
        read_typed(&at, messages);
    } else if (value->kind == TGR_MAP) {
        read_map(&at, messages);
    } else {
        return tgr_reading_refuse(from, TGR_BAD_FIELD, "the messages are neither text nor a list");
    }
    return finish(&at);
}

bool tgr_schema_numbered(tgr_reading *from, tgr_schema_reader *reader, uint32_t attributes)
{
    chat at = {.from = from, .reader = reader, .wanted = true, .numbered = true};
    if (!tgr_numbered_make(from, reader, attributes)) {
        return false;
    }
    at.tape = &reader->made;
    read_list(&at, 0);
    return finish(&at);
}
