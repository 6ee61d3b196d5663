/* answer.c - thoughts and code fences taken off, JSON tried first, lists of text otherwise. */
#include "engine/endpoint/answer.h"

#include <string.h>

#include "engine/base/memory.h"
#include "engine/endpoint/answer_parts.h"

void tgr_answer_reader_free(tgr_answer_reader *reader)
{
    tgr_json_parser_free(reader->json);
    tgr_tape_free(&reader->tape);
    tgr_buffer_free(&reader->padded);
    *reader = (tgr_answer_reader){0};
}

/* ---- what stands around -------------------------------------------------------------------------
 */

/* Models that think aloud do so before they answer. */
static tgr_span without_thoughts(tgr_span text)
{
    static const char end_mark[] = "</think>";
    text = tgr_span_trim(text);
    size_t end = tgr_span_find(text, end_mark);
    if (end < text.length) {
        return tgr_span_trim(tgr_span_from(text, end + strlen(end_mark)));
    }
    return tgr_span_begins(text, "<think>") ? tgr_span_until(text, 0) : text;
}

/* What is inside the first code fence, after the name of its language; else all. */
static tgr_span inside_fence(tgr_span text)
{
    size_t begin = tgr_span_find(text, "```");
    if (begin == text.length) {
        return text;
    }
    tgr_span inside = tgr_span_from(text, begin + 3);
    size_t line = tgr_span_find(inside, "\n");
    size_t end = tgr_span_find(inside, "```");
    if (line < end) { /* else it is a fence within a line, without a language */
        inside = tgr_span_from(inside, line);
        end -= line;
    }
    return tgr_span_trim(tgr_span_until(inside, end));
}

/* ---- JSON ---------------------------------------------------------------------------------------
 */

static bool holds(const tgr_value *key, const char *part)
{
    return key->kind == TGR_STRING &&
           tgr_span_find((tgr_span){key->as.bytes, key->count}, part) < key->count;
}

/* Whether a key names tags: "tags", "intent_tags", "Labels", "name", ... */
static bool names_tags(const tgr_value *key)
{
    static const char *const parts[] = {"tag",     "Tag",   "label", "Label",   "keyword",
                                        "Keyword", "topic", "Topic", "categor", "Categor"};
    static const char *const whole[] = {"name", "result", "output", "answer", "response"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (holds(key, parts[i])) {
            return true;
        }
    }
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) {
        if (tgr_value_is(key, whole[i])) {
            return true;
        }
    }
    return false;
}

/* Whether a map gives each tag a number, as {"algebra": 0.9} does. */
static bool is_weighted(const tgr_tape *tape, const tgr_value *map)
{
    const tgr_value *key = map + 1;
    double number;
    for (uint32_t i = 0; i < map->count; i++) {
        const tgr_value *value = &tape->values[key->next];
        if (!tgr_value_number(value, &number) && value->kind != TGR_BOOLEAN) {
            return false;
        }
        key = &tape->values[value->next];
    }
    return map->count > 0;
}

static void collect(const tgr_tape *tape, const tgr_value *value, bool split, tgr_tags *tags);

static void collect_map(const tgr_tape *tape, const tgr_value *map, tgr_tags *tags)
{
    bool weighted = is_weighted(tape, map);
    const tgr_value *key = map + 1;
    for (uint32_t i = 0; i < map->count; i++) {
        const tgr_value *value = &tape->values[key->next];
        if (weighted && key->kind == TGR_STRING) {
            tgr_tags_add(tags, (tgr_span){key->as.bytes, key->count});
        } else if (names_tags(key)) {
            collect(tape, value, true, tags);
        }
        key = &tape->values[value->next];
    }
}

/* The tape is at most TGR_VALUE_DEPTH deep. split: a string may be a list by commas. */
static void collect(const tgr_tape *tape, const tgr_value *value, bool split, tgr_tags *tags)
{
    if (value->kind == TGR_MAP) {
        collect_map(tape, value, tags);
    } else if (value->kind == TGR_ARRAY) {
        const tgr_value *element = value + 1;
        for (uint32_t i = 0; i < value->count; i++) {
            collect(tape, element, false, tags);
            element = &tape->values[element->next];
        }
    } else if (value->kind == TGR_STRING) {
        tgr_span text = {value->as.bytes, value->count};
        if (split) {
            tgr_answer_list(text, tags);
        } else {
            tgr_tags_add(tags, text);
        }
    }
}

/* Parses a text and what closes it, such as "]" where the answer lacks it. */
static tgr_status parse(tgr_answer_reader *reader, tgr_span text, const char *closing, bool *valid)
{
    static const char padding[TGR_JSON_PADDING];
    tgr_fault fault;
    if (reader->json == NULL) {
        reader->json = tgr_json_parser_new();
    }
    tgr_buffer_clear(&reader->padded);
    tgr_buffer_add(&reader->padded, text.bytes, text.length);
    tgr_buffer_text(&reader->padded, closing);
    size_t length = reader->padded.length;
    tgr_buffer_add(&reader->padded, padding, sizeof padding);
    if (reader->json == NULL || reader->padded.failed) {
        reader->padded.failed = false;
        return TGR_ERR_NOMEM;
    }
    tgr_status status =
        tgr_json_parse(reader->json, reader->padded.bytes, length, &reader->tape, &fault);
    *valid = status == TGR_OK;
    return status == TGR_ERR_NOMEM ? status : TGR_OK;
}

static size_t last_of(tgr_span text, char byte)
{
    size_t length = text.length;
    while (length > 0 && text.bytes[length - 1] != byte) {
        length--;
    }
    return length; /* up to it and with it; 0 where it is not there */
}

/* Reads the JSON in a text. *done: that was it, whether it holds tags or not. */
static tgr_status read_json(tgr_answer_reader *reader, tgr_span text, tgr_tags *tags, bool *done)
{
    size_t list = tgr_span_find(text, "["), map = tgr_span_find(text, "{");
    size_t begin = list < map ? list : map;
    *done = false;
    if (begin == text.length) {
        return TGR_OK;
    }
    text = tgr_span_from(text, begin);
    bool of_maps = list < map && tgr_span_begins(tgr_span_trim(tgr_span_from(text, 1)), "{");
    tgr_span whole = tgr_span_until(text, last_of(text, list < map ? ']' : '}'));
    tgr_status status = parse(reader, whole, "", done);
    if (status == TGR_OK && !*done && of_maps) { /* cut off: the maps that are whole */
        status = parse(reader, tgr_span_until(text, last_of(text, '}')), "]", done);
    }
    if (status != TGR_OK || !*done) {
        *done = of_maps; /* broken maps are no list of text */
        return status;
    }
    collect(&reader->tape, &reader->tape.values[0], true, tags);
    *done = tags->count > 0 || begin == 0; /* else it was but a bracket in a text */
    return TGR_OK;
}

/* ---- an answer ----------------------------------------------------------------------------------
 */

tgr_status tgr_answer_read(tgr_answer_reader *reader, const char *answer, size_t length,
                           bool cut_off, tgr_tags *tags, bool *refused)
{
    bool done = true, none;
    tgr_status status = TGR_OK;
    refused = refused != NULL ? refused : &none;
    *refused = false;
    tags->count = 0;
    tgr_buffer_clear(&tags->bytes);
    if (!tgr_utf8_valid(answer, length)) {
        return TGR_OK;
    }
    tgr_span text = inside_fence(without_thoughts((tgr_span){answer, length}));
    *refused = tgr_answer_refuses(text);
    if (!*refused) {
        status = read_json(reader, text, tags, &done);
    }
    if (status == TGR_OK && !done) {
        tgr_answer_list(text, tags);
        if (cut_off && tags->count > 1) {
            tgr_tags_drop_last(tags);
        }
    }
    if (status == TGR_OK && tags->bytes.failed) {
        status = TGR_ERR_NOMEM;
    }
    tags->bytes.failed = false;
    return status;
}
