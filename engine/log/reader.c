/* reader.c - source, framing and events, put in a row. */
#include "engine/log/reader.h"

#include <stdio.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/log/events.h"
#include "engine/log/framing.h"
#include "engine/log/source.h"

struct tgr_log_reader {
    tgr_source *source;
    tgr_log_format format; /* never TGR_LOG_AUTO once open */
    tgr_framing framing;
    tgr_frame frame; /* the one that `events` goes through */
    tgr_events events;
};

/* MessagePack begins a record with a map or an array. JSON cannot begin with such a byte, nor a
 * record with what JSON begins with: there these are integers. */
static tgr_log_format detect_format(const tgr_window *window)
{
    if (tgr_window_length(window) == 0) {
        return TGR_LOG_JSONL;
    }
    uint8_t first = (uint8_t)*tgr_window_bytes(window);
    return (first >= 0x80 && first <= 0x9f) || (first >= 0xdc && first <= 0xdf) ? TGR_LOG_MSGPACK
                                                                                : TGR_LOG_JSONL;
}

static void skip_byte_order_mark(tgr_window *window)
{
    if (tgr_window_length(window) >= 3 &&
        memcmp(tgr_window_bytes(window), "\xef\xbb\xbf", 3) == 0) {
        tgr_window_take(window, 3);
    }
}

static tgr_status begin(tgr_log_reader *reader, const char *path, tgr_log_format format,
                        const tgr_run *run, tgr_error *error)
{
    tgr_status status = tgr_source_open(path, run, &reader->source, error);
    if (status != TGR_OK) {
        return status;
    }
    tgr_window *window = &reader->framing.window;
    window->source = reader->source;
    while (tgr_window_length(window) < 3 && !window->finished) {
        status = tgr_window_fill(window, error);
        if (status != TGR_OK) {
            return status;
        }
    }
    reader->format = format == TGR_LOG_AUTO ? detect_format(window) : format;
    if (reader->format == TGR_LOG_JSONL) {
        skip_byte_order_mark(window);
        reader->framing.json = tgr_json_parser_new();
        if (!reader->framing.json) {
            return tgr_fail_memory(error, "the JSON parser");
        }
    }
    return TGR_OK;
}

tgr_status tgr_log_open(const char *path, tgr_log_format format, size_t max_record,
                        const tgr_run *run, tgr_log_reader **reader, tgr_error *error)
{
    tgr_log_reader *opened = tgr_mem_zalloc(1, sizeof(*opened));
    if (!opened) {
        return tgr_fail_memory(error, "a log");
    }
    opened->framing.max_record = max_record;
    tgr_status status = begin(opened, path, format, run, error);
    if (status != TGR_OK) {
        tgr_log_close(opened);
        return status;
    }
    *reader = opened;
    return TGR_OK;
}

/* Fills the item with what the frame tells; a fault makes it bad. */
static void fill_item(const tgr_log_reader *reader, tgr_log_item *item, const tgr_fault *fault)
{
    item->bad = fault != NULL;
    item->why[0] = '\0';
    item->reason = fault ? fault->reason : TGR_BAD_SYNTAX;
    if (fault) {
        snprintf(item->why, sizeof(item->why), "%s", fault->why);
    }
    item->position = reader->frame.position;
    item->line = reader->frame.line;
    item->part = 0;
    item->tape = &reader->framing.tape;
    item->root = 0;
}

/* The next record of the current event, if any. */
static tgr_status next_of_event(tgr_log_reader *reader, tgr_log_item *item, bool *more,
                                tgr_error *error)
{
    tgr_fault fault;
    uint32_t root = 0, part = 0;
    tgr_status status = tgr_events_next(&reader->events, &reader->framing.msgpack,
                                        &reader->framing.tape, &root, &part, more, &fault);
    if (status == TGR_ERR_NOMEM) {
        return tgr_fail_memory(error, "a record");
    }
    if (*more) {
        fill_item(reader, item, status == TGR_OK ? NULL : &fault);
        item->root = root;
        item->part = part;
    }
    return TGR_OK;
}

/* The next line or object. A bad one is an item of itself. */
static tgr_status next_frame(tgr_log_reader *reader, tgr_log_item *item, tgr_error *error)
{
    bool packed = reader->format == TGR_LOG_MSGPACK;
    tgr_frame *frame = &reader->frame;
    tgr_status status = packed ? tgr_frame_msgpack(&reader->framing, frame, error)
                               : tgr_frame_json(&reader->framing, frame, error);
    if (status == TGR_OK && frame->found && !frame->bad) {
        status = tgr_events_begin(&reader->events, &reader->framing.tape, packed,
                                  reader->framing.max_record, &frame->fault);
        status = tgr_frame_parsed(frame, status, error);
    }
    if (status == TGR_OK && frame->bad) {
        fill_item(reader, item, &frame->fault);
    }
    return status;
}

tgr_status tgr_log_next(tgr_log_reader *reader, tgr_log_item *item, bool *more, tgr_error *error)
{
    for (;;) {
        tgr_status status = next_of_event(reader, item, more, error);
        if (status != TGR_OK || *more) {
            return status;
        }
        status = next_frame(reader, item, error);
        if (status != TGR_OK || !reader->frame.found) {
            return status;
        }
        if (reader->frame.bad) {
            *more = true;
            return TGR_OK;
        }
    }
}

void tgr_log_place(const tgr_log_reader *reader, const tgr_log_item *item, char *text, size_t size)
{
    const char *name = tgr_log_name(reader);
    bool lines = item->line > 0;
    unsigned long long where = lines ? item->line : item->position;
    int length = snprintf(text, size, "%s: %s %llu", name, lines ? "line" : "byte", where);
    if (item->part > 0 && length >= 0 && (size_t)length < size) {
        snprintf(text + length, size - (size_t)length, ", record %llu",
                 (unsigned long long)item->part + 1);
    }
}

const char *tgr_log_name(const tgr_log_reader *reader)
{
    return tgr_source_name(reader->source);
}

uint64_t tgr_log_bytes(const tgr_log_reader *reader)
{
    const tgr_window *window = &reader->framing.window;
    return window->offset + tgr_window_length(window);
}

void tgr_log_progress(const tgr_log_reader *reader, uint64_t *done, uint64_t *total)
{
    tgr_source_progress(reader->source, done, total);
}

void tgr_log_close(tgr_log_reader *reader)
{
    if (!reader) {
        return;
    }
    tgr_source_close(reader->source);
    tgr_window_free(&reader->framing.window);
    tgr_tape_free(&reader->framing.tape);
    tgr_json_parser_free(reader->framing.json);
    tgr_msgpack_decoder_free(&reader->framing.msgpack);
    tgr_events_free(&reader->events);
    tgr_mem_free(reader);
}
