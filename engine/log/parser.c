/* parser.c - framing and events, put in a row. */
#include "engine/log/parser.h"

#include <stdio.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/log/events.h"
#include "engine/log/json.h"
#include "engine/log/msgpack.h"

struct tgr_log_parser {
    size_t max_record;
    const tgr_log_piece *piece;
    size_t at;   /* JSON: next byte; MessagePack: next object */
    bool passed; /* a line that is not there was told */
    uint64_t line;
    tgr_json_parser *json;
    tgr_tape tape; /* of the last good line or object; its strings live until the next */
    tgr_events events;
    uint64_t position, length; /* of the line or object that `events` goes through */
};

tgr_log_parser *tgr_log_parser_new(size_t max_record)
{
    tgr_log_parser *parser = tgr_mem_zalloc(1, sizeof *parser);
    if (!parser) {
        return NULL;
    }
    parser->max_record = max_record;
    parser->json = tgr_json_parser_new();
    if (!parser->json) {
        tgr_log_parser_free(parser);
        return NULL;
    }
    return parser;
}

void tgr_log_parser_free(tgr_log_parser *parser)
{
    if (!parser) {
        return;
    }
    tgr_tape_free(&parser->tape);
    tgr_json_parser_free(parser->json);
    tgr_events_free(&parser->events);
    tgr_mem_free(parser);
}

void tgr_log_parser_begin(tgr_log_parser *parser, const tgr_log_piece *piece)
{
    parser->piece = piece;
    parser->at = 0;
    parser->passed = false;
    parser->line = 0;
    parser->events.mode = TGR_EVENTS_NONE;
}

uint64_t tgr_log_parser_lines(const tgr_log_parser *parser)
{
    return parser->line;
}

/* Fills the item with where it stands; a fault makes it bad. */
static void fill_item(const tgr_log_parser *parser, tgr_log_item *item, const tgr_fault *fault)
{
    item->bad = fault != NULL;
    item->why[0] = '\0';
    item->reason = fault ? fault->reason : TGR_BAD_SYNTAX;
    if (fault) {
        snprintf(item->why, sizeof(item->why), "%s", fault->why);
    }
    item->position = parser->position;
    item->length = parser->length;
    item->line = parser->piece->uncounted ? 0 : parser->line;
    item->part = 0;
    item->tape = &parser->tape;
    item->root = 0;
}

/* ---- lines --------------------------------------------------------------------------------------
 */

static bool is_blank(const char *text, size_t length)
{
    size_t at = 0;
    while (at < length && (text[at] == ' ' || text[at] == '\t' || text[at] == '\r')) {
        at++;
    }
    return at == length;
}

static tgr_status too_large(tgr_fault *fault)
{
    return tgr_fault_set(fault, TGR_BAD_TOO_LARGE, "larger than the largest record allowed");
}

/* The next line that is not blank, made a tape; *found is false where there is none. */
static tgr_status next_line(tgr_log_parser *parser, bool *found, tgr_fault *fault)
{
    const tgr_log_piece *piece = parser->piece;
    parser->position = piece->position;
    if (piece->too_large) {
        parser->length = piece->end - piece->position;
        *found = !parser->passed;
        parser->passed = true;
        parser->line = 1;
        return *found ? too_large(fault) : TGR_OK;
    }
    while (parser->at < piece->length) {
        const char *text = piece->bytes + parser->at;
        size_t left = piece->length - parser->at;
        const char *newline = memchr(text, '\n', left);
        size_t length = newline ? (size_t)(newline - text) : left;
        parser->position = piece->position + parser->at;
        parser->at += length + (newline != NULL);
        parser->line++;
        length -= length > 0 && text[length - 1] == '\r';
        parser->length = length;
        *found = true;
        if (length > parser->max_record) {
            return too_large(fault);
        }
        if (!is_blank(text, length)) {
            return tgr_json_parse(parser->json, text, length, &parser->tape, fault);
        }
    }
    *found = false;
    return TGR_OK;
}

/* ---- objects ------------------------------------------------------------------------------------
 */

static tgr_status next_object(tgr_log_parser *parser, bool *found, tgr_fault *fault)
{
    const tgr_log_piece *piece = parser->piece;
    *found = parser->at < piece->object_count;
    if (!*found) {
        return TGR_OK;
    }
    const tgr_log_object *object = &piece->objects[parser->at++];
    parser->position = piece->position + object->offset;
    parser->length = object->length;
    if (object->cut_off) {
        return tgr_fault_set(fault, TGR_BAD_SYNTAX, "cut off by the end of the log");
    }
    const tgr_msgpack_extent extent = {
        .values = object->values, .too_deep = object->too_deep, .too_large = object->too_large};
    return tgr_msgpack_decode(&extent, piece->bytes + object->offset, &parser->tape, fault);
}

/* ---- both ---------------------------------------------------------------------------------------
 */

/* The next record of the current event, if any. */
static tgr_status next_of_event(tgr_log_parser *parser, tgr_log_item *item, bool *more)
{
    tgr_fault fault;
    uint32_t root = 0, part = 0;
    tgr_status status = tgr_events_next(&parser->events, &parser->tape, &root, &part, more, &fault);
    if (status == TGR_ERR_NOMEM) {
        return status;
    }
    if (*more) {
        fill_item(parser, item, status == TGR_OK ? NULL : &fault);
        item->root = root;
        item->part = part;
    }
    return TGR_OK;
}

/* The next line or object, whose records events give; a bad one is an item of itself. */
static tgr_status next_frame(tgr_log_parser *parser, tgr_log_item *item, bool *found)
{
    bool packed = parser->piece->format == TGR_LOG_MSGPACK;
    tgr_fault fault;
    tgr_status status =
        packed ? next_object(parser, found, &fault) : next_line(parser, found, &fault);
    if (status == TGR_OK && *found) {
        status =
            tgr_events_begin(&parser->events, &parser->tape, packed, parser->max_record, &fault);
    }
    if (status == TGR_ERR_NOMEM) {
        return status;
    }
    item->bad = status != TGR_OK;
    if (item->bad) {
        fill_item(parser, item, &fault);
    }
    return TGR_OK;
}

tgr_status tgr_log_parser_next(tgr_log_parser *parser, tgr_log_item *item, bool *more,
                               tgr_error *error)
{
    bool found = true;
    for (;;) {
        tgr_status status = next_of_event(parser, item, more);
        if (status == TGR_OK && *more) {
            return TGR_OK;
        }
        if (status == TGR_OK) {
            status = next_frame(parser, item, &found);
        }
        if (status != TGR_OK) {
            return tgr_fail_memory(error, "a record");
        }
        *more = found && item->bad;
        if (!found || item->bad) {
            return TGR_OK;
        }
    }
}

void tgr_log_place(const char *name, const tgr_log_item *item, char *text, size_t size)
{
    bool lines = item->line > 0;
    unsigned long long where = lines ? item->line : item->position;
    int length = snprintf(text, size, "%s: %s %llu", name, lines ? "line" : "byte", where);
    if (item->part > 0 && length >= 0 && (size_t)length < size) {
        snprintf(text + length, size - (size_t)length, ", record %llu",
                 (unsigned long long)item->part + 1);
    }
}
